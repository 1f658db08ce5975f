package series

import "time"

// life is what is known of a pod, or of a target of one. Times are in milliseconds
// of Unix time; 0 is not known.
type life struct {
	// Since is when it was first scraped; 0 for one that was there before the arm
	// was watched.
	Since int64 `json:"since,omitempty"`
	// Seen is when it was last scraped.
	Seen int64 `json:"seen,omitempty"`
	// Returned is when it was first scraped again after it had been away for longer
	// than the lookback: its counters did not begin at zero then.
	Returned int64 `json:"returned,omitempty"`
}

// since is Since as a time; zero when it is not known.
func (l life) since() time.Time { return fromMilli(l.Since) }

func fromMilli(milli int64) time.Time {
	if milli == 0 {
		return time.Time{}
	}
	return time.UnixMilli(milli).UTC()
}

// lifeOf is what is known of a pod whose samples in the span are of first to newest.
//
// One that is seen for the first time is young when it was born then: the arm was
// watched without it, or is that young itself. Of an arm whose birth is known, it is
// young also when nothing was there for half the lookback before.
func (s span) lifeOf(before life, known bool, first, newest time.Time, w *watch) life {
	now := before
	now.Seen = max(before.Seen, newest.UnixMilli())
	switch milli := first.UnixMilli(); {
	case known && milli > before.Seen:
		now.Returned = milli
	case known:
	case w.born(first), !w.bornAfter.IsZero() && first.Sub(s.from.Add(-s.lookback)) >= s.lookback/2:
		now.Since = milli
	}
	return now
}
