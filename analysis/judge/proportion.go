package judge

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/sequential"
)

// Proportion judges whether the canary's share of bad requests is higher than
// the baseline's, by the conditional-binomial e-process of package sequential. It
// may look at every scrape, and the traffic's split may change.
type Proportion struct {
	// RelativeTolerance is how much higher is accepted: 0.1 is 10 %.
	RelativeTolerance float64
	// MinRequests is how many canary requests must be compared under the weight in
	// force before the absence of evidence is a pass.
	MinRequests float64
	// Budget is the accepted probability of a false Fail over all looks: 0.01.
	Budget float64
}

// Validate returns an error that names the field that cannot be used.
func (p Proportion) Validate() error {
	switch {
	case !(p.RelativeTolerance >= 0) || math.IsInf(p.RelativeTolerance, 0):
		return fmt.Errorf("the tolerance is %v; it must be 0 or more", p.RelativeTolerance)
	case !(p.MinRequests >= 0) || math.IsInf(p.MinRequests, 0):
		return fmt.Errorf("the requests to wait for are %v; they must be 0 or more", p.MinRequests)
	case !(p.Budget > 0 && p.Budget < 1):
		return fmt.Errorf("the budget for false alarms is %v; it must be between 0 and 1", p.Budget)
	default:
		return nil
	}
}

// Observe adds a window to what was seen and judges all of it.
//
// It fails the canary once E >= 1/Budget, and from then on. Otherwise a window
// without canary requests (unless it was not due to be scraped: a look may come more
// often than a scrape), or nothing to compare with so far, is no data; fewer than
// MinRequests compared since weightSince are too few; evidence beyond half of the
// limit, on a logarithmic scale, is mounting; and the rest passes.
//
// Requests wait until both arms have served some and the baseline was scraped last,
// and are compared together (see Waiting); what began before weightSince does not
// count towards MinRequests. A new weightSince begins that count anew, and keeps the evidence.
//
// A window that overlaps what was seen already is left out: each request counts
// once.
func (p Proportion) Observe(s ProportionState, w Window, weightSince time.Time) (ProportionState, Verdict) {
	if err := p.Validate(); err != nil {
		return s, Verdict{Decision: Inconclusive, Reason: InvalidJudge, Message: err.Error()}
	}
	l := look{p: p, null: 1 + p.RelativeTolerance, window: w, warnings: slices.Clone(w.Doubts)}
	l.clean()
	if since := plain(weightSince); !since.Equal(s.WeightSince) {
		s.WeightSince, s.Compared = since, 0
	}
	if s.Null != 0 && s.Null != l.null {
		l.warn("the tolerance was changed: the evidence begins anew")
		s.Test, s.Highest = sequential.RateRatioState{}, 0
	}
	s.Version = stateVersion
	switch served := l.window.Canary.Total > 0 || l.window.Baseline.Total > 0; {
	case served && l.window.From.Before(s.Until):
		l.warn("the window overlaps the one before, and was left out")
		l.window.Canary, l.window.Baseline = Counts{}, Counts{}
	case served:
		before := s.Before
		var unsteady bool
		if s, unsteady = s.observe(l.null, l.window); unsteady {
			l.warn(fmt.Sprintf("the baseline's bad requests changed from %s to %s: what was served meanwhile is not compared, because the versions are not scraped at the same moment", share(before), share(s.Before)))
		}
	}
	l.state = s
	return s, l.verdict()
}

// look is one observation on its way to a verdict.
type look struct {
	p        Proportion
	null     float64
	window   Window
	state    ProportionState
	warnings []string
}

func (l *look) warn(text string) { l.warnings = append(l.warnings, text) }

// clean makes the window's counts counts.
func (l *look) clean() {
	for _, c := range []*Counts{&l.window.Canary, &l.window.Baseline} {
		for _, v := range []*float64{&c.Bad, &c.Total} {
			if !(*v >= 0) || math.IsInf(*v, 0) {
				l.warn("a count is no number of requests, and was left out")
				*v = 0
			}
		}
		if c.Bad > c.Total {
			l.warn("more bad requests than requests: the bad ones were cut down to all")
			c.Bad = c.Total
		}
	}
}

// verdict decides: the rules in the order in which they win.
func (l *look) verdict() Verdict {
	e := l.evidence()
	l.warnAboutWindow()
	v := Verdict{Evidence: e}
	switch {
	case l.state.Highest >= e.LogLimit:
		v.Decision, v.Reason, v.Message = Fail, Regression, l.failed(e)
	case l.window.Canary.Total <= 0 && !l.window.Unscraped:
		v.Decision, v.Reason, v.Message = Inconclusive, NoData, l.noCanary()
	case l.state.Canary.Total <= 0:
		v.Decision, v.Reason, v.Message = Inconclusive, NoData, nothingCompared
	case l.state.Compared < l.p.MinRequests:
		v.Evidence.RequestsNeeded = l.p.MinRequests - l.state.Compared
		v.Decision, v.Reason, v.Message = Inconclusive, TooFewRequests, l.tooFew(v.Evidence)
	case e.LogE >= e.LogLimit/2:
		// Not enough to take it back, and too much to send it more.
		v.Evidence.RequestsNeeded = l.untilFailure(e)
		v.Decision, v.Reason, v.Message = Inconclusive, EvidenceMounting, l.mounting(v.Evidence)
	default:
		v.Evidence.RequestsNeeded = l.untilFailure(e)
		v.Decision, v.Reason, v.Message = Pass, NoEvidenceOfHarm, l.passed(v.Evidence)
	}
	slices.Sort(l.warnings)
	v.Warnings = slices.Compact(l.warnings)
	return v
}

// evidence is what the state holds, for a person.
func (l *look) evidence() Evidence {
	ratio := l.state.Test.Confidence(l.p.Budget)
	return Evidence{
		Canary: l.state.Canary, Baseline: l.state.Baseline,
		LogE: l.state.Test.LogE(), LogLimit: math.Log(1 / l.p.Budget),
		RatioEstimate: ratio.Estimate, RatioLower: ratio.Lower, RatioUpper: ratio.Upper,
	}
}

// untilFailure is how many more canary requests it takes until the canary fails,
// at the present rates and split (Wald 1945); 0 when the evidence does not speak
// against it. The canary's rate is the estimated ratio times the baseline's, so that
// a split that changed on the way does not distort it.
func (l *look) untilFailure(e Evidence) float64 {
	if e.LogE <= 0 {
		return 0
	}
	baseline := e.Baseline.Bad / e.Baseline.Total
	canary := e.RatioEstimate * baseline
	if baseline == 0 {
		canary = e.Canary.Bad / e.Canary.Total
	}
	growth := sequential.RateRatio{Null: l.null}.Growth(min(canary, 1), baseline, l.state.Share)
	if growth <= 0 {
		return 0
	}
	return math.Ceil((e.LogLimit - e.LogE) / growth)
}

const (
	// incidentShare and incidentRequests are from when on both arms are bad at once.
	incidentShare    = 0.05
	incidentRequests = 20
	// patience is how long the canary's requests may wait for the baseline's before
	// that is odd.
	patience = 30 * time.Second
)

// warnAboutWindow says what is odd about this window.
func (l *look) warnAboutWindow() {
	c, b := l.window.Canary, l.window.Baseline
	if waits := l.state.Waiting; waits.Canary.Total > 0 && l.window.To.Sub(waits.Since) > patience {
		l.warn("the baseline has served no request for more than half a minute: what the canary serves cannot be compared and is no evidence")
	}
	if min(c.Total, b.Total) >= incidentRequests && c.Bad >= incidentShare*c.Total && b.Bad >= incidentShare*b.Total {
		l.warn(fmt.Sprintf("both versions are bad in this window (baseline %s, canary %s): a shared incident rather than this release", percent(b.Bad/b.Total), percent(c.Bad/c.Total)))
	}
}
