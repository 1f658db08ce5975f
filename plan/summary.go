package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/stats"
)

// summarize sums up the releases of a scenario.
func (s *Setup) summarize(name string, regression *Regression, outcomes []outcome) Scenario {
	scenario := Scenario{Name: name, Regression: regression, Releases: len(outcomes)}
	ended := map[ending][]outcome{}
	for _, o := range outcomes {
		ended[o.ending] = append(ended[o.ending], o)
	}
	scenario.Promoted = shareOf(len(ended[promoted]), len(outcomes))
	scenario.TakenBack = shareOf(len(ended[takenBack]), len(outcomes))
	scenario.Held = shareOf(len(ended[held]), len(outcomes))
	caught := ended[takenBack]
	of := func(all []outcome, value func(outcome) float64) Distribution {
		values := make([]float64, len(all))
		for i, o := range all {
			values[i] = value(o)
		}
		return distributionOf(values)
	}
	scenario.Duration = of(ended[promoted], func(o outcome) float64 { return o.took.Seconds() })
	scenario.Detection = of(caught, func(o outcome) float64 { return o.detected.Seconds() })
	scenario.Requests = of(caught, func(o outcome) float64 { return o.requests })
	if regression != nil {
		bad, good := s.badShares(*regression)
		scenario.Bad = of(caught, func(o outcome) float64 { return o.requests * bad })
		scenario.Extra = of(caught, func(o outcome) float64 { return o.requests * (bad - good) })
	}
	scenario.Where, scenario.By = s.places(caught), counted(caught)
	scenario.Waits = s.waits(ended[promoted])
	if at := slices.IndexFunc(ended[promoted], func(o outcome) bool { return o.took.Seconds() == scenario.Duration.P50 }); at >= 0 {
		for _, w := range ended[promoted][at].weights {
			scenario.Weights = append(scenario.Weights, WeightAt{w.at.Seconds(), w.weight})
		}
	}
	if all := slices.Concat(caught, ended[held]); len(all) > 0 {
		scenario.Example = cmp.Or(all[0].message, all[0].reason)
	}
	if all := ended[held]; len(all) > 0 {
		scenario.HeldExample = cmp.Or(all[0].message, all[0].reason)
	}
	return scenario
}

// badShares are the shares of bad requests of the new version with a regression, and of
// the stable one. Without a signal of requests both are 0.
func (s *Setup) badShares(r Regression) (bad, good float64) {
	if r.Signal == LatencySignal {
		const slow = .99
		return s.assumed.Latency.above(s.assumed.Latency.at(slow), r.worse(1)), 1 - slow
	}
	for _, kind := range s.signals.kinds {
		if kind.signal == r.Signal {
			return min(r.worse(kind.rate), 1), kind.rate
		}
	}
	if r.Signal == Errors {
		return min(r.worse(s.assumed.ErrorRate), 1), s.assumed.ErrorRate
	}
	return 0, 0
}

// confidence is that of all intervals.
const confidence = .95

// shareOf is a count among all.
func shareOf(count, of int) Share {
	share := Share{Count: count, Of: of, Upper: 1}
	if of == 0 {
		return share
	}
	share.Share = float64(count) / float64(of)
	if interval, err := stats.Wilson(stats.Count{Events: int64(count), Total: int64(of)}, confidence); err == nil {
		share.Lower, share.Upper = interval.Lower, interval.Upper
	}
	return share
}

// distributionOf sums values up.
func distributionOf(values []float64) Distribution {
	n := len(values)
	d := Distribution{Count: n}
	if n == 0 {
		return d
	}
	slices.Sort(values)
	for _, value := range values {
		d.Mean += value / float64(n)
	}
	d.P50, d.P90 = quantile(values, .5), quantile(values, .9)
	// The median lies between the order statistics that a binomial count with p = ½ lies
	// between; the normal approximation is on the safe side from a few values on.
	reach := 1.96 * math.Sqrt(float64(n)) / 2
	d.P50Lower = values[max(0, int(math.Floor(float64(n)/2-reach)))]
	d.P50Upper = values[min(n-1, int(math.Ceil(float64(n)/2+reach)))]
	const parts = 20
	for part := range parts + 1 {
		d.Quantiles = append(d.Quantiles, quantile(values, float64(part)/parts))
	}
	return d
}

// quantile is the smallest of some sorted values that a share p of them does not exceed.
func quantile(sorted []float64, p float64) float64 {
	at := int(math.Ceil(p*float64(len(sorted)))) - 1
	return sorted[min(max(at, 0), len(sorted)-1)]
}

// stepText names a step, counted from 0.
func (s *Setup) stepText(step int32) string {
	if int(step) >= len(s.spec.Steps) {
		return "taking over"
	}
	of := s.spec.Steps[step]
	if of.Pause != nil && of.Pause.Duration != nil {
		return "pause " + short(*of.Pause.Duration)
	}
	return of.String()
}

// places are where releases were taken back.
func (s *Setup) places(caught []outcome) []Place {
	var all []Place
	for _, o := range caught {
		at := slices.IndexFunc(all, func(p Place) bool { return p.Step == int(o.step)+1 && p.Weight == o.weight })
		if at < 0 {
			at = len(all)
			all = append(all, Place{Step: int(o.step) + 1, Text: s.stepText(o.step), Weight: o.weight})
		}
		all[at].Count++
	}
	slices.SortFunc(all, func(a, b Place) int { return cmp.Or(a.Step-b.Step, int(a.Weight-b.Weight)) })
	return all
}

// counted are the metrics that failed.
func counted(caught []outcome) []Count {
	var all []Count
	for _, o := range caught {
		for _, name := range o.by {
			at := slices.IndexFunc(all, func(c Count) bool { return c.Metric == name })
			if at < 0 {
				at = len(all)
				all = append(all, Count{Metric: name})
			}
			all[at].Count++
		}
	}
	slices.SortFunc(all, func(a, b Count) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Metric, b.Metric)) })
	return all
}

// waits are where releases spent their time.
func (s *Setup) waits(of []outcome) []Wait {
	found := map[waiting][]float64{}
	for _, o := range of {
		for what := range o.waits {
			found[what] = nil
		}
	}
	var all []Wait
	for what := range found {
		var values []float64
		for _, o := range of {
			values = append(values, o.waits[what].Seconds())
		}
		slices.Sort(values)
		wait := Wait{Step: int(what.step) + 1, Text: s.stepText(what.step), Reason: what.reason, P50: quantile(values, .5), P90: quantile(values, .9)}
		if wait.P90 > 0 {
			all = append(all, wait)
		}
	}
	slices.SortFunc(all, func(a, b Wait) int { return cmp.Or(a.Step-b.Step, cmp.Compare(a.Reason, b.Reason)) })
	return all
}

// stepTexts are all steps.
func (s *Setup) stepTexts() []string {
	var all []string
	for i := range s.spec.Steps {
		all = append(all, s.stepText(int32(i)))
	}
	return all
}

// short writes a duration without empty parts: 5m, 1m30s.
func short(d time.Duration) string {
	switch {
	case d == 0:
		return "0s"
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	default:
		return d.String()
	}
}
