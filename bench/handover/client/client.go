package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

const patience = 10 * time.Second // an answer that takes longer is lost

// client has at most one connection. net/http's own client is not used: it retries.
type client struct {
	address string
	path    string
	keeps   bool

	connection net.Conn
	reader     *bufio.Reader
}

// ask sends one request and returns the body of its answer; anything but a whole 200 is an error.
func (c *client) ask() (string, error) {
	if c.connection != nil && c.closedByPeer() {
		c.drop() // closed while idle, as a server may: nothing was sent, so nothing is lost
	}
	if c.connection == nil {
		connection, err := net.DialTimeout("tcp", c.address, patience)
		if err != nil {
			return "", err
		}
		c.connection, c.reader = connection, bufio.NewReader(connection)
	}
	body, again, err := c.exchange()
	if err != nil || !again || !c.keeps {
		c.drop()
	}
	return body, err
}

func (c *client) exchange() (body string, again bool, err error) {
	if err := c.connection.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", false, err
	}
	habit := "close"
	if c.keeps {
		habit = "keep-alive"
	}
	_, err = fmt.Fprintf(c.connection, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: %s\r\n\r\n",
		c.path, c.address, habit)
	if err != nil {
		return "", false, err
	}
	answer, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return "", false, err
	}
	defer answer.Body.Close()
	whole, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", answer.StatusCode)
	}
	return string(whole), !answer.Close, err
}

// closedByPeer looks without waiting whether the other side has ended the connection.
func (c *client) closedByPeer() bool {
	raw, err := c.connection.(*net.TCPConn).SyscallConn()
	if err != nil {
		return true
	}
	closed := false
	err = raw.Control(func(fd uintptr) {
		n, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		closed = err != syscall.EAGAIN && n <= 0
	})
	return closed || err != nil
}

func (c *client) drop() {
	if c.connection != nil {
		c.connection.Close()
		c.connection = nil
	}
}

// reason names a loss without the ports that differ in each.
func reason(err error) string {
	var number syscall.Errno
	switch {
	case errors.As(err, &number):
		return number.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed without an answer"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer in time"
	}
	return err.Error()
}
