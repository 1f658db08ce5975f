package judge

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata")

// counts are some requests.
func counts(bad, total float64) Counts { return Counts{Bad: bad, Total: total} }

// at is a time some seconds into the tests' hour.
func at(seconds float64) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

// TestTranscripts plays the scenarios in testdata: each line that is not indented
// is an instruction, what is indented below it is the verdict.
//
//	judge tolerance=0.1 min=100 budget=0.01
//	weight 60                                  the weight is set at second 60
//	window 15 canary 1/500 baseline 4/9500     the next window ends 15 s later
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(text))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(text) {
				t.Errorf("the transcript differs; got:\n%s", got)
			}
		})
	}
}

// stage is the state of a transcript. The judge's memory goes through its text
// between any two looks.
type stage struct {
	p      Proportion
	memory string
	weight time.Time
	now    float64
}

func play(t *testing.T, script string) string {
	var out strings.Builder
	var s stage
	for _, line := range strings.SplitAfter(script, "\n") {
		if strings.HasPrefix(line, "  ") {
			continue
		}
		out.WriteString(line)
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		switch fields[0] {
		case "judge":
			_, err := fmt.Sscanf(line, "judge tolerance=%g min=%g budget=%g", &s.p.RelativeTolerance, &s.p.MinRequests, &s.p.Budget)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		case "weight":
			s.weight = at(parse(t, fields[1]))
		case "window":
			s.look(t, fields, &out)
		default:
			t.Fatalf("unknown instruction %q", line)
		}
	}
	return out.String()
}

// look observes one window and writes the verdict.
func (s *stage) look(t *testing.T, fields []string, out *strings.Builder) {
	w := Window{From: at(s.now)}
	s.now += parse(t, fields[1])
	w.To = at(s.now)
	for i := 2; i+1 < len(fields); i += 2 {
		bad, total, _ := strings.Cut(fields[i+1], "/")
		served := counts(parse(t, bad), parse(t, total))
		if fields[i] == "canary" {
			w.Canary = served
		} else {
			w.Baseline = served
		}
	}
	state, err := ParseProportionState(s.memory)
	if err != nil {
		t.Fatal(err)
	}
	state, v := s.p.Observe(state, w, s.weight)
	s.memory = state.String()
	fmt.Fprintf(out, "  %s %s: %s\n", v.Decision, v.Reason, v.Message)
	if v.Evidence.RequestsNeeded > 0 {
		fmt.Fprintf(out, "  requests needed: %.0f\n", v.Evidence.RequestsNeeded)
	}
	for _, warning := range v.Warnings {
		fmt.Fprintf(out, "  warning: %s\n", warning)
	}
}

func parse(t *testing.T, text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func drawWindow(t *rapid.T, from float64) Window {
	draw := func(name string, most int) Counts {
		total := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, most)).Draw(t, name)
		return Counts{Bad: float64(rapid.IntRange(0, total).Draw(t, name+" bad")), Total: float64(total)}
	}
	w := Window{From: at(from), To: at(from + 15), Canary: draw("canary", 500), Baseline: draw("baseline", 5000)}
	if rapid.Bool().Draw(t, "quiet") {
		w.Canary.Bad, w.Baseline.Bad = math.Floor(w.Canary.Bad/100), math.Floor(w.Baseline.Bad/100)
	}
	return w
}

// TestCutAndResumed: a judge that is killed after any look and goes on from the
// text of its state gives the same verdicts, bit for bit.
func TestCutAndResumed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Proportion{RelativeTolerance: 0.1, MinRequests: 300, Budget: rapid.SampledFrom([]float64{0.01, 0.0033}).Draw(t, "budget")}
		var whole, cut ProportionState
		weight := at(0)
		for k := range rapid.IntRange(1, 30).Draw(t, "looks") {
			w := drawWindow(t, float64(15*k))
			if rapid.IntRange(0, 5).Draw(t, "step") == 0 {
				weight = at(float64(15*k) + 3.5).In(time.FixedZone("elsewhere", 7200))
			}
			var a, b Verdict
			whole, a = p.Observe(whole, w, weight)
			text := cut.String()
			if len(text) >= 4096 {
				t.Fatalf("the state takes %d bytes", len(text))
			}
			parsed, err := ParseProportionState(text)
			if err != nil {
				t.Fatal(err)
			}
			cut, b = p.Observe(parsed, w, weight)
			if x, y := fmt.Sprintf("%b %+v", floats(a), a), fmt.Sprintf("%b %+v", floats(b), b); x != y {
				t.Fatalf("verdicts differ:\n%s\n%s", x, y)
			}
			if whole.String() != cut.String() {
				t.Fatalf("states differ:\n%s\n%s", whole, cut)
			}
		}
	})
}

func floats(v Verdict) []float64 {
	e := v.Evidence
	return []float64{e.LogE, e.LogLimit, e.RatioEstimate, e.RatioLower, e.RatioUpper, e.RequestsNeeded}
}

// TestLaws: a failure stays one; a pass has its requests; the numbers are numbers;
// the old state is left alone.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Proportion{RelativeTolerance: 0.1, MinRequests: 300, Budget: 0.01}
		var s ProportionState
		failed := false
		for k := range rapid.IntRange(1, 40).Draw(t, "looks") {
			w := drawWindow(t, float64(15*k))
			before := s.String()
			next, v := p.Observe(s, w, at(30))
			if s.String() != before {
				t.Fatal("Observe changed the old state")
			}
			s = next
			if reached := s.Highest >= math.Log(100); (v.Decision == Fail) != reached || failed && v.Decision != Fail {
				t.Fatalf("%v with evidence %v, failed before: %t", v.Decision, s.Highest, failed)
			}
			failed = v.Decision == Fail
			if v.Decision == Pass && s.Compared < 300 {
				t.Fatalf("a pass after %v requests", s.Compared)
			}
			if v.Decision != Fail && w.Canary.Total == 0 && v.Reason != NoData {
				t.Fatalf("%v without canary requests", v)
			}
			if slices.ContainsFunc(floats(v), math.IsNaN) || v.Evidence.RequestsNeeded < 0 || v.Message == "" {
				t.Fatalf("verdict %+v", v)
			}
		}
	})
}

func TestOddWindows(t *testing.T) {
	p := Proportion{RelativeTolerance: 0.1, MinRequests: 100, Budget: 0.01}
	first, _ := p.Observe(ProportionState{}, Window{From: at(0), To: at(15), Canary: counts(1, 200), Baseline: counts(1, 2000)}, at(0))
	good := Window{From: at(15), To: at(30), Canary: counts(0, 200), Baseline: counts(1, 2000)}
	tests := []struct {
		reason  string
		p       Proportion
		spoil   func(*Window)
		outcome string
		warning string
		counted bool
	}{
		{"a window like any other", p, func(*Window) {}, "Pass NoEvidenceOfHarm", "", true},
		{"a window that was seen already", p, func(w *Window) { w.From = at(14) }, "Inconclusive NoData", "overlaps", false},
		{"a count that is not a number", p, func(w *Window) { w.Canary.Total = math.NaN() }, "Inconclusive NoData", "no number of requests", false},
		{"a negative count", p, func(w *Window) { w.Baseline.Bad = -1 }, "Pass NoEvidenceOfHarm", "no number of requests", true},
		{"more bad requests than requests", p, func(w *Window) { w.Canary.Bad = 9999 }, "Fail Regression", "cut down", true},
		{"a baseline that changed", p, func(w *Window) { w.Baseline.Bad = 500 }, "Pass NoEvidenceOfHarm", "is not compared", false},
		{"a source's doubt", p, func(w *Window) { w.Doubts = []string{"partial response"} }, "Pass NoEvidenceOfHarm", "partial response", true},
		{"another tolerance than before", Proportion{0.2, 100, 0.01}, func(*Window) {}, "Pass NoEvidenceOfHarm", "tolerance was changed", true},
		{"no budget", Proportion{0.1, 100, 0}, func(*Window) {}, "Inconclusive InvalidJudge", "", false},
		{"a tolerance that is not a number", Proportion{math.NaN(), 100, 0.01}, func(*Window) {}, "Inconclusive InvalidJudge", "", false},
		{"endless requests to wait for", Proportion{0.1, math.Inf(1), 0.01}, func(*Window) {}, "Inconclusive InvalidJudge", "", false},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			w := good
			test.spoil(&w)
			s, v := test.p.Observe(first, w, at(0))
			if got := string(v.Decision) + " " + v.Reason; got != test.outcome {
				t.Errorf("got %s: %s", got, v.Message)
			}
			if warnings := strings.Join(v.Warnings, "\n"); !strings.Contains(warnings, test.warning) || test.warning == "" && warnings != "" {
				t.Errorf("warnings %q", warnings)
			}
			if counted := s.Baseline.Total > first.Baseline.Total; counted != test.counted {
				t.Errorf("counted: %t", counted)
			}
		})
	}
}

func TestParseProportionState(t *testing.T) {
	s, _ := Proportion{RelativeTolerance: 0.1, Budget: 0.01}.Observe(ProportionState{}, Window{From: at(0), To: at(15), Canary: counts(1, 200), Baseline: counts(1, 2000)}, at(0))
	tests := []struct {
		reason, text, problem string
	}{
		{"nothing was written yet", "", ""},
		{"the zero state", ProportionState{}.String(), ""},
		{"a state", s.String(), ""},
		{"no JSON", "{", "unexpected end"},
		{"another version", `{"v":7}`, "its version is 7"},
		{"no version", `{}`, "its version is 0"},
		{"a negative count", strings.Replace(s.String(), `"Bad":1`, `"Bad":-1`, 1), "is no count"},
		{"a test that was cut", strings.Replace(s.String(), `"logL":[`, `"logL":[1,`, 1), "49 likelihood ratios"},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			_, err := ParseProportionState(test.text)
			if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
				t.Errorf("got %v, want %q", err, test.problem)
			}
		})
	}
	if !json.Valid([]byte(s.String())) {
		t.Error("the state is not JSON")
	}
}

func FuzzParseProportionState(f *testing.F) {
	s, _ := Proportion{RelativeTolerance: 0.1, Budget: 0.01}.Observe(ProportionState{}, Window{From: at(0), To: at(15), Canary: counts(1, 200), Baseline: counts(1, 2000)}, at(0))
	f.Add(s.String())
	f.Add(ProportionState{}.String())
	f.Add(`{"v":1,"until":"0000-00-00T00:00:00Z"}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseProportionState(text)
		if err != nil {
			return
		}
		p := Proportion{RelativeTolerance: 0.1, MinRequests: 100, Budget: 0.01}
		s, v := p.Observe(s, Window{From: at(1000), To: at(1015), Canary: counts(1, 200), Baseline: counts(1, 2000)}, at(0))
		if slices.ContainsFunc(floats(v), math.IsNaN) {
			t.Fatalf("%s gives %+v", text, v)
		}
		if _, err := ParseProportionState(s.String()); err != nil {
			t.Fatalf("%s cannot be read again: %v", s, err)
		}
	})
}

func BenchmarkObserve(b *testing.B) {
	p := Proportion{RelativeTolerance: 0.1, MinRequests: 100, Budget: 0.01}
	var s ProportionState
	for k := range 40 {
		s, _ = p.Observe(s, Window{From: at(float64(15 * k)), To: at(float64(15*k + 15)), Canary: counts(1, 200+float64(k)), Baseline: counts(5, 2000)}, at(0))
	}
	w := Window{From: at(1000), To: at(1015), Canary: counts(1, 300), Baseline: counts(5, 2000)}
	b.ReportAllocs()
	for b.Loop() {
		p.Observe(s, w, at(0))
	}
}
