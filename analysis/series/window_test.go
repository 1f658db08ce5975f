package series

import (
	"testing"
	"time"
)

// TestNewestSample: a window says when each arm was scraped last, up to its end.
func TestNewestSample(t *testing.T) {
	arms := Arms{
		Canary:   Counters{Total: []Series{counter("a", -5, 100, 5, 103, 12, 110), counter("b", -6, 1, 7, 2)}},
		Baseline: Counters{Bad: []Series{counter("a", 9, 1)}},
	}
	window, _ := Begin(at(0), time.Time{}, Policy{}).Advance(arms, at(10), Policy{})
	if !window.CanaryAt.Equal(at(7)) || !window.BaselineAt.IsZero() {
		t.Errorf("got %v and %v", window.CanaryAt, window.BaselineAt)
	}
}
