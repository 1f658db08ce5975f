package report

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"image"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// browser is the path of a Chromium.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("reports are looked at in a real browser, and there is no Chromium here: make browser installs Debian's")
	return ""
}

// browse opens a page in a Chromium without a window, and returns what it prints.
func browse(t *testing.T, page string, flags ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	flags = append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--user-data-dir=" + t.TempDir()}, flags...)
	command := exec.CommandContext(ctx, browser(t), append(flags, "file://"+page)...)
	var complaints strings.Builder
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaints.String())
	}
	return string(out)
}

const (
	wide, narrow = 1100, 400
	// sheet is the width of a sheet of A4 between its margins; such a frame shows what is
	// printed.
	sheet = 717
	// deep is how much of each page is looked at, in pixels; the window is deeper, because a
	// part of it is kept free for a bar that is not there.
	deep = 2400
)

// framed is what the browser says about a report in a frame.
type framed struct {
	Name                string
	Width, ContentWidth int
	Dark                bool
	// Colours are those of the page, as #rrggbb.
	Colours map[string]string
	Plots   []box
	// Clashes are labels of plots that touch each other or leave their plot.
	Clashes []string
	// Cut are tables that one has to move to see the end of.
	Cut []string
}

// box is where a plot is in the picture.
type box struct{ X, Y, W, H float64 }

// measuring tells, in the title of the page, what there is in its frames.
const measuring = `<script>
const close = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4
onload = () => document.title = JSON.stringify([...document.querySelectorAll('iframe')].map(frame => {
  const page = frame.contentDocument, root = page.documentElement, at = frame.getBoundingClientRect(), style = getComputedStyle(root)
  const plots = [], clashes = [], colours = {}
  for (const name of ['paper', 'ink', 'quiet', 'canary', 'baseline', 'evidence', 'limit', 'weight', 'mark', 'good', 'bad', 'open'])
    colours[name] = style.getPropertyValue('--' + name).trim()
  for (const plot of page.querySelectorAll('svg.chart')) {
    const is = plot.getBoundingClientRect()
    if (is.width == 0) continue // Only one of two is shown.
    plots.push({X: at.x + is.x, Y: at.y + is.y, W: is.width, H: is.height})
    const labels = [...plot.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()])
    labels.forEach(([text, box], i) => {
      if (box.left < is.left - 1 || box.right > is.right + 1) clashes.push(text + ' leaves its plot')
      for (const [other, there] of labels.slice(0, i)) if (close(box, there)) clashes.push(text + ' touches ' + other)
    })
  }
  const cut = [...page.querySelectorAll('div.wide')].filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.textContent.trim().slice(0, 60))
  return {Name: frame.id, Width: root.clientWidth, ContentWidth: root.scrollWidth, Dark: frame.contentWindow.matchMedia('(prefers-color-scheme: dark)').matches,
    Colours: colours, Plots: plots, Clashes: clashes, Cut: cut}
}))
</script>`

// gallery writes a page with all reports beside each other, at both widths. A window cannot be
// as narrow as a telephone, but a frame can.
func gallery(t *testing.T, pages map[string]string) (path string, width int) {
	t.Helper()
	var out strings.Builder
	out.WriteString(`<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><style>body { margin: 0; display: flex } iframe { border: 0; flex: none }</style>`)
	for _, name := range []string{"replay", "backtest", "plan"} {
		for _, w := range []int{wide, narrow, sheet} {
			shown := pages[name]
			if w == sheet {
				shown = strings.Replace(shown, "@media print", "@media all", 1)
			}
			fmt.Fprintf(&out, `<iframe id="%s at %d" style="width: %dpx; height: %dpx" srcdoc="%s"></iframe>`, name, w, w, deep, html.EscapeString(shown))
			width += w
		}
	}
	out.WriteString(measuring)
	path = filepath.Join(t.TempDir(), "gallery.html")
	if err := os.WriteFile(path, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, width
}

// TestInABrowser looks at all reports as people do: on a desk and on a telephone, by day and by
// night.
func TestInABrowser(t *testing.T) {
	page, width := gallery(t, samples(t))
	for i, scheme := range []string{"dark", "light"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			shot := filepath.Join(t.TempDir(), "shot.png")
			dom := browse(t, page, fmt.Sprintf("--window-size=%d,%d", width, deep+200), fmt.Sprintf("--blink-settings=preferredColorScheme=%d", i), "--dump-dom", "--screenshot="+shot)
			title := regexp.MustCompile(`(?s)<title>(.*?)</title>`).FindStringSubmatch(dom)
			var frames []framed
			if title == nil || json.Unmarshal([]byte(html.UnescapeString(title[1])), &frames) != nil || len(frames) != 9 {
				t.Fatalf("the browser has not measured the reports: %v", title)
			}
			picture := decoded(t, shot)
			for _, frame := range frames {
				t.Run(frame.Name, func(t *testing.T) { look(t, frame, picture, scheme == "dark") })

			}
		})
	}
}

// decoded reads a picture.
func decoded(t *testing.T, path string) image.Image {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// look checks one report at one width.
func look(t *testing.T, frame framed, picture image.Image, dark bool) {
	if frame.Dark != dark {
		t.Fatalf("the page is dark: %v", frame.Dark)
	}
	// On a telephone a table may be moved; paper is white also at night.
	if frame.Width != narrow && len(frame.Cut) > 0 {
		t.Errorf("of these tables the end is out of sight: %q", frame.Cut)
	}
	if frame.ContentWidth > frame.Width {
		t.Errorf("it is %d wide, and the window %d: one has to scroll sideways", frame.ContentWidth, frame.Width)
	}
	if len(frame.Clashes) > 0 {
		t.Errorf("labels: %s", strings.Join(frame.Clashes, "; "))
	}
	legible(t, frame, dark && frame.Width != sheet)
	drawn(t, frame, picture)
}

// legible checks the colours of a report.
func legible(t *testing.T, frame framed, dark bool) {
	t.Helper()
	paper := colour(t, frame.Colours["paper"])
	if (brightness(paper) < 0.5) != dark {
		t.Errorf("the paper is %v", paper)
	}
	for name, text := range frame.Colours {
		least := 4.5 // As WCAG 2 asks for text.
		if name == "ink" {
			least = 7
		}
		if got := contrast(paper, colour(t, text)); got < least && name != "paper" {
			t.Errorf("%s (%s) has a contrast of %.1f to the paper, at least %.1f is wanted", name, text, got, least)
		}
	}
}

// drawn checks that there is something in the plots of a report.
func drawn(t *testing.T, frame framed, picture image.Image) {
	t.Helper()
	seen, paper := 0, colour(t, frame.Colours["paper"])
	for i, plot := range frame.Plots {
		if plot.Y+plot.H > deep {
			continue
		}
		seen++
		ink, coloured := inked(picture, plot, paper)
		if area := plot.W * plot.H; float64(ink) < 0.005*area || float64(ink) > 0.7*area || coloured < 15 {
			t.Errorf("plot %d, %.0f×%.0f: %d pixels are not paper, and %d have a colour", i, plot.W, plot.H, ink, coloured)
		}
	}
	if seen == 0 {
		t.Errorf("no plot is in sight, of %d", len(frame.Plots))
	}
}

// inked counts the pixels of a plot that are not paper, and those that are no grey.
func inked(picture image.Image, plot box, paper [3]float64) (drawn, coloured int) {
	for y := int(plot.Y); y < int(plot.Y+plot.H); y++ {
		for x := int(plot.X); x < int(plot.X+plot.W); x++ {
			r, g, b, _ := picture.At(x, y).RGBA()
			pixel := [3]float64{float64(r) / 65535, float64(g) / 65535, float64(b) / 65535}
			if math.Abs(pixel[0]-paper[0])+math.Abs(pixel[1]-paper[1])+math.Abs(pixel[2]-paper[2]) > 0.05 {
				drawn++
			}
			if max(pixel[0], pixel[1], pixel[2])-min(pixel[0], pixel[1], pixel[2]) > 0.15 {
				coloured++
			}
		}
	}
	return drawn, coloured
}

// colour reads #rrggbb.
func colour(t *testing.T, text string) (c [3]float64) {
	t.Helper()
	var r, g, b int
	if _, err := fmt.Sscanf(text, "#%02x%02x%02x", &r, &g, &b); err != nil {
		t.Fatalf("%q is no colour: %v", text, err)
	}
	return [3]float64{float64(r) / 255, float64(g) / 255, float64(b) / 255}
}

// brightness is the relative luminance of WCAG 2.
func brightness(c [3]float64) float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// contrast is the ratio of WCAG 2, from 1 to 21.
func contrast(a, b [3]float64) float64 {
	x, y := brightness(a), brightness(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestOnPaper prints all reports.
func TestOnPaper(t *testing.T) {
	for name, page := range samples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path, print := filepath.Join(dir, "report.html"), filepath.Join(dir, "report.pdf")
			if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
				t.Fatal(err)
			}
			// Also from a dark desktop, it is black on white.
			browse(t, path, "--blink-settings=preferredColorScheme=0", "--no-pdf-header-footer", "--print-to-pdf="+print)
			pdf, err := os.ReadFile(print)
			if err != nil {
				t.Fatal(err)
			}
			sheets := len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1))
			if !strings.HasPrefix(string(pdf), "%PDF-") || len(pdf) < 10_000 || sheets < 1 || sheets > 10 {
				t.Errorf("%d bytes, %d pages", len(pdf), sheets)
			}
		})
	}
}
