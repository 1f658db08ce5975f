package judge

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/analysis/series"
)

// TestMeanTranscripts plays the scenarios in testdata/mean: each line that is not
// indented is an instruction, what is indented below it is the verdict.
//
//	judge worse=higher relative=0.1 absolute=0 points=3 budget=0.01
//	history 0.2 0.21 0.19           the baseline before the canary, a point a minute
//	look canary 0.2 baseline 0.21   the points of the next minute; NaN, Inf and - for none
func TestMeanTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/mean/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := playMean(t, string(text))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(text), got); diff != "" {
				t.Errorf("the transcript differs (-want +got):\n%s", diff)
			}
		})
	}
}

func playMean(t *testing.T, script string) string {
	var out strings.Builder
	var m Mean
	var memory string
	var baseline []series.Sample
	minute := 0
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
			if _, err := fmt.Sscanf(line, "judge worse=%s relative=%g absolute=%g points=%d budget=%g", &m.Worse, &m.RelativeTolerance, &m.AbsoluteTolerance, &m.MinPoints, &m.Budget); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		case "history":
			for i, field := range fields[1:] {
				baseline = append(baseline, minutePoint(t, i-len(fields)+1, field)...)
			}
		case "look":
			minute++
			baseline = append(baseline, minutePoint(t, minute, fields[4])...)
			state, err := ParseMeanState(memory)
			if err != nil {
				t.Fatal(err)
			}
			state, v := m.Observe(state, MeanWindow{To: at(60 * float64(minute)), Canary: minutePoint(t, minute, fields[2]), Baseline: baseline})
			memory = state.String()
			fmt.Fprintf(&out, "  %s %s: %s\n", v.Decision, v.Reason, v.Message)
			for _, warning := range v.Warnings {
				fmt.Fprintf(&out, "  warning: %s\n", warning)
			}
		default:
			t.Fatalf("unknown instruction %q", line)
		}
	}
	return out.String()
}

// minutePoint is the point of a minute, or none.
func minutePoint(t *testing.T, minute int, field string) []series.Sample {
	if field == "-" {
		return nil
	}
	v, err := strconv.ParseFloat(field, 64)
	if err != nil {
		t.Fatal(err)
	}
	return []series.Sample{{At: at(60 * float64(minute)), Value: v}}
}

// steady is a baseline and a canary that is a number of times as high from a point on.
func steady(seed uint64, n, k, from int, factor float64) (baseline, canary []series.Sample) {
	r := rand.New(rand.NewPCG(seed, 1))
	track := autoregressive(0.1, 0.3, false)(r, n+k)
	for i := n + from; i < n+k; i++ {
		track[i] *= factor
	}
	return points(track[:n], true), points(track[n:], false)
}

// follow looks after each point, with the state as text in between.
func follow(t *rapid.T, m Mean, baseline, canary []series.Sample) (MeanState, MeanVerdict) {
	var state MeanState
	var v MeanVerdict
	for i := range canary {
		var err error
		if state, err = ParseMeanState(state.text()); err != nil {
			t.Fatal(err)
		}
		state, v = m.Observe(state, MeanWindow{To: canary[i].At, Canary: canary[max(i-1, 0) : i+1], Baseline: baseline})
	}
	return state, v
}

// text is the state as it would be stored; nothing before the first look.
func (s MeanState) text() string {
	if s.Version == 0 {
		return ""
	}
	return s.String()
}

// TestMeanIsTheSame: one look or many, cut and resumed, in any unit that is a power of
// two, in any order of the points: the same evidence, bit for bit.
func TestMeanIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		n, k := rapid.IntRange(3, 60).Draw(t, "baseline"), rapid.IntRange(1, 30).Draw(t, "canary")
		factor := rapid.SampledFrom([]float64{0.5, 1, 1.2, 2}).Draw(t, "factor")
		baseline, canary := steady(seed, n, k, rapid.IntRange(0, k).Draw(t, "from"), factor)
		m := Mean{
			Worse:             rapid.SampledFrom([]Direction{"", Higher, Lower}).Draw(t, "worse"),
			RelativeTolerance: rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "tolerance"),
			MinPoints:         rapid.IntRange(0, 3).Draw(t, "points"), Budget: 0.01,
		}
		whole := MeanWindow{To: canary[k-1].At, Canary: canary, Baseline: baseline}
		want, wantVerdict := m.Observe(MeanState{}, whole)
		got, gotVerdict := follow(t, m, baseline, canary)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("many looks differ from one (-one +many):\n%s", diff)
		}
		if diff := cmp.Diff(wantVerdict, gotVerdict); diff != "" {
			t.Fatalf("many looks differ from one (-one +many):\n%s", diff)
		}
		shuffled := MeanWindow{To: whole.To, Canary: slices.Clone(canary), Baseline: slices.Clone(baseline)}
		slices.Reverse(shuffled.Canary)
		slices.Reverse(shuffled.Baseline)
		for _, all := range [][]series.Sample{shuffled.Canary, shuffled.Baseline} {
			for i := range all {
				all[i].Value *= 1024
			}
		}
		if scaled, _ := m.Observe(MeanState{}, shuffled); scaled.Stakes != want.Stakes {
			t.Fatalf("another unit and order gives %v, not %v", scaled.Stakes, want.Stakes)
		}
	})
}

// TestMeanWorseIsMoreEvidence: a point that is higher never lowers the evidence at its
// look.
func TestMeanWorseIsMoreEvidence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		baseline, canary := steady(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(3, 60).Draw(t, "baseline"), 8, 0, 1)
		m := Mean{RelativeTolerance: 0.1, MinPoints: 2, Budget: 0.01}
		low, _ := m.Observe(MeanState{}, MeanWindow{To: canary[7].At, Canary: canary, Baseline: baseline})
		canary[7].Value *= rapid.Float64Range(1, 100).Draw(t, "factor")
		high, _ := m.Observe(MeanState{}, MeanWindow{To: canary[7].At, Canary: canary, Baseline: baseline})
		if high.LogE() < low.LogE() {
			t.Fatalf("evidence %v after a higher point, %v before", high.LogE(), low.LogE())
		}
	})
}

// TestMeanFindsRegressions: what is plainly worse fails within a few points, and no
// single point fails a canary.
func TestMeanFindsRegressions(t *testing.T) {
	m := Mean{RelativeTolerance: 0.1, MinPoints: 2, Budget: 0.01}
	for _, test := range []struct {
		factor float64
		within int
	}{{2, 3}, {1.5, 10}, {10, 2}} {
		found := 0
		for seed := range uint64(200) {
			baseline, canary := steady(seed, 30, 10+test.within, 10, test.factor)
			if _, v := m.Observe(MeanState{}, MeanWindow{To: canary[len(canary)-1].At, Canary: canary, Baseline: baseline}); v.Decision == Fail {
				found++
			}
		}
		if found < 190 {
			t.Errorf("x%v: %d of 200 found within %d points", test.factor, found, test.within)
		}
	}
	for k := 1; k < 100; k += 7 {
		baseline, canary := steady(uint64(k), 30, k, k-1, 1e6)
		if _, v := m.Observe(MeanState{}, MeanWindow{To: canary[k-1].At, Canary: canary, Baseline: baseline}); v.Evidence.Canary.Bad == 1 && v.Decision == Fail {
			t.Errorf("a single point fails the canary: %s", v.Message)
		}
	}
}

// TestMeanKnowsIncidents: when the baseline rises with the canary, nothing fails.
func TestMeanKnowsIncidents(t *testing.T) {
	m := Mean{RelativeTolerance: 0.1, MinPoints: 2, Budget: 0.01}
	for seed := range uint64(100) {
		before, canary := steady(seed, 30, 20, 8, 4)
		_, beside := steady(seed+1000, 30, 20, 8, 4)
		var state MeanState
		var v MeanVerdict
		warned := false
		for i := range canary {
			state, v = m.Observe(state, MeanWindow{To: canary[i].At, Canary: canary[:i+1], Baseline: slices.Concat(before, beside[:i+1])})
			warned = warned || strings.Contains(strings.Join(v.Warnings, " "), "shared incident")
		}
		if v.Decision == Fail || !warned {
			t.Fatalf("seed %d: %s, warned %v: %s", seed, v.Decision, warned, v.Message)
		}
	}
}

// TestMeanCalibrated: the mean of a gambler's bets on a surprise that is distributed as
// assumed is at most one.
func TestMeanCalibrated(t *testing.T) {
	b := bets{most: math.Inf(1)}
	for _, power := range powers {
		// ∫ κ p^(κ-1) dp by the substitution p = e^-x, as a sum over steps of x.
		const step = 1e-3
		sum := 0.0
		for x := step / 2; x < 500; x += step {
			sum += math.Exp(b.gain(power, -x)-x) * step
		}
		if sum > 1+1e-6 || sum < 0.99 {
			t.Errorf("κ = %v: the mean is %v", power, sum)
		}
	}
}

// TestMeanValidate names what cannot be used.
func TestMeanValidate(t *testing.T) {
	good := Mean{RelativeTolerance: 0.1, MinPoints: 2, Budget: 0.01}
	for name, change := range map[string]func(*Mean){
		"worse": func(m *Mean) { m.Worse = "sideways" }, "relative": func(m *Mean) { m.RelativeTolerance = math.NaN() },
		"absolute": func(m *Mean) { m.AbsoluteTolerance = -1 }, "noise": func(m *Mean) { m.Noise = math.Inf(1) },
		"points": func(m *Mean) { m.MinPoints = -1 }, "budget": func(m *Mean) { m.Budget = 1 },
		"fall": func(m *Mean) { m.Worse, m.RelativeTolerance = Lower, 1 },
	} {
		m := good
		change(&m)
		_, v := m.Observe(MeanState{}, MeanWindow{})
		if m.Validate() == nil || v.Reason != InvalidJudge {
			t.Errorf("%s is not refused: %v", name, v)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

func TestParseMeanState(t *testing.T) {
	for _, text := range []string{"{", `{"v":2}`, `{"v":1,"points":-1}`, `{"v":1,"worse":3}`, `{"v":1,"stakes":[1e999]}`} {
		if _, err := ParseMeanState(text); err == nil {
			t.Errorf("%q is read", text)
		}
	}
	baseline, canary := steady(3, 30, 20, 5, 3)
	state, _ := Mean{RelativeTolerance: 0.1, Budget: 0.01}.Observe(MeanState{}, MeanWindow{To: at(1e6), Canary: canary, Baseline: baseline})
	if n := len(state.String()); n > 700 {
		t.Errorf("a state takes %d bytes", n)
	}
}

// FuzzMean: whatever the points are, verdicts are verdicts and states can be stored.
func FuzzMean(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 200, 7, 8, 9, 10}, 0.1, 0.0, false)
	f.Add([]byte{0, 0, 0, 0, 0, 255, 254, 253, 252, 251}, 0.0, 1.0, true)
	f.Fuzz(func(t *testing.T, data []byte, relative, absolute float64, lower bool) {
		m := Mean{RelativeTolerance: relative, AbsoluteTolerance: absolute, MinPoints: 2, Budget: 0.01}
		if lower {
			m.Worse = Lower
		}
		odd := [...]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, 1e-310, 1e308, -1e90, 1e-99, 1e99}
		var state MeanState
		var window MeanWindow
		for i, b := range data {
			value := float64(b)
			if b >= 246 {
				value = odd[b-246]
			}
			p := series.Sample{At: at(float64(i / 2 * 60)), Value: value}
			if i%2 == 0 {
				window.Baseline = append(window.Baseline, p)
				continue
			}
			window.To, window.Canary = at(float64(i*60)), append(window.Canary, p)
			var v MeanVerdict
			state, v = m.Observe(state, window)
			checkMean(t, m, state, v)
		}
	})
}

// checkMean checks what holds of every verdict.
func checkMean(t *testing.T, m Mean, state MeanState, v MeanVerdict) {
	t.Helper()
	e := v.Evidence
	for name, value := range map[string]float64{
		"logE": e.LogE, "estimate": e.RatioEstimate, "lower": e.RatioLower, "upper": e.RatioUpper,
		"canary": v.CanaryLevel, "baseline": v.BaselineLevel, "tolerated": v.Tolerated, "needed": e.RequestsNeeded,
	} {
		if math.IsNaN(value) {
			t.Fatalf("%s is NaN: %+v", name, v)
		}
	}
	if v.Decision == "" || v.Reason == "" || v.Message == "" {
		t.Fatalf("an empty verdict: %+v", v)
	}
	if m.Validate() != nil {
		return
	}
	again, err := ParseMeanState(state.String())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(state, again); diff != "" {
		t.Fatalf("the state does not come back (-want +got):\n%s", diff)
	}
}

func BenchmarkMean(b *testing.B) {
	baseline, canary := steady(1, 60, 1, 0, 1)
	m := Mean{RelativeTolerance: 0.1, MinPoints: 2, Budget: 0.01}
	state, _ := m.Observe(MeanState{}, MeanWindow{To: canary[0].At, Canary: canary, Baseline: baseline})
	b.ReportAllocs()
	for i := range b.N {
		when := canary[0].At.Add(time.Duration(i+1) * 5 * time.Minute)
		m.Observe(state, MeanWindow{To: when, Canary: []series.Sample{{At: when, Value: 1}}, Baseline: baseline})
	}
}
