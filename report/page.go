package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

//go:embed *.css *.tmpl
var files embed.FS

// Tone is what a verdict means for the reader.
type Tone string

// The tones.
const (
	Good Tone = "good"
	Bad  Tone = "bad"
	Open Tone = "open"
	// Plain is a result that is neither.
	Plain Tone = "plain"
)

// page is what all reports have.
type page struct {
	// Title is the window's; Kind and Subject say what the report is about.
	Title, Kind, Subject string
	// Verdict is in a word or two, Tone colours it, and Lead is the sentence below it.
	Verdict string
	Tone    Tone
	Lead    string
	// Facts are shown beside each other.
	Facts []fact
	// Style is the sheet; Body is the report's own part.
	Style template.CSS
	Body  template.HTML
	// Foot says where it all comes from.
	Foot []string
}

// fact is a name with a value.
type fact struct{ Name, Value string }

// write fills the report's own template, and puts it into the page.
func write(w io.Writer, p page, name string, data any) error {
	sheet, err := files.ReadFile("page.css")
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	p.Style = template.CSS(sheet)
	parsed, err := template.New("").Funcs(template.FuncMap{
		"time": moment, "clock": clock, "number": number, "percent": percent, "duration": duration, "count": count,
	}).ParseFS(files, "*.tmpl")
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	var body strings.Builder
	if err := parsed.ExecuteTemplate(&body, name, data); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	p.Body = template.HTML(body.String())
	if err := parsed.ExecuteTemplate(w, "page.tmpl", p); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// moment is a time with its date.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// clock is a time of the day.
func clock(t time.Time) string { return t.UTC().Format("15:04:05") }

// number is a number of about three digits.
func number(v float64) string {
	switch a := math.Abs(v); {
	case v == 0 || a >= 0.001 && a < 1e6:
		digits := max(0, 2-int(math.Floor(math.Log10(max(a, 0.001)))))
		text := strconv.FormatFloat(v, 'f', digits, 64)
		if strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		return text
	default:
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
}

// percent is a share in percent.
func percent(v float64) string { return number(100*v) + "\u00a0%" }

// duration is a number of seconds as people say it. Example: 3m30s.
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Hour:
		d = d.Round(time.Second)
	default:
		d = d.Round(time.Minute)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// count is a whole number with a mark between thousands.
func count(v float64) string {
	text := strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
