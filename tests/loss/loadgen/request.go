package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand"
	"time"
)

// request is what is sent, and what its answer has to say.
type request struct {
	kind   string
	id     string
	method string
	path   string
	body   []byte
	sum    string // sha256 of body, hexadecimal
	size   int    // of a streamed answer

	chunked bool   // the body goes in chunks instead of with a Content-Length
	expect  bool   // Expect: 100-continue
	last    bool   // Connection: close
	trailer string // X-Sha256 behind the body
	pieces  int    // a body that trickles: in how many pieces
	spread  time.Duration

	floor int // the answer must be by this release or a newer one
}

// noise is what bodies are cut from; written once before the clients start.
var noise [8 << 20]byte

const maxBody = 4 << 20

func fillNoise(seed int64) { rand.New(rand.NewSource(seed)).Read(noise[:]) }

func (c *client) newRequest(kind string) *request {
	r := &request{kind: kind, id: c.nextID(), method: "GET", floor: c.floor.get()}
	r.last = c.habit == freshens && c.random.Intn(2) == 0
	r.path = "/echo?id=" + r.id
	switch kind {
	case "head":
		r.method = "HEAD"
	case "slow":
		r.path += fmt.Sprintf("&delay=%d", c.slow.Milliseconds())
		if c.random.Intn(2) == 0 { // the head at once, the rest later
			r.size = 8 << 10
			r.path = fmt.Sprintf("/stream?id=%s&size=%d&delay=%d", r.id, r.size, c.slow.Milliseconds())
		}
	case "stream":
		r.size = blockSize * (1 + c.random.Intn(64))
		if c.random.Intn(8) == 0 {
			r.size = blockSize * (1 + c.random.Intn(1024)) // up to 1 MiB
		}
		r.path = fmt.Sprintf("/stream?id=%s&size=%d", r.id, r.size)
	case "post", "trickle", "abort":
		r.method = "POST"
		r.setBody(c.random, bodySize(c.random))
		r.chunked = c.random.Intn(4) == 0
		r.expect = len(r.body) > 0 && c.random.Intn(8) == 0
		if kind == "trickle" {
			r.setBody(c.random, 1000+c.random.Intn(200_000))
			r.pieces, r.spread = 8, c.slow
		}
	}
	return r
}

func (r *request) setBody(random *rand.Rand, size int) {
	start := random.Intn(len(noise) - size)
	r.body = noise[start : start+size]
	sum := sha256.Sum256(r.body)
	r.sum = hex.EncodeToString(sum[:])
}

// bodySize: mostly small, now and then up to 4 MiB.
func bodySize(random *rand.Rand) int {
	switch n := random.Intn(100); {
	case n < 5:
		return 0
	case n < 65:
		return 1 + random.Intn(2<<10)
	case n < 90:
		return 1 + random.Intn(64<<10)
	case n < 98:
		return 1 + random.Intn(512<<10)
	case n < 99:
		return maxBody
	default:
		return 1 + random.Intn(maxBody)
	}
}

// head is the request line and the fields.
func (r *request) head(host string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nX-Request-Id: %s\r\n", r.method, r.path, host, r.id)
	if r.last {
		b.WriteString("Connection: close\r\n")
	}
	if r.expect {
		b.WriteString("Expect: 100-continue\r\n")
	}
	if r.method == "POST" {
		b.WriteString("Content-Type: application/octet-stream\r\n")
		if r.chunked {
			b.WriteString("Transfer-Encoding: chunked\r\n")
		} else {
			fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.body))
		}
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// writeBody sends the body, in chunks of many sizes or as it is, at once or in pieces over time.
func (r *request) writeBody(w io.Writer, random *rand.Rand) error {
	rest := r.body
	for len(rest) > 0 {
		n := len(rest)
		if r.pieces > 0 {
			n = min(n, len(r.body)/r.pieces+1)
			time.Sleep(r.spread / time.Duration(r.pieces))
		} else if r.chunked {
			n = min(n, 1+random.Intn(64<<10))
		}
		if err := r.writePiece(w, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	if r.chunked {
		_, err := io.WriteString(w, "0\r\n\r\n")
		return err
	}
	return nil
}

func (r *request) writePiece(w io.Writer, piece []byte) error {
	if !r.chunked {
		_, err := w.Write(piece)
		return err
	}
	chunk := make([]byte, 0, len(piece)+16)
	chunk = append(chunk, fmt.Sprintf("%x\r\n", len(piece))...)
	chunk = append(chunk, piece...)
	chunk = append(chunk, "\r\n"...)
	_, err := w.Write(chunk)
	return err
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
