package main

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/serin-dev/serin/benchmark/world"
)

const (
	// shownGood is how many good releases are drawn.
	shownGood = 50
	// least and most are where the evidence is cut off in the picture.
	least, most = 0.1, 1e6
)

// evidencePicture draws the evidence of good releases, of a bad one, and of one that becomes
// bad late.
func evidencePicture(s simulations) (*plot.Plot, error) {
	p := canvas("Evidence against the canary, at every scrape", "minutes since the first traffic", "evidence E")
	p.Y.Scale, p.Y.Tick.Marker, p.X.Tick.Marker = plot.LogScale{}, decades(-1, 6), steps(0, 40, 5)
	step := float64(world.StepTicks*world.TickSeconds) / 60
	for i, pods := range world.StepPods() {
		at := float64(i) * step
		if err := line(p, "", plotter.XYs{{X: at, Y: least}, {X: at, Y: 5 * most}}, style{grey(), vg.Points(.5), true}); err != nil {
			return nil, err
		}
		if err := text(p, at+.3, most*1.3, fmt.Sprintf("canary %d %%", 100*pods/world.Pods)); err != nil {
			return nil, err
		}
	}
	good := family("A3")
	for i := range shownGood {
		name := ""
		if i == 0 {
			name = fmt.Sprintf("%d good releases", shownGood)
		}
		if err := line(p, name, evidenceLine(goodRelease(s, good, i)), style{grey(), vg.Points(.8), false}); err != nil {
			return nil, err
		}
	}
	late := family("B3")
	late.Late = world.StepTicks*3/2 + world.StepTicks
	for _, r := range []struct {
		name string
		of   world.Scenario
		look style
	}{
		{"errors 0.1 → 0.2 % from the start", family("B1"), style{orange(), vg.Points(1.8), false}},
		{"errors 0.1 → 1 % from the start", family("B3"), style{red(), vg.Points(1.8), false}},
		{"errors 0.1 → 1 % from minute 25 on", late, style{blue(), vg.Points(1.8), false}},
	} {
		if err := line(p, r.name, evidenceLine(simulate(r.of, s.seed, 0)), r.look); err != nil {
			return nil, err
		}
	}
	for _, limit := range []struct {
		name string
		at   float64
	}{{"100: taken back", 1 / budget}, {"10: no more traffic", math.Sqrt(1 / budget)}} {
		look := style{black(), vg.Points(1), true}
		if limit.at < 1/budget {
			look.width = vg.Points(.5)
		}
		if err := line(p, limit.name, plotter.XYs{{X: 0, Y: limit.at}, {X: 4 * step, Y: limit.at}}, look); err != nil {
			return nil, err
		}
	}
	p.Y.Min, p.Y.Max, p.X.Min, p.X.Max = least, 1e9, 0, 4*step+.5
	return p, nil
}

// evidenceLine is the evidence of a release until it would be taken back, and a little more.
func evidenceLine(r world.Rollout) plotter.XYs {
	points := plotter.XYs{{X: 0, Y: 1}}
	for tick, log := range evidence(r) {
		points = append(points, plotter.XY{X: minutesOf(tick), Y: min(max(math.Exp(log), least), most)})
		if log >= math.Log(most) {
			break
		}
	}
	return points
}

// neededPicture draws the limits, and what Serin needs.
func neededPicture(measured map[question]float64) (*plot.Plot, error) {
	p := canvas(fmt.Sprintf("Canary requests until a verdict, canary at %s, tolerance %s", percent(firstShare), percent(tolerance)), "factor on the share of errors", "canary requests")
	p.X.Scale, p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogScale{}, decades(0, 6)
	p.Legend.XOffs = 13 * vg.Centimeter
	p.X.Tick.Marker = plot.ConstantTicks{{Value: 1.5, Label: "×1.5"}, {Value: 2, Label: "×2"}, {Value: 5, Label: "×5"}, {Value: 10, Label: "×10"}, {Value: 20, Label: "×20"}, {Value: 50, Label: "×50"}}
	for i, base := range bases() {
		var limit, serin plotter.XYs
		for factor := 1.4; factor <= 55; factor *= 1.05 {
			limit = append(limit, plotter.XY{X: factor, Y: moreErrors{base, factor, firstShare, tolerance}.limit()})
		}
		for _, factor := range factors() {
			serin = append(serin, plotter.XY{X: factor, Y: measured[moreErrors{base, factor, firstShare, tolerance}]})
		}
		if err := line(p, "limit, errors "+percent(base), limit, style{hues()[i], vg.Points(1.2), false}); err != nil {
			return nil, err
		}
		if err := dots(p, "Serin, errors "+percent(base), serin, hues()[i]); err != nil {
			return nil, err
		}
	}
	p.Add(plotter.NewGrid())
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 1.35, 60, 1, 3e6
	return p, nil
}

// temperaturePicture draws by how much evidence is divided.
func temperaturePicture() (*plot.Plot, error) {
	p := canvas("What clumps cost: the logarithm of the evidence is divided by τ", "φ, how much more the baseline's pods vary than independent requests", "τ")
	p.X.Tick.Marker, p.Y.Tick.Marker = steps(1, 10, 1), steps(0, 40, 5)
	for i, tilt := range []int{0, 2, 6, 10, 16} {
		var points plotter.XYs
		for dispersion := 1.0; dispersion <= 10; dispersion *= 1.02 * 1.02 {
			// The judge rounds φ up to powers of 1.02: half a step below one is that one.
			points = append(points, plotter.XY{X: dispersion, Y: temperature(max(dispersion/1.01, 1), tilt)})
		}
		// The grid of alternatives is 1.25, 1.25², … (package sequential).
		name := fmt.Sprintf("alternative: odds %s", times(math.Pow(1.25, float64(tilt+1))))
		if err := line(p, name, points, style{hues()[i], vg.Points(1.4), false}); err != nil {
			return nil, err
		}
	}
	if err := line(p, "τ = φ", plotter.XYs{{X: 1, Y: 1}, {X: 10, Y: 10}}, style{grey(), vg.Points(1), true}); err != nil {
		return nil, err
	}
	p.Add(plotter.NewGrid())
	p.X.Min, p.X.Max, p.Y.Min = 1, 10.1, 0
	return p, nil
}

// peekingPicture draws how many good releases are taken back, over time.
func peekingPicture(looks []curve) (*plot.Plot, error) {
	p := canvas(fmt.Sprintf("Good releases taken back so far, of %d", goodReleases), "minutes since the first traffic, a look every 15 s", "%")
	p.X.Tick.Marker, p.Y.Tick.Marker = steps(0, 40, 5), steps(0, 100, 5)
	colours := []style{{orange(), vg.Points(1.4), false}, {green(), vg.Points(1.4), false}, {red(), vg.Points(1.8), false}, {blue(), vg.Points(1.8), false}}
	for i, c := range looks {
		var points plotter.XYs
		for tick := range world.PlanTicks {
			points = append(points, plotter.XY{X: minutesOf(tick), Y: 100 * c.after(tick+1)})
		}
		if err := line(p, c.name, points, colours[i]); err != nil {
			return nil, err
		}
	}
	if err := line(p, "1 %", plotter.XYs{{X: 0, Y: 1}, {X: minutesOf(world.PlanTicks - 1), Y: 1}}, style{black(), vg.Points(.8), true}); err != nil {
		return nil, err
	}
	p.Add(plotter.NewGrid())
	p.Y.Min, p.X.Min, p.X.Max = 0, 0, minutesOf(world.PlanTicks-1)+.5
	p.Y.Max = max(p.Y.Max, 5) * 1.5
	return p, nil
}

// edgesPicture draws the odds of being slower than each edge, canary over baseline.
func edgesPicture() (*plot.Plot, error) {
	p := canvas("Where a slower canary shows (cut off at 10 000)", "requests slower than", "odds, canary over baseline")
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, decades(0, 4)
	edges := world.Edges()
	names := make([]string, len(edges))
	baseline := world.BucketShares(0, 0)
	for _, change := range []struct {
		name        string
		shift, tail float64
		look        style
	}{
		{"all requests ×1.25", math.Log(1.25), 0, style{blue(), vg.Points(1.6), false}},
		{"1 % of requests 2 s slower", 0, 0.01, style{red(), vg.Points(1.6), false}},
	} {
		canary := world.BucketShares(change.shift, change.tail)
		var points plotter.XYs
		for i, edge := range edges[:9] {
			names[i] = edgeText(edge)
			odds := oddsAbove(canary, i) / oddsAbove(baseline, i)
			points = append(points, plotter.XY{X: float64(i), Y: min(odds, 1e4)})
		}
		if err := line(p, change.name, points, change.look); err != nil {
			return nil, err
		}
		if err := dots(p, "", points, change.look.color); err != nil {
			return nil, err
		}
	}
	if err := line(p, "accepted with a tolerance of 10 %", plotter.XYs{{X: 0, Y: 1 + tolerance}, {X: 8, Y: 1 + tolerance}}, style{black(), vg.Points(.8), true}); err != nil {
		return nil, err
	}
	p.NominalX(names[:9]...)
	p.X.Tick.Label.Font.Variant = "Sans"
	p.Y.Min, p.Y.Max, p.X.Max = 0.8, 1e5, 8.3
	return p, nil
}

// oddsAbove are the odds of being slower than an edge.
func oddsAbove(law [world.Buckets]float64, edge int) float64 {
	below := 0.0
	for _, p := range law[:edge+1] {
		below += p
	}
	above := 0.0
	for _, p := range law[edge+1:] {
		above += p
	}
	return above / below
}

// edgeText is an edge of a bucket.
func edgeText(seconds float64) string {
	if seconds < 1 {
		return fmt.Sprintf("%g ms", 1000*seconds)
	}
	return fmt.Sprintf("%g s", seconds)
}
