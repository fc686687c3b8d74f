package main

import "net/http"

type product struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Price int    `json:"price"` // cents
}

// products is what the shop sells.
var products = []product{
	{"kettle", "Kettle, whistling", 2990},
	{"lamp", "Desk lamp, brass", 4900},
	{"radio", "Kitchen radio", 7900},
	{"teapot", "Teapot, cast iron", 5450},
	{"umbrella", "Umbrella, large", 1950},
}

// find returns the product with that id; there has to be one.
func find(id string) product {
	for _, p := range products {
		if p.ID == id {
			return p
		}
	}
	refuse(http.StatusNotFound, "there is no product %q", id)
	return product{}
}
