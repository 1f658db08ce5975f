package judge

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/sequential"
	"github.com/serin-dev/serin/analysis/stats"
)

// Objective judges whether the canary's share of bad requests is above what is
// accepted, whatever the baseline does: an absolute objective, such as an SLO. It may look
// at every scrape. Bad requests are independent given the share; those that come in
// clumps, such as retries, make it fail good versions more often than Budget says.
//
// It knows of the baseline one thing: whether it breaches the objective, too. Then
// the release is held, and nobody is blamed.
type Objective struct {
	// AtMost is the largest accepted share of bad requests: 0.001 is one in a thousand.
	AtMost float64
	// MinRequests is how many canary requests must be judged under the weight in
	// force before the absence of evidence is a pass.
	MinRequests float64
	// Budget is the accepted probability of a false Fail over all looks: 0.01.
	Budget float64
	// Planned says that there will be a last look, at which Conclude is called: half of
	// the Budget is kept for it.
	Planned bool
}

// The reasons of an Objective, beside those of other judges.
const (
	// SharedIncident: the baseline breaches the objective, and so does the canary.
	SharedIncident = "SharedIncident"
	// AboveObjective: the canary's share of bad requests is above what is accepted, and
	// could be so by chance.
	AboveObjective = "AboveObjective"
)

// Validate returns an error that names the field that cannot be used.
func (o Objective) Validate() error {
	switch {
	case !(o.AtMost > 0 && o.AtMost < 1):
		return fmt.Errorf("the accepted share of bad requests is %v; it must be between 0 and 1", o.AtMost)
	case !(o.MinRequests >= 0) || math.IsInf(o.MinRequests, 0):
		return fmt.Errorf("the requests to wait for are %v; they must be 0 or more", o.MinRequests)
	case !(o.Budget > 0 && o.Budget < 1):
		return fmt.Errorf("the budget for false alarms is %v; it must be between 0 and 1", o.Budget)
	default:
		return nil
	}
}

// Observe adds a window to what was seen and judges all of it.
//
// It fails the canary once E >= 1/Budget (2/Budget if a last look is Planned), and from
// then on; E is evidence that its
// share is above AtMost, begun anew at each weight so that what is broken late is found
// (see ObjectiveState). Otherwise a window without canary requests (unless it was not due to be
// scraped) is no data; a baseline that breaches the objective while the canary is above
// it is a shared incident; fewer than MinRequests judged since weightSince are too few;
// evidence beyond half of the limit, on a logarithmic scale, is mounting; a share
// above AtMost is not enough for a pass; and the rest passes.
//
// While the baseline breaches the objective, windows in which the canary is above it are
// not held against it. To leave them out makes E smaller, so that Budget stays true.
//
// The canary's requests wait up to half a minute until the baseline has been scraped
// after them, so that an incident is not seen in one of them first. A window that
// overlaps what was seen already is left out.
func (o Objective) Observe(s ObjectiveState, w Window, weightSince time.Time) (ObjectiveState, Verdict) {
	if err := o.Validate(); err != nil {
		return s, Verdict{Decision: Inconclusive, Reason: InvalidJudge, Message: err.Error()}
	}
	l := objectiveLook{o: o, warnings: slices.Clone(w.Doubts)}
	l.window = cleaned(w, func(text string) { l.warnings = append(l.warnings, text) })
	s.Version = objectiveVersion
	if s.AtMost != 0 && s.AtMost != o.AtMost {
		l.warnings = append(l.warnings, "the objective was changed: the evidence begins anew")
		s.Starts, s.Highest, s.Detector = nil, 0, sequential.DetectorState{}
	}
	s.AtMost = o.AtMost
	if since := plain(weightSince); !since.Equal(s.WeightSince) {
		s.WeightSince, s.Judged = since, 0
		s.Starts = begin(s.Starts)
	}
	switch served := l.window.Canary.Total > 0 || l.window.Baseline.Total > 0; {
	case served && l.window.From.Before(s.Until):
		l.warnings = append(l.warnings, "the window overlaps the one before, and was left out")
		l.window.Canary, l.window.Baseline = Counts{}, Counts{}
	case served || s.Held.Canary.Total > 0:
		s = s.observe(o, l.window)
	}
	l.state = s
	return s, l.verdict()
}

// Conclude is the verdict at the planned last look, given that of its Observe: whether so
// many bad requests among all that were judged are too many for the accepted share, by
// the exact binomial test for one look, at half of the Budget.
func (o Objective) Conclude(s ObjectiveState, v Verdict) Verdict {
	held := v.Decision == Fail || v.Reason == SharedIncident || v.Reason == InvalidJudge
	if !o.Planned || held || s.Canary.Total <= 0 || s.Canary.Bad > s.Canary.Total {
		return v
	}
	p, err := stats.BinomialSurvival(int64(math.Ceil(s.Canary.Bad)), int64(math.Round(s.Canary.Total)), o.AtMost)
	limit := o.Budget - Looking(o.Budget, o.Planned)
	if err != nil || p > limit {
		return v
	}
	v.Decision, v.Reason = Fail, Regression
	v.Message = fmt.Sprintf("at the last look: %s of the canary's requests are bad, at most %s are accepted: p-value %.2g of %.2g after %s canary requests; the evidence while looking was %s of %s",
		share(s.Canary), percent(o.AtMost), p, limit, count(s.Canary.Total), power(v.Evidence.LogE), power(v.Evidence.LogLimit))
	return v
}

// objectiveLook is one observation on its way to a verdict.
type objectiveLook struct {
	o        Objective
	window   Window
	state    ObjectiveState
	warnings []string
}

// verdict decides: the rules in the order in which they win.
func (l *objectiveLook) verdict() Verdict {
	s := l.state
	e := Evidence{
		Canary: s.Canary, Baseline: s.Baseline,
		LogE: s.logE(), LogLimit: math.Log(1 / Looking(l.o.Budget, l.o.Planned)), RatioUpper: math.Inf(1), Dispersion: 1,
	}
	v := Verdict{Evidence: e}
	switch {
	case s.Highest >= e.LogLimit:
		v.Decision, v.Reason, v.Message = Fail, Regression, l.finding("", s.Highest)
	case l.window.Canary.Total <= 0 && !l.window.Unscraped:
		v.Decision, v.Reason, v.Message = Inconclusive, NoData, "no request reached the canary in this window: check that traffic is routed to it, and the canary's selectors"
	case s.Canary.Total <= 0 && s.Incident.Canary.Total <= 0:
		v.Decision, v.Reason, v.Message = Inconclusive, NoData, "no request of the canary could be judged yet"
	case s.shared():
		v.Decision, v.Reason, v.Message = Inconclusive, SharedIncident, l.incident()
	case s.Judged < l.o.MinRequests:
		v.Evidence.RequestsNeeded = l.o.MinRequests - s.Judged
		v.Decision, v.Reason, v.Message = Inconclusive, TooFewRequests, l.tooFew(v.Evidence.RequestsNeeded)
	case e.LogE >= e.LogLimit/2:
		v.Evidence.RequestsNeeded = l.untilFailure(e)
		v.Decision, v.Reason, v.Message = Inconclusive, EvidenceMounting, l.finding("evidence against the objective is mounting: ", e.LogE)
	case s.latest() > l.o.AtMost:
		v.Evidence.RequestsNeeded = l.untilFailure(e)
		v.Decision, v.Reason, v.Message = Inconclusive, AboveObjective, l.finding("above the objective, and not yet for sure: ", e.LogE)
	default:
		v.Decision, v.Reason, v.Message = Pass, NoEvidenceOfHarm, l.finding("the objective is kept: ", e.LogE)
	}
	l.warnAboutBaseline()
	slices.Sort(l.warnings)
	v.Warnings = slices.Compact(l.warnings)
	return v
}

// untilFailure is how many more canary requests it takes until the canary fails, if
// the share of bad ones stays as it is (Wald 1945); 0 when it is not above the
// objective.
func (l *objectiveLook) untilFailure(e Evidence) float64 {
	growth := sequential.Objective{AtMost: l.o.AtMost}.Growth(l.state.latest())
	if growth <= 0 {
		return 0
	}
	return math.Ceil((e.LogLimit - e.LogE) / growth)
}

// warnAboutBaseline says when only the baseline breaches the objective.
func (l *objectiveLook) warnAboutBaseline() {
	if s := l.state; s.Breached && !s.shared() {
		l.warnings = append(l.warnings, fmt.Sprintf("the baseline breaches the objective: %s of its requests are bad at present, at most %s are accepted; the canary does not", share(s.Incident.Baseline), percent(l.o.AtMost)))
	}
}
