package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is what a whole and right response told.
type answer struct {
	release   string
	keepAlive bool
	continued bool // 100 Continue came before it
}

// wrongAnswer: a whole response, but not the one to this request by one release.
type wrongAnswer struct {
	class class
	text  string
}

func (w *wrongAnswer) Error() string { return w.text }

func wrong(class class, format string, args ...interface{}) error {
	return &wrongAnswer{class, fmt.Sprintf(format, args...)}
}

const longestEcho = 4 << 10

// readAnswer reads the response to `r`. `goAhead` is called when the service wants the body.
func readAnswer(reader *bufio.Reader, r *request, goAhead func()) (answer, error) {
	var a answer
	response, err := readHead(reader, r, func() {
		a.continued = true
		goAhead()
	})
	if err != nil {
		return a, err
	}
	defer goAhead()
	checked, err := checkAnswer(response, r)
	a.release, a.keepAlive = checked.release, checked.keepAlive
	return a, err
}

// checkAnswer reads the rest of a response and holds it against `r`.
func checkAnswer(response *http.Response, r *request) (answer, error) {
	a := answer{release: response.Header.Get("X-Release"), keepAlive: keepsAlive(response)}
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 200))
		return a, fmt.Errorf("status %d: %s", response.StatusCode, strings.TrimSpace(string(text)))
	}
	if id := response.Header.Get("X-Request-Id"); id != r.id {
		return a, wrong(mismatched, "the answer is for request %q", id)
	}
	if a.release == "" {
		return a, wrong(mismatched, "no X-Release")
	}
	if err := checkBody(response, r); err != nil {
		return a, err
	}
	if number, ok := releaseNumber(a.release); ok && number < r.floor {
		return a, wrong(stale, "answered by %s although r%d served when it was sent", a.release, r.floor)
	}
	return a, nil
}

// readHead skips the interim responses (1xx other than 101).
func readHead(reader *bufio.Reader, r *request, onContinue func()) (*http.Response, error) {
	for {
		response, err := http.ReadResponse(reader, &http.Request{Method: r.method})
		if err != nil {
			return nil, fmt.Errorf("no answer: %w", err)
		}
		if response.StatusCode == http.StatusContinue {
			onContinue()
		} else if response.StatusCode >= 200 {
			return response, nil
		}
	}
}

func checkBody(response *http.Response, r *request) error {
	switch {
	case r.method == "HEAD":
		return nil // ReadResponse knows that there is none; a stray one spoils the next answer
	case r.size > 0:
		return checkStream(response, r)
	default:
		return checkEcho(response, r)
	}
}

// echo is the body of the answer to everything that is not a stream.
type echo struct {
	ID      string  `json:"id"`
	Release string  `json:"release"`
	Method  string  `json:"method"`
	Length  int     `json:"length"`
	Sum     string  `json:"sha256"`
	Trailer *string `json:"trailer"` // X-Sha256; absent where a service is not told of trailers
}

func checkEcho(response *http.Response, r *request) error {
	body, err := io.ReadAll(io.LimitReader(response.Body, longestEcho))
	if err != nil {
		return fmt.Errorf("the answer breaks off after %d bytes: %w", len(body), err)
	}
	var e echo
	if err := json.Unmarshal(body, &e); err != nil {
		return wrong(mismatched, "the answer is not JSON: %.60q", body)
	}
	release := response.Header.Get("X-Release")
	switch {
	case e.Release != release:
		return wrong(mixed, "header by %s, body by %s", release, e.Release)
	case e.ID != r.id:
		return wrong(mismatched, "the body is for request %q", e.ID)
	case e.Method != r.method:
		return wrong(mismatched, "the service saw %s", e.Method)
	case r.method == "POST" && e.Length != len(r.body):
		return wrong(mismatched, "%d bytes sent, %d arrived", len(r.body), e.Length)
	case r.method == "POST" && e.Sum != r.sum:
		return wrong(mismatched, "the body that arrived is another one")
	case e.Trailer != nil && *e.Trailer != r.trailer:
		return wrong(mismatched, "the trailer %q arrived as %q", r.trailer, *e.Trailer)
	}
	return nil
}

// A stream is made of blocks of 1 KiB: "RELEASE ID INDEX ", then dots and a line feed, so that a
// piece of another answer or release is seen wherever it starts.
const blockSize = 1 << 10

func checkStream(response *http.Response, r *request) error {
	release := response.Header.Get("X-Release")
	sum := sha256.New()
	var block [blockSize]byte
	for index := 0; index < r.size/blockSize; index++ {
		n, err := io.ReadFull(response.Body, block[:])
		if err != nil {
			if err == io.EOF && n == 0 {
				return wrong(mismatched, "the stream ended as if whole after %d of %d bytes",
					index*blockSize, r.size)
			}
			return fmt.Errorf("the stream breaks off after %d of %d bytes: %w", index*blockSize+n,
				r.size, err)
		}
		sum.Write(block[:])
		if !bytes.Equal(block[:], streamBlock(release, r.id, index)) {
			return wrongBlock(block[:], release, r.id, index)
		}
	}
	if n, err := response.Body.Read(block[:]); err != io.EOF || n != 0 {
		if err != nil && err != io.EOF {
			return fmt.Errorf("the stream does not end: %w", err)
		}
		return wrong(mismatched, "the stream goes on after %d bytes", r.size)
	}
	if _, announced := response.Trailer["X-Sha256"]; announced {
		if got := response.Trailer.Get("X-Sha256"); got != hex.EncodeToString(sum.Sum(nil)) {
			return wrong(mismatched, "the trailer was announced and says %q", got)
		}
	}
	return nil
}

func streamBlock(release, id string, index int) []byte {
	block := bytes.Repeat([]byte("."), blockSize)
	copy(block, release+" "+id+" "+strconv.Itoa(index)+" ")
	block[blockSize-1] = '\n'
	return block
}

func wrongBlock(block []byte, release, id string, index int) error {
	fields := strings.Fields(string(block))
	if len(fields) > 1 && fields[0] != release && fields[1] == id {
		return wrong(mixed, "header by %s, block %d by %s", release, index, fields[0])
	}
	return wrong(mismatched, "block %d of the stream is %.60q", index, block)
}

// releaseNumber: 12 of "r12".
func releaseNumber(release string) (int, bool) {
	digits := strings.TrimPrefix(release, "r")
	if i := strings.IndexFunc(digits, func(c rune) bool { return c < '0' || c > '9' }); i >= 0 {
		digits = digits[:i]
	}
	number, err := strconv.Atoi(digits)
	return number, err == nil
}

// timeText is for failures: they are compared with the events of others.
func timeText(t time.Time) string { return t.Format("15:04:05.000000") }
