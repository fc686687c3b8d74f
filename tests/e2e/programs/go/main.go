package main

import (
	"fmt"
	"log"
	"net/http"
)

const RELEASE = "one"

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "release "+RELEASE)
	})
	log.Fatal(http.ListenAndServe(":3000", nil))
}
