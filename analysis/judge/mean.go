package judge

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/series"
)

// Direction is which way a gauge gets worse.
type Direction string

// The directions.
const (
	// Higher: a latency, a share of errors, a use of memory.
	Higher Direction = "higher"
	// Lower: a hit ratio, a throughput.
	Lower Direction = "lower"
)

// TooFewPoints is a reason of Mean: fewer points of the canary than MinPoints, or
// too few of the baseline to know its spread, were seen.
const TooFewPoints = "TooFewPoints"

// Mean judges whether the level of a gauge is worse in the canary than in the
// baseline: a latency quantile, CPU, memory, a ratio that is only there as a gauge.
// Where there are counters or histograms, Proportion and Histogram know more: a
// point of a gauge says nothing about the requests behind it.
//
// Points are few, follow one another, and have heavy tails. Each point of the
// canary is compared with what the baseline's points make likely: its distance from
// the tolerated level, less what the previous point explains, in units of the
// baseline's spread (see reference). The p-value of that distance is bet against,
// and the bets multiply to an e-process (see bets), so that one may look at every
// point.
//
// Assumption: given the past, a canary no worse than tolerated exceeds a distance at
// most as often as a nearly normal variable of the baseline's spread does. If the level
// and the spread were known, the budget would be kept by Ville's inequality. They are
// estimates: the budget is kept if the Noise is presumed rightly or the baseline has
// some thirty points, and longer ones if they follow one another closely.
// TestMeanKeepsItsBudget measures where it is and where it is not.
type Mean struct {
	// Worse is which way the gauge gets worse; empty is Higher.
	Worse Direction
	// RelativeTolerance is how much worse is accepted: 0.1 is 10 % of the
	// baseline's level. AbsoluteTolerance is the same in the gauge's unit; the greater
	// one counts. A gauge that may be zero for long needs an absolute one.
	RelativeTolerance, AbsoluteTolerance float64
	// Noise is the relative spread that is presumed before the baseline has shown
	// its own, and weighs as much as two of its points; 0 is DefaultNoise.
	Noise float64
	// MinPoints is how many points of the canary must be compared before the absence
	// of evidence is a pass. From 2 on, no single point fails the canary: a second one
	// must be beyond the tolerated level.
	MinPoints int
	// Budget is the accepted probability of a false Fail over all looks: 0.01.
	Budget float64
	// Planned says that there will be a last look, at which Conclude is called: half of
	// the Budget is kept for it.
	Planned bool
}

// looking is the budget for all looks but a planned last one.
func (m Mean) looking() float64 { return Looking(m.Budget, m.Planned) }

// DefaultNoise is the Noise of a Mean that does not say.
const DefaultNoise = 0.05

// MeanWindow is what is known at one look.
type MeanWindow struct {
	// To is the time of the look. Points after it are left out.
	To time.Time
	// Canary are the canary's points; those that an earlier look compared may be
	// among them, and are left out.
	Canary []series.Sample
	// Baseline are all points of the baseline, the history before the canary
	// included. The last MostBaseline of them count.
	Baseline []series.Sample
}

// MeanVerdict is a verdict about a gauge. Of its Evidence, Canary and Baseline count
// points (Bad are the canary's beyond the tolerated level), and RequestsNeeded is a
// number of points.
type MeanVerdict struct {
	Verdict
	// CanaryLevel is the canary's mean level and BaselineLevel the baseline's median,
	// in the gauge's unit; Tolerated is the level from which it is worse. All are 0
	// before anything was compared.
	CanaryLevel, BaselineLevel, Tolerated float64
}

// Validate returns an error that names the field that cannot be used.
func (m Mean) Validate() error {
	switch {
	case m.Worse != "" && m.Worse != Higher && m.Worse != Lower:
		return fmt.Errorf("worse is %q; it must be %q or %q", m.Worse, Higher, Lower)
	case !usable(m.RelativeTolerance):
		return fmt.Errorf("the relative tolerance is %v; it must be 0 or more", m.RelativeTolerance)
	case m.Worse == Lower && m.RelativeTolerance >= 1:
		return fmt.Errorf("the relative tolerance is %v; a fall of all is the most there is", m.RelativeTolerance)
	case !usable(m.AbsoluteTolerance):
		return fmt.Errorf("the absolute tolerance is %v; it must be 0 or more", m.AbsoluteTolerance)
	case !usable(m.Noise):
		return fmt.Errorf("the noise is %v; it must be 0 or more", m.Noise)
	case m.MinPoints < 0:
		return fmt.Errorf("the points to wait for are %d; they must be 0 or more", m.MinPoints)
	case !(m.Budget > 0 && m.Budget < 1):
		return fmt.Errorf("the budget for false alarms is %v; it must be between 0 and 1", m.Budget)
	default:
		return nil
	}
}

// usable reports whether a value is a finite number of at least 0.
func usable(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }

// Observe compares the points that are new and judges all that was seen.
//
// It fails the canary once E >= 1/Budget (2/Budget if a last look is Planned), and from
// then on. Otherwise no point, or
// none for long, is no data; fewer than MinPoints, or fewer than three of the
// baseline, are too few; evidence beyond half of the limit, on a logarithmic scale,
// is mounting; and the rest passes. Points that come before the baseline has three
// wait for it.
func (m Mean) Observe(s MeanState, w MeanWindow) (MeanState, MeanVerdict) {
	if err := m.Validate(); err != nil {
		return s, MeanVerdict{Verdict: Verdict{Decision: Inconclusive, Reason: InvalidJudge, Message: err.Error()}}
	}
	if m.Worse == "" {
		m.Worse = Higher
	}
	if m.Noise == 0 {
		m.Noise = DefaultNoise
	}
	l := meanLook{m: m, window: w}
	l.state = l.remember(s)
	l.receive()
	if l.known() {
		l.compare()
	}
	return l.state, l.verdict()
}

// meanLook is one observation on its way to a verdict.
type meanLook struct {
	m        Mean
	window   MeanWindow
	state    MeanState
	baseline []series.Sample
	ref      reference
	problem  string
	warnings []string
}

func (l *meanLook) warn(text string) { l.warnings = append(l.warnings, text) }

// remember is the state to go on from: none, if the question was changed.
func (l *meanLook) remember(s MeanState) MeanState {
	question := meanQuestion{Worse: l.m.Worse, Relative: l.m.RelativeTolerance, Absolute: l.m.AbsoluteTolerance}
	if s.Version != 0 && s.Question != question {
		l.warn("the tolerance or the direction was changed: the evidence begins anew")
		s = MeanState{}
	}
	s.Version, s.Question = meanStateVersion, question
	s.Waiting = slices.Clone(s.Waiting)
	return s
}

// receive takes the points that are new and usable.
func (l *meanLook) receive() {
	after := l.state.Received
	fresh, odd := l.numbers(l.window.Canary, after)
	if odd > 0 {
		l.warn(counted(odd, "point", "points") + " of the canary left out: no finite number")
	}
	l.state.Waiting = append(l.state.Waiting, fresh...)
	if n := len(l.state.Waiting); n > mostWaiting {
		l.warn(fmt.Sprintf("the baseline is missing: %s of the canary could not wait for it any longer, and were left out", counted(n-mostWaiting, "point", "points")))
		l.state.Waiting = slices.Clone(l.state.Waiting[n-mostWaiting:])
	}
	if n := len(fresh); n > 0 {
		l.state.Received = fresh[n-1].At
	}
	l.baseline, odd = l.numbers(l.window.Baseline, time.Time{})
	if odd > 0 {
		l.warn(counted(odd, "point", "points") + " of the baseline left out: no finite number")
	}
	if n := len(l.baseline); n > MostBaseline {
		l.baseline = l.baseline[n-MostBaseline:]
	}
}

// numbers are the finite points of (after, To] in order of time, one for each time,
// and how many others there are.
func (l *meanLook) numbers(points []series.Sample, after time.Time) (kept []series.Sample, odd int) {
	kept = make([]series.Sample, 0, len(points))
	for _, p := range points {
		switch {
		case !p.At.After(after) || p.At.After(l.window.To):
		case math.IsNaN(p.Value) || math.Abs(p.Value) > largestGauge:
			odd++
		case math.Abs(p.Value) < 1/largestGauge:
			kept = append(kept, series.Sample{At: p.At.Round(0).UTC()})
		default:
			kept = append(kept, series.Sample{At: p.At.Round(0).UTC(), Value: p.Value})
		}
	}
	slices.SortStableFunc(kept, func(a, b series.Sample) int { return a.At.Compare(b.At) })
	return slices.CompactFunc(kept, func(a, b series.Sample) bool { return a.At.Equal(b.At) }), odd
}

const (
	// largestGauge is far beyond any gauge, and far below where squares overflow.
	largestGauge = 1e100
	// mostWaiting are the points that wait for a baseline.
	mostWaiting = 32
	// MostBaseline are the points of the baseline that a look of Mean uses.
	MostBaseline = 512
	// manyPoints tell a spread well.
	manyPoints = 30
	// leastBaseline are the points of the baseline without which it has no spread.
	leastBaseline = 3
)

// known reports whether the baseline can be compared with, and learns it if so.
func (l *meanLook) known() bool {
	if len(l.baseline) < leastBaseline {
		l.problem = fmt.Sprintf("%d of %d points of the baseline that are needed to know its spread", len(l.baseline), leastBaseline)
		return false
	}
	l.ref, l.problem = l.m.refer(l.baseline)
	if l.problem == "" && len(l.baseline) < manyPoints && l.ref.spread > trusted*l.m.Noise {
		l.warn(fmt.Sprintf("the baseline's %d points scatter more than is presumed: their spread is uncertain, and false alarms may be more frequent than the budget; give it more history", len(l.baseline)))
	}
	return l.problem == ""
}

// confirmed is the evidence that may count: short of the limit until enough points are
// beyond the tolerated level.
func (l *meanLook) confirmed() float64 {
	logE := l.state.LogE()
	if l.m.MinPoints >= 2 && l.state.Worse < 2 {
		return min(logE, math.Log(1/l.m.looking())-unconfirmed)
	}
	return logE
}

// unconfirmed is how far below the limit evidence is held that rests on one point.
const unconfirmed = 1e-6

// compare bets on each point that waits.
func (l *meanLook) compare() {
	bets := l.m.bets()
	shared := 0
	for _, p := range l.state.Waiting {
		excess := l.ref.excess(p.Value)
		if common := l.ref.common(p.At); common > 0 && excess > 0 {
			excess -= common
			shared++
		}
		z := l.ref.surprise(excess, l.state.last(l.ref, p.At))
		l.state = bets.add(l.state, z)
		l.state.note(p, excess, l.ref)
		l.state.Highest = max(l.state.Highest, l.confirmed())
	}
	if shared > 0 {
		l.warn("the baseline is far off its level as well: a shared incident rather than this release")
	}
	l.state.Waiting = nil
}
