package recorded

import (
	"context"
	"errors"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/schema"
)

// errUnplanned says that only the engine can evaluate an expression.
var errUnplanned = errors.New("no plan")

// compiler makes a plan of an expression.
type compiler struct {
	ctx    context.Context
	memory *memory
	nodes  int
}

func (c *compiler) compile(expression parser.Expr) (*plan, error) {
	made := &plan{}
	var err error
	if expression.Type() == parser.ValueTypeScalar {
		made.scalar, err = c.scalar(expression)
	} else {
		made.vector, err = c.vector(expression)
	}
	if err != nil {
		return nil, err
	}
	made.nodes = c.nodes
	return made, nil
}

// node numbers a node.
func (c *compiler) node() int {
	c.nodes++
	return c.nodes - 1
}

// scalar compiles what answers a number.
func (c *compiler) scalar(expression parser.Expr) (scalarNode, error) {
	switch expression := expression.(type) {
	case *parser.NumberLiteral:
		return constant(expression.Val), nil
	case *parser.ParenExpr:
		return c.scalar(expression.Expr)
	case *parser.UnaryExpr:
		of, err := c.scalar(expression.Expr)
		if err != nil || expression.Op != parser.SUB {
			return of, err
		}
		return negative{of}, nil
	case *parser.BinaryExpr:
		if !calculable(expression.Op) {
			return nil, errUnplanned
		}
		left, err := c.scalar(expression.LHS)
		if err != nil {
			return nil, err
		}
		right, err := c.scalar(expression.RHS)
		return scalarBinary{op: expression.Op, left: left, right: right}, err
	case *parser.Call:
		return c.scalarCall(expression)
	}
	return nil, errUnplanned
}

func (c *compiler) scalarCall(call *parser.Call) (scalarNode, error) {
	switch call.Func.Name {
	case "time":
		return clock{}, nil
	case "pi":
		return constant(piValue), nil
	case "scalar":
		of, err := c.vector(call.Args[0])
		return onlyValue{of}, err
	}
	return nil, errUnplanned
}

// vector compiles what answers a vector.
func (c *compiler) vector(expression parser.Expr) (vectorNode, error) {
	switch expression := expression.(type) {
	case *parser.ParenExpr:
		return c.vector(expression.Expr)
	case *parser.VectorSelector:
		series, err := c.series(expression)
		return &instantNode{id: c.node(), series: series, offset: expression.OriginalOffset.Milliseconds(), labels: labelsOf(series, keepName)}, err
	case *parser.AggregateExpr:
		return c.aggregate(expression)
	case *parser.Call:
		return c.call(expression)
	case *parser.BinaryExpr:
		return c.binary(expression)
	case *parser.UnaryExpr:
		of, err := c.vector(expression.Expr)
		if err != nil || expression.Op != parser.SUB {
			return of, err
		}
		return c.unique(&negated{of: of, labels: changed(of.table(), dropName)})
	}
	return nil, errUnplanned
}

// series are what a selector matches, if it looks at floats until now.
func (c *compiler) series(selector *parser.VectorSelector) ([]*decoded, error) {
	if selector.OriginalOffset < 0 || selector.Timestamp != nil || selector.StartOrEnd != 0 || selector.Anchored || selector.Smoothed {
		return nil, errUnplanned
	}
	found, err := c.memory.selected(c.ctx, selector.LabelMatchers)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(found, func(one *decoded) bool { return len(one.histograms) > 0 }) {
		return nil, errUnplanned
	}
	return found, nil
}

// call compiles a function that answers a vector.
func (c *compiler) call(call *parser.Call) (vectorNode, error) {
	switch name := call.Func.Name; {
	case slices.Contains(overWindows, name):
		return c.window(call)
	case slices.Contains(byElement, name):
		return c.element(call)
	case name == "histogram_quantile":
		return c.quantile(call)
	case name == "vector":
		of, err := c.scalar(call.Args[0])
		return &oneValue{id: c.node(), of: of}, err
	}
	return nil, errUnplanned
}

// overWindows are the functions of one range of samples that take the engine's windows
// as they are and change nothing in them.
var overWindows = []string{
	"rate", "increase", "delta", "irate", "idelta", "changes", "resets", "deriv", "predict_linear",
	"avg_over_time", "sum_over_time", "min_over_time", "max_over_time", "count_over_time", "last_over_time",
	"stddev_over_time", "stdvar_over_time", "present_over_time", "quantile_over_time",
}

// byElement are the functions that turn each value into another one.
var byElement = []string{
	"abs", "ceil", "floor", "round", "clamp", "clamp_min", "clamp_max", "sqrt", "exp", "ln", "log2", "log10", "sgn",
}

// window compiles a function over windows.
func (c *compiler) window(call *parser.Call) (vectorNode, error) {
	made := &windowNode{id: c.node(), call: promql.FunctionCalls[call.Func.Name]}
	for _, argument := range call.Args {
		if argument.Type() == parser.ValueTypeScalar {
			number, err := c.scalar(argument)
			if err != nil {
				return nil, err
			}
			made.scalars, made.arguments = append(made.scalars, number), append(made.arguments, argument)
			continue
		}
		ranged, ok := argument.(*parser.MatrixSelector)
		if !ok {
			return nil, errUnplanned
		}
		selector := *ranged.VectorSelector.(*parser.VectorSelector)
		var err error
		if made.series, err = c.series(&selector); err != nil {
			return nil, err
		}
		// The functions read the offset that the engine would have set.
		selector.Offset = selector.OriginalOffset
		made.offset, made.length = selector.Offset.Milliseconds(), ranged.Range.Milliseconds()
		made.arguments = append(made.arguments, &parser.MatrixSelector{VectorSelector: &selector, Range: ranged.Range, EndPos: ranged.EndPos})
	}
	change := dropName
	if call.Func.Name == "last_over_time" {
		change = keepName
	}
	made.labels = labelsOf(made.series, change)
	return c.unique(made)
}

// element compiles a function of each value.
func (c *compiler) element(call *parser.Call) (vectorNode, error) {
	of, err := c.vector(call.Args[0])
	if err != nil {
		return nil, err
	}
	made := &elementNode{id: c.node(), of: of, call: promql.FunctionCalls[call.Func.Name], arguments: call.Args, labels: changed(of.table(), dropName)}
	for _, argument := range call.Args[1:] {
		number, err := c.scalar(argument)
		if err != nil {
			return nil, err
		}
		made.scalars = append(made.scalars, number)
	}
	return c.unique(made)
}

// unique refuses a node of which two rows have the same labels: the engine would have to
// say whether they are there at the same time.
func (c *compiler) unique(made vectorNode) (vectorNode, error) {
	seen := map[string]bool{}
	for _, one := range made.table() {
		key := string(one.Bytes(nil))
		if seen[key] {
			return nil, errUnplanned
		}
		seen[key] = true
	}
	return made, nil
}

// change makes labels of other ones.
type change func(*labels.Builder)

func keepName(*labels.Builder) {}

func dropName(builder *labels.Builder) { schema.Metadata{}.SetToLabels(builder) }

// labelsOf are the labels of series, changed.
func labelsOf(series []*decoded, by change) []labels.Labels {
	all := make([]labels.Labels, len(series))
	for i, one := range series {
		all[i] = one.labels
	}
	return changed(all, by)
}

func changed(all []labels.Labels, by change) []labels.Labels {
	made := make([]labels.Labels, len(all))
	for i, one := range all {
		builder := labels.NewBuilder(one)
		by(builder)
		made[i] = builder.Labels()
	}
	return made
}
