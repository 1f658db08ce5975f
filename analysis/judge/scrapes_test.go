package judge

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/serin-dev/serin/analysis/series"
)

// cluster is a release seen through scrapes: pods that serve real requests and are
// scraped every five seconds, each at a time of its own.
type cluster struct {
	rand *rand.Rand
	// rate is requests per second, of all pods together; share is the canary's.
	rate, share float64
	// baseline and canary are the shares of bad requests at a second.
	baseline, canary func(second float64) float64
	// pods of each arm.
	canaries, baselines int
}

const (
	scrapeEvery = 5.0
	tick        = 0.1
)

// poisson draws the number of events of a mean.
func (c cluster) poisson(mean float64) float64 {
	if mean > 50 {
		return math.Max(0, math.Round(mean+math.Sqrt(mean)*c.rand.NormFloat64()))
	}
	n, left := 0.0, math.Exp(-mean)
	for p := c.rand.Float64(); p > left; p *= c.rand.Float64() {
		n++
	}
	return n
}

// pods serves a release of an arm and returns what the scrapes saw.
func (c cluster) pods(n int, rate float64, bad func(float64) float64, until float64) series.Counters {
	var counters series.Counters
	for range n {
		var badly, all series.Series
		phase := c.rand.Float64() * scrapeEvery
		sick, total, next := 0.0, 0.0, phase-20
		for second := -20.0; second < until; second += tick {
			if second >= next {
				badly.Samples = append(badly.Samples, series.Sample{At: at(second), Value: sick})
				all.Samples = append(all.Samples, series.Sample{At: at(second), Value: total})
				next += scrapeEvery
			}
			served := c.poisson(rate / float64(n) * tick)
			total += served
			sick += min(served, c.poisson(served*bad(second)))
		}
		counters.Bad, counters.Total = append(counters.Bad, badly), append(counters.Total, all)
	}
	return counters
}

// release judges one release, looking every few seconds, and returns when the
// canary failed; 0 when it did not.
func (c cluster) release(p Proportion, look, until float64) float64 {
	arms := series.Arms{
		Canary:   c.pods(c.canaries, c.rate*c.share, c.canary, until),
		Baseline: c.pods(c.baselines, c.rate*(1-c.share), c.baseline, until),
	}
	cursor := series.Begin(at(0), time.Time{}, series.Policy{})
	var state ProportionState
	for now := look; now < until; now += look {
		var window Window
		window, cursor = cursor.Advance(arms, at(now), series.Policy{})
		var v Verdict
		if v = p.Observe(&state, window, at(0)); v.Decision == Fail {
			return now
		}
	}
	return 0
}

func constant(share float64) func(float64) float64 { return func(float64) float64 { return share } }

// failures are how many of some releases fail, and after how many seconds on average.
func (c cluster) failures(p Proportion, releases int, look float64) (failed int, seconds float64) {
	for range releases {
		if when := c.release(p, look, 90); when > 0 {
			failed++
			seconds += when
		}
	}
	return failed, seconds / math.Max(float64(failed), 1)
}

// TestScrapesOutOfStep: looks more often than scrapes, and pods that are each
// scraped at another time, cost no false alarms and little time.
func TestScrapesOutOfStep(t *testing.T) {
	p := Proportion{RelativeTolerance: 0.1, MinRequests: 100, Budget: 0.05}
	for _, look := range []float64{2, 5, 7} {
		c := cluster{rand: rand.New(rand.NewPCG(1, 2)), rate: 500, share: 0.05, baseline: constant(0.01), canary: constant(0.01), canaries: 1, baselines: 4}
		if failed, _ := c.failures(p, 60, look); failed > 3 {
			t.Errorf("looking every %v s: %d of 60 good releases failed", look, failed)
		}
		c.canary = constant(0.05)
		failed, seconds := c.failures(p, 40, look)
		t.Logf("looking every %v s: %d of 40 bad releases failed, after %.1f s", look, failed, seconds)
		if failed < 38 || seconds > 15 {
			t.Errorf("looking every %v s: %d of 40 bad releases failed, after %.1f s", look, failed, seconds)
		}
	}
}

// TestSharedIncident: a dependency fails for both versions at once, and one of
// them is scraped first. With a test that compares what a look happens to see, up
// to 76 of 100 of these releases failed.
func TestSharedIncident(t *testing.T) {
	p := Proportion{RelativeTolerance: 0.1, MinRequests: 100, Budget: 0.01}
	for _, look := range []float64{2, 5} {
		for _, share := range []float64{0.08, 0.5} {
			c := cluster{rand: rand.New(rand.NewPCG(1, 2)), rate: 5000, share: 0.05, canaries: 1, baselines: 9}
			c.baseline = func(second float64) float64 {
				if second > 31 && second < 61 {
					return share
				}
				return 0.001
			}
			c.canary = c.baseline
			if failed, _ := c.failures(p, 40, look); failed > 2 {
				t.Errorf("looking every %v s, %v bad: %d of 40 releases failed", look, share, failed)
			}
		}
	}
}
