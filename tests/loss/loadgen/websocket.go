package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The parts of RFC 6455 that a client needs to send text frames and to be sure of every echo.

const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xA

	closeNormal  = 1000
	closeGoing   = 1001 // "going away"
	closeRestart = 1012 // "service restart"

	longestFrame = 1 << 20
)

// webSocket opens one, has echoes for a while and closes it. It counts as one request.
func (c *client) webSocket() {
	r := &request{kind: "websocket", id: c.nextID(), method: "GET", floor: c.floor.get()}
	r.path = "/ws?id=" + r.id
	start := time.Now()
	connection, err := dial(c.host, c.timeout)
	if err != nil {
		c.tally.fail(failure{class: lost, request: r, start: start, opened: start, err: err})
		return
	}
	defer connection.close()
	c.tally.opened++
	connection.requests = 1
	life := c.longestSession/30 + time.Duration(c.random.Int63n(int64(c.longestSession/3)))
	if c.random.Intn(5) == 0 {
		life = time.Duration(c.random.Int63n(int64(c.longestSession)))
	}
	connection.tcp.SetDeadline(start.Add(c.timeout + life))
	s := &session{connection: connection, request: r, random: c.random}
	a, err := s.open(c.host)
	if err == nil {
		err = s.talk(life)
	}
	c.tally.frames += s.echoed
	var goodbye *goodbye
	if errors.As(err, &goodbye) && time.Since(start) >= c.goodbyeAfter {
		c.tally.goodbyes++
		err = nil
	}
	if err == nil {
		if number, ok := releaseNumber(a.release); ok && number < r.floor {
			err = wrong(stale, "opened by %s although r%d served", a.release, r.floor)
		}
	}
	c.settle(r, connection, start, a, err)
}

// session is one open WebSocket. talk() sends, a goroutine of it receives.
type session struct {
	connection *connection
	request    *request
	random     *rand.Rand
	release    string
	echoed     int // frames; receiver only until it has ended

	mutex       sync.Mutex
	outstanding []string // sent and not echoed yet
}

// goodbye: the other side closed with a frame that says that it goes away.
type goodbye struct{ outstanding int }

func (g *goodbye) Error() string {
	return fmt.Sprintf("told to go away, %d frames without echo", g.outstanding)
}

func (s *session) open(host string) (answer, error) {
	var nonce [16]byte
	s.random.Read(nonce[:])
	key := base64.StdEncoding.EncodeToString(nonce[:])
	head := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nX-Request-Id: %s\r\nUpgrade: websocket\r\n"+
		"Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n",
		s.request.path, host, s.request.id, key)
	var a answer
	if _, err := io.WriteString(s.connection.tcp, head); err != nil {
		return a, err
	}
	response, err := http.ReadResponse(s.connection.reader, &http.Request{Method: "GET"})
	if err != nil {
		return a, fmt.Errorf("no answer to the handshake: %w", err)
	}
	s.release = response.Header.Get("X-Release")
	a.release = s.release
	switch {
	case response.StatusCode != http.StatusSwitchingProtocols:
		return a, fmt.Errorf("handshake: status %d", response.StatusCode)
	case !strings.EqualFold(response.Header.Get("Upgrade"), "websocket"):
		return a, wrong(mismatched, "handshake: no Upgrade field")
	case response.Header.Get("Sec-WebSocket-Accept") != acceptKey(key):
		return a, wrong(mismatched, "handshake: the key belongs to another one")
	case response.Header.Get("X-Request-Id") != s.request.id:
		return a, wrong(mismatched, "handshake: the answer is for request %q",
			response.Header.Get("X-Request-Id"))
	}
	return a, nil
}

func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (s *session) talk(life time.Duration) error {
	received := make(chan error, 1)
	go func() { received <- s.receive() }()
	end := time.After(life)
	for sequence := 0; ; sequence++ {
		select {
		case err := <-received:
			if err == nil {
				err = fmt.Errorf("closed with 1000 by the other side, %d frames without echo", s.waiting())
			}
			return err
		case <-end:
			return s.leave(received)
		case <-time.After(time.Duration(5+s.random.Intn(150)) * time.Millisecond):
		}
		size := s.random.Intn(200)
		if s.random.Intn(20) == 0 {
			size = s.random.Intn(100_000)
		}
		text := fmt.Sprintf("%d %s", sequence, strings.Repeat("x", size))
		s.mutex.Lock()
		s.outstanding = append(s.outstanding, text)
		s.mutex.Unlock()
		if err := s.send(opText, []byte(text)); err != nil {
			if received := <-received; received != nil {
				return received // says more: a goodbye that crossed our frame, or what was cut
			}
			return fmt.Errorf("cut with %d frames without echo: %w", s.waiting(), err)
		}
	}
}

// leave closes from our side: every echo, then the close frame of the other side has to come. The
// close is sent behind the last echo, because servers answer it at once, ahead of their echoes.
func (s *session) leave(received <-chan error) error {
	for s.waiting() > 0 {
		select {
		case err := <-received:
			if err == nil {
				err = fmt.Errorf("closed with 1000 by the other side, %d frames without echo", s.waiting())
			}
			return err
		case <-time.After(time.Millisecond):
		}
	}
	code := make([]byte, 2)
	binary.BigEndian.PutUint16(code, closeNormal)
	if err := s.send(opClose, code); err != nil {
		return fmt.Errorf("cut before our close, %d frames without echo: %w", s.waiting(), err)
	}
	return <-received
}

func (s *session) waiting() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(s.outstanding)
}

// receive takes frames until the other side closes; nil after a close with 1000.
func (s *session) receive() error {
	for {
		op, payload, err := readFrame(s.connection.reader)
		if err != nil {
			return fmt.Errorf("cut without a close frame, %d frames without echo: %w", s.waiting(), err)
		}
		switch op {
		case opText:
			if err := s.checkEcho(string(payload)); err != nil {
				return err
			}
			s.echoed++
		case opPing:
			if err := s.send(opPong, payload); err != nil {
				return err
			}
		case opClose:
			return s.closed(payload)
		}
	}
}

func (s *session) closed(payload []byte) error {
	code := 0
	if len(payload) >= 2 {
		code = int(binary.BigEndian.Uint16(payload))
	}
	switch code {
	case closeNormal:
		return nil
	case closeGoing, closeRestart:
		return &goodbye{s.waiting()}
	}
	return fmt.Errorf("closed with code %d, %d frames without echo", code, s.waiting())
}

func (s *session) checkEcho(text string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.outstanding) == 0 {
		return wrong(mismatched, "an echo too many: %.40q", text)
	}
	sent := s.outstanding[0]
	s.outstanding = s.outstanding[1:]
	if text == s.release+" "+s.request.id+" "+sent {
		return nil
	}
	if fields := strings.SplitN(text, " ", 3); len(fields) == 3 && fields[0] != s.release &&
		fields[1] == s.request.id {
		return wrong(mixed, "opened by %s, echo by %s", s.release, fields[0])
	}
	return wrong(mismatched, "%.40q was echoed as %.80q", sent, text)
}

// send masks and writes one frame. talk() and receive() (for pongs) both call it.
func (s *session) send(op byte, payload []byte) error {
	frame := []byte{0x80 | op}
	switch n := len(payload); {
	case n < 126:
		frame = append(frame, 0x80|byte(n))
	case n < 1<<16:
		frame = append(frame, 0x80|126, byte(n>>8), byte(n))
	default:
		frame = append(frame, 0x80|127)
		frame = binary.BigEndian.AppendUint64(frame, uint64(n))
	}
	mask := [4]byte{0x12, 0x34, 0x56, 0x78}
	frame = append(frame, mask[:]...)
	for i, b := range payload {
		frame = append(frame, b^mask[i%4])
	}
	_, err := s.connection.tcp.Write(frame)
	return err
}

func readFrame(reader *bufio.Reader) (byte, []byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(reader, head[:]); err != nil {
		return 0, nil, err
	}
	if head[0]&0x80 == 0 || head[1]&0x80 != 0 {
		return 0, nil, errors.New("a fragment or a masked frame from the server")
	}
	size := uint64(head[1])
	if size >= 126 {
		extended := make([]byte, 2)
		if size == 127 {
			extended = make([]byte, 8)
		}
		if _, err := io.ReadFull(reader, extended); err != nil {
			return 0, nil, err
		}
		size = 0
		for _, b := range extended {
			size = size<<8 | uint64(b)
		}
	}
	if size > longestFrame {
		return 0, nil, fmt.Errorf("a frame of %d bytes", size)
	}
	payload := make([]byte, size)
	_, err := io.ReadFull(reader, payload)
	return head[0] & 0x0F, payload, err
}
