// The Black Friday shop in Go: livefix main.go, then http://localhost:3000.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	shop := routes{
		"GET /api/products": func(w http.ResponseWriter, r *http.Request) {
			sendJSON(w, http.StatusOK, products)
		},
		"GET /api/cart": func(w http.ResponseWriter, r *http.Request) {
			sendJSON(w, http.StatusOK, cartOf(r).priced())
		},
		"POST /api/cart":     addToCart,
		"POST /api/checkout": checkout,
	}

	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	log.SetFlags(0)
	log.Printf("shop: open on port %s", port)
	log.Fatal(http.ListenAndServe(":"+port, answering(shop)))
}

func addToCart(w http.ResponseWriter, r *http.Request) {
	wish := struct {
		Product  string
		Quantity int
	}{Quantity: 1}
	readJSON(r, &wish)
	filled := cartOf(r).with(wish.Product, wish.Quantity)
	bill := filled.priced()
	filled.give(w)
	sendJSON(w, http.StatusOK, bill)
}

func checkout(w http.ResponseWriter, r *http.Request) {
	wish := struct {
		Items  cart
		Coupon *string
	}{}
	readJSON(r, &wish)
	if wish.Items == nil {
		wish.Items = cartOf(r)
	}
	bill := wish.Items.priced()
	if len(bill.Lines) == 0 {
		refuse(http.StatusUnprocessableEntity, "the cart is empty")
	}
	saved := discount(wish.Coupon, bill.Total)
	pay(bill.Total - saved)
	cart{}.give(w)
	sendJSON(w, http.StatusCreated, map[string]any{
		"order": orderNumber(), "lines": bill.Lines, "saved": saved, "paid": bill.Total - saved,
	})
}

// pay waits for the card company, which takes its time.
func pay(cents int) {
	time.Sleep(time.Duration(60+cents%120) * time.Millisecond)
}

func orderNumber() string {
	number := make([]byte, 8)
	if _, err := rand.Read(number); err != nil {
		panic(err)
	}
	return hex.EncodeToString(number)
}
