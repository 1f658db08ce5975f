package report

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/serin-dev/serin/benchmark/peers"
)

// Size of the pictures.
const (
	PictureWidth  = 26 * vg.Centimeter
	PictureHeight = 13 * vg.Centimeter
)

// Exposure draws the median exposure of each judge in each B family, on a logarithmic scale,
// with the Wald limit. A ring stands for the whole plan: more than half were not found.
func (r Results) Exposure() (*plot.Plot, error) {
	families := r.families(true)
	p := picture("Canary requests served until the rollback (median)", "")
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, powers{}
	p.Legend.Left, p.Legend.Top = false, true
	var names []string
	var limits plotter.XYs
	for i, s := range families {
		names = append(names, s.Name)
		limits = append(limits, plotter.XY{X: float64(i), Y: peers.WaldLimit(s)})
	}
	if err := r.scatter(p, limits, draw.GlyphStyle{Color: color.Black, Radius: vg.Points(5), Shape: dash{}}, "Wald limit"); err != nil {
		return nil, err
	}
	for j, judge := range r.Judges {
		var found, missed plotter.XYs
		for i, s := range families {
			summary, _ := r.of(s.Name, judge)
			// Neighbouring judges stand beside each other, so that none hides another.
			point := plotter.XY{X: float64(i) + (float64(j)-float64(len(r.Judges)-1)/2)*.06, Y: math.Max(summary.medianRequests, 1)}
			if summary.detectedHalf() {
				found = append(found, point)
			} else {
				missed = append(missed, point)
			}
		}
		style := r.style(judge)
		if err := r.scatter(p, found, style, judge); err != nil {
			return nil, err
		}
		style.Shape = draw.RingGlyph{}
		if err := r.scatter(p, missed, style, ""); err != nil {
			return nil, err
		}
	}
	p.NominalX(names...)
	p.Add(plotter.NewGrid())
	p.X.Max += 4 // The legend's place.
	return p, nil
}

// leastShare stands for 0 on a logarithmic scale.
const leastShare = .02

// FalseRollbacks draws the share of good releases that each judge takes back, a point for
// each A family, with the budget.
func (r Results) FalseRollbacks() (*plot.Plot, error) {
	p := picture("Good releases taken back, by family", "%")
	p.Y.Scale = plot.LogScale{}
	p.Y.Tick.Marker = plot.ConstantTicks{{Value: leastShare, Label: "0"}, {Value: .1, Label: "0.1"}, {Value: 1, Label: "1"}, {Value: 10, Label: "10"}, {Value: 100, Label: "100"}}
	p.Legend.Left, p.Legend.Top = false, true
	judges := slices.DeleteFunc(slices.Clone(r.Judges), func(name string) bool { return name == oracle })
	for i, s := range r.families(false) {
		var points plotter.XYs
		for j, judge := range judges {
			summary, _ := r.of(s.Name, judge)
			points = append(points, plotter.XY{X: float64(j) + (float64(i)-float64(len(r.families(false))-1)/2)*.05, Y: math.Max(100*summary.rate(), leastShare)})
		}
		if err := r.scatter(p, points, draw.GlyphStyle{Color: plotutil.Color(i), Radius: vg.Points(3), Shape: plotutil.Shape(i)}, s.Name); err != nil {
			return nil, err
		}
	}
	budget, err := plotter.NewLine(plotter.XYs{{X: -.5, Y: 1}, {X: float64(len(judges)) - .5, Y: 1}})
	if err != nil {
		return nil, fmt.Errorf("draw the budget: %w", err)
	}
	budget.Dashes = []vg.Length{vg.Points(4), vg.Points(4)}
	p.Add(budget)
	p.Legend.Add("budget", budget)
	p.NominalX(judges...)
	p.Y.Min, p.Y.Max = leastShare/1.3, 130
	p.X.Max += 1.5 // The legend's place.
	return p, nil
}

// picture begins a plot with letters without serifs.
func picture(title, unit string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.Y.Label.Text = title, unit
	for _, letters := range []*font.Font{&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font, &p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font} {
		letters.Variant = "Sans"
	}
	p.Title.Padding = vg.Points(6)
	return p
}

// style gives each judge its colour; the candidate stands out.
func (r Results) style(judge string) draw.GlyphStyle {
	index := slices.Index(r.Judges, judge)
	style := draw.GlyphStyle{Color: plotutil.Color(index), Radius: vg.Points(2.5), Shape: plotutil.Shape(index)}
	if judge == r.Candidate {
		style = draw.GlyphStyle{Color: color.RGBA{R: 200, A: 255}, Radius: vg.Points(4), Shape: draw.CircleGlyph{}}
	}
	return style
}

// scatter adds points, and a row to the legend if they have a name.
func (r Results) scatter(p *plot.Plot, points plotter.XYs, style draw.GlyphStyle, name string) error {
	if name != "" {
		p.Legend.Add(name, &plotter.Scatter{GlyphStyle: style})
	}
	if len(points) == 0 {
		return nil
	}
	scatter, err := plotter.NewScatter(points)
	if err != nil {
		return fmt.Errorf("draw %s: %w", name, err)
	}
	scatter.GlyphStyle = style
	p.Add(scatter)
	return nil
}

// dash is a horizontal line as a glyph.
type dash struct{}

// DrawGlyph draws the line.
func (dash) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: style.Color, Width: vg.Points(1)})
	var path vg.Path
	path.Move(vg.Point{X: at.X - style.Radius*1.6, Y: at.Y})
	path.Line(vg.Point{X: at.X + style.Radius*1.6, Y: at.Y})
	c.Stroke(path)
}

// powers are ticks at the powers of ten, with the thousands apart.
type powers struct{}

// Ticks lists them.
func (powers) Ticks(least, most float64) []plot.Tick {
	var ticks []plot.Tick
	for exponent := math.Floor(math.Log10(least)); exponent <= math.Ceil(math.Log10(most)); exponent++ {
		value := math.Pow(10, exponent)
		ticks = append(ticks, plot.Tick{Value: value, Label: count(value)})
	}
	return ticks
}
