package sequential

import (
	"fmt"
	"math"
	"slices"
)

// Exceedance tests whether events are more frequent among the canary's requests than
// among the baseline's: one kind of event, such as errors, or many, such as "slower
// than the edge" for each edge of a latency histogram, of which any may have become
// more frequent. It is the e-process that Serin judges by.
//
// Each kind is tested against each of a grid of alternatives, the odds r·Null, by
//
//	the conditional binomial likelihood ratio (RateRatio) while nothing is known of
//	the baseline, and afterwards
//	the Bernoulli e-value against the nearest law of the null (BernoulliRIPr), with
//	the baseline's share of events predicted from windows that are over.
//
// Both are e-values for requests that are independent given the window, whatever
// the shares and the split are and however they change. Real requests are not
// independent, so each increment is divided by a temperature that the spread of
// the baseline's own pods demands (Dispersion, temperatures). A second bet needs no
// temperature: that the canary's pods rank high among all pods (softRank).
//
// E is the mean of all these, weighted by what was staked on them (wealth.go); some of
// the stake waits until the weight changes, so that a regression that begins late is
// not paid for with the good time before it.
//
// It is not for concurrent use.
//
// Sources: conditioning, Lindon & Malek 2022; Bernoulli e-values, Turner, Ly &
// Grünwald 2024; mixtures, Robbins 1970; what is our own is said where it is done.
type Exceedance struct {
	null   float64
	ripr   BernoulliRIPr
	tilts  []float64
	logs   []float64 // The logarithms of the tilts.
	prior  []float64 // The logarithms of the stakes on the tilts.
	temper temperatures
}

// The grids of alternatives, as multiples of the null's odds: errors may become 250
// times as frequent, or more; slow requests are frequent already.
const (
	errorStep, latencyStep = 1.25, 1.35
	// ErrorTilts and LatencyTilts are how many there are.
	ErrorTilts, LatencyTilts = 25, 10
	// priorPower puts more on small regressions: large ones prove themselves.
	priorPower = 0.25
)

// NewErrors returns the test for rare events such as errors. null is the largest
// ratio of the odds, canary over baseline, that is accepted: 1.05 is 5 % more.
func NewErrors(null float64) (*Exceedance, error) {
	return newExceedance(null, errorStep, ErrorTilts)
}

// NewLatency returns the test for slow requests at the edges of a histogram.
func NewLatency(null float64) (*Exceedance, error) {
	return newExceedance(null, latencyStep, LatencyTilts)
}

func newExceedance(null, step float64, tilts int) (*Exceedance, error) {
	if !(null >= 1) || math.IsInf(null, 0) {
		return nil, fmt.Errorf("the accepted ratio of the odds is %v; it must be 1 or more", null)
	}
	t := &Exceedance{null: null, ripr: BernoulliRIPr{Null: OddsRatio, Margin: null}}
	total := 0.0
	for i := 1; i <= tilts; i++ {
		r := math.Pow(step, float64(i))
		weight := math.Pow(r, -priorPower)
		t.tilts, t.logs, t.prior = append(t.tilts, r), append(t.logs, math.Log(r)), append(t.prior, weight)
		total += weight
	}
	for i, weight := range t.prior {
		t.prior[i] = math.Log(weight / total)
	}
	t.temper = newTemperatures(t.tilts)
	return t, nil
}

// ExceedanceState is the memory of an Exceedance. The zero value has seen nothing.
// It is changed in place, and serialises to JSON from which the test goes on bit for
// bit: some KiB, however long it lasts.
type ExceedanceState struct {
	// Reserve is the part of the stake that is not bet yet; 1 - Reserve was.
	Reserve float64 `json:"reserve"`
	// Begun says that the first bet was made with the baseline's past at hand.
	Begun bool `json:"begun,omitempty"`
	// Restarted says that the next bet is a new beginning: the weight was changed.
	Restarted bool `json:"restarted,omitempty"`
	// Kinds are the kinds of events.
	Kinds []KindState `json:"kinds,omitempty"`
	// Past are the baseline's requests in earlier windows, with forgetting.
	Past float64 `json:"past,omitempty"`
	// Spread is the unfinished measurement of the spread between pods.
	Spread spread `json:"spread"`
}

// KindState is what is known of one kind of event.
type KindState struct {
	// Wealth are the logarithms of what the stakes on each tilt have become, and Rank
	// of those on the pods' ranks. Empty before the first bet.
	Wealth []float64 `json:"wealth,omitempty"`
	Rank   []float64 `json:"rank,omitempty"`
	// Past are the baseline's events in earlier windows, with forgetting.
	Past float64 `json:"past,omitempty"`
	// Dispersion is how much the baseline's pods differ. Paired is how much the
	// difference of the arms changes from window to window, where pods cannot be told
	// apart.
	Dispersion Dispersion  `json:"dispersion"`
	Paired     *Dispersion `json:"paired,omitempty"`
	// Pods is how much the counts of the baseline's pods vary around their mean.
	Pods podVariance `json:"pods"`
}

// forgetting is what a window is worth after the next one: the baseline's share of
// events is predicted from about the last 50.
const forgetting = 0.98

// enoughPast is how many requests of the baseline a prediction needs.
const enoughPast = 50

// known reports whether enough is known of the baseline's past.
func (s *ExceedanceState) known() bool { return s.Past >= enoughPast }

// Learn adds a window of the baseline alone, such as those before the release: the
// more of it is known, the less the spread between pods has to be feared.
func (t *Exceedance) Learn(s *ExceedanceState, baseline PodEvents, pods []PodEvents) {
	s.begin(len(baseline.Events))
	s.learn(baseline, pods)
}

// Observe bets on a window, and learns from it afterwards. All blocks of a state have
// the same number of kinds. A block in which an arm served nothing is no evidence.
func (t *Exceedance) Observe(s *ExceedanceState, b EventBlock) {
	s.begin(len(b.Baseline.Events))
	if b.comparable() {
		ranked := exchangeable(b)
		t.stake(s, ranked)
		for j := range s.Kinds {
			t.bet(s, j, b)
			if ranked {
				s.Kinds[j].betOnRanks(t.null, j, b)
			}
		}
	}
	s.learn(b.Baseline, b.BaselinePods)
	s.pair(b)
}

// begin makes room for the kinds of events.
func (s *ExceedanceState) begin(kinds int) {
	if len(s.Kinds) == 0 {
		s.Kinds = make([]KindState, kinds)
		s.Reserve = 1
	}
}

// bet multiplies the wealth on one kind.
func (t *Exceedance) bet(s *ExceedanceState, j int, b EventBlock) {
	k := &s.Kinds[j]
	n1, x1, n2, x2 := b.Canary.Total, b.Canary.Events[j], b.Baseline.Total, b.Baseline.Events[j]
	row, scale := t.temper.at(k.dispersion(expectedPerPod(b, j)))
	known := s.known()
	share := (k.Past + 0.5) / (s.Past + 1)
	for i := range t.tilts {
		var increment float64
		if known {
			odds := t.null * t.tilts[i]
			increment = t.ripr.LogE(n1, x1, n2, x2, odds*share/(1-share+odds*share), share)
		} else if bad := x1 + x2; bad > 0 {
			increment = x1*t.logs[i] - bad*math.Log1p((t.tilts[i]-1)*t.null*n1/(t.null*n1+n2))
		}
		k.Wealth[i] += increment / (scale * row[i])
	}
}

// expectedPerPod is how many events a pod is expected to have in the window, by the
// baseline's share: of the canary's pods or of the baseline's, whichever have more.
// The canary's own events do not count: its errors must not excuse it.
func expectedPerPod(b EventBlock, j int) float64 {
	perPod := func(arm PodEvents, pods []PodEvents) float64 {
		return arm.Total / float64(max(len(pods), 1))
	}
	share := b.Baseline.Events[j] / b.Baseline.Total
	return share * max(perPod(b.Canary, b.CanaryPods), perPod(b.Baseline, b.BaselinePods))
}

// learn adds a window of the baseline to what the next bets are made by.
func (s *ExceedanceState) learn(baseline PodEvents, pods []PodEvents) {
	if baseline.Total <= 0 {
		return
	}
	s.Past = forgetting*s.Past + baseline.Total
	for j := range s.Kinds {
		s.Kinds[j].Past = forgetting*s.Kinds[j].Past + baseline.Events[j]
	}
	s.measure(baseline, pods)
}

// Tempered is by how much the evidence of a kind is divided now, at least: φ.
func (s *ExceedanceState) Tempered(j int, b EventBlock) float64 {
	if !b.comparable() {
		return 1
	}
	return s.Kinds[j].dispersion(expectedPerPod(b, j))
}

// Rough is about what LogE would be of events that are all compared at once: so many
// where so many were expected of a canary that is no worse, at a dispersion φ. It is
// no part of a verdict; it tells what remains when the events of one pod are left out.
func (t *Exceedance) Rough(events, expected, dispersion float64) float64 {
	row, scale := t.temper.at(dispersion)
	sum := 0.0
	logs := make([]float64, len(t.tilts))
	for i, r := range t.tilts {
		logs[i] = t.prior[i] + (events*t.logs[i]-t.null*expected*(r-1))/(scale*row[i])
	}
	top := slices.Max(logs)
	for _, log := range logs {
		sum += math.Exp(log - top)
	}
	return top + math.Log(sum)
}
