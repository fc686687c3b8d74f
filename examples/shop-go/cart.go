package main

import (
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
)

// A cart maps product ids to quantities. It lives in a cookie of the customer
// ("cart=kettle.2-lamp.1") and not in this process, so that any process can serve any customer.
type cart map[string]int

const most = 99 // of one product

type line struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
	Price    int    `json:"price"`
}

type bill struct {
	Lines []line `json:"lines"`
	Total int    `json:"total"`
}

// cartOf reads the cart that came with a request.
func cartOf(r *http.Request) cart {
	c := cart{}
	cookie, err := r.Cookie("cart")
	if err != nil {
		return c
	}
	for _, pair := range strings.Split(cookie.Value, "-") {
		if id, quantity, ok := strings.Cut(pair, "."); ok {
			c[id], _ = strconv.Atoi(quantity) // nonsense is 0, which priced refuses
		}
	}
	return c
}

// give sets the cookie; it comes before the answer.
func (c cart) give(w http.ResponseWriter) {
	pairs := []string{}
	for _, id := range c.ids() {
		pairs = append(pairs, fmt.Sprintf("%s.%d", id, c[id]))
	}
	http.SetCookie(w, &http.Cookie{
		Name: "cart", Value: strings.Join(pairs, "-"), Path: "/", HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
}

// with returns a cart with more of a product in it.
func (c cart) with(id string, quantity int) cart {
	find(id)
	filled := cart{id: c[id] + quantity}
	for other, n := range c {
		if other != id {
			filled[other] = n
		}
	}
	return filled
}

func (c cart) priced() bill {
	b := bill{Lines: []line{}}
	for _, id := range c.ids() {
		p, quantity := find(id), c[id]
		if quantity < 1 || quantity > most {
			refuse(http.StatusUnprocessableEntity, "a quantity is a number from 1 to %d", most)
		}
		b.Lines = append(b.Lines, line{id, p.Name, quantity, p.Price * quantity})
		b.Total += p.Price * quantity
	}
	return b
}

func (c cart) ids() []string {
	ids := make([]string, 0, len(c))
	for id := range c {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}
