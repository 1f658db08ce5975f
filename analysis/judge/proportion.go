package judge

import (
	"fmt"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/sequential"
	"github.com/serin-dev/serin/analysis/series"
)

// Proportion judges whether the canary's share of bad requests is higher than the
// baseline's, by the e-process of sequential.Exceedance. It may look at every scrape,
// and the traffic's split may change.
//
// Assumptions: what moves the share of bad requests moves both versions; beyond that,
// the canary's pods vary like the baseline's pods do. Where pods cannot be told apart
// the baseline's windows take their place, with a warning.
type Proportion struct {
	// RelativeTolerance is how much higher is accepted: 0.03 is 3 %.
	RelativeTolerance float64
	// AbsoluteTolerance is a share of bad requests up to which nothing is judged bad:
	// 0.001 accepts one in a thousand whatever the baseline's share is.
	AbsoluteTolerance float64
	// MinRequests is how many canary requests must be compared under the weight in
	// force before the absence of evidence is a pass.
	MinRequests float64
	// ProofRatio asks for a proof before a pass: the canary's share must be less than
	// so many times the baseline's, but for a probability of ProofError. 0: no proof.
	ProofRatio float64
	// Budget is the accepted probability of a false Fail over all looks: 0.01.
	Budget float64
	// Planned says that there will be a last look, at which Conclude is called: half of
	// the Budget is kept for it.
	Planned bool

	test *sequential.Exceedance
}

// ProofError is the probability that a proof (Proportion.ProofRatio) is wrong.
const ProofError = 0.05

// Prepare makes what every look needs, so that it is made once. Observe does
// without, more slowly.
func (p Proportion) Prepare() Proportion {
	if test, err := sequential.NewErrors(1 + p.RelativeTolerance); err == nil {
		p.test = test
	}
	return p
}

// Validate returns an error that names the field that cannot be used.
func (p Proportion) Validate() error {
	switch {
	case !tolerable(p.RelativeTolerance):
		return fmt.Errorf("the tolerance is %v; it must be 0 or more, and at most %v", p.RelativeTolerance, mostTolerance)
	case !(p.AbsoluteTolerance >= 0 && p.AbsoluteTolerance < 1):
		return fmt.Errorf("the absolute tolerance is %v; it must be a share of less than 1", p.AbsoluteTolerance)
	case !usable(p.MinRequests):
		return fmt.Errorf("the requests to wait for are %v; they must be 0 or more", p.MinRequests)
	case p.ProofRatio != 0 && !(p.ProofRatio > 1+p.RelativeTolerance && p.ProofRatio <= 2*mostTolerance):
		return fmt.Errorf("the ratio to prove is %v; it must be more than the accepted one, %v", p.ProofRatio, 1+p.RelativeTolerance)
	default:
		return validBudget(p.Budget)
	}
}

// mostTolerance is the largest tolerance: with it, everything is accepted.
const mostTolerance = 1e6

func tolerable(tolerance float64) bool { return tolerance >= 0 && tolerance <= mostTolerance }

func validBudget(budget float64) error {
	if !(budget > 0 && budget < 1) {
		return fmt.Errorf("the budget for false alarms is %v; it must be between 0 and 1", budget)
	}
	return nil
}

// ProportionState is the memory of a Proportion. The zero value has seen nothing.
type ProportionState struct {
	Comparison
}

// ParseProportionState reads what String wrote. The empty text is the zero value.
func ParseProportionState(text string) (ProportionState, error) {
	var s ProportionState
	if err := parseState(text, "proportion", &s, func() int { return s.Version }, func() error { return s.validate(1, sequential.ErrorTilts) }); err != nil {
		return ProportionState{}, err
	}
	return s, nil
}

// String returns the state as versioned JSON of some KiB.
func (s *ProportionState) String() string {
	s.Version = comparisonVersion
	return write(s)
}

// Learn adds a window of the baseline from before the release: how much its pods
// differ is then known from the first look on.
func (p Proportion) Learn(s *ProportionState, w Window) {
	if t, err := p.prepared(); err == nil {
		s.memory().begin()
		l := look{window: proportionWindow(w, s.memory())}
		l.clean()
		s.learn(t, l.window)
	}
}

// prepared is the test.
func (p Proportion) prepared() (test, error) {
	t := test{Exceedance: p.test, null: 1 + p.RelativeTolerance, proof: p.ProofRatio}
	if t.Exceedance != nil {
		return t, nil
	}
	var err error
	t.Exceedance, err = sequential.NewErrors(t.null)
	return t, err
}

// Observe adds a window to what was seen and judges all of it.
//
// It fails the canary once E >= 1/Budget, and from then on, unless that is one pod of
// several (OnePod) or at most the absolute tolerance. Otherwise both versions bad at
// once is a shared incident; a window without canary requests (unless it was not due to
// be scraped: a look may come more often than a scrape), or nothing to compare with so
// far, is no data; fewer than MinRequests compared since weightSince are too few; evidence
// beyond half of the limit, on a logarithmic scale, is mounting; a proof that was asked
// for may be missing; and the rest passes.
//
// Requests wait until both arms have served some and the baseline was scraped last,
// and are compared together (see Waiting); what began before weightSince does not
// count towards MinRequests. A new weightSince begins that count anew, and bets anew.
//
// A window that overlaps what was seen already is left out: each request counts once.
func (p Proportion) Observe(s *ProportionState, w Window, weightSince time.Time) Verdict {
	if err := p.Validate(); err != nil {
		return Verdict{Decision: Inconclusive, Reason: InvalidJudge, Message: err.Error()}
	}
	t, err := p.prepared()
	if err != nil {
		return Verdict{Decision: Inconclusive, Reason: InvalidJudge, Message: err.Error()}
	}
	l := p.look(t, s)
	s.memory().begin()
	l.window, l.warnings = proportionWindow(w, s.memory()), slices.Clone(w.Doubts)
	return l.judge(weightSince)
}

// Conclude is the verdict at the planned last look, given that of its Observe: what was
// seen is judged by a test for one look, too.
func (p Proportion) Conclude(s *ProportionState, v Verdict) Verdict {
	t, err := p.prepared()
	if err != nil || !p.Planned || v.Reason == InvalidJudge {
		return v
	}
	l := p.look(t, s)
	return l.conclude(v)
}

// look is one observation without its window.
func (p Proportion) look(t test, s *ProportionState) look {
	return look{
		test: t, state: &s.Comparison,
		rules: rules{minRequests: p.MinRequests, absolute: p.AbsoluteTolerance, budget: p.Budget, planned: p.Planned},
	}
}

// proportionWindow is a window with one kind of event: bad requests.
func proportionWindow(w Window, memory *scratch) window {
	return window{
		Window:    w,
		canary:    arm{Sum: badRequests("", w.Canary, memory), Pods: badPods(w.CanaryPods, memory)},
		baseline:  arm{Sum: badRequests("", w.Baseline, memory), Pods: badPods(w.BaselinePods, memory)},
		warmingUp: arm{Sum: badRequests("", w.WarmingUp, memory)},
	}
}

func badRequests(pod string, c Counts, memory *scratch) sequential.PodEvents {
	p := sequential.PodEvents{Pod: pod, Total: c.Total, Events: memory.floats(1)}
	p.Events[0] = c.Bad
	return p
}

func badPods(counts []series.PodCounts, memory *scratch) []sequential.PodEvents {
	pods := memory.room(len(counts))
	for _, c := range counts {
		pods = append(pods, badRequests(c.Pod, c.Counts, memory))
	}
	return pods
}
