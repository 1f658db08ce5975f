package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"time"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/report/chart"
)

// mostLooks is how many looks at a metric have a row; of more, those whose outcome changed
// and some between them.
const mostLooks = 240

// figure is a picture with its legend; the page shows the one that fits its width.
type figure struct {
	Title           string
	Keys            []key
	Picture, Narrow template.HTML
}

// key is a row of the legend; Role is its class.
type key struct{ Role, Name string }

type runStory struct {
	Name, Kind, Phase, Message string
	Together                   *figure
	Metrics                    []metricStory
}

type metricStory struct {
	Name, Phase, Message string
	Figures              []figure
	Blind                []period
	Pods                 []podRow
	LooksTitle           string
	Looks                []lookRow
}

type podRow struct{ Name, Arm, Bad, Total, Share string }

type lookRow struct{ At, Phase, Canary, Baseline, Evidence, Message string }

// window is from when to when a chart goes, and when the verdict fell.
type window struct{ from, to, verdict time.Time }

func (w window) chart(title string) chart.Chart {
	c := chart.Chart{Title: title, Time: true, From: chart.At(w.from, 0).X, To: chart.At(w.to, 0).X}
	if !w.verdict.IsZero() {
		c.Marks = []float64{chart.At(w.verdict, 0).X}
	}
	return c
}

// windowOf ends a little after the verdict: what was not played is not shown.
func windowOf(result *replay.Result) window {
	w := window{from: result.Window.Start, to: result.Window.End}
	if at := result.Verdict.At; at.After(w.from) && result.Verdict.Outcome != replay.Unfinished {
		w.verdict, w.to = at, at.Add(at.Sub(w.from)/20)
	}
	return w
}

// weightsFigure is the traffic of the new version; nil when no release was played.
func weightsFigure(result *replay.Result) (*figure, error) {
	if len(result.Weights) == 0 {
		return nil, nil
	}
	w := windowOf(result)
	c := w.chart("The share of traffic of the new version over time")
	c.Percent, c.High, c.Height = true, 1, 120
	line := chart.Line{Role: chart.Weight, Steps: true}
	last := 0.0
	for _, weight := range result.Weights {
		last = float64(weight.Weight) / 100
		line.Points = append(line.Points, chart.At(weight.At, last))
	}
	line.Points = append(line.Points, chart.At(w.to, last))
	c.Lines = []chart.Line{line}
	return draw(c, "Weight", key{"weight", "new version"}, key{"mark", "verdict"})
}

// draw makes a figure of a chart. Without marks, its legend has none.
func draw(c chart.Chart, title string, keys ...key) (*figure, error) {
	if len(c.Marks) == 0 {
		keys = slices.DeleteFunc(keys, func(k key) bool { return k.Role == string(chart.Mark) })
	}
	f := &figure{Title: title, Keys: keys}
	var err error
	if f.Picture, err = c.SVG(); err != nil {
		return nil, err
	}
	c.Narrow = true
	f.Narrow, err = c.SVG()
	return f, err
}

func runStoryOf(run replay.Run, result *replay.Result) (runStory, error) {
	told := runStory{Name: run.Name, Kind: run.Kind}
	if run.Object != nil {
		told.Phase, told.Message = string(run.Object.Status.Phase), run.Object.Status.Message
	}
	w := windowOf(result)
	if len(run.Together) > 0 {
		var evidence, limit []chart.Point
		for _, together := range run.Together {
			evidence, limit = append(evidence, pointOf(together.At, together.EValue)), append(limit, pointOf(together.At, together.Limit))
		}
		made, err := evidenceFigure(w, "Evidence of all metrics together", evidence, limit, nil)
		if err != nil {
			return told, err
		}
		told.Together = made
	}
	for _, metric := range run.Metrics {
		made, err := metricStoryOf(metric, run, w)
		if err != nil {
			return told, err
		}
		told.Metrics = append(told.Metrics, made)
		if made.Message == told.Message {
			told.Message = "" // The metric says it.
		}
	}
	return told, nil
}

func metricStoryOf(metric replay.Metric, run replay.Run, w window) (metricStory, error) {
	told := metricStory{Name: metric.Name}
	if run.Object != nil {
		for _, result := range run.Object.Status.MetricResults {
			if result.Name == metric.Name {
				told.Phase, told.Message = string(result.Phase), result.Message
			}
		}
	}
	var spans []chart.Span
	for _, blind := range metric.BlindPeriods {
		spans = append(spans, chart.Span{From: chart.At(blind.From, 0).X, To: chart.At(blind.To, 0).X})
		told.Blind = append(told.Blind, period{From: clock(blind.From), For: since(blind.From, blind.To), Why: blindWhy(blind)})
	}
	values, err := valuesFigure(metric, w, spans)
	if err != nil {
		return told, err
	}
	var evidence, limit []chart.Point
	known := false
	for _, point := range metric.Points {
		evidence, limit = append(evidence, pointOf(point.At, point.EValue)), append(limit, pointOf(point.At, point.Limit))
		known = known || point.Limit != nil
	}
	told.Figures = append(told.Figures, *values)
	if known {
		made, err := evidenceFigure(w, "Evidence against the new version", evidence, limit, spans)
		if err != nil {
			return told, err
		}
		told.Figures = append(told.Figures, *made)
	}
	told.Pods = podRows(metric.Pods)
	told.LooksTitle, told.Looks = lookRows(metric)
	return told, nil
}

func blindWhy(blind replay.BlindPeriod) string {
	if blind.Message == "" {
		return blind.Reason
	}
	return blind.Reason + ": " + blind.Message
}

// pointOf is a number that may not be known.
func pointOf(at time.Time, value *float64) chart.Point {
	if value == nil {
		return chart.At(at, math.NaN())
	}
	return chart.At(at, *value)
}

// valuesFigure is what was seen of both versions.
func valuesFigure(metric replay.Metric, w window, spans []chart.Span) (*figure, error) {
	canary, baseline := chart.Line{Role: chart.Canary, Dots: true}, chart.Line{Role: chart.Baseline, Dots: true}
	compared := false
	for _, point := range metric.Points {
		canary.Points, baseline.Points = append(canary.Points, pointOf(point.At, point.Canary)), append(baseline.Points, pointOf(point.At, point.Baseline))
		compared = compared || point.Baseline != nil
	}
	title, keys := "What the query answered", []key{{"canary", "answer"}}
	if compared {
		title, keys = "Level", []key{{"canary", "new version"}, {"baseline", "stable version"}}
	}
	if metric.Quantity == replay.Share {
		title = "Share of bad requests, look by look" + edgeOf(metric)
	}
	c := w.chart(fmt.Sprintf("%s: %s", metric.Name, title))
	c.Percent, c.Spans = metric.Quantity == replay.Share, spans
	if c.Percent {
		c.Low, c.High = 0, 0.001
	}
	c.Lines = []chart.Line{baseline, canary}
	if len(spans) > 0 {
		keys = append(keys, key{"area blind", "blind"})
	}
	return draw(c, title, append(keys, key{"mark", "verdict"})...)
}

// edgeOf says which requests count as slow, if that is what is counted.
func edgeOf(metric replay.Metric) string {
	for i := len(metric.Points) - 1; i >= 0; i-- {
		if edge := metric.Points[i].Edge; edge != nil {
			return fmt.Sprintf(" (slower than %s s)", number(*edge))
		}
	}
	return ""
}

const (
	// leastEvidence is the lowest that is shown, and mostAbove by how much more than the
	// limit the highest is: what lies beyond changes nothing.
	leastEvidence = 0.01
	mostAbove     = 1e4
)

// evidenceFigure is evidence against its limit.
func evidenceFigure(w window, title string, evidence, limit []chart.Point, spans []chart.Span) (*figure, error) {
	highest := 0.0
	for _, point := range limit {
		if !math.IsNaN(point.Y) {
			highest = max(highest, point.Y)
		}
	}
	for i, point := range evidence {
		evidence[i].Y = clamp(point.Y, leastEvidence, max(highest, 1)*mostAbove)
	}
	c := w.chart(title + " over time, on a logarithmic scale")
	c.Log, c.Low, c.High, c.Spans = true, 1, max(highest, 1), spans
	c.Lines = []chart.Line{{Role: chart.Limit, Points: limit, Dashed: true, Steps: true}, {Role: chart.Evidence, Points: evidence, Steps: true}}
	return draw(c, title, key{"evidence", "evidence (1 is none)"}, key{"limit", "limit: the release is taken back"}, key{"mark", "verdict"})
}

func clamp(v, low, high float64) float64 {
	if math.IsNaN(v) {
		return v
	}
	return min(max(v, low), high)
}

func podRows(pods []replay.Pod) []podRow {
	var rows []podRow
	for _, pod := range pods {
		row := podRow{Name: pod.Name, Arm: pod.Arm, Bad: count(pod.Bad), Total: count(pod.Total), Share: "–"}
		if pod.Total > 0 {
			row.Share = percent(pod.Bad / pod.Total)
		}
		rows = append(rows, row)
	}
	return rows
}

// lookRows are the looks as a table: all, or of too many those that changed something and
// some between.
func lookRows(metric replay.Metric) (title string, rows []lookRow) {
	every := (len(metric.Points) + mostLooks - 1) / mostLooks
	last := ""
	for i, point := range metric.Points {
		changed := point.Phase+point.Reason != last
		last = point.Phase + point.Reason
		if every > 1 && i%every != 0 && i != len(metric.Points)-1 && (!changed || len(rows) > 2*mostLooks) {
			continue
		}
		row := lookRow{
			At: clock(point.At), Phase: point.Phase, Message: point.Message,
			Canary: valueText(metric.Quantity, point.Canary), Baseline: valueText(metric.Quantity, point.Baseline), Evidence: valueText(replay.Level, point.EValue),
		}
		if point.Reason != "" {
			row.Phase += " (" + point.Reason + ")"
		}
		rows = append(rows, row)
	}
	title = fmt.Sprintf("Looks (%d)", len(metric.Points))
	if len(rows) < len(metric.Points) {
		title = fmt.Sprintf("Looks (%d of %d: all changes, and some between)", len(rows), len(metric.Points))
	}
	return title, rows
}

func valueText(quantity replay.Quantity, value *float64) string {
	switch {
	case value == nil:
		return "–"
	case quantity == replay.Share:
		return percent(*value)
	default:
		return number(*value)
	}
}
