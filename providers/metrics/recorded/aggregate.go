package recorded

import (
	"math"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/kahansum"
)

// aggregateNode is sum, avg, min, max, count or group.
type aggregateNode struct {
	id int
	op parser.ItemType
	of vectorNode
	// groupOf is the group of each row.
	groupOf []int32
	labels  []labels.Labels
}

// group is a group of rows on the way to its value.
type group struct {
	seen                           bool
	incremental                    bool
	value, mean, compensate, count float64
}

func (c *compiler) aggregate(expression *parser.AggregateExpr) (vectorNode, error) {
	if !slices.Contains([]parser.ItemType{parser.SUM, parser.AVG, parser.MIN, parser.MAX, parser.COUNT, parser.GROUP}, expression.Op) {
		return nil, errUnplanned
	}
	of, err := c.vector(expression.Expr)
	if err != nil {
		return nil, err
	}
	made := &aggregateNode{id: c.node(), op: expression.Op, of: of}
	known := map[string]int32{}
	for _, one := range of.table() {
		builder := labels.NewBuilder(one)
		if expression.Without {
			builder.Del(expression.Grouping...)
			builder.Del(model.MetricNameLabel)
		} else {
			builder.Keep(expression.Grouping...)
		}
		grouped := builder.Labels()
		key := string(grouped.Bytes(nil))
		index, ok := known[key]
		if !ok {
			index = int32(len(known))
			known[key] = index
			made.labels = append(made.labels, grouped)
		}
		made.groupOf = append(made.groupOf, index)
	}
	return made, nil
}

func (n *aggregateNode) table() []labels.Labels { return n.labels }

func (n *aggregateNode) evaluate(e *evaluation) (vector, bool) {
	found, ok := n.of.evaluate(e)
	if !ok {
		return vector{}, false
	}
	own := &e.rooms[n.id]
	if own.groups == nil {
		own.groups = make([]group, len(n.labels))
	}
	clear(own.groups)
	out := own.vector.emptied()
	for i, row := range found.rows {
		index := n.groupOf[row]
		to := &own.groups[index]
		if !to.seen {
			*to = group{seen: true, value: found.values[i], mean: found.values[i], count: 1}
			// The order is that in which groups are first met.
			out.add(index, 0)
			continue
		}
		to.take(n.op, found.values[i])
	}
	for i, row := range out.rows {
		out.values[i] = own.groups[row].result(n.op)
	}
	return *out, true
}

// take adds a value, as the engine does.
func (g *group) take(op parser.ItemType, value float64) {
	switch op {
	case parser.SUM:
		g.value, g.compensate = kahansum.Inc(value, g.value, g.compensate)
	case parser.AVG:
		g.average(value)
	case parser.MAX:
		if g.value < value || math.IsNaN(g.value) {
			g.value = value
		}
	case parser.MIN:
		if g.value > value || math.IsNaN(g.value) {
			g.value = value
		}
	case parser.COUNT:
		g.count++
	}
}

// average adds a value to a mean: to the sum, as long as that does not overflow.
func (g *group) average(value float64) {
	g.count++
	if !g.incremental {
		sum, compensate := kahansum.Inc(value, g.value, g.compensate)
		if !math.IsInf(sum, 0) {
			g.value, g.compensate = sum, compensate
			return
		}
		g.incremental = true
		g.mean = g.value / (g.count - 1)
		g.compensate /= g.count - 1
	}
	share := (g.count - 1) / g.count
	g.mean, g.compensate = kahansum.Inc(value/g.count, share*g.mean, share*g.compensate)
}

// result is the value of a group.
func (g *group) result(op parser.ItemType) float64 {
	switch op {
	case parser.SUM:
		return g.value + g.compensate
	case parser.AVG:
		if g.incremental {
			return g.mean + g.compensate
		}
		return g.value/g.count + g.compensate/g.count
	case parser.COUNT:
		return g.count
	case parser.GROUP:
		return 1
	}
	return g.value
}
