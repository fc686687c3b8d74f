// The service of the loss test in Go: net/http, WebSocket by hand.
//
//	service PORT
//
// EXECUTED_LOG: a file that gets the id of each POST when its handler begins.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"
)

const RELEASE = "r0"
const START = "ok" // ok | exit: what this release does instead of starting

var executed *os.File

func main() {
	if START == "exit" {
		log.Fatal("this release exits before it listens")
	}
	if name := os.Getenv("EXECUTED_LOG"); name != "" {
		file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			log.Fatal(err)
		}
		executed = file
	}
	http.HandleFunc("/echo", echo)
	http.HandleFunc("/stream", stream)
	http.HandleFunc("/ws", webSocket)
	log.Fatal(http.ListenAndServe(":"+os.Args[1], nil))
}

// begin puts the fields on the answer that all have; false when the request contradicts itself.
func begin(w http.ResponseWriter, r *http.Request) (string, bool) {
	id := r.FormValue("id")
	w.Header().Set("X-Release", RELEASE)
	w.Header().Set("X-Request-Id", id)
	if field := r.Header.Get("X-Request-Id"); field != "" && field != id {
		http.Error(w, "the id in the query is not the one in the field", http.StatusBadRequest)
		return id, false
	}
	return id, true
}

func delay(r *http.Request) {
	milliseconds, _ := strconv.Atoi(r.URL.Query().Get("delay"))
	time.Sleep(time.Duration(milliseconds) * time.Millisecond)
}

func echo(w http.ResponseWriter, r *http.Request) {
	id, ok := begin(w, r)
	if !ok {
		return
	}
	if r.Method == "POST" && executed != nil {
		executed.WriteString(id + "\n")
	}
	sum := sha256.New()
	length, err := io.Copy(sum, r.Body)
	if err != nil {
		return
	}
	delay(r)
	body, _ := json.Marshal(map[string]interface{}{"id": id, "release": RELEASE, "method": r.Method,
		"length": length, "sha256": hex.EncodeToString(sum.Sum(nil)),
		"trailer": r.Trailer.Get("X-Sha256")})
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
}

func stream(w http.ResponseWriter, r *http.Request) {
	id, ok := begin(w, r)
	if !ok {
		return
	}
	size, _ := strconv.Atoi(r.URL.Query().Get("size"))
	w.Header().Set("Trailer", "X-Sha256")
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusOK)
	w.(http.Flusher).Flush()
	delay(r)
	sum := sha256.New()
	for index := 0; index < size/1024; index++ {
		block := bytes.Repeat([]byte("."), 1024)
		copy(block, fmt.Sprintf("%s %s %d ", RELEASE, id, index))
		block[1023] = '\n'
		sum.Write(block)
		if _, err := w.Write(block); err != nil {
			return
		}
	}
	w.Header().Set("X-Sha256", hex.EncodeToString(sum.Sum(nil)))
}

func webSocket(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	connection, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer connection.Close()
	fmt.Fprintf(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"+
		"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\nX-Release: %s\r\nX-Request-Id: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]), RELEASE, id)
	for {
		op, payload, err := readFrame(buffered.Reader)
		if err != nil {
			return
		}
		switch op {
		case 1:
			err = writeFrame(connection, 1, append([]byte(RELEASE+" "+id+" "), payload...))
		case 8:
			writeFrame(connection, 8, payload)
			return
		case 9:
			err = writeFrame(connection, 10, payload)
		}
		if err != nil {
			return
		}
	}
}

func readFrame(reader *bufio.Reader) (byte, []byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(reader, head[:]); err != nil {
		return 0, nil, err
	}
	size := uint64(head[1] & 127)
	if size >= 126 {
		extended := make([]byte, map[uint64]int{126: 2, 127: 8}[size])
		if _, err := io.ReadFull(reader, extended); err != nil {
			return 0, nil, err
		}
		size = 0
		for _, b := range extended {
			size = size<<8 | uint64(b)
		}
	}
	masked := make([]byte, 4+size)
	if _, err := io.ReadFull(reader, masked); err != nil {
		return 0, nil, err
	}
	for i := range masked[4:] {
		masked[4+i] ^= masked[i%4]
	}
	return head[0] & 15, masked[4:], nil
}

func writeFrame(w io.Writer, op byte, payload []byte) error {
	frame := []byte{0x80 | op}
	switch n := len(payload); {
	case n < 126:
		frame = append(frame, byte(n))
	case n < 1<<16:
		frame = append(frame, 126, byte(n>>8), byte(n))
	default:
		frame = append(frame, 127)
		frame = binary.BigEndian.AppendUint64(frame, uint64(n))
	}
	_, err := w.Write(append(frame, payload...))
	return err
}
