package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
)

// liar is a service that answers rightly except for every tenth request to the path of its lie.
// A generator that does not notice each of its lies cannot show that nothing was lost.
type liar struct {
	lie      string
	requests int64
	executed *os.File
}

// lieNow picks the requests that are lied to.
func (l *liar) lieNow(lie string) bool {
	return l.lie == lie && atomic.AddInt64(&l.requests, 1)%10 == 0
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	if l.lieNow("another id") {
		id = "another"
	}
	release := "r5"
	if l.lieNow("old release") {
		release = "r4"
	}
	w.Header().Set("X-Request-Id", id)
	w.Header().Set("X-Release", release)
	switch {
	case l.lieNow("status 502"):
		w.WriteHeader(http.StatusBadGateway)
	case l.lieNow("reset"):
		cut(w, true)
	case l.lieNow("close without answer"):
		cut(w, false)
	case l.lieNow("silence"):
		time.Sleep(2 * time.Second)
	case strings.HasPrefix(r.URL.Path, "/stream"):
		l.stream(w, r, id, release)
	case strings.HasPrefix(r.URL.Path, "/ws"):
		l.webSocket(w, r, id, release)
	default:
		l.echo(w, r, id, release)
	}
}

func (l *liar) echo(w http.ResponseWriter, r *http.Request, id, release string) {
	body, _ := io.ReadAll(r.Body)
	if l.lieNow("body lost on the way") && len(body) > 0 {
		body = body[:len(body)-1]
	}
	if l.lieNow("body changed on the way") && len(body) > 0 {
		body[len(body)/2] ^= 1
	}
	if r.Method == "POST" && !l.lieNow("not executed") {
		fmt.Fprintln(l.executed, id)
		if l.lieNow("executed twice") {
			fmt.Fprintln(l.executed, id)
		}
	}
	if l.lieNow("body by another release") {
		release = "r6"
	}
	sum := sha256.Sum256(body)
	trailer := r.Trailer.Get("X-Sha256")
	if l.lieNow("trailer of a request lost") {
		trailer = ""
	}
	text, _ := json.Marshal(echo{id, release, r.Method, len(body), hex.EncodeToString(sum[:]), &trailer})
	if l.lieNow("part of an answer") && r.Method != "HEAD" {
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		w.Write(text[:len(text)/2])
		cut(w, false)
		return
	}
	if l.lieNow("an answer too many") {
		connection, out, _ := w.(http.Hijacker).Hijack()
		defer connection.Close()
		one := fmt.Sprintf("HTTP/1.1 200 OK\r\nX-Release: %s\r\nX-Request-Id: %s\r\nContent-Length: %d\r\n\r\n%s",
			release, id, len(text), text)
		if r.Method == "HEAD" {
			one = strings.TrimSuffix(one, string(text))
		}
		out.WriteString(one + one)
		out.Flush()
		io.Copy(io.Discard, connection)
		return
	}
	w.Write(text)
}

func (l *liar) stream(w http.ResponseWriter, r *http.Request, id, release string) {
	size, _ := strconv.Atoi(r.URL.Query().Get("size"))
	w.Header().Set("Trailer", "X-Sha256")
	blocks := size / blockSize
	sum := sha256.New()
	for index := 0; index < blocks; index++ {
		block := streamBlock(release, id, index)
		switch {
		case index == blocks/2 && l.lieNow("stream breaks off"):
			w.(http.Flusher).Flush()
			cut(w, false)
			return
		case index == blocks/2 && l.lieNow("stream ends early"):
			return
		case index == blocks/2 && l.lieNow("stream goes on by another release"):
			block = streamBlock("r6", id, index)
		case index == blocks/2 && l.lieNow("stream skips"):
			continue
		}
		sum.Write(block)
		w.Write(block)
	}
	if !l.lieNow("trailer lost") {
		w.Header().Set("X-Sha256", hex.EncodeToString(sum.Sum(nil)))
	}
}

func (l *liar) webSocket(w http.ResponseWriter, r *http.Request, id, release string) {
	connection, buffered, _ := w.(http.Hijacker).Hijack()
	defer connection.Close()
	fmt.Fprintf(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\nX-Release: %s\r\nX-Request-Id: %s\r\n\r\n",
		acceptKey(r.Header.Get("Sec-WebSocket-Key")), release, id)
	end := time.AfterFunc(100*time.Millisecond, func() {
		if l.lieNow("WebSocket cut") {
			connection.Close()
		}
		if l.lieNow("WebSocket told to go too early") {
			connection.Write(serverFrame(opClose, binary.BigEndian.AppendUint16(nil, closeRestart)))
		}
	})
	defer end.Stop()
	silent := false
	for {
		op, payload, err := readMasked(buffered.Reader)
		if err != nil {
			return
		}
		if op == opClose {
			connection.Write(serverFrame(opClose, payload))
			return
		}
		if l.lieNow("echo lost") {
			continue
		}
		if l.lieNow("last echo lost") {
			silent = true
		}
		if silent {
			continue
		}
		by := release
		if l.lieNow("echo by another release") {
			by = "r6"
		}
		connection.Write(serverFrame(opText, []byte(by+" "+id+" "+string(payload))))
	}
}

func serverFrame(op byte, payload []byte) []byte {
	head := []byte{0x80 | op, 127}
	return append(binary.BigEndian.AppendUint64(head, uint64(len(payload))), payload...)
}

func readMasked(reader *bufio.Reader) (byte, []byte, error) {
	head, err := reader.Peek(2)
	if err != nil {
		return 0, nil, err
	}
	op, size, skip := head[0]&15, int(head[1]&127), 2
	if size >= 126 {
		skip = map[int]int{126: 4, 127: 10}[size]
		if head, err = reader.Peek(skip); err != nil {
			return 0, nil, err
		}
		size = 0
		for _, b := range head[2:] {
			size = size<<8 | int(b)
		}
	}
	whole := make([]byte, skip+4+size)
	if _, err := io.ReadFull(reader, whole); err != nil {
		return 0, nil, err
	}
	mask, payload := whole[skip:skip+4], whole[skip+4:]
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return op, payload, nil
}

func cut(w http.ResponseWriter, reset bool) {
	if _, ok := w.(http.Hijacker); !ok { // HTTP/2
		panic(http.ErrAbortHandler)
	}
	connection, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if reset {
		connection.(*net.TCPConn).SetLinger(0)
	}
	connection.Close()
}

// against runs the generator against a liar until it has made some hundred requests.
func against(t *testing.T, lie, mixText string) *Report {
	t.Helper()
	log := filepath.Join(t.TempDir(), "executed")
	file, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h2c.NewHandler(&liar{lie: lie, executed: file}, &http2.Server{})}
	go server.Serve(listener)
	defer server.Close()

	m, err := parseMix(mixText)
	if err != nil {
		t.Fatal(err)
	}
	s := settings{host: listener.Addr().String(), connections: 16, think: 2 * time.Millisecond,
		timeout: time.Second, slow: 50 * time.Millisecond, longestSession: 600 * time.Millisecond,
		goodbyeAfter: time.Minute, mix: m, seed: 7}
	stop := make(chan struct{})
	time.AfterFunc(800*time.Millisecond, func() { close(stop) })
	total := run(s, &releaseFloor{number: 5}, &progress{}, stop)
	r := newReport(total, time.Second, s.seed, 100)
	r.compareWithExecuted(total.answeredPosts, log)
	r.judge()
	return r
}

func TestHonestServicePasses(t *testing.T) {
	r := against(t, "none", defaultMix)
	if len(r.Verdict) > 0 {
		r.print(os.Stderr)
		t.Fatal(r.Verdict)
	}
	for _, protocol := range protocols {
		for _, kind := range protocol.kinds {
			if r.Kinds[kind] == nil {
				t.Errorf("no request of the kind %s was made", kind)
			}
		}
	}
}

func TestEveryLieIsFound(t *testing.T) {
	const webSockets = "websocket=1"
	for _, test := range []struct{ lie, mix, found string }{
		{"another id", defaultMix, "mismatched"},
		{"old release", defaultMix, "stale"},
		{"status 502", defaultMix, "lost"},
		{"reset", defaultMix, "lost"},
		{"close without answer", defaultMix, "lost"},
		{"silence", "get=9,slow=1", "lost"},
		{"body lost on the way", "post=1", "mismatched"},
		{"body changed on the way", "post=1", "mismatched"},
		{"not executed", "post=1", "unexecuted"},
		{"executed twice", "post=1", "duplicated"},
		{"body by another release", "get=1,post=1", "mixed"},
		{"part of an answer", "get=1,post=1", "lost"},
		{"an answer too many", "get=1", "unasked"},
		{"stream breaks off", "stream=1", "lost"},
		{"stream ends early", "stream=1", "mismatched"},
		{"stream goes on by another release", "stream=1", "mixed"},
		{"stream skips", "stream=1", "mismatched"},
		{"trailer lost", "stream=1", "mismatched"},
		{"another id", "h2=1", "mismatched"},
		{"old release", "h2=1", "stale"},
		{"status 502", "h2=1", "lost"},
		{"reset", "h2=1", "lost"},
		{"silence", "h2=1", "lost"},
		{"body lost on the way", "h2=1", "mismatched"},
		{"not executed", "h2=1", "unexecuted"},
		{"executed twice", "h2=1", "duplicated"},
		{"body by another release", "h2=1", "mixed"},
		{"part of an answer", "h2=1", "lost"},
		{"stream breaks off", "h2=1", "lost"},
		{"stream ends early", "h2=1", "mismatched"},
		{"stream goes on by another release", "h2=1", "mixed"},
		{"trailer lost", "h2=1", "mismatched"},
		{"trailer of a request lost", "h2=1", "mismatched"},
		{"WebSocket cut", webSockets, "lost"},
		{"WebSocket told to go too early", webSockets, "lost"},
		{"echo lost", webSockets, "mismatched"},
		{"last echo lost", webSockets, "lost"},
		{"echo by another release", webSockets, "mixed"},
	} {
		test := test
		t.Run(test.lie+" "+test.mix, func(t *testing.T) {
			t.Parallel()
			r := against(t, test.lie, test.mix)
			verdict := strings.Join(r.Verdict, ", ")
			if !strings.Contains(verdict, test.found) {
				r.print(os.Stderr)
				t.Errorf("verdict %q, want %q in it", verdict, test.found)
			}
		})
	}
}

func TestIdleRunFails(t *testing.T) {
	r := newReport(newTally(&progress{}), time.Second, 1, 1)
	r.judge()
	if len(r.Verdict) == 0 {
		t.Fatal("no request was made, and that passed")
	}
}

func TestOnlyWhatAKilledProxyCarriedIsExcused(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(100, int64(ms)*1e6) }
	killed := []kill{{at(100), at(110)}}
	for _, test := range []struct {
		what               string
		opened, start, end int
		excused            bool
	}{
		{"in flight when it was killed", 10, 90, 112, true},
		{"on a connection that it had accepted", 105, 105, 112, true},
		{"failed before", 10, 20, 30, false},
		{"on a new connection", 111, 111, 120, false},
		{"sent later on an old connection", 10, 150, 151, false},
	} {
		f := failure{class: lost, request: &request{kind: "get"}, opened: at(test.opened),
			start: at(test.start), end: at(test.end), err: io.EOF}
		total := newTally(&progress{})
		total.kind("get").sent = 1
		total.kind("get").failed[lost] = 1
		total.failures = []failure{f}
		r := newReport(total, time.Second, 1, 1)
		r.excuse(killed)
		r.judge()
		if (len(r.Verdict) == 0) != test.excused {
			t.Errorf("%s: verdict %v", test.what, r.Verdict)
		}
	}
}
