package peers

import (
	"math"

	"github.com/serin-dev/serin/benchmark/world"
)

const (
	minuteTicks = 60 / world.TickSeconds
	stepMinutes = world.StepTicks / minuteTicks
	edges       = world.Buckets - 1
)

// minute is what the two versions saw in a minute of the plan.
type minute struct {
	canary, baseline world.Arm
	// last is the plan's tick at which the minute ends.
	last int
	// warm tells that the minute is left out.
	warm bool
}

// minutes sums up the plan by the minute.
func minutes(r world.Rollout, warm int) []minute {
	all := make([]minute, world.PlanTicks/minuteTicks)
	for i := range all {
		all[i] = minute{last: (i+1)*minuteTicks - 1, warm: true}
		for tick := world.HistoryTicks + i*minuteTicks; tick < world.HistoryTicks+(i+1)*minuteTicks; tick++ {
			canary, baseline := r.Arms(tick)
			all[i].canary = plus(all[i].canary, canary)
			all[i].baseline = plus(all[i].baseline, baseline)
			all[i].warm = all[i].warm && world.Warming(tick, warm)
		}
	}
	return all
}

// plus adds two arms up.
func plus(a, b world.Arm) world.Arm {
	a.N += b.N
	a.X += b.X
	for bucket, count := range b.H {
		a.H[bucket] += count
	}
	return a
}

// errorRate is an arm's share of errors; NaN without requests.
func errorRate(arm world.Arm) float64 { return float64(arm.X) / float64(arm.N) }

// quantile is Prometheus' histogram_quantile on a classic histogram: linear between a
// bucket's edges, the highest edge for what lies above it, NaN without requests.
func quantile(q float64, buckets [world.Buckets]int) float64 {
	total := 0
	for _, count := range buckets {
		total += count
	}
	if total == 0 {
		return math.NaN()
	}
	rank := q * float64(total)
	below, lower := 0.0, 0.0
	for bucket, upper := range world.Edges() {
		count := float64(buckets[bucket])
		if below+count >= rank {
			return lower + (upper-lower)*(rank-below)/count
		}
		below += count
		lower = upper
	}
	return lower
}

// slower counts an arm's requests above each edge.
func slower(arm world.Arm) [edges]int {
	var above [edges]int
	rest := 0
	for edge := edges - 1; edge >= 0; edge-- {
		rest += arm.H[edge+1]
		above[edge] = rest
	}
	return above
}
