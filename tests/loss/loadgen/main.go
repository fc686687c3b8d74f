// Command loadgen sends requests of many kinds to a service for as long as it is told to, checks
// every answer, and fails when a single one is lost, answered twice, mixed or wrong. It never
// retries: what a client would see is what is counted.
package main

import (
	"flag"
	"fmt"
	"math/rand"
	"net/url"
	"os"
	"sync"
	"time"
)

// settings are the same for every client. Constant once main has parsed them.
type settings struct {
	host           string // "127.0.0.1:3000"
	connections    int
	think          time.Duration // mean pause between two requests of a client
	timeout        time.Duration // an answer that takes longer is lost
	slow           time.Duration // how long a slow request takes
	longestSession time.Duration // of a WebSocket
	goodbyeAfter   time.Duration // a WebSocket may be told to go at this age, not before
	mix            mix
	seed           int64
}

func main() {
	var s settings
	address := flag.String("url", "", "where the service is: http://127.0.0.1:3000")
	flag.IntVar(&s.connections, "connections", 64, "clients at once, each with one connection")
	duration := flag.Duration("duration", 0, "how long to go on; 0: until --until-file exists")
	untilFile := flag.String("until-file", "", "go on until this file exists")
	minRequests := flag.Int("min-requests", 1, "fewer requests than this are a failure")
	progressFile := flag.String("progress-file", "", "write the number of requests so far there, all the time")
	report := flag.String("json", "", "write the report there as JSON")
	floorFile := flag.String("release-floor-file", "",
		"holds the release that serves by now; an answer by an older one is stale")
	killsFile := flag.String("kills-file", "",
		"lines of two times (Unix ns): a proxy was killed between them, what it carried is excused")
	executed := flag.String("executed-log", "", "where the service writes the id of each POST it executes")
	mixText := flag.String("mix", defaultMix, "weights of the kinds of request")
	flag.DurationVar(&s.think, "think", 20*time.Millisecond, "mean pause of a client between requests")
	flag.DurationVar(&s.timeout, "timeout", 60*time.Second, "an answer that takes longer is lost")
	flag.DurationVar(&s.slow, "slow", 2*time.Second, "how long a slow request takes")
	flag.DurationVar(&s.longestSession, "longest-session", 6*time.Second, "how long a WebSocket lasts at most")
	flag.DurationVar(&s.goodbyeAfter, "goodbye-after", 30*time.Second,
		"a WebSocket that is closed by the other side at a younger age is lost")
	flag.Int64Var(&s.seed, "seed", 0, "of the random choices; 0: from the clock")
	flag.Parse()

	parsed, err := url.Parse(*address)
	if err != nil || parsed.Scheme != "http" || parsed.Host == "" || flag.NArg() > 0 {
		usage("--url http://HOST:PORT is needed, and no other argument")
	}
	s.host = parsed.Host
	if s.mix, err = parseMix(*mixText); err != nil {
		usage(err.Error())
	}
	if (*duration == 0) == (*untilFile == "") {
		usage("one of --duration and --until-file is needed")
	}
	if s.seed == 0 {
		s.seed = time.Now().UnixNano()
	}

	stop := make(chan struct{})
	go waitForEnd(*duration, *untilFile, stop)
	floor := &releaseFloor{}
	if *floorFile != "" {
		go floor.follow(*floorFile, stop)
	}
	made := &progress{}
	if *progressFile != "" {
		go made.tell(*progressFile, stop)
	}
	began := time.Now()
	total := run(s, floor, made, stop)

	r := newReport(total, time.Since(began), s.seed, *minRequests)
	if *killsFile != "" {
		r.excuse(readKills(*killsFile))
	}
	if *executed != "" {
		r.compareWithExecuted(total.answeredPosts, *executed)
	}
	r.judge()
	r.print(os.Stdout)
	if *report != "" {
		if err := r.writeJSON(*report); err != nil {
			fmt.Fprintln(os.Stderr, "loadgen:", err)
			os.Exit(2)
		}
	}
	if len(r.Verdict) > 0 {
		os.Exit(1)
	}
}

func usage(message string) {
	fmt.Fprintln(os.Stderr, "loadgen:", message)
	os.Exit(2)
}

// run drives all clients until `stop` closes and every request in flight has its answer.
func run(s settings, floor *releaseFloor, made *progress, stop <-chan struct{}) *tally {
	fillNoise(s.seed)
	tallies := make([]*tally, s.connections)
	var clients sync.WaitGroup
	for i := range tallies {
		tallies[i] = newTally(made)
		c := newClient(i, s, floor, tallies[i], rand.New(rand.NewSource(s.seed+int64(i))))
		clients.Add(1)
		go func() {
			defer clients.Done()
			c.work(stop)
		}()
	}
	clients.Wait()
	total := newTally(made)
	for _, t := range tallies {
		total.add(t)
	}
	return total
}

func waitForEnd(duration time.Duration, file string, stop chan<- struct{}) {
	defer close(stop)
	if duration > 0 {
		time.Sleep(duration)
		return
	}
	for {
		if _, err := os.Stat(file); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
