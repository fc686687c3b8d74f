package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"sort"
	"strings"
	"time"
)

// Counts of one kind of request, or of all.
type Counts struct {
	Sent       int `json:"sent"`
	Answered   int `json:"answered"`
	Lost       int `json:"lost"`
	Excused    int `json:"excused"` // lost with a proxy that was killed on purpose
	Mixed      int `json:"mixed"`
	Mismatched int `json:"mismatched"`
	Stale      int `json:"stale"`

	Messages int `json:"messages,omitempty"` // of WebSockets, each with its echo

	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// Failure is one of the first failures, for people.
type Failure struct {
	Class   string `json:"class"`
	Kind    string `json:"kind"`
	ID      string `json:"id"`
	Start   string `json:"start"`
	End     string `json:"end"`
	Opened  string `json:"connection_opened"`
	Nth     int    `json:"nth_on_connection"`
	Release string `json:"release,omitempty"`
	Error   string `json:"error"`
}

const failuresShown = 50

// Report is what the generator found. Built once, after all clients have ended.
type Report struct {
	Seconds     float64            `json:"seconds"`
	Seed        int64              `json:"seed"`
	MinRequests int                `json:"min_requests"`
	Total       Counts             `json:"total"`
	Kinds       map[string]*Counts `json:"kinds"`
	Protocols   map[string]*Counts `json:"protocols"`
	Reasons     map[string]int     `json:"reasons"`
	Releases    map[string]int     `json:"releases"`

	ExecutedChecked bool `json:"executed_checked"`
	Executed        int  `json:"executed"`   // POSTs that the service wrote down
	Duplicated      int  `json:"duplicated"` // of them more than once
	Unexecuted      int  `json:"unexecuted"` // answered, and never written down

	Connections int `json:"connections_opened"`
	Reused      int `json:"requests_on_reused_connections"`
	IdleClosed  int `json:"idle_connections_closed"`
	Unasked     int `json:"unasked_bytes"`
	Unprocessed int `json:"pipelined_behind_close"`
	Aborted     int `json:"aborted_by_client"`
	Expects     int `json:"expects"`
	Continues   int `json:"continues"`
	Frames      int `json:"websocket_frames"`
	Goodbyes    int `json:"websocket_goodbyes"`

	Failures []Failure `json:"failures"`
	Verdict  []string  `json:"verdict"` // why it failed; empty: nothing was lost

	all []failure
}

func newReport(t *tally, took time.Duration, seed int64, minRequests int) *Report {
	r := &Report{Seconds: took.Seconds(), Seed: seed, MinRequests: minRequests,
		Kinds: map[string]*Counts{}, Protocols: map[string]*Counts{}, Reasons: map[string]int{}, Releases: t.releases,
		Connections: t.opened, Reused: t.reused, IdleClosed: t.idleClosed, Unasked: t.unasked,
		Unprocessed: t.unprocessed, Aborted: t.aborted, Expects: t.expects, Continues: t.continues,
		Frames: t.frames, Goodbyes: t.goodbyes, Failures: []Failure{}, Verdict: []string{}}
	var everything []float32
	for name, k := range t.kinds {
		c := &Counts{Sent: k.sent, Answered: k.answered, Lost: k.failed[lost], Mixed: k.failed[mixed],
			Mismatched: k.failed[mismatched], Stale: k.failed[stale]}
		c.setLatencies(k.latencies)
		r.Kinds[name] = c
		everything = append(everything, k.latencies...)
		r.Total.add(c)
	}
	r.Total.setLatencies(everything)
	r.all = t.failures
	sort.Slice(r.all, func(i, j int) bool { return r.all[i].end.Before(r.all[j].end) })
	return r
}

func (c *Counts) add(other *Counts) {
	c.Sent += other.Sent
	c.Answered += other.Answered
	c.Lost += other.Lost
	c.Excused += other.Excused
	c.Mixed += other.Mixed
	c.Mismatched += other.Mismatched
	c.Stale += other.Stale
}

// sumProtocols: once nothing more is excused.
func (r *Report) sumProtocols() {
	for _, p := range protocols {
		sum := &Counts{}
		for _, kind := range p.kinds {
			if c := r.Kinds[kind]; c != nil {
				sum.add(c)
				sum.Max = math.Max(sum.Max, c.Max)
			}
		}
		r.Protocols[p.name] = sum
	}
	r.Protocols["WebSocket"].Messages = r.Frames
}

func (c *Counts) setLatencies(values []float32) {
	if len(values) == 0 {
		return
	}
	sort.Slice(values, func(i, j int) bool { return values[i] < values[j] })
	c.P50 = float64(values[len(values)/2])
	c.P99 = float64(values[len(values)*99/100])
	c.Max = float64(values[len(values)-1])
}

// excuse takes what killed proxies carried out of the losses.
func (r *Report) excuse(kills []kill) {
	rest := r.all[:0]
	for _, f := range r.all {
		f := f
		if f.class == lost && carriedByOne(kills, &f) {
			k := r.Kinds[f.request.kind]
			k.Lost, k.Excused = k.Lost-1, k.Excused+1
			r.Total.Lost, r.Total.Excused = r.Total.Lost-1, r.Total.Excused+1
			continue
		}
		rest = append(rest, f)
	}
	r.all = rest
}

func carriedByOne(kills []kill, f *failure) bool {
	for _, k := range kills {
		if k.carried(f) {
			return true
		}
	}
	return false
}

// compareWithExecuted holds the answered POSTs against what the service says that it executed.
func (r *Report) compareWithExecuted(answered []string, file string) {
	r.ExecutedChecked = true
	times := map[string]int{}
	if f, err := os.Open(file); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if id := strings.TrimSpace(lines.Text()); id != "" {
				times[id]++
			}
		}
	}
	r.Executed = len(times)
	for id, n := range times {
		if n > 1 {
			r.Duplicated++
			r.Failures = append(r.Failures, Failure{Class: "duplicated", Kind: "post", ID: id,
				Error: fmt.Sprintf("executed %d times", n)})
		}
	}
	for _, id := range answered {
		if times[id] == 0 {
			r.Unexecuted++
		}
	}
}

// judge fills in the verdict; the last step.
func (r *Report) judge() {
	r.sumProtocols()
	for _, f := range r.all {
		f := f
		r.Reasons[f.reason()]++
		if len(r.Failures) < failuresShown {
			r.Failures = append(r.Failures, Failure{Class: string(f.class), Kind: f.request.kind,
				ID: f.request.id, Start: timeText(f.start), End: timeText(f.end),
				Opened: timeText(f.opened), Nth: f.nth, Release: f.release, Error: f.err.Error()})
		}
	}
	if len(r.Failures) > failuresShown {
		r.Failures = r.Failures[:failuresShown]
	}
	for _, bad := range []struct {
		n    int
		word string
	}{{r.Total.Lost, "lost"}, {r.Duplicated, "duplicated"}, {r.Total.Mixed, "mixed"},
		{r.Total.Mismatched, "mismatched"}, {r.Total.Stale, "stale"}, {r.Unexecuted, "unexecuted"},
		{r.Unasked, "unasked"}} {
		if bad.n > 0 {
			r.Verdict = append(r.Verdict, fmt.Sprintf("%d %s", bad.n, bad.word))
		}
	}
	if r.Total.Sent < r.MinRequests {
		r.Verdict = append(r.Verdict, fmt.Sprintf("only %d requests were made, %d are the least",
			r.Total.Sent, r.MinRequests))
	}
}

func (r *Report) print(w io.Writer) {
	fmt.Fprintf(w, "%-10s %8s %8s %6s %7s %6s %10s %6s %9s %9s %9s\n", "kind", "sent", "answered",
		"lost", "excused", "mixed", "mismatched", "stale", "p50 ms", "p99 ms", "max ms")
	line := func(name string, c *Counts) {
		fmt.Fprintf(w, "%-10s %8d %8d %6d %7d %6d %10d %6d %9.1f %9.1f %9.1f\n", name, c.Sent,
			c.Answered, c.Lost, c.Excused, c.Mixed, c.Mismatched, c.Stale, c.P50, c.P99, c.Max)
	}
	for _, p := range protocols {
		for _, name := range p.kinds {
			if c := r.Kinds[name]; c != nil {
				line(name, c)
			}
		}
	}
	line("total", &r.Total)
	fmt.Fprintf(w, "%.1f s, %.0f requests/s, %d releases answered, %d connections, %d requests on reused ones, "+
		"%d idle ones closed by the service\n", r.Seconds, float64(r.Total.Sent)/r.Seconds,
		len(r.Releases), r.Connections, r.Reused, r.IdleClosed)
	fmt.Fprintf(w, "%d of %d Expect answered with 100, %d WebSocket frames echoed, %d goodbyes, "+
		"%d uploads broken off by clients\n", r.Continues, r.Expects, r.Frames, r.Goodbyes, r.Aborted)
	if r.ExecutedChecked {
		fmt.Fprintf(w, "%d POSTs executed, %d of them more than once, %d answered but not executed\n",
			r.Executed, r.Duplicated, r.Unexecuted)
	}
	for i, f := range r.Failures {
		if i == 10 {
			fmt.Fprintf(w, "  ... and more\n")
			break
		}
		fmt.Fprintf(w, "  %s %s %s (%s to %s, connection of %s, request %d on it) %s: %s\n", f.Class,
			f.Kind, f.ID, f.Start, f.End, f.Opened, f.Nth, f.Release, f.Error)
	}
	if len(r.Reasons) > 0 {
		fmt.Fprintf(w, "reasons: %v\n", r.Reasons)
	}
	if len(r.Verdict) == 0 {
		fmt.Fprintln(w, "0 lost, 0 duplicated, 0 mixed")
	} else {
		fmt.Fprintln(w, "FAILED:", strings.Join(r.Verdict, ", "))
	}
}

func (r *Report) writeJSON(file string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
