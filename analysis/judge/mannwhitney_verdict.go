package judge

import (
	"fmt"
	"math"
	"slices"

	"github.com/serin-dev/serin/analysis/stats"
)

const (
	// fewPoints is from how many points on Kayenta does not warn.
	fewPoints = 50
	// pointMass is the share of the commonest value from which on a metric does not
	// shift, but is sometimes there: errors in some minutes, 0 in most.
	pointMass = 0.25
)

// pointsLook is one metric on its way to a verdict.
type pointsLook struct {
	judge            MannWhitney
	name             string
	canary, baseline []float64
	warnings         []string
}

func (l *pointsLook) warn(format string, values ...any) {
	l.warnings = append(l.warnings, fmt.Sprintf(format, values...))
}

// prepare applies the strategies for NaN and outliers.
func (l *pointsLook) prepare(canary, baseline []float64) error {
	for _, side := range []struct {
		name string
		from []float64
		to   *[]float64
	}{{"canary", canary, &l.canary}, {"baseline", baseline, &l.baseline}} {
		if err := finite(side.name, side.from); err != nil {
			return err
		}
		kept, missing := withoutNaN(side.from, l.judge.NaN)
		if l.judge.NaN == ReplaceNaN && missing > 0 && missing == len(side.from) {
			l.warn("no point of the %s is a number: all count as 0", side.name)
		}
		if l.judge.Outliers.Remove {
			kept = withoutOutliers(kept, l.judge.Outliers.Factor, true)
		}
		*side.to = kept
	}
	return nil
}

// begin is a verdict with what holds for all.
func (l *pointsLook) begin(label Classification, decision Decision, reason, message string) PointsVerdict {
	slices.Sort(l.warnings)
	v := PointsVerdict{
		Classification: label, Decision: decision, Reason: reason, Message: message, Warnings: l.warnings,
		Ranks:  stats.Tails{TwoSided: 1, Greater: 1, Less: 1},
		Canary: summarise(l.canary), Baseline: summarise(l.baseline),
	}
	v.Deviation = ratioOfMeans(v.Canary.Mean, v.Baseline.Mean)
	return v
}

// ratioOfMeans is unknown when either is 0, or when it is beyond all numbers.
func ratioOfMeans(canary, baseline float64) Effect {
	ratio := canary / baseline
	if canary == 0 || baseline == 0 || math.IsInf(ratio, 0) || math.IsNaN(ratio) {
		return Effect{}
	}
	return Effect{ratio, true}
}

// errored is the verdict on a metric that cannot be judged: never a pass, and the
// answer for the whole canary is open when the metric is critical.
func (l *pointsLook) errored(reason, message string) PointsVerdict {
	v := l.begin(Errored, Inconclusive, reason, "Metric Classification Failed: "+message)
	v.Critical = l.judge.Critical
	return v
}

// verdict decides: the rules in the order in which they win.
func (l *pointsLook) verdict() PointsVerdict {
	canary, baseline := slices.Clone(l.canary), slices.Clone(l.baseline)
	slices.Sort(canary)
	slices.Sort(baseline)
	least := min(len(canary), len(baseline))
	if least > 0 && least < fewPoints {
		l.warn("there are fewer than %d points on a side, which makes the verdict less sure", fewPoints)
	}
	switch {
	case least == 0:
		return l.noData()
	case slices.Equal(canary, baseline):
		return l.unchanged("The Canary and Baseline data are identical")
	case canary[0] == baseline[0] && canary[len(canary)-1] == baseline[0] && baseline[len(baseline)-1] == baseline[0]:
		return l.unchanged("all points are the same")
	case least == 1:
		return l.errored(TooFewPoints, "one point on a side is too few to compare")
	}
	return l.compared()
}

// noData is the verdict when one side has no points.
func (l *pointsLook) noData() PointsVerdict {
	message := "Missing data for " + l.name
	switch m := l.judge; {
	case m.MustHaveData && !m.Critical:
		v := l.begin(NodataFailMetric, Fail, NoData, message+": it must have data")
		v.Deviation = Effect{1, true}
		return v
	case m.MustHaveData:
		v := l.begin(Nodata, Fail, NoData, message+": it must have data, and is critical")
		v.Critical, v.Deviation = true, Effect{1, true}
		return v
	default:
		v := l.begin(Nodata, Inconclusive, NoData, message)
		v.Critical, v.Deviation = m.Critical, Effect{1, true}
		return v
	}
}

// unchanged is the verdict when nothing differs: a pass if a difference would have shown.
func (l *pointsLook) unchanged(message string) PointsVerdict {
	v := l.begin(Passed, Pass, NoEvidenceOfHarm, message)
	v.Deviation = Effect{1, true}
	if l.blind() {
		v = l.open(v, TooFewPoints, tooFewPoints)
	}
	return v
}

const tooFewPoints = "but no change, however large, would have shown in so few points"

// blind tells whether even samples that lie apart could not be told apart: the
// smallest p-value, 1/(N choose n), is above the level.
func (l *pointsLook) blind() bool {
	logBeta, err := stats.LogBeta(float64(len(l.canary)+1), float64(len(l.baseline)+1))
	if err != nil { // Both are at least 2.
		return true
	}
	return math.Log(float64(len(l.canary)+len(l.baseline)+1))+logBeta > math.Log(l.level())
}

// level is the accepted probability of a false alarm in one direction.
func (l *pointsLook) level() float64 { return (1 - l.judge.Confidence) / 2 }

// open turns a pass into an open answer; Kayenta's label stays.
func (l *pointsLook) open(v PointsVerdict, reason, message string) PointsVerdict {
	v.Decision, v.Reason, v.Critical = Inconclusive, reason, l.judge.Critical
	v.Message += ", " + message
	return v
}

// compared is the verdict on two samples that differ.
func (l *pointsLook) compared() PointsVerdict {
	v := l.begin(Passed, Pass, NoEvidenceOfHarm, l.name+" has not changed for the worse")
	ranks, err := stats.MannWhitney(l.canary, l.baseline)
	if err != nil {
		return l.errored(NotFinite, err.Error())
	}
	v.Ranks = ranks.P
	if v.Lower, v.Estimate, v.Upper, err = shift(l.canary, l.baseline, l.judge.Confidence); err != nil {
		return l.errored(NotFinite, err.Error())
	}
	v.Effect = v.Deviation
	if l.judge.EffectSize.Measure == CLES {
		v.Effect = Effect{ranks.Superiority, true}
	}
	bound := l.judge.Tolerance * math.Abs(v.Estimate)
	e := l.judge.EffectSize
	var up, down finding
	if l.judge.increases() {
		up = l.find(v.Ranks.Greater, v.Lower, bound, v.Effect.atLeast(e.AllowedIncrease))
	}
	if l.judge.decreases() {
		down = l.find(v.Ranks.Less, -v.Upper, bound, v.Effect.atMost(e.AllowedDecrease))
	}
	switch {
	case up == worsened:
		return l.failed(v, High, l.judge.Critical && v.Effect.atLeast(e.CriticalIncrease))
	case down == worsened:
		return l.failed(v, Low, l.judge.Critical && v.Effect.atMost(e.CriticalDecrease))
	case l.blind():
		return l.open(v, TooFewPoints, tooFewPoints)
	case up == suspicious || down == suspicious:
		return l.open(v, EvidenceMounting, fmt.Sprintf("but its ranks have: p = %.2g", min(v.Ranks.Greater, v.Ranks.Less)))
	}
	return l.spread(v)
}

func (e Effect) atLeast(limit float64) bool { return !e.Known || e.Value >= limit }
func (e Effect) atMost(limit float64) bool  { return !e.Known || e.Value <= limit }

// finding is what the points say about one direction.
type finding int

const (
	nothing finding = iota
	suspicious
	worsened
)

// find weighs one direction: the p-value of the ranks, the bound of the shift that is
// nearer to 0, and whether the size counts. A bound of 0 while the ranks differ is that
// of samples which share a value that most points have: a shift cannot describe them,
// and the ranks decide. A bound within the tolerance leaves it open, and so does, with
// such a common value, half of the evidence on a logarithmic scale.
func (l *pointsLook) find(p, bound, tolerated float64, counts bool) finding {
	switch {
	case !counts:
		return nothing
	case p <= l.level() && (bound > tolerated || bound == 0):
		return worsened
	case p <= l.level():
		return suspicious
	case p <= math.Sqrt(l.level()) && commonest(l.canary, l.baseline) >= pointMass:
		return suspicious
	default:
		return nothing
	}
}

// failed is the verdict on a metric that changed for the worse.
func (l *pointsLook) failed(v PointsVerdict, label Classification, critical bool) PointsVerdict {
	v.Classification, v.Decision, v.Reason, v.Critical = label, Fail, Regression, critical
	v.Message = fmt.Sprintf("%s was classified as %s", l.name, label)
	if critical {
		v.Message = fmt.Sprintf("The metric %s was classified as %s (Critical)", l.name, label)
	}
	v.Message += fmt.Sprintf(": its points are shifted by %.3g (%.3g to %.3g), p = %.2g", v.Estimate, v.Lower, v.Upper, min(v.Ranks.Greater, v.Ranks.Less))
	if v.Deviation.Known {
		v.Message += fmt.Sprintf(", and their mean is %.3g times the baseline's", v.Deviation.Value)
	}
	return v
}

// spread looks at what ranks cannot see: points that scatter farther to both sides. It
// compares the distances from each side's own median by their ranks, which is only
// nearly right, and therefore fails nothing.
func (l *pointsLook) spread(v PointsVerdict) PointsVerdict {
	test, err := stats.MannWhitneyAsymptotic(awayFromMedian(l.canary), awayFromMedian(l.baseline), true)
	switch {
	case err != nil:
	case test.P.Greater <= l.level():
		return l.open(v, SpreadIncreased, fmt.Sprintf("but its points scatter more than the baseline's (standard deviation %.3g against %.3g, p = %.2g)", v.Canary.Deviation, v.Baseline.Deviation, test.P.Greater))
	case test.P.Less <= l.level():
		v.Warnings = append(v.Warnings, fmt.Sprintf("the canary's points scatter less than the baseline's (standard deviation %.3g against %.3g)", v.Canary.Deviation, v.Baseline.Deviation))
		slices.Sort(v.Warnings)
	}
	return v
}

// shift is how far the canary's points are shifted, with the two-sided interval that
// inverts the normal approximation of the ranks with continuity correction:
//
//	(U(μ) - n·m/2 - ½ sign)/σ = ±z
//
// U(μ), the pairs whose difference is above μ, changes only at the differences, so that
// the bounds are differences, found by counting: no root is searched for with a
// tolerance, and the unit does not matter. σ has the ties within each side. The
// estimate is the median of the differences.
func shift(canary, baseline []float64, confidence float64) (lower, estimate, upper float64, err error) {
	z, err := stats.NormalQuantile((1 + confidence) / 2)
	if err != nil {
		return 0, 0, 0, err
	}
	d, err := stats.NewDifferences(canary, baseline)
	if err != nil {
		return 0, 0, 0, err
	}
	n, m := float64(len(canary)), float64(len(baseline))
	ties := tiesWithin(canary) + tiesWithin(baseline)
	sigma := math.Sqrt(n * m / 12 * (n + m + 1 - ties/((n+m)*(n+m-1))))
	k := int(math.Ceil(n*m/2 - 0.5 - z*sigma))
	return d.At(k), d.Median(), d.At(d.Len() + 1 - max(k, 1)), nil
}

// tiesWithin is the sum of t³-t over the groups of equal points.
func tiesWithin(points []float64) float64 {
	ordered := slices.Clone(points)
	slices.Sort(ordered)
	total, run := 0.0, 0.0
	for i, v := range ordered {
		if i > 0 && v != ordered[i-1] {
			total += run * (run - 1) * (run + 1)
			run = 0
		}
		run++
	}
	return total + run*(run-1)*(run+1)
}
