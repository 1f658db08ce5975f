package unittest

import (
	"testing"
	"time"
)

// TestTimes: the boundaries of what is asked of a time.
func TestTimes(t *testing.T) {
	minutes := func(n int) *time.Duration { d := time.Duration(n) * time.Minute; return &d }
	tests := []struct {
		reason string
		times  Times
		// from and to are the minutes of a verdict that is as expected.
		from, to int
	}{
		{"any time", Times{}, 0, 9},
		{"within", Times{Within: minutes(3)}, 0, 3},
		{"after", Times{After: minutes(3)}, 3, 9},
		{"both", Times{After: minutes(3), Within: minutes(5)}, 3, 5},
		{"at", Times{At: minutes(3)}, 3, 3},
		{"give or take", Times{At: minutes(3), Tolerance: time.Minute}, 2, 4},
	}
	for _, test := range tests {
		for minute := range 10 {
			p := player{result: &Result{}}
			p.enter(0, Running, Holding)
			p.enter(*minutes(minute), Failed)
			p.enter(*minutes(minute + 7), Failed) // The first time counts.
			p.compare("expect", Expectation{Verdict: Failed, Times: test.times}, 0)
			if met := len(p.result.Differences) == 0; met != (minute >= test.from && minute <= test.to) {
				t.Errorf("%s: minute %d: %+v", test.reason, minute, p.result.Differences)
			}
		}
	}
}

// TestShort: durations without what is zero.
func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Second: "1s", 90 * time.Second: "1m30s", 2 * time.Minute: "2m", time.Hour: "1h", 10 * time.Hour: "10h", 100 * time.Minute: "1h40m",
		time.Hour + time.Second: "1h0m1s", 1500 * time.Millisecond: "1.5s", 20 * time.Minute: "20m",
	} {
		if got := short(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
