package judge

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// verdict decides: the rules in the order in which they win.
func (l *meanLook) verdict() MeanVerdict {
	v := l.evidence()
	e := &v.Evidence
	switch seen := l.state.Points + len(l.state.Waiting); {
	case l.state.Highest >= e.LogLimit:
		v.Decision, v.Reason, v.Message = Fail, Regression, l.finding("", v)
	case seen == 0:
		v.Decision, v.Reason, v.Message = Inconclusive, NoData, "no point of the canary: check its selectors, and that it is scraped"
	case l.silent():
		v.Decision, v.Reason, v.Message = Inconclusive, NoData, "no new point of the canary since "+l.state.Received.Format(time.TimeOnly)+" UTC"
	case len(l.baseline) == 0:
		v.Decision, v.Reason, v.Message = Inconclusive, NoData, "no point of the baseline: check its selectors"
	case l.problem != "":
		v.Decision, v.Reason, v.Message = Inconclusive, TooFewPoints, l.problem
	case l.state.Points < l.m.MinPoints:
		e.RequestsNeeded = float64(l.m.MinPoints - l.state.Points)
		v.Decision, v.Reason = Inconclusive, TooFewPoints
		v.Message = l.finding(fmt.Sprintf("%d of %d points of the canary, %s more needed", l.state.Points, l.m.MinPoints, count(e.RequestsNeeded)), v)
	case e.LogE >= e.LogLimit/2:
		e.RequestsNeeded = l.m.bets().needed(l.state, e.LogLimit)
		v.Decision, v.Reason, v.Message = Inconclusive, EvidenceMounting, l.finding("evidence of harm is mounting", v)
	default:
		e.RequestsNeeded = l.m.bets().needed(l.state, e.LogLimit)
		v.Decision, v.Reason, v.Message = Pass, NoEvidenceOfHarm, l.finding("no evidence of harm", v)
	}
	slices.Sort(l.warnings)
	v.Warnings = slices.Compact(l.warnings)
	return v
}

// silent reports whether the canary has given no point for long.
func (l *meanLook) silent() bool {
	return l.window.To.Sub(l.state.Received) > max(3*l.ref.spacing, longSilence)
}

// longSilence is from when on a gauge that is not scraped is missing.
const longSilence = 5 * time.Minute

// evidence is what the state holds, for a person.
//
// The ratio is that of the geometric means (on a scale without logarithms, of the
// means), and unknown (0, 0, +Inf) when the baseline's level is 0. Its bounds hold at every look if the points are normal about their mean:
// half the width is, for n points of spread s and variance inflation
// φ = (1+ρ)/(1-ρ) against N of the baseline,
//
//	s √φ (√((n+5)(ln(1+n/5) + 2 ln(2/Budget)))/n + √(2 ln(4/Budget)/N)),
//
// the normal mixture's boundary (Robbins 1970; Howard et al. 2021, formula 14) and a
// fixed bound for the baseline's level.
func (l *meanLook) evidence() MeanVerdict {
	var v MeanVerdict
	n := float64(l.state.Points)
	v.Evidence = Evidence{
		Canary: Counts{Bad: float64(l.state.Worse), Total: n}, Baseline: Counts{Total: float64(len(l.baseline))},
		LogE: l.confirmed(), LogLimit: math.Log(1 / l.m.looking()), RatioUpper: math.Inf(1),
	}
	if l.state.Points == 0 || l.problem != "" || l.ref.unit == 0 {
		return v
	}
	r, budget := l.ref, l.m.Budget
	v.CanaryLevel, v.BaselineLevel, v.Tolerated = l.state.Sum/n, r.level, r.tolerated
	if r.level == 0 {
		return v
	}
	inflation := r.spread * math.Sqrt((1+r.memory)/(1-r.memory))
	half := inflation * (math.Sqrt((n+5)*(math.Log1p(n/5)+2*math.Log(2/budget)))/n + math.Sqrt(2*math.Log(4/budget)/r.points))
	away := l.state.Away / n
	low, high := r.ratio(away-half), r.ratio(away+half)
	v.Evidence.RatioEstimate = r.ratio(away)
	v.Evidence.RatioLower, v.Evidence.RatioUpper = min(low, high), max(low, high)
	return v
}

// ratio is the ratio to the baseline's level, which is not 0, of what is a distance away
// from it.
func (r reference) ratio(away float64) float64 {
	away *= r.sign
	if !r.logarithmic {
		return max(1+away*r.unit/math.Abs(r.level), 0)
	}
	level := r.level / r.unit
	return max(math.Exp(math.Log(level+zeroAt)+away)-zeroAt, 0) / level
}

// finding is a judgement with the numbers behind it; without one, it is a failure.
func (l *meanLook) finding(judgement string, v MeanVerdict) string {
	e, text, logE := v.Evidence, "", v.Evidence.LogE
	if judgement == "" {
		logE = l.state.Highest
	} else {
		text = judgement + ": "
	}
	if l.problem == "" && l.state.Points > 0 {
		border := "up to "
		if l.m.Worse == Lower {
			border = "down to "
		}
		if v.BaselineLevel != 0 {
			border = times(e.RatioEstimate) + ", tolerated " + border
		} else {
			border = "tolerated " + border
		}
		text += fmt.Sprintf("level %s -> %s (%s), ", number(v.BaselineLevel), number(v.CanaryLevel), border+number(v.Tolerated))
	}
	text += fmt.Sprintf("evidence %s of %s after %s", power(logE), power(e.LogLimit), counted(l.state.Points, "point", "points"))
	if e.RequestsNeeded > 0 && l.state.Points >= l.m.MinPoints {
		text += fmt.Sprintf("; %s like the last ones would decide against it", counted(int(min(e.RequestsNeeded, 1e9)), "more point", "more points"))
	}
	return text
}

// number is a level with three significant digits.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
