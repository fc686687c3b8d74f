// Command grpcload makes gRPC calls of all four kinds until a file exists, checks each message of
// each answer, and fails when a single call ends before its deadline in anything but OK.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"
)

// Report is what the clients found together.
type Report struct {
	Calls    map[string]int `json:"calls"` // that were right, by kind
	Messages int            `json:"messages"`
	Releases map[string]int `json:"releases"`
	Broken   []string       `json:"broken"`
	Longest  float64        `json:"longest_s"`
}

func main() {
	target := flag.String("target", "", "HOST:PORT")
	clients := flag.Int("clients", 8, "clients at once, each with a connection")
	untilFile := flag.String("until-file", "", "go on until this file exists")
	floorFile := flag.String("release-floor-file", "", "holds the release that serves by now: no older one may answer")
	seenDirectory := flag.String("seen-directory", "", "gets an empty file go-RELEASE for each release that answered")
	seed := flag.Int64("seed", 1, "of the random choices")
	flag.Parse()

	stop := make(chan struct{})
	go func() {
		for {
			if _, err := os.Stat(*untilFile); err == nil {
				close(stop)
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	total := &Report{Calls: map[string]int{}, Releases: map[string]int{}, Broken: []string{}}
	var lock sync.Mutex
	var all sync.WaitGroup
	for i := 0; i < *clients; i++ {
		c := &client{number: i, target: *target, floor: *floorFile, seen: *seenDirectory,
			random: rand.New(rand.NewSource(*seed + int64(i))), report: total, lock: &lock}
		all.Add(1)
		go func() {
			defer all.Done()
			c.work(stop)
		}()
	}
	all.Wait()
	text, _ := json.Marshal(total)
	fmt.Println(string(text))
	if len(total.Broken) > 0 {
		os.Exit(1)
	}
}

// client is one user: a goroutine with a connection that it makes anew now and then.
type client struct {
	number   int
	target   string
	floor    string
	seen     string
	random   *rand.Rand
	sequence int

	report *Report
	lock   *sync.Mutex
}

func (c *client) work(stop <-chan struct{}) {
	for {
		connection, err := grpc.NewClient(c.target, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDisableRetry())
		if err != nil {
			panic(err)
		}
		stub := pb.NewTestServiceClient(connection)
		for i := 0; i < 50; i++ {
			select {
			case <-stop:
				connection.Close()
				return
			case <-time.After(time.Duration(c.random.Intn(20)) * time.Millisecond):
			}
			c.once(stub)
		}
		connection.Close()
	}
}

// once makes a call and writes down how it ended.
func (c *client) once(stub pb.TestServiceClient) {
	c.sequence++
	call := &call{id: fmt.Sprintf("c%d-%d", c.number, c.sequence), stub: stub, random: c.random, floor: readFloor(c.floor)}
	kind := []string{"unary", "unary", "unary", "down", "up", "both"}[c.random.Intn(6)]
	start := time.Now()
	err := call.make(kind)
	took := time.Since(start).Seconds()

	c.lock.Lock()
	defer c.lock.Unlock()
	if took > c.report.Longest {
		c.report.Longest = took
	}
	c.report.Messages += call.messages
	if err != nil {
		if len(c.report.Broken) < 50 {
			c.report.Broken = append(c.report.Broken, fmt.Sprintf("%s %s after %.3f s at %s: %v", kind, call.id, took,
				start.Format("15:04:05.000"), err))
		}
		return
	}
	c.report.Calls[kind]++
	if c.report.Releases[call.release]++; c.report.Releases[call.release] == 1 && c.seen != "" {
		if err := os.WriteFile(filepath.Join(c.seen, "go-"+call.release), nil, 0o644); err != nil {
			panic(err)
		}
	}
}
