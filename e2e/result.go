package main

import (
	"fmt"
	"time"

	"github.com/serin-dev/serin/lab/load"
)

// result is what a run of a scenario showed. Times without a meaning are negative.
type result struct {
	// firstBad is from the change of the image to the first bad response.
	firstBad time.Duration
	// detect is from there to the canary's weight 0 in the HTTPRoute.
	detect time.Duration
	// badUntilZero are the bad responses until then, bad all of them.
	badUntilZero, bad int64
	// raisedAgain says that the canary got traffic again after that.
	raisedAgain bool
	// highest is the highest weight that the canary ever had.
	highest int32
	// outcome is how the release ended, ended after what time.
	outcome string
	ended   time.Duration
	// lost are the responses that the switching itself cost.
	lost int64
	// raisedBlind says when the weight was raised during an outage; empty when never.
	raisedBlind string
	// answered are the answers of each version.
	answered map[string]load.Answers
	// unsent requests are those that the load could not send at all.
	unsent int64
	// stall is for how long the machine stood still at worst.
	stall time.Duration
	// unlikeReplay says in what the run and its replay differ; empty when in nothing.
	unlikeReplay string
	// note adds to the outcome.
	note string
}

// newResult reads a result from what was recorded.
func newResult(p *play) result {
	counts := p.load.Snapshot()
	r := result{firstBad: -1, detect: -1, ended: -1, answered: counts.Versions, unsent: counts.Unsent, note: p.note}
	_, r.bad = counts.Total()
	r.lost = counts.LostTotal()
	samples := p.recording.samples
	if p.scenario.lossIsHarm {
		samples = lossAsHarm(samples)
		r.bad, r.lost = r.bad+r.lost, 0
	}
	first := firstHarm(counts, p.scenario.lossIsHarm)
	if !first.IsZero() {
		r.firstBad = first.Sub(p.changed)
	}
	r.badUntilZero = r.bad
	if zero, again, found := weightZero(samples, first); found && !first.IsZero() {
		r.badUntilZero, r.detect, r.raisedAgain = zero.bad, zero.at.Sub(first), again
	}
	for _, s := range samples {
		r.highest = max(r.highest, s.weight)
		if s.revision > p.revision && s.outcome != "" && s.at.After(p.changed) && r.outcome == "" {
			r.outcome, r.ended = s.outcome, s.at.Sub(p.changed)
		}
	}
	r.raisedBlind = raisedWhile(samples, p.blind, p.changed)
	return r
}

// lossAsHarm counts lost responses as bad ones.
func lossAsHarm(samples []sample) []sample {
	var all []sample
	for _, s := range samples {
		s.bad, s.lost = s.bad+s.lost, 0
		all = append(all, s)
	}
	return all
}

// firstHarm is when the first bad response came, or the first was lost; zero when
// none was.
func firstHarm(counts load.Snapshot, lossIsHarm bool) time.Time {
	var first time.Time
	if lossIsHarm {
		first = counts.FirstLost
	}
	for _, answers := range counts.Versions {
		if at := answers.FirstBad; !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// weightZero is the first sample with weight 0 after a moment, when the weight was
// above 0 before, and whether it was raised again later.
func weightZero(samples []sample, moment time.Time) (zero sample, again, found bool) {
	raised := false
	for _, s := range samples {
		switch {
		case s.weight > 0 && found:
			return zero, true, true
		case s.weight > 0:
			raised = true
		case raised && !found && s.at.After(moment):
			zero, found = s, true
		}
	}
	return zero, false, found
}

// raisedWhile says when the weight was raised during an interval. The first
// weight is not raised: it is what the user wants the new version to be tried with.
func raisedWhile(samples []sample, intervals []interval, zero time.Time) string {
	for i := 1; i < len(samples); i++ {
		before, s := samples[i-1].weight, samples[i]
		for _, blind := range intervals {
			if before > 0 && s.weight > before && s.at.After(blind.from) && s.at.Before(blind.to) {
				return fmt.Sprintf("from %d to %d after %.1f s", before, s.weight, s.at.Sub(zero).Seconds())
			}
		}
	}
	return ""
}
