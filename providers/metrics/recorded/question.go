package recorded

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/serin-dev/serin/providers/metrics"
)

// question is an expression, and the ways to answer it.
type question struct {
	text string
	// refusal says why the expression can never be answered.
	refusal error
	// unordered says that the engine's order of several series is one of chance. A
	// replay must not depend on it: it is the order of the labels then.
	unordered bool
	grid      grid
	plan      planned
}

// newQuestion parses an expression. What its answer would be is checked, too.
func newQuestion(reader parser.Parser, text string) *question {
	made := &question{text: text}
	parsed, err := reader.ParseExpr(text)
	if err != nil {
		made.refusal = invalid("it refuses the query: invalid parameter \"query\": %s; correct the query", shorten(err.Error()))
		return made
	}
	switch parsed.Type() {
	case parser.ValueTypeScalar, parser.ValueTypeVector:
	case parser.ValueTypeMatrix:
		made.refusal = invalid("the query answers a range of samples, and a scalar or an instant vector is wanted; apply a function such as rate() or drop the range")
		return made
	default:
		made.refusal = invalid("the query answers a string, and a scalar or an instant vector is wanted; ask for a number")
		return made
	}
	made.grid.possible = gridable(parsed)
	made.plan.expression = parsed
	made.unordered = calls(parsed, "histogram_quantile", "histogram_quantiles", "histogram_fraction")
	made.plan.unordered = made.unordered
	return made
}

// answer gives the answer at a time in the cheapest way that there is.
func (q *question) answer(ctx context.Context, p *Provider, at int64) (metrics.Answer, error) {
	if !p.config.EngineOnly {
		if answer, ok, err := q.plan.answer(ctx, p, at); ok || err != nil {
			return finish(answer, err)
		}
	}
	if answer, ok := q.fromGrid(ctx, p, at); ok {
		return finish(answer, nil)
	}
	answer, err := q.instant(ctx, p, at)
	return finish(answer, err)
}

// finish tells an empty vector from an answer.
func finish(answer metrics.Answer, err error) (metrics.Answer, error) {
	if err == nil && answer.Kind == metrics.Vector && len(answer.Values) == 0 {
		return answer, noData("the query matches no series at that time; check its labels, and that the target is scraped")
	}
	return answer, err
}

// instant asks the engine for one time.
func (q *question) instant(ctx context.Context, p *Provider, at int64) (metrics.Answer, error) {
	query, err := p.engine().NewInstantQuery(ctx, view{p.memory, at}, nil, q.text, time.UnixMilli(at))
	if err != nil {
		return metrics.Answer{}, p.classify(ctx, err)
	}
	defer query.Close()
	result := query.Exec(ctx)
	if result.Err != nil {
		return metrics.Answer{}, p.classify(ctx, result.Err)
	}
	answer := metrics.Answer{Warnings: q.warnings(result.Warnings)}
	switch value := result.Value.(type) {
	case promql.Scalar:
		answer.Kind, answer.Values = metrics.Scalar, []float64{plain(value.V)}
	case promql.Vector:
		if q.unordered {
			slices.SortFunc(value, func(a, b promql.Sample) int { return labels.Compare(a.Metric, b.Metric) })
		}
		answer.Kind, answer.Values = metrics.Vector, make([]float64, len(value))
		for i, sample := range value {
			if sample.H != nil {
				return metrics.Answer{Kind: metrics.Vector, Warnings: answer.Warnings}, invalid("the query answers native histograms (%s), and numbers are wanted; apply histogram_quantile(), histogram_count() or the like", shorten(textOf(sample.Metric)))
			}
			answer.Values[i] = plain(sample.F)
		}
	}
	return answer, nil
}

// calls tells whether an expression calls one of some functions.
func calls(expression parser.Expr, names ...string) bool {
	found := false
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		if call, ok := node.(*parser.Call); ok && slices.Contains(names, call.Func.Name) {
			found = true
		}
		return nil
	})
	return found
}

// warnings are the engine's, in an order that does not change.
func (q *question) warnings(all annotations.Annotations) []string {
	if len(all) == 0 {
		return nil
	}
	warnings, _ := all.AsStrings(q.text, maxWarnings, maxWarnings)
	for i := range warnings {
		warnings[i] = shorten(warnings[i])
	}
	slices.Sort(warnings)
	return warnings
}

// maxWarnings is how many warnings of one kind a server tells.
const maxWarnings = 10

// grid answers an expression that is asked for in even steps: one range query for many
// steps costs little more than an instant query for one.
type grid struct {
	// possible says that a range query gives what instant queries do.
	possible bool

	mutex sync.Mutex
	// last and step are the last time that was asked for, and how far it was from the
	// one before.
	last, step int64
	// ahead is how many steps were evaluated at once the last time.
	ahead int
	batch batch
}

// batch is the answers of one range query.
type batch struct {
	kind              metrics.Kind
	start, step, many int64
	values            []float64
	present           []bool
}

// The steps that are evaluated at once.
const (
	firstAhead = 8
	mostAhead  = 1024
)

// gridable tells whether a range query may stand for instant ones: nothing in the
// expression may depend on where the range begins or ends, nor see beyond the step.
func gridable(expression parser.Expr) bool {
	steady := true
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		switch node := node.(type) {
		case *parser.VectorSelector:
			steady = steady && node.Timestamp == nil && node.StartOrEnd == 0 && node.OriginalOffset >= 0 && !node.Smoothed
		case *parser.SubqueryExpr:
			steady = steady && node.Timestamp == nil && node.StartOrEnd == 0 && node.OriginalOffset >= 0
		}
		return nil
	})
	return steady && !calls(expression, "start", "end", "range", "step", "sort", "sort_desc", "sort_by_label", "sort_by_label_desc", "info")
}

// fromGrid answers from the batch, or evaluates the next one when the times that are
// asked for are on a grid.
func (q *question) fromGrid(ctx context.Context, p *Provider, at int64) (metrics.Answer, bool) {
	g := &q.grid
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if !g.possible {
		return metrics.Answer{}, false
	}
	step := at - g.last
	even := step > 0 && step == g.step
	g.last, g.step = at, step
	if answer, ok := g.batch.answer(at); ok {
		return answer, true
	}
	if !even {
		g.ahead = 0
		return metrics.Answer{}, false
	}
	g.ahead = min(max(2*g.ahead, firstAhead), mostAhead)
	made, ok := q.ask(ctx, p, at, step, g.ahead)
	if !ok {
		return metrics.Answer{}, false
	}
	g.batch = made
	return g.batch.answer(at)
}

// ask evaluates a batch, unless its answers could differ from those of instant queries:
// a range query has an order of series of its own, and warnings and errors of all steps.
func (q *question) ask(ctx context.Context, p *Provider, at, step int64, ahead int) (batch, bool) {
	beyond := p.config.To.UnixMilli() + p.config.Lookback.Milliseconds()
	many := min(int64(ahead), (beyond-at)/step+1)
	if many < 2 {
		return batch{}, false
	}
	end := at + (many-1)*step
	query, err := p.engine().NewRangeQuery(ctx, view{p.memory, end}, nil, q.text, time.UnixMilli(at), time.UnixMilli(end), time.Duration(step)*time.Millisecond)
	if err != nil {
		q.grid.possible = false
		return batch{}, false
	}
	defer query.Close()
	result := query.Exec(ctx)
	if ctx.Err() != nil {
		return batch{}, false
	}
	matrix, ok := result.Value.(promql.Matrix)
	if result.Err != nil || !ok || len(q.warnings(result.Warnings)) > 0 || len(matrix) > 1 || (len(matrix) == 1 && len(matrix[0].Histograms) > 0) {
		q.grid.possible = errors.Is(result.Err, context.DeadlineExceeded)
		return batch{}, false
	}
	made := batch{kind: metrics.Vector, start: at, step: step, many: many, values: make([]float64, many), present: make([]bool, many)}
	if q.plan.expression.Type() == parser.ValueTypeScalar {
		made.kind = metrics.Scalar
	}
	for _, series := range matrix {
		for _, point := range series.Floats {
			i := (point.T - at) / step
			made.values[i], made.present[i] = plain(point.F), true
		}
	}
	return made, true
}

// answer is the answer at a time, if it is in the batch.
func (b batch) answer(at int64) (metrics.Answer, bool) {
	if b.many == 0 || at < b.start || (at-b.start)%b.step != 0 || (at-b.start)/b.step >= b.many {
		return metrics.Answer{}, false
	}
	answer := metrics.Answer{Kind: b.kind}
	if i := (at - b.start) / b.step; b.present[i] {
		answer.Values = []float64{b.values[i]}
	}
	return answer, true
}
