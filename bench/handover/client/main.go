// Command client loads a service steadily, counts what it loses, and says when it sees a release.
//
//	client -port 3000 -keep 8 -fresh 4 -slow 2
//
// Commands come on standard input, a line each, and so do the answers on standard output:
//
//	watch r7   asks every millisecond until r7 answers: "seen r7 UNIX_NS", or
//	           "unseen r7" after -longest
//	end        the load ends, requests under way are waited for: "end SENT LOST"
//
// After the count come the kinds of loss: "lost 12 dial tcp: connection refused".
// It never retries: what a client would see is what is counted.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
)

const (
	tick       = time.Millisecond
	mostAtOnce = 64 // questions under way of a watch
)

func main() {
	port := flag.Int("port", 0, "of the service, on 127.0.0.1")
	keep := flag.Int("keep", 0, "clients that keep their connection")
	fresh := flag.Int("fresh", 0, "clients with a new connection for each request")
	slow := flag.Int("slow", 0, "clients whose requests take 200 ms")
	think := flag.Duration("think", 10*time.Millisecond, "pause of a client between two requests")
	longest := flag.Duration("longest", 20*time.Second, "a watch gives up after this time")
	flag.Parse()

	address := fmt.Sprintf("127.0.0.1:%d", *port)
	l := newLoad(address, *think)
	for i := 0; i < *keep; i++ {
		l.start(&client{address: address, path: "/", keeps: true})
	}
	for i := 0; i < *fresh; i++ {
		l.start(&client{address: address, path: "/"})
	}
	for i := 0; i < *slow; i++ {
		l.start(&client{address: address, path: "/slow", keeps: true})
	}

	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		verb, release, _ := strings.Cut(commands.Text(), " ")
		switch verb {
		case "watch":
			watch(address, release, *longest)
		case "end":
			l.end()
			return
		}
	}
}

// watch returns when the release has answered; an old one, or nobody, is asked again.
func watch(address, release string, longest time.Duration) {
	seen := make(chan time.Time, mostAtOnce)
	places := make(chan struct{}, mostAtOnce)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	timeout := time.After(longest)
	for {
		select {
		case at := <-seen:
			fmt.Printf("seen %s %d\n", release, at.UnixNano())
			return
		case <-timeout:
			fmt.Printf("unseen %s\n", release)
			return
		case <-ticker.C:
			select {
			case places <- struct{}{}:
			default:
				continue // enough are waiting already
			}
			go func() {
				defer func() { <-places }()
				c := client{address: address, path: "/"}
				if body, err := c.ask(); err == nil && body == release {
					seen <- time.Now()
				}
			}()
		}
	}
}

// load is the steady load and its count.
type load struct {
	address string
	think   time.Duration
	stop    chan struct{}
	clients sync.WaitGroup

	mutex  sync.Mutex
	sent   int
	losses map[string]int
}

func newLoad(address string, think time.Duration) *load {
	return &load{address: address, think: think, stop: make(chan struct{}), losses: map[string]int{}}
}

func (l *load) start(c *client) {
	l.clients.Add(1)
	go func() {
		defer l.clients.Done()
		for {
			select {
			case <-l.stop:
				c.drop()
				return
			case <-time.After(l.think):
			}
			_, err := c.ask()
			l.note(err)
		}
	}()
}

func (l *load) note(err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.sent++
	if err != nil {
		l.losses[reason(err)]++
	}
}

func (l *load) end() {
	close(l.stop)
	l.clients.Wait()
	lost := 0
	kinds := []string{}
	for kind, count := range l.losses {
		lost += count
		kinds = append(kinds, kind)
	}
	sort.Strings(kinds)
	fmt.Printf("end %d %d\n", l.sent, lost)
	for _, kind := range kinds {
		fmt.Printf("lost %d %s\n", l.losses[kind], kind)
	}
}
