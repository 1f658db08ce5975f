// Package chart draws the plots of reports as SVG that stands in a page: no colours of its
// own (they come from the page's custom properties, so that the same picture is light, dark
// and printed), the page's letters, and a title for those who do not see it.
//
// What may come in: gonum/plot. No data of Serin: the caller has numbers and names.
package chart

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"regexp"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Role is what a line or an area stands for; the page has a colour for each, as a custom
// property of the same name.
type Role string

// The roles.
const (
	Canary   Role = "canary"
	Baseline Role = "baseline"
	Evidence Role = "evidence"
	Limit    Role = "limit"
	Weight   Role = "weight"
	Blind    Role = "blind"
	Mark     Role = "mark"
	ink      Role = "ink"
	grid     Role = "grid"
)

// Point is a value at a place on the axis: seconds of Unix for a chart over time.
type Point struct{ X, Y float64 }

// At is a point in time.
func At(t time.Time, y float64) Point { return Point{X: float64(t.UnixMicro()) / 1e6, Y: y} }

// Line is some points that belong together.
type Line struct {
	Role   Role
	Points []Point
	// Steps draws a value until the next one; Dots marks each point; Dashed is what it says.
	Steps, Dots, Dashed bool
}

// Span is a time that is shaded.
type Span struct{ From, To float64 }

// Chart is a plot. Points that are not finite, or not above zero on a logarithmic axis,
// are left out.
type Chart struct {
	// Title says to those who do not see it what there is to see.
	Title string
	// From and To are the ends of the axis.
	From, To float64
	// Time says that the axis is time, in UTC, and Seconds that it is a duration, on a
	// logarithmic axis if LogX (From is above zero then); else Names stand at 0, 1, 2 … A
	// name may have lines.
	Time, Seconds, LogX bool
	Names               []string
	// Percent multiplies what stands at the vertical axis by 100, and Took writes it as
	// seconds.
	Percent, Took bool
	// Log makes the vertical axis logarithmic.
	Log bool
	// Low and High are in sight in any case, if they differ.
	Low, High float64
	Lines     []Line
	Bars      []Bar
	Spans     []Span
	// Marks are vertical lines.
	Marks []float64
	// Height in points; 0 is 150.
	Height float64
	// Narrow draws it for a telephone: as high, half as wide, with fewer labels.
	Narrow bool
}

// Bar is a range from Low to High at an X, with a dot at Middle.
type Bar struct {
	Role                 Role
	X, Low, Middle, High float64
}

const (
	wide, narrow  = 720, 360
	defaultHeight = 150
	// left and right are the least margins, so that plots below each other have the same
	// time at the same place.
	left, right = 56, 16
	// mostLabels are along the axis, half as many if it is narrow.
	mostLabels = 8
)

// width is that of the picture in points.
func (c Chart) width() int {
	if c.Narrow {
		return narrow
	}
	return wide
}

// labels is how many are along the axis.
func (c Chart) labels() int { return mostLabels * c.width() / wide }

// SVG draws the chart.
func (c Chart) SVG() (template.HTML, error) {
	p := plot.New()
	p.BackgroundColor = nil // The page's.
	c.axes(p)
	if err := c.fill(p); err != nil {
		return "", fmt.Errorf("drawing %q: %w", c.Title, err)
	}
	height := c.Height
	if height == 0 {
		height = defaultHeight
	}
	canvas := vgsvg.New(vg.Length(c.width()), vg.Length(height))
	p.Draw(aligned(p, draw.New(canvas)))
	var text bytes.Buffer
	if _, err := canvas.WriteTo(&text); err != nil {
		return "", fmt.Errorf("drawing %q: %w", c.Title, err)
	}
	class := "chart wide"
	if c.Narrow {
		class = "chart narrow"
	}
	return template.HTML(themed(text.String(), class, c.Title)), nil
}

// aligned crops the canvas until the plot's own area has the margins: its axis has labels
// of a width of its own.
func aligned(p *plot.Plot, whole draw.Canvas) draw.Canvas {
	canvas := whole
	for range 3 {
		area := p.DataCanvas(canvas)
		canvas.Min.X += max(left-area.Min.X, whole.Min.X-canvas.Min.X)
		canvas.Max.X += min(whole.Max.X-right-area.Max.X, whole.Max.X-canvas.Max.X)
	}
	return canvas
}

// axes sets up both axes.
func (c Chart) axes(p *plot.Plot) {
	for _, face := range []*font.Font{&p.X.Tick.Label.Font, &p.Y.Tick.Label.Font} {
		face.Variant, face.Size = "Sans", 9
	}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Tick.Color = shade(grid), shade(grid)
		axis.Tick.Label.Color = shade(ink)
		axis.Padding = 2
	}
	p.X.Min, p.X.Max = c.From, max(c.To, c.From+1e-9)
	switch {
	case c.Time:
		p.X.Tick.Marker = clock{most: c.labels()}
	case c.Seconds && c.LogX:
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, magnitudes{most: c.labels()}
	case c.Seconds:
		p.X.Tick.Marker = durations{most: c.labels()}
	default:
		p.X.Tick.Marker = names(c.Names)
		if crowded(c.Names, c.width()) {
			p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = 0.5, draw.XRight, draw.YTop
		}
	}
	p.Y.Min, p.Y.Max = c.extent()
	switch {
	case c.Log && c.Took:
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, magnitudes{most: 6}
	case c.Log:
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, powers{}
	default:
		p.Y.Tick.Marker = few{percent: c.Percent}
	}
}

// extent is from the lowest to the highest value, with some air.
func (c Chart) extent() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	see := func(y float64) {
		if c.drawable(y) {
			low, high = min(low, y), max(high, y)
		}
	}
	for _, line := range c.Lines {
		for _, point := range line.Points {
			see(point.Y)
		}
	}
	for _, bar := range c.Bars {
		see(bar.Low)
		see(bar.High)
	}
	if c.Low != c.High {
		see(c.Low)
		see(c.High)
	}
	switch {
	case low > high:
		return 0.5, 2
	case c.Log:
		return low / 1.6, high * 1.6
	case low == high:
		return low - max(math.Abs(low)/10, 1e-6), high + max(math.Abs(high)/10, 1e-6)
	default:
		return low, high + (high-low)/20
	}
}

// drawable says whether a value has a place on the axis.
func (c Chart) drawable(y float64) bool {
	return !math.IsNaN(y) && !math.IsInf(y, 0) && (!c.Log || y > 0)
}

// fill adds what is drawn, from behind to the front.
func (c Chart) fill(p *plot.Plot) error {
	for _, span := range c.Spans {
		area, err := plotter.NewPolygon(plotter.XYs{{X: span.From, Y: p.Y.Min}, {X: span.To, Y: p.Y.Min}, {X: span.To, Y: p.Y.Max}, {X: span.From, Y: p.Y.Max}})
		if err != nil {
			return err
		}
		area.Color, area.LineStyle.Width = shade(Blind), 0
		p.Add(area)
	}
	lines := plotter.NewGrid()
	lines.Vertical.Color, lines.Horizontal.Color = shade(grid), shade(grid)
	p.Add(lines)
	for _, at := range c.Marks {
		if err := c.stroke(p, plotter.XYs{{X: at, Y: p.Y.Min}, {X: at, Y: p.Y.Max}}, Line{Role: Mark, Dashed: true}); err != nil {
			return err
		}
	}
	for _, line := range c.Lines {
		for _, piece := range c.pieces(line) {
			if err := c.stroke(p, piece, line); err != nil {
				return err
			}
		}
	}
	for _, bar := range c.Bars {
		if err := c.whisker(p, bar); err != nil {
			return err
		}
	}
	return nil
}

// stroke draws a line through points.
func (c Chart) stroke(p *plot.Plot, points plotter.XYs, line Line) error {
	drawn, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	drawn.Color, drawn.Width = shade(line.Role), 1.4
	if line.Dashed {
		drawn.Dashes = []vg.Length{4, 3}
		drawn.Width = 1
	}
	if line.Steps {
		drawn.StepStyle = plotter.PostStep
	}
	p.Add(drawn)
	if line.Dots || len(points) == 1 {
		return c.dots(p, points, line.Role, 1.6)
	}
	return nil
}

func (c Chart) dots(p *plot.Plot, points plotter.XYs, role Role, radius vg.Length) error {
	dots, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	dots.GlyphStyle = draw.GlyphStyle{Color: shade(role), Radius: radius, Shape: draw.CircleGlyph{}}
	p.Add(dots)
	return nil
}

// whisker draws a range and its middle.
func (c Chart) whisker(p *plot.Plot, bar Bar) error {
	if !c.drawable(bar.Low) || !c.drawable(bar.High) {
		return nil
	}
	if err := c.stroke(p, plotter.XYs{{X: bar.X, Y: bar.Low}, {X: bar.X, Y: bar.High}}, Line{Role: bar.Role}); err != nil {
		return err
	}
	return c.dots(p, plotter.XYs{{X: bar.X, Y: bar.Middle}}, bar.Role, 3)
}

// pieces are the stretches of a line without a value that cannot be drawn, thinned.
func (c Chart) pieces(line Line) []plotter.XYs {
	var pieces []plotter.XYs
	var piece plotter.XYs
	end := func() {
		if len(piece) > 0 {
			// Two for each point of the width.
			pieces = append(pieces, thin(piece, 2*c.width()))
		}
		piece = nil
	}
	for _, point := range line.Points {
		if !c.drawable(point.Y) {
			end()
			continue
		}
		piece = append(piece, plotter.XY(point))
	}
	end()
	return pieces
}

// thin keeps the first, the lowest, the highest and the last point of each stretch of a line with
// more points than can be seen.
func thin(points plotter.XYs, most int) plotter.XYs {
	if len(points) <= most {
		return points
	}
	stretch := (len(points)*4 + most - 1) / most
	var kept plotter.XYs
	for from := 0; from < len(points); from += stretch {
		part := points[from:min(from+stretch, len(points))]
		low, high := 0, 0
		for i, point := range part {
			if point.Y < part[low].Y {
				low = i
			}
			if point.Y > part[high].Y {
				high = i
			}
		}
		last := -1
		for _, i := range []int{0, min(low, high), max(low, high), len(part) - 1} {
			if i > last {
				kept, last = append(kept, part[i]), i
			}
		}
	}
	return kept
}

// shade is a colour that stands for a role until themed replaces it: each is one that
// nothing else has.
func shade(role Role) color.Color {
	for i, known := range roles {
		if known == role {
			return color.RGBA{R: 1, G: 2, B: uint8(i + 1), A: 255}
		}
	}
	return color.Black
}

var roles = []Role{Canary, Baseline, Evidence, Limit, Weight, Blind, Mark, ink, grid}

var (
	heading = regexp.MustCompile(`(?s)^.*?<svg[^>]*?viewBox="([^"]*)"[^>]*>`)
	shaded  = regexp.MustCompile(`#0102([0-9A-Fa-f]{2})`)
	letters = regexp.MustCompile(`font-family:[^;"]*;`)
)

// themed makes a picture that stands in a page of one that stands alone.
func themed(svg, class, title string) string {
	svg = heading.ReplaceAllString(svg, `<svg class="`+class+`" role="img" viewBox="$1"><title>`+template.HTMLEscapeString(title)+`</title>`)
	svg = shaded.ReplaceAllStringFunc(svg, func(code string) string {
		var i int
		if _, err := fmt.Sscanf(code, "#0102%02X", &i); err != nil || i < 1 || i > len(roles) {
			return "currentColor"
		}
		return "var(--" + string(roles[i-1]) + ")"
	})
	svg = letters.ReplaceAllString(svg, "")
	return strings.ReplaceAll(svg, "font-variant:normal;font-weight:normal;font-style:normal;", "")
}
