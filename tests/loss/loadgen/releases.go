package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// releaseFloor is the oldest release that may answer a request that is sent now. The test writes
// it to a file once it was told that the release serves; reading it late is harmless, since the
// floor only rises.
type releaseFloor struct{ number int64 }

func (f *releaseFloor) get() int { return int(atomic.LoadInt64(&f.number)) }

func (f *releaseFloor) follow(file string, stop <-chan struct{}) {
	for {
		if text, err := os.ReadFile(file); err == nil {
			if number, ok := releaseNumber(strings.TrimSpace(string(text))); ok {
				atomic.StoreInt64(&f.number, int64(number))
			}
		}
		select {
		case <-stop:
			return
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// kill is the time in which a proxy was killed: asked for, and seen to be gone.
type kill struct{ asked, gone time.Time }

func readKills(file string) []kill {
	var kills []kill
	f, err := os.Open(file)
	if err != nil {
		return kills
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var asked, gone int64
		if n, _ := fmt.Sscan(lines.Text(), &asked, &gone); n == 2 {
			kills = append(kills, kill{time.Unix(0, asked), time.Unix(0, gone)})
		}
	}
	return kills
}

// carried tells whether the killed proxy may have had this request: sent on a connection that it
// could have accepted, before it was gone, and without an answer when it was killed.
func (k kill) carried(f *failure) bool {
	return !f.opened.After(k.gone) && !f.start.After(k.gone) && f.end.After(k.asked)
}
