package chart

import (
	"math"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"pgregory.net/rapid"
)

func labels(ticks []plot.Tick) string {
	var all []string
	for _, tick := range ticks {
		all = append(all, tick.Label)
	}
	return strings.Join(all, " ")
}

// second is a time of 1 March 2026, in seconds of Unix.
func second(t *testing.T, text string) float64 {
	t.Helper()
	at, err := time.Parse("15:04:05", text)
	if err != nil {
		t.Fatal(err)
	}
	return At(time.Date(2026, 3, 1, at.Hour(), at.Minute(), at.Second(), 0, time.UTC), 0).X
}

func TestTicks(t *testing.T) {
	at := func(text string) float64 { return second(t, text) }
	for _, c := range []struct {
		name      string
		marker    plot.Ticker
		low, high float64
		want      string
	}{
		{"seconds", clock{most: 8}, at("03:00:07"), at("03:00:31"), "03:00:10 03:00:15 03:00:20 03:00:25 03:00:30"},
		{"half minutes", clock{most: 8}, at("03:01:00"), at("03:04:40"), "03:01:00 03:01:30 03:02:00 03:02:30 03:03:00 03:03:30 03:04:00 03:04:30"},
		{"hours", clock{most: 8}, at("03:00:00"), at("12:00:00"), "04:00 06:00 08:00 10:00 12:00"},
		{"a telephone", clock{most: 4}, at("03:01:00"), at("03:04:40"), "03:01 03:02 03:03 03:04"},
		{"days", clock{most: 8}, at("03:00:00"), at("03:00:00") + 6*86400, "2 Mar 3 Mar 4 Mar 5 Mar 6 Mar 7 Mar"},
		{"a day and a half", clock{most: 8}, at("03:00:00"), at("03:00:00") + 1.5*86400, "1 Mar 06:00 1 Mar 12:00 1 Mar 18:00 2 Mar 00:00 2 Mar 06:00 2 Mar 12:00"},
		{"durations", durations{most: 8}, 0, 200, "0s 30s 1m 1m30s 2m 2m30s 3m"},
		{"hours of duration", durations{most: 8}, 0, 4 * 3600, "0s 30m 1h 1h30m 2h 2h30m 3h 3h30m 4h"},
		{"percent", few{percent: true}, 0, 0.1672, "0 % 5 % 10 % 15 %"},
		{"per mille", few{percent: true}, 0, 0.001, "0.00 % 0.02 % 0.04 % 0.06 % 0.08 % 0.10 %"},
		{"around zero", few{}, -1.1, 1.1, "-1.0 -0.5 0.0 0.5 1.0"},
		{"bytes", few{}, 1.9e8, 2.6e8, "200 M 220 M 240 M 260 M"},
		{"powers", powers{}, 0.5, 2e6, "1 10 100 1000 10000 1e5 1e6"},
		{"many powers", powers{}, 1e-9, 1e9, "1e-9 1e-6 0.001 1 1000 1e6 1e9"},
		{"soon and late", magnitudes{most: 6}, 2, 400, "3s 10s 30s 1m 3m"},
		{"a narrow range", magnitudes{most: 6}, 100, 900, "2m 5m 10m"},
		{"from milliseconds to days", magnitudes{most: 6}, 0.0005, 1e6, "10ms 1s 1m 1h 24h"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := labels(c.marker.Ticks(c.low, c.high)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestTicksOfAnyRange: there are some, not too many, in order, in the range, and zero has no sign.
func TestTicksOfAnyRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float64Range(-1e12, 1e12).Draw(t, "low")
		length := math.Pow(10, rapid.Float64Range(-6, 12).Draw(t, "length"))
		if length < 1e-9*math.Abs(low) {
			return // Two values that a double hardly tells apart.
		}
		ticks := few{percent: rapid.Bool().Draw(t, "percent")}.Ticks(low, low+length)
		if len(ticks) < 2 || len(ticks) > 12 {
			t.Fatalf("%d ticks: %s", len(ticks), labels(ticks))
		}
		for i, tick := range ticks {
			if strings.HasPrefix(tick.Label, "-0 ") || tick.Label == "-0" || strings.Trim(tick.Label, "-0. %") == "" && tick.Label[0] == '-' {
				t.Fatalf("zero with a sign: %s", labels(ticks))
			}
			if air := 1e-6 * length; tick.Value < low-air || tick.Value > low+length+air {
				t.Fatalf("%g is not in %g to %g", tick.Value, low, low+length)
			}
			if i > 0 && tick.Value <= ticks[i-1].Value {
				t.Fatalf("not in order: %s", labels(ticks))
			}
		}
	})
}

func TestThinKeepsWhatStandsOut(t *testing.T) {
	const mostPoints = 2 * wide
	points := make(plotter.XYs, 50_000)
	for i := range points {
		points[i] = plotter.XY{X: float64(i), Y: math.Sin(float64(i) / 100)}
	}
	points[12_345].Y, points[40_001].Y = 9, -9
	kept := thin(points, mostPoints)
	if len(kept) > mostPoints {
		t.Errorf("%d points are kept, at most %d are wanted", len(kept), mostPoints)
	}
	for _, i := range []int{0, 12_345, 40_001, len(points) - 1} {
		found := false
		for _, point := range kept {
			found = found || point == points[i]
		}
		if !found {
			t.Errorf("point %d, %v, is gone", i, points[i])
		}
	}
	for i := 1; i < len(kept); i++ {
		if kept[i].X <= kept[i-1].X {
			t.Fatalf("point %d is not after the one before it", i)
		}
	}
	if got := thin(points[:mostPoints], mostPoints); len(got) != mostPoints {
		t.Errorf("of %d points, %d are kept", mostPoints, len(got))
	}
}

func TestALineEndsWhereThereIsNoValue(t *testing.T) {
	nan := math.NaN()
	line := Line{Points: []Point{{0, nan}, {1, 1}, {2, 2}, {3, nan}, {4, nan}, {5, 5}, {6, math.Inf(1)}, {7, 0}, {8, 8}, {9, nan}}}
	count := func(c Chart) (lengths []int) {
		for _, piece := range c.pieces(line) {
			lengths = append(lengths, len(piece))
		}
		return lengths
	}
	if got := count(Chart{}); len(got) != 3 || got[0] != 2 || got[1] != 1 || got[2] != 2 {
		t.Errorf("pieces of %v points", got)
	}
	// On a logarithmic axis zero has no place.
	if got := count(Chart{Log: true}); len(got) != 3 || got[2] != 1 {
		t.Errorf("pieces of %v points on a logarithmic axis", got)
	}
}

func TestChartsOfLittle(t *testing.T) {
	one := []Line{{Role: Canary, Points: []Point{{10, 0.5}}}}
	for name, c := range map[string]Chart{
		"nothing":                   {},
		"nothing, logarithmic":      {Log: true},
		"nothing over time":         {Time: true, From: 1.7e9, To: 1.7e9},
		"nothing in durations":      {Seconds: true, Log: true, Took: true},
		"one point":                 {From: 0, To: 20, Lines: one},
		"one point, log":            {From: 0, To: 20, Lines: one, Log: true},
		"one zero":                  {From: 0, To: 1, Lines: []Line{{Role: Canary, Points: []Point{{0, 0}}}}},
		"only what is no number":    {From: 0, To: 1, Lines: []Line{{Role: Canary, Points: []Point{{0, math.NaN()}, {1, math.Inf(-1)}}}}},
		"a range without numbers":   {From: 0, To: 1, Bars: []Bar{{Role: Evidence, Low: math.NaN(), High: math.Inf(1)}}},
		"a range of zero":           {From: -1, To: 1, Log: true, Bars: []Bar{{Role: Evidence, X: 0}}},
		"a huge value":              {From: 0, To: 1, Lines: []Line{{Role: Canary, Points: []Point{{0, 0}, {1, 1e300}}}}},
		"nothing, both logarithmic": {Seconds: true, LogX: true, From: 1, To: 1, Log: true},
		"names":                     {Names: []string{"errors\n1%", "latency\n2x"}, From: -1, To: 2, Bars: []Bar{{Role: Evidence, X: 0, Low: 1, Middle: 2, High: 3}}},
		"an area and a mark, alone": {Spans: []Span{{0, 1}}, Marks: []float64{2}, To: 3},
	} {
		t.Run(name, func(t *testing.T) {
			svg, err := c.SVG()
			if err != nil {
				t.Fatal(err)
			}
			for _, no := range []string{"NaN", "Inf", "-0 %", ">-0<"} {
				if strings.Contains(string(svg), no) {
					t.Errorf("%s in %s", no, svg)
				}
			}
			if strings.HasPrefix(name, "one") && !strings.Contains(string(svg), "var(--canary)") {
				t.Errorf("the point is not there: %s", svg)
			}
		})
	}
}

// TestColoursAndLettersAreThePages: a picture has no colours and no letters of its own.
func TestColoursAndLettersAreThePages(t *testing.T) {
	var c Chart
	for i, role := range roles {
		c.Lines = append(c.Lines, Line{Role: role, Points: []Point{{0, float64(i)}, {1, float64(i)}}})
	}
	c.To, c.Title, c.Spans = 1, `a <b> & "c"`, []Span{{0, 0.5}}
	svg, err := c.SVG()
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range roles {
		if !strings.Contains(string(svg), "var(--"+string(role)+")") {
			t.Errorf("nothing is in the colour of %s", role)
		}
	}
	for _, no := range []string{":#", "rgb(", "font-family", "black", "currentColor", "<b>", "<?xml"} {
		if strings.Contains(string(svg), no) {
			t.Errorf("%s in %s", no, svg)
		}
	}
	if again, err := c.SVG(); err != nil || again != svg {
		t.Errorf("drawn again it is another picture (%v)", err)
	}
}

// TestPlotsBelowEachOtherAreAligned: however wide the labels are, the same time is at the
// same place.
func TestPlotsBelowEachOtherAreAligned(t *testing.T) {
	place := func(c Chart) string {
		t.Helper()
		c.Time, c.From, c.To, c.Marks = true, second(t, "03:00:00"), second(t, "03:10:00"), []float64{second(t, "03:05:00")}
		svg, err := c.SVG()
		if err != nil {
			t.Fatal(err)
		}
		for piece := range strings.SplitSeq(string(svg), "<path d=\"") {
			if path, style, found := strings.Cut(piece, "\""); found && strings.Contains(style, "var(--mark)") {
				x, _, _ := strings.Cut(strings.TrimPrefix(path, "M"), ",")
				return x
			}
		}
		t.Fatalf("no mark in %s", svg)
		return ""
	}
	line := func(values ...float64) []Line {
		l := Line{Role: Canary}
		for i, v := range values {
			l.Points = append(l.Points, Point{second(t, "03:00:00") + 60*float64(i), v})
		}
		return []Line{l}
	}
	want := place(Chart{Lines: line(0, 1), Percent: true})
	for name, c := range map[string]Chart{
		"wide labels": {Lines: line(-123456, -123457)}, "narrow ones": {Lines: line(0, 9)}, "powers": {Lines: line(1, 1e5), Log: true}, "none": {},
	} {
		if got := place(c); got != want {
			t.Errorf("with %s the mark is at %s, else at %s", name, got, want)
		}
	}
}

func TestNamesThatWouldTouchAreTurned(t *testing.T) {
	few, many := []string{"errors\n1%", "latency\n+10%"}, make([]string, 24)
	for i := range many {
		many[i] = "latency\n+10%"
	}
	if crowded(few, wide) || crowded(few, narrow) || !crowded(many, wide) || crowded(nil, wide) {
		t.Errorf("two names are crowded: %v, on a telephone: %v; 24: %v; none: %v", crowded(few, wide), crowded(few, narrow), crowded(many, wide), crowded(nil, wide))
	}
}
