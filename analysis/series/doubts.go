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
	noBound
	noTotal
	notAscending
	layoutChanged
	boundsDiffer
	noCommonBounds
	tooManyTargets
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
	case noBound:
		return counted(n, "series has", "series have") + " no label le with a bound; select the buckets of a histogram"
	case noTotal:
		return counted(n, "histogram has", "histograms have") + ` no bucket le="+Inf", without which the number of requests is not known`
	case notAscending:
		return counted(n, "time", "times") + " a lower bucket grew by more than a higher one that includes it: the higher one was raised"
	case layoutChanged:
		return counted(n, "histogram", "histograms") + " changed bucket bounds: what was counted from one scrape to the next cannot be told"
	case boundsDiffer:
		return counted(n, "bucket bound is", "bucket bounds are") + " not in all histograms of both versions, and left out"
	case noCommonBounds:
		return "the histograms of the two versions have no bucket bound in common: their requests cannot be compared"
	case tooManyTargets:
		return counted(n, "pod is", "pods are") + " left out of the comparison: there are too many"
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
			text := doubt(what).text(n)
			if d.arm != "" {
				text = d.arm + ": " + text
			}
			texts = append(texts, text)
		}
	}
	return texts
}
