package plan

import (
	"math/rand/v2"
	"time"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/analysis/series"
)

// gaugeDraws draws the points of a gauge of both versions, whose levels are known and
// whose points scatter independently.
type gaugeDraws struct {
	rng              *rand.Rand
	canary, baseline float64
	noise            float64
	cluster          *cluster
	wantsBaseline    bool
}

func newGaugeDraws(c *cluster, r reading, key string) *gaugeDraws {
	return &gaugeDraws{rng: c.seed.child("gauge-" + r.name + key).rng(), cluster: c, noise: c.setup.assumed.GaugeNoise,
		canary: c.worse.levels[r.kind], baseline: c.setup.good.levels[r.kind], wantsBaseline: r.wantsBaseline}
}

// take is a look. A version without a pod has no gauge.
func (g *gaugeDraws) take(now time.Time) *run.Samples {
	point := func(level float64) []series.Sample {
		return []series.Sample{{At: now, Value: level * (1 + g.noise*g.rng.NormFloat64())}}
	}
	samples := &run.Samples{}
	if canary := g.cluster.groups[canaryHash]; canary != nil && g.cluster.availableOf(canary) > 0 {
		samples.CanaryPoints = point(g.canary)
	}
	if g.wantsBaseline {
		samples.BaselinePoints = point(g.baseline)
	}
	return samples
}
