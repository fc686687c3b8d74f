package main

import "net/http"

type coupon struct {
	percent int
}

var coupons = map[string]*coupon{
	"FRIDAY20":  {percent: 20},
	"EARLYBIRD": {percent: 5},
}

// discount says how many cents a coupon takes off a total. Most customers have no coupon (nil).
func discount(code *string, total int) int {
	if code == nil {
		return 0
	}
	found := coupons[*code]
	if *code != "" && found == nil {
		refuse(http.StatusUnprocessableEntity, "%q is not a coupon of ours", *code)
	}
	return total * found.percent / 100
}
