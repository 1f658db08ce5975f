package report

import (
	"math"
	"strings"

	"github.com/serin-dev/serin/plan"
	"github.com/serin-dev/serin/report/chart"
)

// pathFigure is the weight of the promoted release with the median duration; nil when none
// was promoted.
func pathFigure(good plan.Scenario) (*figure, error) {
	if len(good.Weights) == 0 {
		return nil, nil
	}
	c := chart.Chart{Title: "The share of traffic of the new version, in a good release of median duration", Seconds: true, To: good.Duration.P50, Percent: true, High: 1, Height: 120}
	line, last := chart.Line{Role: chart.Weight, Steps: true, Points: []chart.Point{{}}}, 0.0
	for _, weight := range good.Weights {
		last = float64(weight.Weight) / 100
		line.Points = append(line.Points, chart.Point{X: weight.Seconds, Y: last})
	}
	line.Points = append(line.Points, chart.Point{X: max(c.To, good.Weights[len(good.Weights)-1].Seconds), Y: last})
	c.To = 1.02 * line.Points[len(line.Points)-1].X
	c.Lines = []chart.Line{line}
	return draw(c, "Weight in a release of median duration", key{"weight", "new version"})
}

// durationFigure is how many of the promoted releases were done how soon; nil when all took
// the same.
func durationFigure(good plan.Scenario) (*figure, error) {
	quantiles := good.Duration.Quantiles
	if len(quantiles) < 2 || quantiles[len(quantiles)-1]-quantiles[0] < 1 {
		return nil, nil
	}
	last := quantiles[len(quantiles)-1]
	c := chart.Chart{Title: "The share of promoted good releases that were done, over time", Seconds: true, To: 1.05 * last, Percent: true, High: 1, Height: 120}
	line := chart.Line{Role: chart.Weight, Steps: true, Points: []chart.Point{{}}}
	for i, seconds := range quantiles {
		line.Points = append(line.Points, chart.Point{X: seconds, Y: float64(i) / float64(len(quantiles)-1)})
	}
	line.Points = append(line.Points, chart.Point{X: c.To, Y: 1})
	c.Lines = []chart.Line{line}
	return draw(c, "Share of the promoted releases that were done, by the time since their beginning", key{"weight", "good releases"})
}

// measured is a number of each regression, and the least that it can be.
type measured struct {
	p50, p90, least float64
}

// scenarioChart has a whisker for each regression.
func scenarioChart(scenarios []plan.Scenario, title string, read func(plan.Scenario) measured) (c chart.Chart, some, minimum bool) {
	c = chart.Chart{Title: title, From: -0.6, To: float64(len(scenarios)) - 0.4, Log: true, Height: 170}
	for i, scenario := range scenarios {
		// The signal stands above the size.
		c.Names = append(c.Names, strings.Replace(scenario.Name, "=", "\n", 1))
		x, got := float64(i), read(scenario)
		if got.p50 > 0 {
			c.Bars, some = append(c.Bars, chart.Bar{Role: chart.Evidence, X: x, Low: got.p50, Middle: got.p50, High: got.p90}), true
		}
		if got.least > 0 {
			c.Lines, minimum = append(c.Lines, chart.Line{Role: chart.Limit, Points: []chart.Point{{X: x - 0.3, Y: got.least}, {X: x + 0.3, Y: got.least}}, Dashed: true}), true
		}
	}
	return c, some, minimum
}

// detectionsFigure is how soon regressions are caught; nil if none is.
func detectionsFigure(scenarios []plan.Scenario) (*figure, error) {
	c, some, minimum := scenarioChart(scenarios, "The time until each regression is caught, on a logarithmic scale", func(s plan.Scenario) measured {
		m := measured{p50: s.Detection.P50, p90: s.Detection.P90}
		if s.Minimum != nil {
			m.least = s.Minimum.Seconds
		}
		return m
	})
	if !some {
		return nil, nil
	}
	c.Took = true
	keys := []key{{"evidence", "median to p90"}}
	if minimum {
		keys = append(keys, key{"limit", "no test with this budget is faster, on average"})
	}
	return draw(c, "Time until it is taken back", keys...)
}

// costFigure is how many requests go wrong until regressions are caught; nil if none is.
func costFigure(scenarios []plan.Scenario) (*figure, error) {
	c, some, minimum := scenarioChart(scenarios, "The extra bad requests until each regression is caught, on a logarithmic scale", func(s plan.Scenario) measured {
		m := measured{p50: s.Extra.P50, p90: s.Extra.P90}
		if s.Minimum != nil {
			m.least = s.Minimum.Extra
		}
		return m
	})
	if !some {
		return nil, nil
	}
	lowest, highest := math.Inf(1), 0.0
	for _, bar := range c.Bars {
		lowest, highest = min(lowest, bar.Low), max(highest, bar.High)
	}
	// At least two powers of ten are in sight, or there is nothing to read a size from.
	c.Low, c.High = math.Pow(10, math.Floor(math.Log10(lowest))), math.Pow(10, math.Ceil(math.Log10(highest)))
	keys := []key{{"evidence", "median to p90"}}
	if minimum {
		keys = append(keys, key{"limit", "minimum"})
	}
	return draw(c, "Bad requests until then, beyond those of the stable version", keys...)
}
