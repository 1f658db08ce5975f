package series

import (
	"fmt"
	"time"
)

// doubt is a reason not to trust a count fully.
type doubt int

const (
	notACount doubt = iota
	firstIncrementLost
	fewerThanBefore
	moreBadThanTotal
	labelledDifferently
	clockSetBack
	numberOfDoubts
)

// text says what happened, and how often.
func (d doubt) text(n int) string {
	switch d {
	case notACount:
		return counted(n, "sample was", "samples were") + " NaN, infinite, huge or negative, and left out"
	case firstIncrementLost:
		return counted(n, "series", "series") + " began with no history to tell how much was counted before; the first sample is only a starting point"
	case fewerThanBefore:
		return "the answer shows fewer requests than an earlier one: data is missing or was lost"
	case moreBadThanTotal:
		return "more bad requests than requests: the ones too many are held back until their total is seen"
	case labelledDifferently:
		return "there are bad requests of pods without requests: the two are not labelled alike, and pods cannot be compared"
	default:
		return "the time of this look is not after that of the last one: nothing is counted"
	}
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// doubts counts doubts about what is newer than a time; older ones were told at
// an earlier look.
type doubts struct {
	arm   string
	since time.Time
	times [numberOfDoubts]int
}

func (d *doubts) add(what doubt, at time.Time) {
	if at.After(d.since) {
		d.times[what]++
	}
}

// texts are the doubts for a person, in a fixed order.
func (d *doubts) texts() []string {
	var texts []string
	for what, n := range d.times {
		if n > 0 {
			texts = append(texts, d.arm+": "+doubt(what).text(n))
		}
	}
	return texts
}
