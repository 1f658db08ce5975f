package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/serin-dev/serin/analysis/sequential"
	"github.com/serin-dev/serin/benchmark/world"
)

// table is Markdown.
type table struct{ strings.Builder }

// row adds a row.
func (t *table) row(cells ...string) { t.WriteString("| " + strings.Join(cells, " | ") + " |\n") }

// head adds the first row, and the line below it; all columns but the first ones are aligned
// to the right.
func (t *table) head(left int, cells ...string) {
	t.row(cells...)
	for i := range cells {
		if i < left {
			t.WriteString("|---")
		} else {
			t.WriteString("|--:")
		}
	}
	t.WriteString("|\n")
}

// shareHeads are the columns of the canary's shares.
func shareHeads(first ...string) []string {
	for _, share := range shares() {
		first = append(first, "canary "+percent(share))
	}
	return first
}

// both are the limit and what Serin needs.
func both(q question, measured map[question]float64) string {
	return requests(q.limit()) + " → " + requests(measured[q])
}

// errorsTable is how many canary requests more errors take.
func errorsTable(measured map[question]float64) string {
	var t table
	t.head(2, shareHeads("errors", "factor")...)
	for _, base := range bases() {
		for _, factor := range factors() {
			cells := []string{change(base, factor), times(factor)}
			for _, share := range shares() {
				cells = append(cells, both(moreErrors{base, factor, share, tolerance}, measured))
			}
			t.row(cells...)
		}
	}
	return t.String()
}

// change is a share of errors, and what it becomes.
func change(base, factor float64) string { return percent(base) + " → " + percent(base*factor) }

// latencyTable is the same for a slower canary.
func latencyTable(measured map[question]float64) string {
	var t table
	t.head(1, shareHeads("latency")...)
	for _, factor := range slownesses() {
		cells := []string{times(factor)}
		for _, share := range shares() {
			cells = append(cells, both(slower{factor, share}, measured))
		}
		t.row(cells...)
	}
	return t.String()
}

// proofTable is the same for the proof that a good canary is harmless.
func proofTable(measured map[question]float64) string {
	var t table
	t.head(2, shareHeads("errors of both", "proof of less than")...)
	for _, base := range bases() {
		for _, ratio := range proofRatios() {
			cells := []string{percent(base), times(ratio)}
			for _, share := range shares() {
				cells = append(cells, both(proof{base, ratio, share}, measured))
			}
			t.row(cells...)
		}
	}
	return t.String()
}

// toleranceTable is what a tolerance costs.
func toleranceTable(measured map[question]float64) string {
	var t table
	head := []string{"errors"}
	for _, accepted := range tolerances() {
		head = append(head, "tolerance "+percent(accepted))
	}
	t.head(1, head...)
	for _, factor := range []float64{1.5, 2, 5} {
		cells := []string{change(0.001, factor)}
		for _, accepted := range tolerances() {
			q := moreErrors{0.001, factor, firstShare, accepted}
			if factor <= 1+accepted {
				cells = append(cells, "accepted")
				continue
			}
			cells = append(cells, both(q, measured))
		}
		t.row(cells...)
	}
	return t.String()
}

// timeTable is what Serin needs as time, at the first step.
func timeTable(measured map[question]float64) string {
	var t table
	head := []string{"question"}
	for _, rps := range services() {
		head = append(head, fmt.Sprintf("%v rps", rps))
	}
	t.head(1, head...)
	add := func(text string, q question) {
		cells := []string{text}
		for _, rps := range services() {
			cells = append(cells, duration(measured[q]/(rps*firstShare)))
		}
		t.row(cells...)
	}
	for _, base := range bases() {
		for _, factor := range factors() {
			add("errors "+change(base, factor), moreErrors{base, factor, firstShare, tolerance})
		}
	}
	for _, factor := range slownesses() {
		add("latency "+times(factor), slower{factor, firstShare})
	}
	for _, base := range bases() {
		for _, ratio := range proofRatios() {
			add("proof: errors "+percent(base)+", less than "+times(ratio), proof{base, ratio, firstShare})
		}
	}
	return t.String()
}

// impossibleTable is what the best of all judges can find within a time.
func impossibleTable() string {
	var t table
	t.head(1, "service", "canary requests in 10 min", "within 10 min", "within 1 h", "within 1 day")
	for _, base := range bases() {
		for _, rps := range services() {
			perSecond := rps * firstShare
			t.row(fmt.Sprintf("%v rps, errors %s", rps, percent(base)), requests(600*perSecond),
				smallest(base, 600*perSecond), smallest(base, 3600*perSecond), smallest(base, 86400*perSecond))
		}
	}
	return t.String()
}

// smallest is the smallest factor on the share of errors that so many canary requests show.
func smallest(base, canaryRequests float64) string {
	enough := func(factor float64) bool {
		return moreErrors{base, factor, firstShare, 0}.limit() <= canaryRequests
	}
	low, high := 1.0, (1-1e-9)/base
	if !enough(high) {
		return "nothing"
	}
	for high-low > 1e-6*high {
		if middle := math.Sqrt(low * high); enough(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return times(high)
}

// peekingTable is how many good releases are taken back, by judge.
func peekingTable(looks []curve) string {
	var t table
	t.head(1, "judge, service", "after 10 min", "after 20 min", "after 40 min")
	for _, c := range looks {
		cells := []string{c.name}
		for _, tick := range []int{world.StepTicks, 2 * world.StepTicks, world.PlanTicks} {
			cells = append(cells, percent(c.after(tick)))
		}
		t.row(cells...)
	}
	return t.String()
}

// requests is a number with two significant digits, and thousands apart.
func requests(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "never"
	case v < 10:
		return fmt.Sprintf("%.0f", math.Ceil(v))
	}
	unit := math.Pow(10, math.Floor(math.Log10(v))-1)
	v = math.Round(v/unit) * unit
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.3g M", v/1e6)
	case v >= 1000:
		return fmt.Sprintf("%.0f %03.0f", math.Floor(v/1000), math.Mod(v, 1000))
	default:
		return fmt.Sprintf("%.0f", v)
	}
}

// percent is a share.
func percent(share float64) string { return fmt.Sprintf("%.4g %%", 100*share) }

// times is a factor.
func times(factor float64) string {
	if factor >= 100 {
		return fmt.Sprintf("×%.0f", factor)
	}
	return fmt.Sprintf("×%.3g", factor)
}

// duration is a time: whole scrapes at least, and two digits of the largest unit.
func duration(seconds float64) string {
	scrapes := math.Ceil(seconds / world.TickSeconds)
	seconds = math.Max(scrapes, 1) * world.TickSeconds
	switch {
	case math.IsInf(seconds, 1):
		return "never"
	case seconds < 120:
		return fmt.Sprintf("%.0f s", seconds)
	case seconds < 2*3600:
		return fmt.Sprintf("%.0f min", seconds/60)
	case seconds < 2*86400:
		return fmt.Sprintf("%.0f h", seconds/3600)
	case seconds < 3*365*86400:
		return fmt.Sprintf("%.0f days", seconds/86400)
	default:
		return fmt.Sprintf("%.0f years", seconds/365/86400)
	}
}

// temperature is by how much the logarithm of the evidence for a tilt of the judge of errors
// is divided at a dispersion, measured at the judge itself: the same window tells it less.
func temperature(dispersion float64, tilt int) float64 {
	test, err := sequential.NewErrors(1 + tolerance)
	if err != nil {
		return math.NaN()
	}
	wealth := func(dispersion, bad float64) float64 {
		var s sequential.ExceedanceState
		test.Learn(&s, sequential.PodEvents{Events: []float64{0}}, nil)
		const long = 1e12 // So long a past that it is believed as it is.
		d := &s.Kinds[0].Dispersion
		d.Variance[0], d.Count[0], d.Square[0], d.Excess[0] = long, long, 1e30, (dispersion-1)*long
		test.Observe(&s, sequential.EventBlock{
			Canary:   sequential.PodEvents{Total: 1000, Events: []float64{2 * bad}},
			Baseline: sequential.PodEvents{Total: 1000, Events: []float64{bad}},
		})
		return s.Kinds[0].Wealth[tilt]
	}
	nothing := wealth(1, 0)
	return (wealth(1, 10) - nothing) / (wealth(dispersion, 10) - nothing)
}
