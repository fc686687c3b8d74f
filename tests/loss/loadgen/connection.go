package main

import (
	"bufio"
	"net"
	"syscall"
	"time"
)

// connection is one TCP connection to the service. Used by one client, one request at a time.
type connection struct {
	tcp      *net.TCPConn
	reader   *bufio.Reader
	opened   time.Time // when connect(2) was called: it may have succeeded long before we hear of it
	requests int       // sent so far
}

func dial(host string, timeout time.Duration) (*connection, error) {
	began := time.Now()
	c, err := net.DialTimeout("tcp", host, timeout)
	if err != nil {
		return nil, err
	}
	return &connection{tcp: c.(*net.TCPConn), reader: bufio.NewReaderSize(c, 32<<10),
		opened: began}, nil
}

func (c *connection) close() { c.tcp.Close() }

type idleState int

const (
	idleOpen      idleState = iota
	idleClosed              // the other side closed it while nothing was asked: its good right
	idleHasAnswer           // bytes that nobody asked for
)

// state looks at an idle connection without waiting, as every client with a pool does before it
// takes a connection out of it.
func (c *connection) state() idleState {
	if c.reader.Buffered() > 0 {
		return idleHasAnswer
	}
	raw, err := c.tcp.SyscallConn()
	if err != nil {
		return idleClosed
	}
	result := idleOpen
	var one [1]byte
	err = raw.Read(func(fd uintptr) bool {
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case err == syscall.EAGAIN || err == syscall.EINTR:
		case err != nil || n == 0:
			result = idleClosed
		default:
			result = idleHasAnswer
		}
		return true
	})
	if err != nil {
		return idleClosed
	}
	return result
}
