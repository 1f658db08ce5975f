package recorded

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/serin-dev/serin/providers/metrics"
)

// A plan evaluates one expression at one time after the other. Which series there are,
// how they are grouped and which ones match is worked out once; what remains for each
// time is to find the window in each series, and to calculate. Functions over windows
// are the engine's own, operators and aggregations are its formulas in its order of
// operations, so that the answer has the same bits; tests prove it.
//
// What a plan does not know, and what the engine would warn of, is left to the engine.

// planned is the plan of a question. It is made at the first use, and again after the
// memory has forgotten its series.
type planned struct {
	expression parser.Expr
	// unordered wants several series in the order of their labels.
	unordered bool

	mutex sync.Mutex
	ready bool
	age   int64
	made  *plan
}

// plan is a compiled expression.
type plan struct {
	// One of them is set.
	vector vectorNode
	scalar scalarNode
	// nodes is how many nodes need room in an evaluation.
	nodes int
	// rooms are evaluations that may be used again.
	rooms sync.Pool
}

// vectorNode answers a vector.
type vectorNode interface {
	// table are the labels of all series that the node may answer.
	table() []labels.Labels
	// evaluate answers the rows of the table that have a value, in the engine's order.
	// It may be changed by the caller until the next evaluation. False: ask the engine.
	evaluate(*evaluation) (vector, bool)
}

// scalarNode answers a number. False: ask the engine.
type scalarNode interface {
	number(*evaluation) (float64, bool)
}

// vector is some rows of a table, and their values.
type vector struct {
	rows   []int32
	values []float64
}

func (v *vector) add(row int32, value float64) {
	v.rows, v.values = append(v.rows, row), append(v.values, value)
}

// sort orders the rows by their labels.
func (v vector) sort(table []labels.Labels) {
	type element struct {
		row   int32
		value float64
	}
	all := make([]element, len(v.rows))
	for i, row := range v.rows {
		all[i] = element{row, v.values[i]}
	}
	slices.SortFunc(all, func(a, b element) int { return labels.Compare(table[a.row], table[b.row]) })
	for i, one := range all {
		v.rows[i], v.values[i] = one.row, one.value
	}
}

// evaluation is what evaluating at one time needs: room that is used again.
type evaluation struct {
	at, lookback int64
	// rooms are by the number of the node.
	rooms []room
}

// room is what one node may use.
type room struct {
	vector  vector
	helper  promql.EvalNodeHelper
	scalars []promql.Vector
	matrix  promql.Matrix
	// positions are where the last window of each series ended.
	positions []int
	groups    []group
	marks     []int32
	buckets   promql.Buckets
}

// answer evaluates the plan; false if there is none.
func (p *planned) answer(ctx context.Context, provider *Provider, at int64) (metrics.Answer, bool, error) {
	made, err := p.plan(ctx, provider)
	if made == nil || err != nil {
		return metrics.Answer{}, false, err
	}
	e, _ := made.rooms.Get().(*evaluation)
	if e == nil {
		e = &evaluation{rooms: make([]room, made.nodes), lookback: provider.config.Lookback.Milliseconds()}
	}
	defer made.rooms.Put(e)
	e.at = at
	if made.scalar != nil {
		value, ok := made.scalar.number(e)
		return metrics.Answer{Kind: metrics.Scalar, Values: []float64{plain(value)}}, ok, nil
	}
	found, ok := made.vector.evaluate(e)
	if !ok {
		return metrics.Answer{}, false, nil
	}
	if p.unordered && len(found.rows) > 1 {
		found.sort(made.vector.table())
	}
	answer := metrics.Answer{Kind: metrics.Vector, Values: make([]float64, len(found.values))}
	for i, value := range found.values {
		answer.Values[i] = plain(value)
	}
	return answer, true, nil
}

// plan compiles the expression, or remembers it; nil if there can be no plan.
func (p *planned) plan(ctx context.Context, provider *Provider) (*plan, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.ready && (p.made == nil || p.age == provider.memory.age()) {
		return p.made, nil
	}
	c := compiler{ctx: ctx, memory: provider.memory}
	made, err := c.compile(p.expression)
	if err != nil && !errors.Is(err, errUnplanned) {
		return nil, err
	}
	p.made, p.age, p.ready = made, provider.memory.age(), true
	return p.made, nil
}

// doubtful tells whether the engine would warn.
func doubtful(all annotations.Annotations) bool {
	for _, one := range all {
		if !errors.Is(one, annotations.PromQLInfo) {
			return true
		}
	}
	return false
}
