package judge

import (
	"math"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/sequential"
)

// rules are the parameters that decide, of any judge that compares counts.
type rules struct {
	minRequests, absolute, budget float64
	// planned says that there will be a last look.
	planned bool
}

// look is one observation on its way to a verdict.
type look struct {
	test     test
	rules    rules
	window   window
	state    *Comparison
	warnings []string
	// both says that both versions are bad in this window, if they are.
	both string
	// leftOut says that the window is not counted.
	leftOut bool
	// histogram is the state of a histogram; nil for bad requests.
	histogram *HistogramState
}

// what are the events of a kind, for people.
func (l *look) what(kind int) string { return string(l.events(nil, kind)) }

func (l *look) events(to sentence, kind int) sentence {
	switch {
	case l.histogram == nil:
		return to.add("bad requests")
	case kind >= len(l.histogram.Edges):
		return to.add("slow requests")
	default:
		return to.add("requests slower than ").seconds(l.histogram.Edges[kind])
	}
}

func (l *look) warn(text string) { l.warnings = append(l.warnings, text) }

// clean makes the window's counts counts.
func (l *look) clean() {
	var f flaws
	l.window.canary.clean(&f)
	l.window.baseline.clean(&f)
	l.window.warmingUp.clean(&f)
	l.warnings = f.warn(l.warnings)
}

// judge adds the window to the memory, and decides.
func (l *look) judge(weightSince time.Time) Verdict {
	l.clean()
	l.tellRouters()
	s := l.state
	s.weigh(weightSince)
	if s.Null != 0 && s.Null != l.test.null {
		l.warn("the tolerance was changed: the evidence begins anew")
		s.forget()
		s.Failed = false
	}
	s.Version = comparisonVersion
	w := &l.window
	switch served := w.canary.total() > 0 || w.baseline.total() > 0; {
	case served && w.From.Before(s.Until):
		l.warn("the window overlaps the one before, and was left out")
		w.canary, w.baseline, w.warmingUp, l.leftOut = arm{}, arm{}, arm{}, true
	case served:
		l.compare()
	}
	accumulate(&s.WarmingUp, w.warmingUp.Sum)
	var incident bool
	incident, l.both = l.incident()
	s.rememberCalm(w.baseline.Sum, incident)
	return l.verdict()
}

// forget drops what was learnt by another null or other kinds of events.
func (s *Comparison) forget() {
	s.Test, s.Ratio, s.Proof = sequential.ExceedanceState{}, sequential.RateRatioState{}, sequential.NonInferiorityState{}
	s.Pods, s.Others, s.Conclusion = nil, podTally{}, conclusion{}
	if !s.Failed {
		s.Highest = 0
	}
	s.Canary, s.Baseline, s.Before, s.Waiting = sequential.PodEvents{}, sequential.PodEvents{}, sequential.PodEvents{}, Waiting{}
	s.Calm, s.WarmingUp = sequential.PodEvents{}, sequential.PodEvents{}
}

// verdict decides: the rules in the order in which they win.
func (l *look) verdict() Verdict {
	e := l.evidence()
	l.warnAboutWindow(e)
	v := l.decide(e)
	slices.Sort(l.warnings)
	v.Warnings = slices.Compact(l.warnings)
	return v
}

func (l *look) decide(e Evidence) Verdict {
	tolerated := l.rules.absolute > 0 && e.Canary.Bad <= l.rules.absolute*e.Canary.Total
	if failed := l.state.Highest >= e.LogLimit; l.state.Failed || failed && !tolerated {
		if l.onePod(&e) && !l.state.Failed {
			return Verdict{Inconclusive, OnePod, l.onePodOnly(e), nil, e}
		}
		l.state.Failed = true
		return Verdict{Fail, Regression, l.failed(e), nil, e}
	}
	if l.both != "" {
		return Verdict{Inconclusive, SharedIncident, l.both, nil, e}
	}
	if message, reason := l.unseen(e); reason != "" {
		return Verdict{Inconclusive, reason, message, nil, e}
	}
	switch {
	case l.state.Compared < l.rules.minRequests:
		e.RequestsNeeded = l.rules.minRequests - l.state.Compared
		return Verdict{Inconclusive, TooFewRequests, l.tooFew(e), nil, e}
	case e.LogE >= e.LogLimit/2 && !tolerated:
		// Not enough to take it back, and too much to send it more.
		e.RequestsNeeded = l.untilFailure(e)
		return Verdict{Inconclusive, EvidenceMounting, l.mounting(e), nil, e}
	case l.test.proof > 0 && e.LogProof < e.LogProofLimit:
		e.RequestsNeeded = l.untilProof(e)
		return Verdict{Inconclusive, ProofMissing, l.unproven(e), nil, e}
	default:
		e.RequestsNeeded = l.untilFailure(e)
		return Verdict{Pass, NoEvidenceOfHarm, l.passed(e), nil, e}
	}
}

// unseen is the reason for which there is nothing to judge; empty when there is.
func (l *look) unseen(e Evidence) (message, reason string) {
	arrived, young := l.window.canary.total() > 0, l.window.warmingUp.total() > 0
	switch {
	case !arrived && young:
		return l.stillWarm(), WarmingUp
	case !arrived && !young && !l.window.Unscraped:
		return l.noCanary(), NoData
	case e.Canary.Total <= 0 && l.state.Waiting.Canary.total() <= 0:
		return nothingServed, NoData
	case e.Canary.Total <= 0:
		return nothingCompared, NoData
	default:
		return "", ""
	}
}

// shown is the kind of event that most of the evidence is about. While nothing speaks
// against the canary that may be one that nobody has seen: then it is the one that
// about half of the requests are.
func (s *Comparison) shown() int {
	kind, _ := s.Test.Strongest()
	seen := func(j int) float64 { return countsOf(s.Canary, j).Bad + countsOf(s.Baseline, j).Bad }
	if seen(kind) > 0 {
		return kind
	}
	half := (s.Canary.Total + s.Baseline.Total) / 2
	for j := range s.Test.Kinds {
		if math.Abs(seen(j)-half) < math.Abs(seen(kind)-half) {
			kind = j
		}
	}
	return kind
}

// evidence is what the state holds, for a person.
func (l *look) evidence() Evidence {
	s := l.state
	kind := s.shown()
	e := Evidence{
		Kind: kind, Canary: countsOf(s.Canary, kind), Baseline: countsOf(s.Baseline, kind),
		LogE: s.LogE(), LogLimit: math.Log(1 / Looking(l.rules.budget, l.rules.planned)), Dispersion: 1,
		RatioUpper: math.Inf(1),
	}
	if kind < len(s.Test.Kinds) {
		e.Dispersion = s.Test.Kinds[kind].Dispersion.At(0)
	}
	if len(s.Test.Kinds) == 1 {
		ratio := s.Ratio.Confidence(l.rules.budget)
		e.RatioEstimate, e.RatioLower, e.RatioUpper = ratio.Estimate, ratio.Lower, ratio.Upper
	}
	if l.test.proof > 0 {
		e.LogProof, e.LogProofLimit = s.Proof.LogE(), math.Log(1/ProofError)
	}
	return e
}

// untilFailure is how many more canary requests it takes until the canary fails,
// at the present rates and split (Wald 1945); 0 when the evidence does not speak
// against it. The canary's rate is the estimated ratio times the baseline's, so that
// a split that changed on the way does not distort it.
func (l *look) untilFailure(e Evidence) float64 {
	if e.LogE <= 0 || e.Baseline.Total <= 0 || e.Canary.Total <= 0 {
		return 0
	}
	baseline := e.Baseline.Bad / e.Baseline.Total
	canary := e.RatioEstimate * baseline
	if baseline == 0 || len(l.state.Test.Kinds) != 1 {
		canary = e.Canary.Bad / e.Canary.Total
	}
	growth := sequential.RateRatio{Null: l.test.null}.Growth(min(canary, 1), baseline, l.state.Share) / e.Dispersion
	if growth <= 0 {
		return 0
	}
	return math.Ceil((e.LogLimit - e.LogE) / growth)
}

// untilProof is how many more canary requests it takes until the proof is complete, if
// the canary is like the baseline; +Inf when nothing is known of that.
func (l *look) untilProof(e Evidence) float64 {
	if e.Baseline.Total <= 0 {
		return math.Inf(1)
	}
	rate := e.Baseline.Bad / e.Baseline.Total
	growth := sequential.NonInferiority{Max: l.test.proof}.Growth(rate, rate, l.state.Share) / e.Dispersion
	if growth <= 0 {
		return math.Inf(1)
	}
	return math.Ceil((e.LogProofLimit - e.LogProof) / growth)
}

// patience is how long the canary's requests may wait for the baseline's before that is
// odd.
const patience = 30 * time.Second

// tellRouters takes pods that serve both versions for what they are: a router's. How
// much they differ says nothing about the versions' own pods. Pods without a name are
// told apart by nobody anyway.
func (l *look) tellRouters() {
	canary, baseline := l.window.canary.Pods, l.window.baseline.Pods
	for _, pod := range canary {
		if pod.Pod == "" || !slices.ContainsFunc(baseline, func(p sequential.PodEvents) bool { return p.Pod == pod.Pod }) {
			continue
		}
		l.warn("pod " + pod.Pod + " serves both versions: it is a router's, and how much the versions' own pods differ is guessed from window to window")
		l.window.canary.Pods, l.window.baseline.Pods = nil, nil
		return
	}
}

// warnAboutWindow says what is odd about this window.
func (l *look) warnAboutWindow(e Evidence) {
	if waits := l.state.Waiting; waits.Canary.total() > 0 && l.window.To.Sub(waits.Since) > patience {
		l.warn("the baseline has served no request for more than half a minute: what the canary serves cannot be compared and is no evidence")
	}
	if e.Canary.Total > 0 && len(l.window.baseline.Pods) == 1 && l.window.baseline.Pods[0].Pod == "" && l.window.baseline.total() > 0 {
		l.warn("the baseline's pods cannot be told apart: how much they differ is guessed from window to window; add the label pod to its series")
	}
}

// countsOf are the requests and the events of one kind.
func countsOf(p sequential.PodEvents, kind int) Counts {
	if kind >= len(p.Events) {
		return Counts{Total: p.Total}
	}
	return Counts{Bad: p.Events[kind], Total: p.Total}
}

// mostChanged is the kind of event whose share changed most clearly.
func mostChanged(before, now sequential.PodEvents) int {
	for j := range now.Events {
		if changed(countsOf(before, j), countsOf(now, j)) {
			return j
		}
	}
	return 0
}
