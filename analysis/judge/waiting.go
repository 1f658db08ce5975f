package judge

import (
	"math"
	"time"
)

// Waiting is what waits to be compared.
//
// A look may see the scrapes of one arm and not yet those of the other one: what it
// left out would be lost. And the arms are not scraped at the same moment: an
// incident that hits both is seen in one of them first. So what the canary served
// waits until the baseline has been scraped later than the canary, and what the
// baseline served waits for the canary.
type Waiting struct {
	// Since is the beginning of the first window of it.
	Since time.Time `json:"since"`
	// CanaryAt is when the newest sample of Canary was scraped.
	CanaryAt time.Time `json:"canaryAt"`
	Canary   arm       `json:"canary"`
	Baseline arm       `json:"baseline"`
}

// longestWait is how long requests wait to be compared: some scrape intervals.
// Older ones would be compared with another time of day.
const longestWait = 90 * time.Second

// both reports whether both arms served requests.
func (w Waiting) both() bool { return w.Canary.total() > 0 && w.Baseline.total() > 0 }

// none reports whether nothing waits.
func (w Waiting) none() bool { return w.Canary.total() <= 0 && w.Baseline.total() <= 0 }

// take adds a window, and takes out the block that can be compared now; that may
// be empty.
func (w Waiting) take(window window) (rest, block Waiting) {
	if w.none() || window.To.Sub(w.Since) > longestWait {
		w = Waiting{Since: plain(window.From)}
	}
	all := w
	all.Canary, all.Baseline = w.Canary.plus(window.canary), w.Baseline.plus(window.baseline)
	all.CanaryAt = plain(window.CanaryAt)
	if !ahead(window.CanaryAt, window.BaselineAt) {
		rest, block = Waiting{}, all
	} else if w.Canary.total() > 0 && !ahead(w.CanaryAt, window.BaselineAt) {
		// What waited is older than the baseline's newest sample; what came is not.
		rest = Waiting{Since: plain(window.From), CanaryAt: all.CanaryAt, Canary: window.canary}
		block = Waiting{Since: w.Since, CanaryAt: w.CanaryAt, Canary: w.Canary, Baseline: all.Baseline}
	}
	if !block.both() {
		return all, Waiting{}
	}
	return rest, block
}

// ahead reports whether the canary was scraped later than the baseline. Times that
// are not known are equal.
func ahead(canary, baseline time.Time) bool {
	return !canary.IsZero() && !baseline.IsZero() && canary.After(baseline)
}

const (
	// clearly is how much a share of bad requests changes at least to be called
	// changed, and deviance the square of how many standard deviations that is.
	clearly  = 1.25
	deviance = 16
)

// changed reports whether the share of bad requests differs clearly between two
// blocks of the baseline, by the likelihood ratio of two Poisson rates.
func changed(before, now Counts) bool {
	if before.Total <= 0 || now.Total <= 0 {
		return false
	}
	a, b := before.Bad/before.Total, now.Bad/now.Total
	if max(a, b) <= clearly*min(a, b) {
		return false
	}
	mean := (before.Bad + now.Bad) / (before.Total + now.Total)
	gain := func(c Counts) float64 {
		if c.Bad <= 0 {
			return 0
		}
		return c.Bad * math.Log(c.Bad/(c.Total*mean))
	}
	return 2*(gain(before)+gain(now)) > deviance
}
