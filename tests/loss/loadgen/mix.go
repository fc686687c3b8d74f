package main

import (
	"fmt"
	"math/rand"
	"strconv"
	"strings"
)

// The kinds of request. `slow` answers late, `trickle` is uploaded late, `abort` is a client that
// goes away in the middle of its upload (nobody is owed an answer, nobody else may suffer). `h2` is
// several requests at once on a connection of HTTP/2, of the kinds of http2Mix.
const defaultMix = "get=40,post=30,head=8,stream=12,pipeline=4,slow=2,trickle=2,abort=1,websocket=3,h2=20"

var kindNames = []string{
	"get", "post", "head", "stream", "pipeline", "slow", "trickle", "abort", "websocket", "h2",
}

// What requests are counted as, by protocol. Nobody counts the answers to an abort.
var protocols = []struct {
	name  string
	kinds []string
}{
	{"HTTP/1.1", []string{"get", "post", "head", "stream", "pipeline", "slow", "trickle"}},
	{"HTTP/2", []string{"h2-get", "h2-post", "h2-head", "h2-stream", "h2-slow", "h2-trickle"}},
	{"WebSocket", []string{"websocket"}},
}

type mix struct {
	kinds   []string
	weights []int
	total   int
}

func parseMix(text string) (mix, error) {
	var m mix
	for _, part := range strings.Split(text, ",") {
		name, weight, _ := strings.Cut(part, "=")
		value, err := strconv.Atoi(weight)
		if err != nil || value < 0 || !isKind(name) {
			return m, fmt.Errorf("--mix: %q is not KIND=WEIGHT with a KIND of %s", part,
				strings.Join(kindNames, ", "))
		}
		m.kinds = append(m.kinds, name)
		m.weights = append(m.weights, value)
		m.total += value
	}
	if m.total == 0 {
		return m, fmt.Errorf("--mix: every weight is 0")
	}
	return m, nil
}

func isKind(name string) bool {
	for _, kind := range kindNames {
		if kind == name {
			return true
		}
	}
	return false
}

func (m mix) pick(random *rand.Rand) string {
	n := random.Intn(m.total)
	for i, weight := range m.weights {
		if n < weight {
			return m.kinds[i]
		}
		n -= weight
	}
	return m.kinds[0]
}
