package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/http2"
)

// The HTTP/2 half of a client: a connection with prior knowledge, and several requests on it at
// once. ClientConn is used without the Transport above it, because that one sends again what a
// GOAWAY or a REFUSED_STREAM gave back: here a request is sent once, and what comes is counted.

type http2Connection struct {
	tcp      net.Conn
	h2       *http2.ClientConn
	opened   time.Time
	requests int
}

var http2Transport = http2.Transport{AllowHTTP: true, DisableCompression: true}

func dialHTTP2(host string, timeout time.Duration) (*http2Connection, error) {
	began := time.Now()
	tcp, err := net.DialTimeout("tcp", host, timeout)
	if err != nil {
		return nil, err
	}
	h2, err := http2Transport.NewClientConn(tcp)
	if err != nil {
		tcp.Close()
		return nil, err
	}
	return &http2Connection{tcp: tcp, h2: h2, opened: began}, nil
}

// Of the requests of an HTTP/2 connection.
var http2Mix, _ = parseMix("get=40,post=30,head=8,stream=12,slow=1,trickle=1,abort=1")

const mostStreams = 8

// http2 has some requests on its connection at the same time, of all kinds.
func (c *client) http2() {
	requests := make([]*request, 1+c.random.Intn(mostStreams))
	for i := range requests {
		kind := http2Mix.pick(c.random)
		requests[i] = c.newRequest(kind)
		requests[i].kind = "h2-" + kind
		requests[i].expect = false
		if requests[i].method == "POST" && c.random.Intn(3) == 0 {
			requests[i].chunked = true // without a length, which trailers need on their way to HTTP/1.1
			requests[i].trailer = requests[i].sum
		}
	}
	start := time.Now()
	connection, err := c.takeHTTP2()
	if err != nil {
		for _, r := range requests {
			c.tally.fail(failure{class: lost, request: r, start: start, opened: start, err: err})
		}
		return
	}
	ends := make([]http2End, len(requests))
	var all sync.WaitGroup
	for i, r := range requests {
		i, r, random := i, r, rand.New(rand.NewSource(c.random.Int63()))
		all.Add(1)
		go func() {
			defer all.Done()
			ends[i].answer, ends[i].err = c.exchangeHTTP2(connection, r, random)
			ends[i].at = time.Now()
		}()
	}
	all.Wait()
	whole := true
	for i, r := range requests {
		connection.requests++
		if r.kind == "h2-abort" {
			c.tally.aborted++
			continue
		}
		c.end(r, origin{connection.opened, connection.requests}, start, ends[i].at, ends[i].answer, ends[i].err)
		whole = whole && ends[i].err == nil
	}
	if !whole || c.habit == freshens || c.habit == rotates && connection.requests >= c.leaveHTTP2 {
		c.dropHTTP2()
	}
}

type http2End struct {
	answer answer
	err    error
	at     time.Time
}

func (c *client) takeHTTP2() (*http2Connection, error) {
	if c.connectionHTTP2 != nil {
		if c.connectionHTTP2.h2.CanTakeNewRequest() {
			c.tally.reused++
			return c.connectionHTTP2, nil
		}
		c.tally.idleClosed++ // a GOAWAY while nothing was asked
		c.dropHTTP2()
	}
	connection, err := dialHTTP2(c.host, c.timeout)
	if err != nil {
		return nil, err
	}
	c.tally.opened++
	c.connectionHTTP2 = connection
	c.leaveHTTP2 = 1 + c.random.Intn(60)
	return connection, nil
}

func (c *client) dropHTTP2() {
	if c.connectionHTTP2 != nil {
		c.connectionHTTP2.h2.Close()
		c.connectionHTTP2 = nil
	}
}

func (c *client) exchangeHTTP2(connection *http2Connection, r *request, random *rand.Rand) (answer, error) {
	limit, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	sent, err := http.NewRequestWithContext(limit, r.method, "http://"+c.host+r.path, nil)
	if err != nil {
		return answer{}, err
	}
	sent.Header.Set("X-Request-Id", r.id)
	if r.method == "POST" {
		sent.Header.Set("Content-Type", "application/octet-stream")
		r.bodyHTTP2(sent, random)
	}
	if r.kind == "h2-abort" { // RST_STREAM in the middle of the upload
		sent.Body = io.NopCloser(io.MultiReader(bytes.NewReader(r.body[:len(r.body)/2]), &canceller{limit, cancel}))
	}
	response, err := connection.h2.RoundTrip(sent)
	if err != nil {
		return answer{}, fmt.Errorf("no answer: %w", err)
	}
	defer response.Body.Close()
	return checkAnswer(response, r)
}

// bodyHTTP2: whole or in pieces, with a length or without, with a trailer where there is one.
func (r *request) bodyHTTP2(sent *http.Request, random *rand.Rand) {
	sent.ContentLength = int64(len(r.body))
	if r.chunked {
		sent.ContentLength = -1
	}
	if len(r.body) == 0 && !r.chunked {
		sent.Body = http.NoBody
		return
	}
	sent.Body = io.NopCloser(&pieces{request: r, rest: r.body, random: random})
	if r.trailer != "" {
		sent.Trailer = http.Header{"X-Sha256": {r.trailer}}
	}
}

// pieces reads the body as writeBody writes it.
type pieces struct {
	request *request
	rest    []byte
	random  *rand.Rand
}

func (p *pieces) Read(into []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := min(len(into), len(p.rest))
	if p.request.pieces > 0 {
		n = min(n, len(p.request.body)/p.request.pieces+1)
		time.Sleep(p.request.spread / time.Duration(p.request.pieces))
	} else if p.request.chunked {
		n = min(n, 1+p.random.Intn(64<<10))
	}
	copy(into, p.rest[:n])
	p.rest = p.rest[n:]
	return n, nil
}

// canceller is the end of an upload that its client breaks off.
type canceller struct {
	context context.Context
	cancel  context.CancelFunc
}

func (c *canceller) Read([]byte) (int, error) {
	c.cancel()
	return 0, c.context.Err()
}
