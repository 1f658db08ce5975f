package judge

import (
	"encoding/json"
	"flag"
	"math"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata")

// counts are some requests.
func counts(bad, total float64) Counts { return Counts{Bad: bad, Total: total} }

// at is a time some seconds into the tests' hour.
func at(seconds float64) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

// once is a Proportion's memory of one window.
func once() ProportionState {
	var s ProportionState
	Proportion{RelativeTolerance: 0.1, MinRequests: 100, Budget: 0.01}.
		Observe(&s, Window{From: at(0), To: at(15), Canary: counts(1, 200), Baseline: counts(1, 2000)}, at(0))
	return s
}

// TestOddWindows: what is odd about a window or a judge is said, and is no verdict.
// Long: it is a table.
func TestOddWindows(t *testing.T) {
	p := Proportion{RelativeTolerance: 0.1, MinRequests: 100, Budget: 0.01}
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
		{"a window from long ago", p, func(w *Window) { w.From, w.To = at(-3600), at(-3585) }, "Inconclusive NoData", "overlaps", false},
		{"a window that ends before it begins", p, func(w *Window) { w.From, w.To = at(30), at(15) }, "Pass NoEvidenceOfHarm", "", true},
		{"a count that is not a number", p, func(w *Window) { w.Canary.Total = math.NaN() }, "Inconclusive NoData", "no number of requests", false},
		{"an infinite count", p, func(w *Window) { w.Canary.Total = math.Inf(1) }, "Inconclusive NoData", "no number of requests", false},
		{"a count beyond all counts", p, func(w *Window) { w.Canary.Total = 1e200 }, "Inconclusive NoData", "no number of requests", false},
		{"bad requests that are not a number", p, func(w *Window) { w.Canary.Bad = math.NaN() }, "Pass NoEvidenceOfHarm", "no number of requests", true},
		{"a negative count", p, func(w *Window) { w.Baseline.Bad = -1 }, "Pass NoEvidenceOfHarm", "no number of requests", true},
		{"more bad requests than requests", p, func(w *Window) { w.Canary.Bad = 9999 }, "Fail Regression", "cut down", true},
		{"a baseline that changed, while scraped at other moments", p, func(w *Window) { w.Baseline.Bad, w.CanaryAt, w.BaselineAt = 500, at(28), at(29) }, "Pass NoEvidenceOfHarm", "is not compared", false},
		{"a source's doubt", p, func(w *Window) { w.Doubts = []string{"partial response"} }, "Pass NoEvidenceOfHarm", "partial response", true},
		{"only young pods, where others were compared before", p, func(w *Window) { w.Canary, w.WarmingUp = Counts{}, counts(9, 100) }, "Inconclusive WarmingUp", "", false},
		{"another tolerance than before", Proportion{RelativeTolerance: 0.2, MinRequests: 100, Budget: 0.01}, func(*Window) {}, "Pass NoEvidenceOfHarm", "tolerance was changed", true},
		{"no budget", Proportion{RelativeTolerance: 0.1, MinRequests: 100}, func(*Window) {}, "Inconclusive InvalidJudge", "", false},
		{"a tolerance that is not a number", Proportion{RelativeTolerance: math.NaN(), MinRequests: 100, Budget: 0.01}, func(*Window) {}, "Inconclusive InvalidJudge", "", false},
		{"a tolerance of everything", Proportion{RelativeTolerance: 1e300, MinRequests: 100, Budget: 0.01}, func(*Window) {}, "Inconclusive InvalidJudge", "", false},
		{"endless requests to wait for", Proportion{RelativeTolerance: 0.1, MinRequests: math.Inf(1), Budget: 0.01}, func(*Window) {}, "Inconclusive InvalidJudge", "", false},
		{"everything is tolerated", Proportion{AbsoluteTolerance: 1, Budget: 0.01}, func(*Window) {}, "Inconclusive InvalidJudge", "", false},
		{"a proof of what is accepted anyway", Proportion{RelativeTolerance: 0.5, ProofRatio: 1.5, Budget: 0.01}, func(*Window) {}, "Inconclusive InvalidJudge", "", false},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			w, s := good, once()
			before := s.Baseline.Total
			test.spoil(&w)
			v := test.p.Observe(&s, w, at(0))
			if got := string(v.Decision) + " " + v.Reason; got != test.outcome || v.Reason != InvalidJudge && !sound(v) {
				t.Errorf("got %s: %s", got, v.Message)
			}
			if warnings := strings.Join(v.Warnings, "\n"); !strings.Contains(warnings, test.warning) || test.warning == "" && warnings != "" {
				t.Errorf("warnings %q", warnings)
			}
			// Another tolerance begins anew, with this window.
			if counted := s.Baseline.Total > before || before > 2000 || s.Null == 1.2 && s.Baseline.Total == 2000; counted != test.counted {
				t.Errorf("counted: %t", counted)
			}
		})
	}
}

func TestHistogramRefuses(t *testing.T) {
	window := round{from: 0, to: 15, edges: []float64{1}, canary: podsOf(t, "canary", "90+10"), baseline: podsOf(t, "baseline", "90+10:9")}.histogram()
	for reason, h := range map[string]Histogram{
		"a quantile of 1":                 {Quantiles: []float64{1}, Budget: 0.01},
		"a quantile that is not a number": {Quantiles: []float64{math.NaN()}, Budget: 0.01},
		"a tolerance below 0":             {RelativeTolerance: -0.1, Budget: 0.01},
		"a tolerance of everything":       {RelativeTolerance: 1e300, Budget: 0.01},
		"requests that are not a number":  {MinRequests: math.NaN(), Budget: 0.01},
		"no budget":                       {},
		"a budget of everything":          {Budget: 1},
	} {
		var s HistogramState
		if v := h.Prepare().Observe(&s, window, at(0)); v.Decision != Inconclusive || v.Reason != InvalidJudge || v.Message == "" {
			t.Errorf("%s: %+v", reason, v)
		}
	}
}

func TestParseStates(t *testing.T) {
	s := once()
	text := s.String()
	var empty ProportionState
	tests := []struct {
		reason, text, problem string
	}{
		{"nothing was written yet", "", ""},
		{"the zero state", empty.String(), ""},
		{"a state", text, ""},
		{"no JSON", "{", "unexpected end"},
		{"another version", `{"v":7}`, "its version is 7"},
		{"the version of the judge before this one", `{"v":1,"null":1.1}`, "its version is 1"},
		{"no version", `{}`, "its version is 0"},
		{"a negative count", strings.Replace(text, `"total":200`, `"total":-200`, 1), "-200"},
		{"a stake that was cut", strings.Replace(text, `"wealth":[`, `"wealth":[1,`, 1), "26 likelihood ratios"},
		{"a histogram's state", `{"v":2,"test":{"reserve":0.4,"kinds":[{"wealth":[0,0,0,0,0,0,0,0,0,0],"rank":[0,0,0,0]}]}}`, "10 likelihood ratios"},
		{"stakes that were lost", `{"v":2,"test":{"reserve":0,"kinds":[{}]}}`, "0 of the stake is in reserve"},
		{"a count beyond all counts", `{"v":2,"test":{"reserve":1,"kinds":[{}],"past":1e300}}`, "1e+300"},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			_, err := ParseProportionState(test.text)
			if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
				t.Errorf("got %v, want %q", err, test.problem)
			}
		})
	}
	if !json.Valid([]byte(text)) {
		t.Error("the state is not JSON")
	}
}

func TestParseHistogramStates(t *testing.T) {
	var s HistogramState
	h := Histogram{Budget: 0.01, Quantiles: []float64{0.5}}
	h.Observe(&s, round{from: 0, to: 15, edges: []float64{1, 2}, canary: podsOf(t, "canary", "90+9+1:3"), baseline: podsOf(t, "baseline", "900+90+10:9")}.histogram(), at(0))
	text, proportion := s.String(), once()
	for reason, test := range map[string]struct{ text, problem string }{
		"a state":                 {text, ""},
		"an edge is missing":      {strings.Replace(text, `"edges":[1,2]`, `"edges":[1]`, 1), "2 kinds of events, and there are 1"},
		"edges that are no edges": {strings.Replace(text, `"edges":[1,2]`, `"edges":[2,1]`, 1), "edge"},
		"a bucket is missing":     {strings.Replace(text, `"Canary":[90,9,1]`, `"Canary":[90,9]`, 1), "2 buckets between 2 edges"},
		"a bucket that is none":   {strings.Replace(text, `"Canary":[90,9,1]`, `"Canary":[90,-9,1]`, 1), "is no count"},
		"a proportion's state":    {strings.Replace(proportion.String(), `{"v":2`, `{"edges":[1],"v":2`, 1), "25 likelihood ratios"},
	} {
		if _, err := ParseHistogramState(test.text); (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
			t.Errorf("%s: got %v, want %q", reason, err, test.problem)
		}
	}
}
