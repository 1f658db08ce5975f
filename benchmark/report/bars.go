package report

import (
	"fmt"
	"math"

	"github.com/serin-dev/serin/benchmark/peers"
	"github.com/serin-dev/serin/benchmark/world"
)

// Status is what a check came to.
type Status string

// What a check can come to.
const (
	Met      Status = "met"
	Missed   Status = "missed"
	NotAsked Status = "–" // The bar does not speak about it, or it was not measured.
)

// Check is one bar on one family.
type Check struct {
	Bar    int
	Family string
	Status Status
	// Figures are what was measured, and against what.
	Figures string
	// Limit says what may forbid to meet the bar, where the candidate misses it: what the
	// oracle comes to, since nobody can meet a bar that it misses, too.
	Limit string
}

// scrape is a scrape's length in seconds.
const scrape = float64(world.TickSeconds)

// Bars says what each bar demands.
func Bars() map[int]string {
	return map[int]string{
		1: "False rollbacks of identical versions: at most 1 %, upper 95 % bound at most 2 %.",
		2: "Independent traffic, median: errors within 2 × the Wald limit or 2 scrapes, latency within 6 × or 3 scrapes.",
		3: "Clumps, shocks of single pods, incidents, median: within 4 × the oracle or 6 scrapes.",
		4: "Beside Flagger and Kayenta, where they roll back at most 1 % of good releases: at least their detection rate; at most 1/2.5 of their exposure in every family, 1/15 at the median.",
		5: "Outages (at least 5 % errors, or latency at least doubled): p90 within 3 scrapes.",
		6: "Late regressions, median: within 2 × the oracle.",
	}
}

// Checks measures the candidate against bars 1 to 6.
func (r Results) Checks() []Check {
	var checks []Check
	for bar := 1; bar <= len(Bars()); bar++ {
		for _, family := range r.Families {
			checks = append(checks, r.check(bar, family.Scenario)...)
		}
		if bar == 4 {
			checks = append(checks, r.medianRatio(flagger), r.medianRatio(kayenta))
		}
	}
	return checks
}

// check measures the candidate against one bar in one family. There may be nothing to
// measure, or more than one thing.
func (r Results) check(bar int, s world.Scenario) []Check {
	var checks []Check
	for _, measure := range applicable(bar, s) {
		status, figures := measure(r, s, r.Candidate)
		check := Check{Bar: bar, Family: s.Name, Status: status, Figures: figures}
		if status == Missed {
			check.Limit = r.limit(measure, s)
		}
		checks = append(checks, check)
	}
	return checks
}

// limit says what may forbid to meet a bar.
func (r Results) limit(measure measure, s world.Scenario) string {
	if s.Bad() {
		status, figures := measure(r, s, oracle)
		return fmt.Sprintf("the oracle: %s, %s", status, figures)
	}
	if s.Cold && s.Warm == 0 {
		return "cold pods are worse indeed; a warm-up (A8w) or a baseline of the same age tells them from a bad version"
	}
	return ""
}

// measure is a bar's question about a judge in a family.
type measure func(r Results, s world.Scenario, judge string) (Status, string)

// applicable lists a bar's questions about a family.
func applicable(bar int, s world.Scenario) []measure {
	switch {
	case bar == 1 && !s.Bad():
		return []measure{falseRollbacks}
	case !s.Bad():
		return nil
	case bar == 2 && s.Late == 0 && !disturbed(s):
		return []measure{nearWald}
	case bar == 3 && s.Late == 0 && disturbed(s):
		return []measure{nearOracle}
	case bar == 4:
		return []measure{against(flagger), against(kayenta)}
	case bar == 5 && outage(s):
		return []measure{quickly}
	case bar == 6 && s.Late > 0:
		return []measure{nearOracleLate}
	}
	return nil
}

// disturbed tells whether requests are not independent, given what all pods share, or
// whether there is an incident.
func disturbed(s world.Scenario) bool {
	return s.Cluster > 1 || s.Pod != 0 || s.LatPod != 0 || s.HetLat != 0 || s.Incident != 0
}

// outage tells whether at least 5 % of the requests fail, or latency at least doubles.
func outage(s world.Scenario) bool { return s.P1 >= .05 || s.Lat >= 2 }

// verdict is met or missed.
func verdict(met bool) Status {
	if met {
		return Met
	}
	return Missed
}

// falseRollbacks is bar 1.
func falseRollbacks(r Results, s world.Scenario, judge string) (Status, string) {
	found, ok := r.of(s.Name, judge)
	if !ok {
		return NotAsked, "not run"
	}
	figures := fmt.Sprintf("%d of %d, %s, bound %s", found.rollbacks, found.replays, percent(found.rate()), percent(found.upper()))
	return verdict(found.rate() <= .01 && found.upper() <= .02), figures
}

// nearWald is bar 2. The bound in scrapes is one of time, since traffic varies.
func nearWald(r Results, s world.Scenario, judge string) (Status, string) {
	times, scrapes := 2.0, 2.0
	if s.LatencyFactor() != 1 || s.Tail != 0 {
		times, scrapes = 6, 3
	}
	return near(r, s, judge, "Wald limit", peers.WaldLimit(s), times, scrapes)
}

// nearOracle is bar 3.
func nearOracle(r Results, s world.Scenario, judge string) (Status, string) {
	return besideOracle(r, s, judge, 4, 6)
}

// nearOracleLate is bar 6.
func nearOracleLate(r Results, s world.Scenario, judge string) (Status, string) {
	return besideOracle(r, s, judge, 2, 0)
}

func besideOracle(r Results, s world.Scenario, judge string, times, scrapes float64) (Status, string) {
	best, ok := r.of(s.Name, oracle)
	if !ok {
		return NotAsked, "the oracle was not run"
	}
	return near(r, s, judge, oracle, best.medianRequests, times, scrapes)
}

// near asks for a median exposure within some times a limit, or within so many scrapes.
func near(r Results, s world.Scenario, judge, what string, limit, times, scrapes float64) (Status, string) {
	found, ok := r.of(s.Name, judge)
	if !ok {
		return NotAsked, "not run"
	}
	met := found.detectedHalf() && (found.medianRequests <= times*limit || found.medianSeconds <= scrapes*scrape)
	figures := fmt.Sprintf("%s requests in %s, %s × %s (%s)", count(found.medianRequests), seconds(found.medianSeconds),
		ratio(found.medianRequests/limit), what, count(limit))
	return verdict(met), figures
}

// detectedHalf tells whether the median exposure is one until a rollback.
func (s summary) detectedHalf() bool { return !math.IsInf(s.medianSeconds, 1) && s.rollbacks > 0 }

// quickly is bar 5.
func quickly(r Results, s world.Scenario, judge string) (Status, string) {
	found, ok := r.of(s.Name, judge)
	if !ok {
		return NotAsked, "not run"
	}
	return verdict(found.p90Seconds <= 3*scrape), "p90 " + seconds(found.p90Seconds)
}

// against is bar 4 in one family, beside one peer.
func against(peer string) measure {
	return func(r Results, s world.Scenario, judge string) (Status, string) {
		mine, ok1 := r.of(s.Name, judge)
		theirs, ok2 := r.of(s.Name, peer)
		if !ok1 || !ok2 {
			return NotAsked, "not run"
		}
		if wrong, known := r.of(r.twin(s), peer); known && wrong.rate() > .01 {
			return NotAsked, fmt.Sprintf("%s rolls back %s of good releases (%s)", peer, percent(wrong.rate()), r.twin(s))
		}
		less := theirs.medianRequests / mine.medianRequests
		figures := fmt.Sprintf("%s: exposure %s %s × ours; detection %s, ours %s; found by it alone: %d of %d", peer,
			atLeast(theirs), ratio(less), percent(theirs.rate()), percent(mine.rate()), r.alone(s, peer, judge), theirs.replays)
		return verdict(less >= 2.5 && mine.rate() >= theirs.rate()), figures
	}
}

// atLeast marks an exposure that ends with the plan rather than with a rollback.
func atLeast(s summary) string {
	if s.detectedHalf() {
		return "is"
	}
	return "is at least"
}

// alone counts the replays that a peer found and a judge did not.
func (r Results) alone(s world.Scenario, peer, judge string) int {
	alone := 0
	for _, family := range r.Families {
		if family.Scenario.Name != s.Name {
			continue
		}
		for replay, outcome := range family.outcomes(r, peer) {
			if outcome.Tick >= s.Late && family.outcomes(r, judge)[replay].Tick < 0 {
				alone++
			}
		}
	}
	return alone
}

// outcomes are those of a judge.
func (f Family) outcomes(r Results, judge string) []Outcome {
	for i, name := range r.Judges {
		if name == judge {
			return f.Outcomes[i]
		}
	}
	return nil
}

// medianRatio is bar 4 over the families, beside one peer.
func (r Results) medianRatio(peer string) Check {
	var ratios []float64
	for _, family := range r.Families {
		s := family.Scenario
		if !s.Bad() {
			continue
		}
		if status, _ := against(peer)(r, s, r.Candidate); status == NotAsked {
			continue
		}
		mine, _ := r.of(s.Name, r.Candidate)
		theirs, _ := r.of(s.Name, peer)
		ratios = append(ratios, theirs.medianRequests/mine.medianRequests)
	}
	check := Check{Bar: 4, Family: "median", Status: NotAsked, Figures: peer + ": nothing to compare"}
	if len(ratios) > 0 {
		check.Status = verdict(median(ratios) >= 15)
		check.Figures = fmt.Sprintf("%s: exposure %s × ours over %d families", peer, ratio(median(ratios)), len(ratios))
	}
	return check
}
