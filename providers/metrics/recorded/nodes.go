package recorded

import (
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

const piValue = math.Pi

// constant is a number.
type constant float64

func (c constant) number(*evaluation) (float64, bool) { return float64(c), true }

// clock is time(): the time of the evaluation in seconds.
type clock struct{}

func (clock) number(e *evaluation) (float64, bool) { return float64(e.at) / 1000, true }

// negative is a number with the other sign.
type negative struct{ of scalarNode }

func (n negative) number(e *evaluation) (float64, bool) {
	value, ok := n.of.number(e)
	return -value, ok
}

// onlyValue is scalar(): the value of a vector of one, else NaN.
type onlyValue struct{ of vectorNode }

func (o onlyValue) number(e *evaluation) (float64, bool) {
	found, ok := o.of.evaluate(e)
	if len(found.values) != 1 {
		return math.NaN(), ok
	}
	return found.values[0], ok
}

// oneValue is vector(): a vector of one, without labels.
type oneValue struct {
	id int
	of scalarNode
}

func (o *oneValue) table() []labels.Labels { return []labels.Labels{labels.EmptyLabels()} }

func (o *oneValue) evaluate(e *evaluation) (vector, bool) {
	value, ok := o.of.number(e)
	out := e.rooms[o.id].vector.emptied()
	out.add(0, value)
	return *out, ok
}

// emptied is the vector without rows.
func (v *vector) emptied() *vector {
	v.rows, v.values = v.rows[:0], v.values[:0]
	return v
}

// negated is a vector with the other sign.
type negated struct {
	of     vectorNode
	labels []labels.Labels
}

func (n *negated) table() []labels.Labels { return n.labels }

func (n *negated) evaluate(e *evaluation) (vector, bool) {
	found, ok := n.of.evaluate(e)
	for i, value := range found.values {
		found.values[i] = -value
	}
	return found, ok
}

// instantNode is an instant selector.
type instantNode struct {
	id     int
	series []*decoded
	offset int64
	labels []labels.Labels
}

func (n *instantNode) table() []labels.Labels { return n.labels }

func (n *instantNode) evaluate(e *evaluation) (vector, bool) {
	at := e.at - n.offset
	own := &e.rooms[n.id]
	positions := own.positionsOf(len(n.series))
	out := own.vector.emptied()
	for i, one := range n.series {
		positions[i] = floatsNear(one.floats, positions[i], at)
		if value, ok := one.latestFloat(positions[i], at, at-e.lookback); ok {
			out.add(int32(i), value)
		}
	}
	return *out, true
}

// latestFloat is what stands for a series of floats at a time, of which so many are not
// after it: the last one, if it is after the lookback and no marker came after it.
func (d *decoded) latestFloat(many int, at, after int64) (float64, bool) {
	if many == 0 || d.floats[many-1].T <= after {
		return 0, false
	}
	if gone := goneUntil(d.gone, at); gone > 0 && d.gone[gone-1] > d.floats[many-1].T {
		return 0, false
	}
	return d.floats[many-1].F, true
}

// windowNode is a function over windows.
type windowNode struct {
	id        int
	call      promql.FunctionCall
	scalars   []scalarNode
	arguments parser.Expressions
	series    []*decoded
	// The window is (at-offset-length, at-offset].
	offset, length int64
	labels         []labels.Labels
}

func (n *windowNode) table() []labels.Labels { return n.labels }

func (n *windowNode) evaluate(e *evaluation) (vector, bool) {
	own := &e.rooms[n.id]
	if !own.numbers(e, n.scalars) {
		return vector{}, false
	}
	if own.matrix == nil {
		own.matrix = make(promql.Matrix, 1)
	}
	positions := own.positionsOf(len(n.series))
	out := own.vector.emptied()
	until := e.at - n.offset
	own.helper.Ts = e.at
	for i, one := range n.series {
		end := floatsNear(one.floats, positions[i], until)
		positions[i] = end
		start := floatsBack(one.floats, end, until-n.length)
		if start == end {
			continue
		}
		own.matrix[0].Metric, own.matrix[0].Floats = one.labels, one.floats[start:end:end]
		answered, doubts := n.call(own.scalars, own.matrix, n.arguments, &own.helper)
		own.helper.Out = answered[:0]
		if len(doubts) > 0 && doubtful(doubts) {
			return vector{}, false
		}
		if len(answered) > 0 {
			out.add(int32(i), answered[0].F)
		}
	}
	return *out, true
}

// numbers evaluates the scalar arguments of a function.
func (r *room) numbers(e *evaluation, of []scalarNode) bool {
	r.scalars = r.scalars[:0]
	for _, one := range of {
		value, ok := one.number(e)
		if !ok {
			return false
		}
		r.scalars = append(r.scalars, promql.Vector{{F: value}})
	}
	return true
}

func (r *room) positionsOf(many int) []int {
	if r.positions == nil {
		r.positions = make([]int, many)
	}
	return r.positions
}

// elementNode is a function of each value.
type elementNode struct {
	id        int
	of        vectorNode
	call      promql.FunctionCall
	scalars   []scalarNode
	arguments parser.Expressions
	labels    []labels.Labels
}

func (n *elementNode) table() []labels.Labels { return n.labels }

func (n *elementNode) evaluate(e *evaluation) (vector, bool) {
	found, ok := n.of.evaluate(e)
	own := &e.rooms[n.id]
	if !ok || !own.numbers(e, n.scalars) {
		return vector{}, false
	}
	in := make(promql.Vector, len(found.values))
	for i, value := range found.values {
		in[i].F = value
	}
	own.helper.Ts = e.at
	answered, doubts := n.call(append([]promql.Vector{in}, own.scalars...), nil, n.arguments, &own.helper)
	own.helper.Out = answered[:0]
	if len(doubts) > 0 && doubtful(doubts) {
		return vector{}, false
	}
	// clamp() with a minimum above its maximum answers nothing at all.
	found.rows, found.values = found.rows[:len(answered)], found.values[:len(answered)]
	for i, sample := range answered {
		found.values[i] = sample.F
	}
	return found, true
}
