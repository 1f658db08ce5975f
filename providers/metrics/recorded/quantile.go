package recorded

import (
	"math"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// quantileNode is histogram_quantile of classic histograms.
type quantileNode struct {
	id       int
	quantile scalarNode
	of       vectorNode
	// bounds and groupOf are the upper bound and the histogram of each row.
	bounds  []float64
	groupOf []int32
	labels  []labels.Labels
}

func (c *compiler) quantile(call *parser.Call) (vectorNode, error) {
	quantile, err := c.scalar(call.Args[0])
	if err != nil {
		return nil, err
	}
	of, err := c.vector(call.Args[1])
	if err != nil {
		return nil, err
	}
	made := &quantileNode{id: c.node(), quantile: quantile, of: of}
	known := map[string]int32{}
	for _, one := range of.table() {
		bound, err := strconv.ParseFloat(one.Get(labels.BucketLabel), 64)
		if err != nil {
			return nil, errUnplanned // The engine warns of it.
		}
		builder := labels.NewBuilder(one)
		builder.Del(labels.BucketLabel)
		key := string(builder.Labels().Bytes(nil))
		index, ok := known[key]
		if !ok {
			index = int32(len(known))
			known[key] = index
			dropName(builder)
			made.labels = append(made.labels, builder.Labels())
		}
		made.bounds, made.groupOf = append(made.bounds, bound), append(made.groupOf, index)
	}
	return c.unique(made)
}

func (n *quantileNode) table() []labels.Labels { return n.labels }

func (n *quantileNode) evaluate(e *evaluation) (vector, bool) {
	quantile, ok := n.quantile.number(e)
	if !ok || math.IsNaN(quantile) || quantile < 0 || quantile > 1 {
		return vector{}, false
	}
	found, ok := n.of.evaluate(e)
	if !ok {
		return vector{}, false
	}
	own := &e.rooms[n.id]
	out := own.vector.emptied()
	// The engine answers several histograms in no order; here it is the one of the rows.
	for group := range int32(len(n.labels)) {
		own.buckets = own.buckets[:0]
		for i, row := range found.rows {
			if n.groupOf[row] == group {
				own.buckets = append(own.buckets, promql.Bucket{UpperBound: n.bounds[row], Count: found.values[i]})
			}
		}
		if len(own.buckets) > 0 {
			value, _, _, _, _, _ := promql.BucketQuantile(quantile, own.buckets)
			out.add(group, value)
		}
	}
	return *out, true
}
