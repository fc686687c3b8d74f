package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
)

const largest = 64 * 1024 // bytes of a request's body

// A refusal is what a customer did wrong, and the status that says so.
type refusal struct {
	status  int
	message string
}

// refuse ends the request; answering turns the panic into the answer.
func refuse(status int, format string, arguments ...any) {
	panic(refusal{status, fmt.Sprintf(format, arguments...)})
}

// answering gives every request an answer: refusals their own, and panics 500.
func answering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch cause := recover().(type) {
			case nil:
			case refusal:
				sendJSON(w, cause.status, map[string]string{"error": cause.message})
			default:
				log.Printf("%s %s: %v", r.Method, r.URL.Path, cause)
				sendJSON(w, http.StatusInternalServerError, map[string]string{"error": "the shop is broken"})
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// routes maps "METHOD /path" to what answers it.
type routes map[string]http.HandlerFunc

func (rs routes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.Method + " " + r.URL.Path
	do, ok := rs[name]
	if !ok {
		refuse(http.StatusNotFound, "there is nothing at %s", name)
	}
	do(w, r)
}

func readJSON(r *http.Request, value any) {
	body, err := io.ReadAll(io.LimitReader(r.Body, largest+1))
	switch {
	case err != nil:
		refuse(http.StatusBadRequest, "the body ended early")
	case len(body) > largest:
		refuse(http.StatusRequestEntityTooLarge, "a body has at most %d bytes", largest)
	case len(body) == 0:
		return
	}
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal(body, value); errors.As(err, &wrong) && wrong.Field != "" {
		refuse(http.StatusUnprocessableEntity, "%s cannot be a %s", wrong.Field, wrong.Value)
	} else if err != nil {
		refuse(http.StatusBadRequest, "the body is no JSON object")
	}
}

func sendJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the customer may be gone
}
