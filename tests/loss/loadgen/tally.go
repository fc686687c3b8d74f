package main

import (
	"errors"
	"io"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/http2"
)

// class says in which way a request went wrong.
type class string

const (
	lost       class = "lost"       // no answer, part of one, or an error instead of one
	mixed      class = "mixed"      // one answer by two releases
	mismatched class = "mismatched" // the answer to something else, or of other bytes
	stale      class = "stale"      // by an old release after the new one had taken over
)

type failure struct {
	class   class
	request *request
	start   time.Time // of the request
	end     time.Time
	opened  time.Time // of its connection
	nth     int       // request on its connection
	release string    // which answered, where known
	err     error
}

// reason groups failures: the same word for the same symptom.
func (f *failure) reason() string {
	text := f.err.Error()
	switch {
	case f.class != lost:
		return string(f.class)
	case strings.Contains(text, "status "):
		return text[strings.Index(text, "status "):][:min(10, len(text)-strings.Index(text, "status "))]
	case errors.Is(f.err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(f.err, syscall.ECONNRESET), errors.Is(f.err, syscall.EPIPE):
		return "connection reset"
	case strings.Contains(text, "breaks off"):
		return "part of an answer"
	case strings.Contains(text, "timeout"):
		return "no answer in time"
	case errors.As(f.err, &http2.StreamError{}):
		return "stream reset"
	case errors.As(f.err, &http2.GoAwayError{}):
		return "goaway"
	case errors.Is(f.err, io.EOF), errors.Is(f.err, io.ErrUnexpectedEOF):
		return "connection closed without answer"
	}
	return "other"
}

// tally is what one client counts. Owned by its goroutine, summed when all have ended.
type tally struct {
	kinds    map[string]*kindTally
	releases map[string]int // answers by each release
	failures []failure

	answeredPosts []string // ids
	opened        int      // connections
	reused        int      // requests on a connection that had carried one before
	idleClosed    int      // idle connections that the other side had closed
	unasked       int      // idle connections on which bytes came that nobody asked for
	unprocessed   int      // pipelined requests behind an answer with Connection: close
	aborted       int      // uploads broken off by us
	continues     int      // 100 Continue received
	expects       int      // and asked for
	frames        int      // WebSocket frames echoed
	progress      *progress
	goodbyes      int // WebSockets that were told to go away, old enough
}

type kindTally struct {
	sent, answered int
	failed         map[class]int
	latencies      []float32 // milliseconds
}

func newTally(p *progress) *tally {
	return &tally{kinds: map[string]*kindTally{}, releases: map[string]int{}, progress: p}
}

func (t *tally) kind(name string) *kindTally {
	k := t.kinds[name]
	if k == nil {
		k = &kindTally{failed: map[class]int{}}
		t.kinds[name] = k
	}
	return k
}

func (t *tally) succeed(r *request, a answer, took time.Duration) {
	t.progress.add()
	k := t.kind(r.kind)
	k.sent++
	k.answered++
	k.latencies = append(k.latencies, float32(took.Seconds()*1000))
	t.releases[a.release]++
	if r.method == "POST" {
		t.answeredPosts = append(t.answeredPosts, r.id)
	}
	if r.expect {
		t.expects++
		if a.continued {
			t.continues++
		}
	}
}

func (t *tally) fail(f failure) {
	t.progress.add()
	k := t.kind(f.request.kind)
	k.sent++
	if f.class != lost {
		k.answered++
	}
	k.failed[f.class]++
	if f.end.IsZero() {
		f.end = time.Now()
	}
	t.failures = append(t.failures, f)
}

func (t *tally) add(other *tally) {
	for name, k := range other.kinds {
		sum := t.kind(name)
		sum.sent += k.sent
		sum.answered += k.answered
		sum.latencies = append(sum.latencies, k.latencies...)
		for class, n := range k.failed {
			sum.failed[class] += n
		}
	}
	for release, n := range other.releases {
		t.releases[release] += n
	}
	t.failures = append(t.failures, other.failures...)
	t.answeredPosts = append(t.answeredPosts, other.answeredPosts...)
	t.opened += other.opened
	t.reused += other.reused
	t.idleClosed += other.idleClosed
	t.unasked += other.unasked
	t.unprocessed += other.unprocessed
	t.aborted += other.aborted
	t.continues += other.continues
	t.expects += other.expects
	t.frames += other.frames
	t.goodbyes += other.goodbyes
}
