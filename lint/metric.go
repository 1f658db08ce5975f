package lint

import (
	"strconv"
	"time"
)

// metric is a metric while it is checked.
type metric struct {
	*checker
	node *node
	// interval between looks; 0 when it is looked at once, or it cannot be read.
	interval time.Duration
	// count of looks, and streak that ends it early; 0 is none.
	count, streak int
}

// checkMetrics checks each metric.
func (c *checker) checkMetrics() {
	for _, n := range c.metrics() {
		if n.shape != mapping {
			continue
		}
		m := &metric{checker: c, node: n, interval: duration(n.get("interval")), count: number(n.get("count")), streak: number(n.get("consecutiveSuccessLimit"))}
		m.check()
	}
}

// check applies all rules about one metric.
func (m *metric) check() {
}

// duration is a duration of a manifest; 0 when there is none.
func duration(n *node) time.Duration {
	parsed, err := time.ParseDuration(n.string())
	if err != nil || parsed < 0 {
		return 0
	}
	return parsed
}

// number is a whole number of a manifest, which may be written as a text; 0 when there is
// none.
func number(n *node) int {
	if n == nil {
		return 0
	}
	if value, is := n.value.(int64); is {
		return int(value)
	}
	parsed, err := strconv.Atoi(n.string())
	if err != nil {
		return 0
	}
	return parsed
}

func (c *checker) checkBudget() {}
