package main

import (
	"fmt"
	"math/rand"
	"time"
)

// How long a client keeps a connection.
type habit int

const (
	keeps    habit = iota // as long as it is allowed to
	rotates               // a random number of requests
	freshens              // a new connection for each request
)

// client is one simulated user: a goroutine with at most one connection.
type client struct {
	number int
	settings
	floor  *releaseFloor
	tally  *tally
	random *rand.Rand
	habit  habit

	connection *connection
	leave      int // requests after which a client that rotates takes a new connection
	sequence   int

	connectionHTTP2 *http2Connection
	leaveHTTP2      int
}

func newClient(number int, s settings, floor *releaseFloor, t *tally, random *rand.Rand) *client {
	c := &client{number: number, settings: s, floor: floor, tally: t, random: random}
	switch number % 8 {
	case 0, 1, 2, 3:
		c.habit = keeps
	case 4, 5:
		c.habit = rotates
	default:
		c.habit = freshens
	}
	return c
}

func (c *client) work(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			c.drop()
			c.dropHTTP2()
			return
		case <-time.After(c.pause()):
		}
		c.once(c.mix.pick(c.random))
	}
}

func (c *client) pause() time.Duration {
	pause := time.Duration(c.random.ExpFloat64() * float64(c.think))
	if pause > 20*c.think {
		pause = 20 * c.think
	}
	return pause
}

func (c *client) once(kind string) {
	switch kind {
	case "websocket":
		c.webSocket()
	case "pipeline":
		c.pipeline()
	case "abort":
		c.abort()
	case "h2":
		c.http2()
	default:
		c.single(c.newRequest(kind))
	}
}

func (c *client) nextID() string {
	c.sequence++
	return fmt.Sprintf("%x-%d-%d", uint32(c.seed), c.number, c.sequence)
}

// take gives the connection to use next: the one that is kept, else a new one.
func (c *client) take() (*connection, error) {
	if c.connection != nil {
		switch c.connection.state() {
		case idleOpen:
			c.tally.reused++
			return c.connection, nil
		case idleHasAnswer:
			c.tally.unasked++
		case idleClosed:
			c.tally.idleClosed++
		}
		c.drop()
	}
	connection, err := dial(c.host, c.timeout)
	if err != nil {
		return nil, err
	}
	c.tally.opened++
	c.connection = connection
	c.leave = 1 + c.random.Intn(20)
	return connection, nil
}

// give back what take() gave; `usable` when the other side lets it be used again.
func (c *client) give(usable bool) {
	if c.connection == nil {
		return
	}
	switch {
	case !usable, c.habit == freshens, c.habit == rotates && c.connection.requests >= c.leave:
		c.drop()
	}
}

func (c *client) drop() {
	if c.connection != nil {
		c.connection.close()
		c.connection = nil
	}
}
