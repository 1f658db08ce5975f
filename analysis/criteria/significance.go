package criteria

import (
	"fmt"
	"math"

	"github.com/expr-lang/expr/ast"

	"github.com/serin-dev/serin/analysis/stats"
)

// The directions that a test asks about.
const (
	greater  = "greater"
	less     = "less"
	twoSided = "twoSided"
)

// tail is the p-value of a direction.
func tail(p stats.Tails, direction string) float64 {
	switch direction {
	case less:
		return p.Less
	case twoSided:
		return p.TwoSided
	default:
		return p.Greater
	}
}

// pointTest is a test of package stats on the points of a gauge, or nil.
func pointTest(name string) func(canary, baseline []float64) (stats.Tails, error) {
	switch name {
	case "mannWhitney":
		return func(c, b []float64) (stats.Tails, error) {
			test, err := stats.MannWhitney(c, b)
			return test.P, err
		}
	case "kolmogorovSmirnov":
		return func(c, b []float64) (stats.Tails, error) {
			test, err := stats.KolmogorovSmirnov(c, b)
			return test.P, err
		}
	case "welch":
		return func(c, b []float64) (stats.Tails, error) {
			test, err := stats.Welch(c, b, defaultConfidence)
			return test.P, err
		}
	case "brunnerMunzel":
		return func(c, b []float64) (stats.Tails, error) {
			test, err := stats.BrunnerMunzel(c, b)
			return test.P, err
		}
	default:
		return nil
	}
}

// pointsFloor is the least p-value that so few points can give to a test of ranks: that
// of samples that lie apart. 0 when it is too small to matter, and for tests of means.
func pointsFloor(name string, n1, n2 int, direction string) float64 {
	if n1+n2 > stats.ExactRanks || name == "welch" || name == "brunnerMunzel" {
		return 0
	}
	canary, baseline := make([]float64, n1), make([]float64, n2)
	apart := canary
	if direction == less {
		apart = baseline
	}
	for i := range apart {
		apart[i] = 1
	}
	p, err := pointTest(name)(canary, baseline)
	if err != nil {
		return 0
	}
	return tail(p, direction)
}

// countTest is a test of package stats on counts, or nil.
func countTest(name string) func(canary, baseline stats.Count) (stats.Tails, error) {
	switch name {
	case "fisher":
		return func(c, b stats.Count) (stats.Tails, error) {
			test, err := stats.Fisher(c, b, defaultConfidence)
			return test.P, err
		}
	case "poissonRatio":
		return func(c, b stats.Count) (stats.Tails, error) {
			test, err := stats.PoissonRatio(rate(c), rate(b), 1, defaultConfidence)
			return test.P, err
		}
	case "twoProportions":
		return func(c, b stats.Count) (stats.Tails, error) {
			test, err := stats.TwoProportions(c, b)
			return test.P, err
		}
	default:
		return nil
	}
}

func rate(c stats.Count) stats.Rate { return stats.Rate{Events: c.Events, Exposure: float64(c.Total)} }

// significance is a call of a statistical test, or nil. Its p-value counts for one look.
func (t *translator) significance(name string, n *ast.CallNode, args []evaluator) evaluator {
	if test := pointTest(name); test != nil {
		direction := t.direction(n)
		return calling(args[:2], func(m *machine, args []any) any {
			canary, baseline, why := m.samplesOf(args)
			if why != nil {
				return why
			}
			fewest := min(len(canary), len(baseline))
			if fewest < 2 {
				return notKnownYet
			}
			p, err := test(canary, baseline)
			if err != nil {
				panic(err)
			}
			return pValue(tail(p, direction), pointsFloor(name, len(canary), len(baseline), direction), float64(fewest), points)
		})
	}
	if test := countTest(name); test != nil {
		direction := t.direction(n)
		return calling(args[:2], func(m *machine, args []any) any {
			canary, baseline, why := m.countsOf(args)
			if why != nil {
				return why
			}
			return m.recalled(args[0].(side), fmt.Sprint(name, direction, args[1]), 0, func() any {
				m.charge(countTestSteps)
				p, err := test(canary, baseline)
				if err != nil {
					panic(err)
				}
				return pValue(tail(p, direction), countsFloor(name, canary.Total, baseline.Total, direction), float64(min(canary.Total, baseline.Total)), requests)
			})
		})
	}
	return t.otherStatistics(name, args)
}

// countTestSteps is what a test on counts costs: with 10⁹ requests some take long.
const countTestSteps = maxSteps / 20

// fewRequests is up to how many requests of an arm a test on counts may be unable to
// reject whatever it sees.
const fewRequests = 50

// countsFloor is the least p-value that so few requests can give to a test: that of one
// side all bad, and the other one all good.
func countsFloor(name string, n1, n2 int64, direction string) float64 {
	if min(n1, n2) > fewRequests {
		return 0
	}
	canary, baseline := stats.Count{Events: n1, Total: n1}, stats.Count{Total: n2}
	if direction == less {
		canary.Events, baseline.Events = 0, n2
	}
	p, err := countTest(name)(canary, baseline)
	if err != nil {
		return 0
	}
	return tail(p, direction)
}

// pValue is a p-value as a number with bounds: itself.
func pValue(p, floor, samples float64, of string) bounded {
	b := exactly(p)
	b.samples, b.of, b.floor = samples, of, floor
	return b
}

// samplesOf are two lists of points: numbers, some of each.
func (m *machine) samplesOf(args []any) (canary, baseline []float64, why any) {
	lists := [2][]float64{}
	for i := range lists {
		if why, is := m.unseen(args[i]); is {
			return nil, nil, why
		}
		n := length(args[i])
		m.charge(pointSteps * (n + 1))
		lists[i] = make([]float64, n)
		for j := range n {
			if lists[i][j] = toFloat(item(args[i], j)); !finite(lists[i][j]) {
				return nil, nil, notNumber
			}
		}
		if n == 0 {
			return nil, nil, missing
		}
	}
	// While there are few pairs the tests count over all of them, many times.
	m.charge(min(len(lists[0])*len(lists[1]), maxPairs))
	return lists[0], lists[1], nil
}

// What tests on points cost.
const (
	pointSteps = 10
	maxPairs   = maxSteps / 10
)

// countsOf are the requests of two arms.
func (m *machine) countsOf(args []any) (canary, baseline stats.Count, why any) {
	counts := [2]stats.Count{}
	for i := range counts {
		s, is := args[i].(side)
		if !is {
			panic(fmt.Errorf("a test on requests needs canary and baseline, but got %s", describe(args[i])))
		}
		arm := m.arm(s)
		if arm.Total > stats.MaxTotal {
			panic(fmt.Errorf("%s has more requests than a test on counts can take, %g", s, stats.MaxTotal))
		}
		// What a query extrapolates need not be whole.
		counts[i] = stats.Count{Events: int64(math.Round(arm.Bad)), Total: int64(math.Round(arm.Total))}
		if counts[i].Total == 0 {
			return canary, baseline, missing
		}
	}
	return counts[0], counts[1], nil
}

// otherStatistics are the margins and effect sizes.
func (t *translator) otherStatistics(name string, args []evaluator) evaluator {
	switch name {
	case "nonInferiority":
		return calling(args, func(m *machine, args []any) any {
			m.charge(countTestSteps)
			canary, baseline, why := m.countsOf(args)
			margin := toFloat(args[2])
			if why != nil || !finite(margin) {
				return unknownOr(why, notNumber)
			}
			test, err := stats.NonInferiority(canary, baseline, stats.Margin{Size: margin})
			if err != nil {
				panic(err)
			}
			return pValue(test.NonInferior, 0, float64(min(canary.Total, baseline.Total)), requests)
		})
	case "superiority", "hodgesLehmann":
		return calling(args, func(m *machine, args []any) any {
			canary, baseline, why := m.samplesOf(args)
			if why != nil {
				return why
			}
			return effectSize(name, canary, baseline, m.confidence)
		})
	default:
		return nil
	}
}

func unknownOr(why any, otherwise unknown) any {
	if why != nil {
		return why
	}
	return otherwise
}

// effectSize is how much greater the canary's points are: the probability that one of
// them is greater than one of the baseline's, a number; or the Hodges–Lehmann shift, with
// bounds that hold at one look.
func effectSize(name string, canary, baseline []float64, confidence float64) any {
	if name == "superiority" {
		a, err := stats.Superiority(canary, baseline)
		if err != nil {
			panic(err)
		}
		return a
	}
	s, err := stats.HodgesLehmann(canary, baseline, confidence)
	if err != nil {
		panic(err)
	}
	return bounded{estimate: s.Estimate, lower: s.Interval.Lower, upper: s.Interval.Upper, samples: float64(min(len(canary), len(baseline))), of: points}.tidy()
}

// direction is what a test asks about: its last argument, a text, or greater.
func (t *translator) direction(n *ast.CallNode) string {
	if len(n.Arguments) < 3 {
		return greater
	}
	text, is := n.Arguments[2].(*ast.StringNode)
	if is && (text.Value == greater || text.Value == less || text.Value == twoSided) {
		return text.Value
	}
	t.unsupported(n.Arguments[2], `a test is "greater", "less" or "twoSided"`)
	return greater
}
