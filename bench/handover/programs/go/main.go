package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"time"
)

const release = "r0"

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			time.Sleep(200 * time.Millisecond)
		}
		_, _ = io.WriteString(w, release)
	})
	log.Fatal(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
