package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand"
	"net"
	"net/http"
	"time"
)

// single sends one request and checks its answer.
func (c *client) single(r *request) {
	start := time.Now()
	connection, err := c.take()
	if err != nil {
		c.tally.fail(failure{class: lost, request: r, start: start, opened: start, err: err})
		return
	}
	a, err := c.exchange(connection, r)
	c.settle(r, connection, start, a, err)
	c.give(err == nil && a.keepAlive && !r.last)
}

// settle writes down how a request ended, just now.
func (c *client) settle(r *request, connection *connection, start time.Time, a answer, err error) {
	c.end(r, origin{connection.opened, connection.requests}, start, time.Now(), a, err)
}

// origin is the connection that a request went by, and how many had gone by it.
type origin struct {
	opened time.Time
	nth    int
}

func (c *client) end(r *request, from origin, start, end time.Time, a answer, err error) {
	if err == nil {
		c.tally.succeed(r, a, end.Sub(start))
		return
	}
	f := failure{class: lost, request: r, start: start, end: end, opened: from.opened, nth: from.nth,
		release: a.release, err: err}
	var wrong *wrongAnswer
	if errors.As(err, &wrong) {
		f.class = wrong.class
	}
	c.tally.fail(f)
}

func (c *client) exchange(connection *connection, r *request) (answer, error) {
	connection.tcp.SetDeadline(time.Now().Add(c.timeout))
	connection.requests++
	upload := startUpload(connection, r, c.host, rand.New(rand.NewSource(c.random.Int63())))
	a, err := readAnswer(connection.reader, r, upload.goAhead)
	if err != nil || !upload.finishedIn(time.Second) {
		// The writer may hang in a full socket: closing it ends it.
		connection.close()
		a.keepAlive = false
	}
	if writeError := upload.wait(); writeError != nil && err == nil {
		// A complete and right answer to a body that was not taken whole cannot be: the sum agrees.
		a.keepAlive = false
	}
	return a, err
}

// upload writes a request while its answer may already be read: a service may answer early, and
// the head of the answer to a request with Expect comes before the body is sent.
type upload struct {
	proceed chan struct{}
	done    chan error
	result  *error
	asked   bool
}

func startUpload(connection *connection, r *request, host string, random *rand.Rand) *upload {
	u := &upload{proceed: make(chan struct{}, 1), done: make(chan error, 1)}
	go func() { u.done <- u.write(connection.tcp, r, host, random) }()
	return u
}

func (u *upload) write(tcp *net.TCPConn, r *request, host string, random *rand.Rand) error {
	head := r.head(host)
	if r.expect {
		if _, err := tcp.Write(head); err != nil {
			return err
		}
		select {
		case <-u.proceed:
		case <-time.After(time.Second): // RFC 9110 section 10.1.1: do not wait for ever
		}
		return r.writeBody(tcp, random)
	}
	if r.pieces == 0 && len(r.body) < 32<<10 { // as clients do: a small request in one write
		var whole bytes.Buffer
		whole.Write(head)
		if r.method == "POST" {
			r.writeBody(&whole, random)
		}
		_, err := tcp.Write(whole.Bytes())
		return err
	}
	if _, err := tcp.Write(head); err != nil {
		return err
	}
	return r.writeBody(tcp, random)
}

// goAhead tells the writer that the service wants the body.
func (u *upload) goAhead() {
	if !u.asked {
		u.asked = true
		u.proceed <- struct{}{}
	}
}

func (u *upload) finishedIn(limit time.Duration) bool {
	if u.result != nil {
		return true
	}
	select {
	case err := <-u.done:
		u.result = &err
		return true
	case <-time.After(limit):
		return false
	}
}

func (u *upload) wait() error {
	if u.result == nil {
		err := <-u.done
		u.result = &err
	}
	return *u.result
}

// pipeline sends several requests at once; their answers come in their order.
func (c *client) pipeline() {
	requests := make([]*request, 2+c.random.Intn(4))
	for i := range requests {
		requests[i] = c.newRequest("pipeline")
		requests[i].last = false
	}
	start := time.Now()
	connection, err := c.take()
	if err != nil {
		for _, r := range requests {
			c.tally.fail(failure{class: lost, request: r, start: start, opened: start, err: err})
		}
		return
	}
	connection.tcp.SetDeadline(time.Now().Add(c.timeout))
	var all bytes.Buffer
	for _, r := range requests {
		all.Write(r.head(c.host))
	}
	_, err = connection.tcp.Write(all.Bytes())
	usable := err == nil
	for i, r := range requests {
		connection.requests++
		var a answer
		if usable {
			a, err = readAnswer(connection.reader, r, func() {})
		}
		if err == nil && !a.keepAlive && i+1 < len(requests) {
			// The rest was not answered, and the other side said so: clients send it again (RFC 9112
			// section 9.3.2). Without that word it would be a loss.
			c.settle(r, connection, start, a, err)
			c.tally.unprocessed += len(requests) - i - 1
			usable = false
			break
		}
		c.settle(r, connection, start, a, err)
		usable = usable && err == nil && a.keepAlive
		if !usable && err == nil && i+1 < len(requests) {
			err = fmt.Errorf("the connection ended before")
		}
	}
	c.give(usable)
}

// abort goes away in the middle of an upload.
func (c *client) abort() {
	r := c.newRequest("abort")
	r.expect = false
	r.setBody(c.random, 64<<10)
	connection, err := c.take()
	if err != nil {
		c.tally.fail(failure{class: lost, request: r, start: time.Now(), opened: time.Now(), err: err})
		return
	}
	connection.tcp.SetDeadline(time.Now().Add(c.timeout))
	if _, err := connection.tcp.Write(r.head(c.host)); err == nil && !r.chunked {
		connection.tcp.Write(r.body[:len(r.body)/2])
	}
	c.tally.aborted++
	c.drop()
}

// keepsAlive as RFC 9112 section 9.3 tells it.
func keepsAlive(response *http.Response) bool {
	return response.ProtoAtLeast(1, 1) && !response.Close
}
