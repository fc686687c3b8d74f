package main

import (
	"fmt"
	"math/rand"
	"strconv"
	"strings"
)

// The kinds of request. `slow` answers late, `trickle` is uploaded late, `abort` is a client that
// goes away in the middle of its upload (nobody is owed an answer, nobody else may suffer).
const defaultMix = "get=40,post=30,head=8,stream=12,pipeline=4,slow=2,trickle=2,abort=1,websocket=3"

var kindNames = []string{
	"get", "post", "head", "stream", "pipeline", "slow", "trickle", "abort", "websocket",
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
