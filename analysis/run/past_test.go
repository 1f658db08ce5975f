package run

import (
	"testing"
	"time"
)

// Long: it is a table.
func TestTheFirstLookReadsThePastWithinBounds(t *testing.T) {
	for _, test := range []struct {
		reason   string
		interval time.Duration
		lines    int
		looks    int
		begin    time.Duration
	}{
		{"few series", 15 * time.Second, 40, 60, shortestHistory},
		{"an interval that does not divide the past", 7 * time.Second, 40, 128, shortestHistory},
		{"very often", time.Second, 40, 180, shortestHistory},
		{"20 pods of 30 buckets", 10 * time.Second, 600, 50, 500 * time.Second},
		{"100 pods of 30 buckets", 10 * time.Second, 3000, 12, 2 * time.Minute},
		{"no series", 10 * time.Second, 0, 90, shortestHistory},
		{"hardly ever", time.Hour, 40, 12, 12 * time.Hour},
		{"less than once a day", 36 * time.Hour, 40, 0, 24 * time.Hour},
	} {
		begin, looks := Metric{Interval: test.interval}.pastLooks(epoch, test.lines)
		if len(looks) != test.looks || epoch.Sub(begin) != test.begin {
			t.Errorf("%s: %d looks since %s, want %d since %s", test.reason, len(looks), epoch.Sub(begin), test.looks, test.begin)
		}
		if n := len(looks); n > 0 && (looks[n-1].After(epoch) || !looks[0].After(begin)) {
			t.Errorf("%s: looks from %s to %s", test.reason, looks[0], looks[n-1])
		}
	}
}
