package load

import (
	"maps"
	"net/http"
	"sync"
	"time"
)

// Snapshot is what has been sent and answered up to a moment.
type Snapshot struct {
	// Sent requests: answered, lost, abandoned at the end, or still open.
	Sent int64
	// Unsent requests: the concurrency did not suffice.
	Unsent int64
	// Abandoned requests: open when the load ended, their fate unknown.
	Abandoned int64
	// Versions are the answers by the version in the header X-Version.
	Versions map[string]Answers
	// Lost requests got no answer of any version, by the reason: timeout,
	// connection, or the status that the router answered with.
	Lost map[string]int64
	// FirstLost is when the first of them was lost.
	FirstLost time.Time
}

// Answers are the answers of one version.
type Answers struct {
	// Requests answered, the bad ones included.
	Requests int64
	// Bad answers: a status of 500 or more.
	Bad int64
	// First and Last are when the first and the last answer came.
	First, Last time.Time
	// FirstBad and LastBad are when the first and the last bad answer came.
	FirstBad, LastBad time.Time
	// Duration of all requests together.
	Duration time.Duration
}

// Mean is the mean duration of a request.
func (a Answers) Mean() time.Duration {
	if a.Requests == 0 {
		return 0
	}
	return a.Duration / time.Duration(a.Requests)
}

// Total adds up the answers of all versions.
func (s Snapshot) Total() (requests, bad int64) {
	for _, answers := range s.Versions {
		requests += answers.Requests
		bad += answers.Bad
	}
	return requests, bad
}

// LostTotal adds up the lost requests.
func (s Snapshot) LostTotal() int64 {
	var total int64
	for _, count := range s.Lost {
		total += count
	}
	return total
}

// Snapshot is what has been counted up to now.
func (g *Generator) Snapshot() Snapshot {
	g.counts.lock.Lock()
	defer g.counts.lock.Unlock()
	snapshot := g.counts.Snapshot
	snapshot.Versions = maps.Clone(snapshot.Versions)
	snapshot.Lost = maps.Clone(snapshot.Lost)
	return snapshot
}

// counts is a Snapshot in the making.
type counts struct {
	lock sync.Mutex
	Snapshot
}

func newCounts() counts {
	return counts{Snapshot: Snapshot{Versions: map[string]Answers{}, Lost: map[string]int64{}}}
}

func (c *counts) sent()      { c.lock.Lock(); c.Sent++; c.lock.Unlock() }
func (c *counts) unsent()    { c.lock.Lock(); c.Unsent++; c.lock.Unlock() }
func (c *counts) abandoned() { c.lock.Lock(); c.Abandoned++; c.lock.Unlock() }

// answered counts an answer of a version.
func (c *counts) answered(version string, code int, at time.Time, took time.Duration) {
	c.lock.Lock()
	defer c.lock.Unlock()
	answers := c.Versions[version]
	answers.Requests++
	answers.Duration += took
	answers.First, answers.Last = span(answers.First, answers.Last, at)
	if code >= http.StatusInternalServerError {
		answers.Bad++
		answers.FirstBad, answers.LastBad = span(answers.FirstBad, answers.LastBad, at)
	}
	c.Versions[version] = answers
}

// lost counts a request without an answer of any version.
func (c *counts) lost(reason string, at time.Time) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.Lost[reason]++
	c.FirstLost, _ = span(c.FirstLost, at, at)
}

// span widens an interval, so that it holds a moment. Zero times are no interval.
func span(first, last, at time.Time) (time.Time, time.Time) {
	if first.IsZero() || at.Before(first) {
		first = at
	}
	if at.After(last) {
		last = at
	}
	return first, last
}
