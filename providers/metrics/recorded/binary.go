package recorded

import (
	"math"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

func (c *compiler) binary(expression *parser.BinaryExpr) (vectorNode, error) {
	if !calculable(expression.Op) && !expression.Op.IsSetOperator() {
		return nil, errUnplanned
	}
	scalarLeft, scalarRight := expression.LHS.Type() == parser.ValueTypeScalar, expression.RHS.Type() == parser.ValueTypeScalar
	if scalarLeft || scalarRight {
		return c.withScalar(expression, scalarLeft)
	}
	left, err := c.vector(expression.LHS)
	if err != nil {
		return nil, err
	}
	right, err := c.vector(expression.RHS)
	if err != nil {
		return nil, err
	}
	matching := expression.VectorMatching
	if matching.FillValues.LHS != nil || matching.FillValues.RHS != nil {
		return nil, errUnplanned
	}
	signs := signatures{by: matching, known: map[string]int32{}}
	pair := pair{id: c.node(), left: left, right: right, leftSigns: signs.of(left.table()), rightSigns: signs.of(right.table())}
	pair.signs = len(signs.known)
	switch {
	case expression.Op.IsSetOperator():
		return &setNode{pair: pair, op: expression.Op, labels: slices.Concat(left.table(), right.table())}, nil
	case matching.Card == parser.CardOneToOne:
		return &oneToOneNode{pair: pair, op: expression.Op, boolean: expression.ReturnBool, labels: changed(left.table(), func(builder *labels.Builder) {
			if renames(expression) {
				dropName(builder)
			}
			if matching.On {
				builder.Keep(matching.MatchingLabels...)
			} else {
				builder.Del(matching.MatchingLabels...)
			}
		})}, nil
	}
	return nil, errUnplanned
}

// renames tells whether an operation makes something else of its operands.
func renames(expression *parser.BinaryExpr) bool {
	return !expression.Op.IsComparisonOperator() || expression.ReturnBool
}

// signatures numbers what labels match by.
type signatures struct {
	by    *parser.VectorMatching
	known map[string]int32
}

func (s signatures) of(table []labels.Labels) []int32 {
	made := make([]int32, len(table))
	for i, one := range table {
		builder := labels.NewBuilder(one)
		if s.by.On {
			builder.Keep(s.by.MatchingLabels...)
		} else {
			builder.Del(s.by.MatchingLabels...)
			builder.Del(model.MetricNameLabel)
		}
		key := string(builder.Labels().Bytes(nil))
		if _, ok := s.known[key]; !ok {
			s.known[key] = int32(len(s.known))
		}
		made[i] = s.known[key]
	}
	return made
}

// pair is two vectors whose rows match by signature.
type pair struct {
	id                    int
	left, right           vectorNode
	leftSigns, rightSigns []int32
	signs                 int
}

// both evaluates both sides. marks is room for a number for each signature, all zero.
func (p *pair) both(e *evaluation) (left, right vector, marks []int32, ok bool) {
	if left, ok = p.left.evaluate(e); !ok {
		return left, right, nil, false
	}
	if right, ok = p.right.evaluate(e); !ok {
		return left, right, nil, false
	}
	own := &e.rooms[p.id]
	if own.marks == nil {
		own.marks = make([]int32, p.signs)
	}
	clear(own.marks)
	return left, right, own.marks, true
}

// oneToOneNode is an operation of which each side has at most one partner.
type oneToOneNode struct {
	pair
	op      parser.ItemType
	boolean bool
	labels  []labels.Labels
}

func (n *oneToOneNode) table() []labels.Labels { return n.labels }

func (n *oneToOneNode) evaluate(e *evaluation) (vector, bool) {
	const matched = -1
	left, right, marks, ok := n.both(e)
	if !ok {
		return vector{}, false
	}
	out := e.rooms[n.id].vector.emptied()
	if len(left.rows) == 0 || len(right.rows) == 0 {
		return *out, true
	}
	for i, row := range right.rows {
		sign := n.rightSigns[row]
		if marks[sign] != 0 {
			return vector{}, false // The engine's error.
		}
		marks[sign] = int32(i) + 1
	}
	for i, row := range left.rows {
		sign := n.leftSigns[row]
		switch marks[sign] {
		case 0:
			continue
		case matched:
			return vector{}, false // The engine's error.
		}
		other := right.values[marks[sign]-1]
		marks[sign] = matched
		if value, keep := operate(n.op, left.values[i], other, n.boolean); keep {
			out.add(row, value)
		}
	}
	return *out, true
}

// setNode is and, or, unless. Its table is that of the left side, then the right one's.
type setNode struct {
	pair
	op     parser.ItemType
	labels []labels.Labels
}

func (n *setNode) table() []labels.Labels { return n.labels }

func (n *setNode) evaluate(e *evaluation) (vector, bool) {
	left, right, marks, ok := n.both(e)
	if !ok {
		return vector{}, false
	}
	out := e.rooms[n.id].vector.emptied()
	if n.op == parser.LOR {
		for i, row := range left.rows {
			marks[n.leftSigns[row]] = 1
			out.add(row, left.values[i])
		}
		for i, row := range right.rows {
			if marks[n.rightSigns[row]] == 0 {
				out.add(row+int32(len(n.leftSigns)), right.values[i])
			}
		}
		return *out, true
	}
	for _, row := range right.rows {
		marks[n.rightSigns[row]] = 1
	}
	for i, row := range left.rows {
		if (marks[n.leftSigns[row]] == 1) == (n.op == parser.LAND) {
			out.add(row, left.values[i])
		}
	}
	return *out, true
}

// withScalar compiles an operation between a vector and a number.
func (c *compiler) withScalar(expression *parser.BinaryExpr, numberFirst bool) (vectorNode, error) {
	one, number := expression.LHS, expression.RHS
	if numberFirst {
		one, number = number, one
	}
	of, err := c.vector(one)
	if err != nil {
		return nil, err
	}
	with, err := c.scalar(number)
	if err != nil {
		return nil, err
	}
	made := &scaledNode{of: of, with: with, op: expression.Op, numberFirst: numberFirst, boolean: expression.ReturnBool, labels: of.table()}
	if renames(expression) {
		made.labels = changed(made.labels, dropName)
	}
	return c.unique(made)
}

// scaledNode is an operation between a vector and a number.
type scaledNode struct {
	of                   vectorNode
	with                 scalarNode
	op                   parser.ItemType
	numberFirst, boolean bool
	labels               []labels.Labels
}

func (n *scaledNode) table() []labels.Labels { return n.labels }

func (n *scaledNode) evaluate(e *evaluation) (vector, bool) {
	found, ok := n.of.evaluate(e)
	if !ok {
		return vector{}, false
	}
	number, ok := n.with.number(e)
	if !ok {
		return vector{}, false
	}
	kept := 0
	for i, element := range found.values {
		left, right := element, number
		if n.numberFirst {
			left, right = right, left
		}
		value, keep := operate(n.op, left, right, n.boolean)
		if !keep {
			continue
		}
		// A comparison keeps the element, on whichever side it stands.
		if n.op.IsComparisonOperator() && !n.boolean {
			value = element
		}
		found.rows[kept], found.values[kept] = found.rows[i], value
		kept++
	}
	return vector{found.rows[:kept], found.values[:kept]}, true
}

// scalarBinary is an operation between numbers; a comparison answers 0 or 1.
type scalarBinary struct {
	op          parser.ItemType
	left, right scalarNode
}

func (s scalarBinary) number(e *evaluation) (float64, bool) {
	left, ok := s.left.number(e)
	if !ok {
		return 0, false
	}
	right, ok := s.right.number(e)
	if !ok {
		return 0, false
	}
	value, _ := operate(s.op, left, right, s.op.IsComparisonOperator())
	return value, true
}

// operate is an operation between elements, and whether its result is kept.
func operate(op parser.ItemType, left, right float64, boolean bool) (float64, bool) {
	value, _ := calculate(op, left, right)
	if !op.IsComparisonOperator() {
		return value, true
	}
	if boolean {
		return value, true
	}
	return left, value == 1
}

// calculable tells the operators that are known here.
func calculable(op parser.ItemType) bool {
	_, ok := calculate(op, 1, 1)
	return ok
}

// calculate is an operation between numbers: a comparison gives 0 or 1. False: it is
// none that is known here.
func calculate(op parser.ItemType, left, right float64) (float64, bool) {
	truth := func(holds bool) (float64, bool) {
		if holds {
			return 1, true
		}
		return 0, true
	}
	switch op {
	case parser.ADD:
		return left + right, true
	case parser.SUB:
		return left - right, true
	case parser.MUL:
		return left * right, true
	case parser.DIV:
		return left / right, true
	case parser.POW:
		return math.Pow(left, right), true
	case parser.MOD:
		return math.Mod(left, right), true
	case parser.EQLC:
		return truth(left == right)
	case parser.NEQ:
		return truth(left != right)
	case parser.GTR:
		return truth(left > right)
	case parser.LSS:
		return truth(left < right)
	case parser.GTE:
		return truth(left >= right)
	case parser.LTE:
		return truth(left <= right)
	}
	return 0, false
}
