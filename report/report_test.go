package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/backtest"
	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/plan"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// written is what a report writes.
func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// samples are all reports, of the samples.
func samples(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"replay":   written(t, func(w io.Writer) error { return Replay(w, replaySample(12, 3)) }),
		"backtest": written(t, func(w io.Writer) error { return Backtest(w, backtestSample(), nil) }),
		"plan":     written(t, func(w io.Writer) error { return Plan(w, planSample()) }),
	}
}

// outline is what stands in a page, a line for each block, without its style and without the
// lines of the plots. A page that is not well-formed fails the test.
func outline(t *testing.T, page string) string {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(page))
	decoder.Strict = true
	var out strings.Builder
	open, line := []string{"page"}, ""
	end := func() {
		if text := strings.Join(strings.Fields(line), " "); text != "" && strings.Trim(text, "| ") != "" {
			fmt.Fprintln(&out, text)
		}
		line = ""
	}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			end()
			return out.String()
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = append(open, token.Name.Local)
			switch token.Name.Local {
			case "h1", "h2", "h3":
				end()
				line = strings.Repeat("#", int(token.Name.Local[1]-'0')) + " "
			case "td", "th":
				line += "| "
			case "p", "li", "tr", "figure", "svg", "footer", "header", "details", "div", "dl", "table", "summary":
				end()
			}
		case xml.EndElement:
			open = open[:len(open)-1]
			if token.Name.Local == "title" || token.Name.Local == "svg" {
				end()
			}
		case xml.CharData:
			if open[len(open)-1] != "style" {
				line += " " + string(token)
			}
		}
	}
}

func TestGolden(t *testing.T) {
	for name, page := range samples(t) {
		t.Run(name, func(t *testing.T) {
			path, got := filepath.Join("testdata", name+".golden.txt"), outline(t, page)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (write it anew with -update):\n%s", path, diff)
			}
		})
	}
}

// poison puts a text behind all texts of a value.
func poison(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			poison(v.Elem(), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			poison(v.Field(i), text)
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), text)
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(v.String() + text)
		}
	}
}

// TestTextIsInert: whatever stands in names and messages, a report has no tag and no attribute
// of theirs.
func TestTextIsInert(t *testing.T) {
	const text = `</td></svg>"'><script>alert(1)</script><img src=x onerror=alert(2)>{{.}}`
	for name, sample := range map[string]struct {
		result any
		write  func(io.Writer, any) error
	}{
		"replay":   {replaySample(10, 3), func(w io.Writer, r any) error { return Replay(w, r.(*replay.Result)) }},
		"backtest": {backtestSample(), func(w io.Writer, r any) error { return Backtest(w, r.(*backtest.Result), nil) }},
		"plan":     {planSample(), func(w io.Writer, r any) error { return Plan(w, r.(*plan.Result)) }},
	} {
		t.Run(name, func(t *testing.T) {
			poison(reflect.ValueOf(sample.result), text)
			page := written(t, func(w io.Writer) error { return sample.write(w, sample.result) })
			if n := strings.Count(page, "&lt;script&gt;"); n < 10 {
				t.Errorf("the text is there %d times only: nothing was tried", n)
			}
			for _, no := range []string{"<script", "<img", "<iframe", "javascript:"} {
				if at := strings.Index(strings.ToLower(page), no); at >= 0 {
					t.Errorf("%s in …%s…", no, page[max(0, at-200):min(len(page), at+100)])
				}
			}
			outline(t, page)
		})
	}
}

// TestAReportStandsAlone: it has no script, and asks for nothing from elsewhere.
func TestAReportStandsAlone(t *testing.T) {
	for name, page := range samples(t) {
		for _, no := range []string{"<script", "<link", "@import", "url(", "src=", "href=", "http:", "https:", "NaN", "ZgotmplZ", "#ZgotmplZ"} {
			if strings.Contains(page, no) {
				t.Errorf("%s has %s", name, no)
			}
		}
	}
}

func TestTheSameResultGivesTheSameReport(t *testing.T) {
	first, second := samples(t), samples(t)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
}

// TestALongReplayIsSmall: a file that fits into a mail.
func TestALongReplayIsSmall(t *testing.T) {
	const most = 2_000_000
	page := written(t, func(w io.Writer) error { return Replay(w, replaySample(5000, 3)) })
	t.Logf("5,000 looks at 3 metrics: %d bytes", len(page))
	if len(page) > most {
		t.Errorf("%d bytes, at most %d are wanted", len(page), most)
	}
}

func TestOfNothing(t *testing.T) {
	for name, write := range map[string]func(io.Writer) error{
		"replay": func(w io.Writer) error {
			return Replay(w, &replay.Result{Runs: []replay.Run{{Metrics: []replay.Metric{{}}}}})
		},
		"backtest": func(w io.Writer) error { return Backtest(w, &backtest.Result{}, nil) },
		"plan":     func(w io.Writer) error { return Plan(w, &plan.Result{}) },
	} {
		t.Run(name, func(t *testing.T) {
			if page := written(t, write); strings.Contains(page, "NaN") || strings.Contains(page, "Inf") {
				t.Error(outline(t, page))
			} else if name == "backtest" && !strings.Contains(page, "nothing to score") {
				t.Errorf("without a case it says\n%s", outline(t, page))
			}
		})
	}
}

func TestBarsDecideTheTone(t *testing.T) {
	for text, want := range map[string][2]string{
		"recall=0.9":            {`<header class="good">`, "all bars are met"},
		"recall=0.95,false=0.1": {`<header class="bad">`, "1 of 2 bars missed"},
		"":                      {`<header class="plain">`, "By dataset"},
	} {
		var bars backtest.Bars
		if text != "" {
			var err error
			if bars, err = backtest.ParseBars(text); err != nil {
				t.Fatal(err)
			}
		}
		page := written(t, func(w io.Writer) error { return Backtest(w, backtestSample(), bars) })
		for _, part := range want {
			if !strings.Contains(page, part) {
				t.Errorf("with bars %q there is no %s in\n%s", text, part, outline(t, page))
			}
		}
	}
	if err := Backtest(io.Discard, backtestSample(), backtest.Bars{{Dataset: "nowhere", Rate: "recall"}}); err == nil {
		t.Error("a bar of a dataset that is not there is accepted")
	}
}

func TestWithoutAVerdictNoneIsDrawn(t *testing.T) {
	result := replaySample(12, 1)
	if page := written(t, func(w io.Writer) error { return Replay(w, result) }); !strings.Contains(page, "stroke:var(--mark)") || !strings.Contains(page, `<span class="key mark">`) {
		t.Error("the verdict is not drawn")
	}
	result.Verdict.Outcome = replay.Unfinished
	if page := written(t, func(w io.Writer) error { return Replay(w, result) }); strings.Contains(page, "stroke:var(--mark)") || strings.Contains(page, `<span class="key mark">`) {
		t.Error("a verdict is drawn that did not fall")
	}
}

// full refuses to take more than some bytes.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestAFullDiskIsToldOf(t *testing.T) {
	if err := Plan(&full{room: 2000}, planSample()); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("writing to a full disk: %v", err)
	}
}
