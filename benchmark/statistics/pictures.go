package main

import (
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/serin-dev/serin/benchmark/world"
)

// Size of the pictures.
const (
	pictureWidth  = 22 * vg.Centimeter
	pictureHeight = 11 * vg.Centimeter
)

// The colours, which can be told apart by most people with colour blindness.
func black() color.Color  { return color.Black }
func grey() color.Color   { return color.RGBA{R: 170, G: 170, B: 170, A: 255} }
func red() color.Color    { return color.RGBA{R: 200, G: 40, B: 30, A: 255} }
func blue() color.Color   { return color.RGBA{R: 20, G: 90, B: 170, A: 255} }
func orange() color.Color { return color.RGBA{R: 230, G: 140, A: 255} }
func green() color.Color  { return color.RGBA{R: 20, G: 130, B: 90, A: 255} }
func hues() []color.Color {
	return []color.Color{blue(), green(), orange(), red(), black()}
}

// pictures draws all pictures into a folder.
func pictures(folder string, s simulations, measured map[question]float64, looks []curve) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, paint := range map[string]func() (*plot.Plot, error){
		"evidence.svg":    func() (*plot.Plot, error) { return evidencePicture(s) },
		"needed.svg":      func() (*plot.Plot, error) { return neededPicture(measured) },
		"temperature.svg": temperaturePicture,
		"peeking.svg":     func() (*plot.Plot, error) { return peekingPicture(looks) },
		"edges.svg":       edgesPicture,
	} {
		picture, err := paint()
		if err != nil {
			return fmt.Errorf("draw %s: %w", name, err)
		}
		if err := picture.Save(pictureWidth, pictureHeight, filepath.Join(folder, name)); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// canvas begins a plot, with letters without serifs.
func canvas(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	for _, letters := range []*font.Font{&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font, &p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font} {
		letters.Variant = "Sans"
	}
	p.Title.Padding, p.Legend.Padding = vg.Points(6), vg.Points(2)
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.XOffs = vg.Points(8)
	return p
}

// style is how a line looks.
type style struct {
	color  color.Color
	width  vg.Length
	dashed bool
}

// line adds a line, and a row to the legend if it has a name.
func line(p *plot.Plot, name string, points plotter.XYs, s style) error {
	l, err := plotter.NewLine(points)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	l.Color, l.Width = s.color, s.width
	if s.dashed {
		l.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
	}
	p.Add(l)
	if name != "" {
		p.Legend.Add(name, l)
	}
	return nil
}

// dots adds points of one shape.
func dots(p *plot.Plot, name string, points plotter.XYs, c color.Color) error {
	s, err := plotter.NewScatter(points)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.GlyphStyle = draw.GlyphStyle{Color: c, Radius: vg.Points(3.5), Shape: draw.CircleGlyph{}}
	p.Add(s)
	if name != "" {
		p.Legend.Add(name, s)
	}
	return nil
}

// text writes a few words at a point of a plot.
func text(p *plot.Plot, x, y float64, words string) error {
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: x, Y: y}}, Labels: []string{words}})
	if err != nil {
		return err
	}
	labels.TextStyle[0].Font.Variant = "Sans"
	p.Add(labels)
	return nil
}

// decades are ticks at powers of ten.
func decades(least, most int) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for exponent := least; exponent <= most; exponent++ {
		value := math.Pow10(exponent)
		label := fmt.Sprintf("%g", value)
		if exponent > 1 {
			label = requests(value)
		}
		ticks = append(ticks, plot.Tick{Value: value, Label: label})
	}
	return ticks
}

// steps are ticks at whole multiples of a step.
func steps(least, most, step float64) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for value := least; value <= most; value += step {
		ticks = append(ticks, plot.Tick{Value: value, Label: fmt.Sprintf("%g", value)})
	}
	return ticks
}

// minutesOf is the time of the end of a tick of the plan.
func minutesOf(tick int) float64 { return float64(tick+1) * world.TickSeconds / 60 }
