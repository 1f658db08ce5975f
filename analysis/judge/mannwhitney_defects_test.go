package judge

import (
	"math"
	"math/rand/v2"
	"testing"

	diff "github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/analysis/stats"
)

// The documented defects of Kayenta (K1 to K7): each test shows its answer, by the port
// of its arithmetic, and the one here.

// kayentaZ is the critical value of Kayenta's interval of 98 %.
const kayentaZ = 2.3263478740408408

// kayentaScore is Kayenta's score: errors are left out of their group, and a group of
// which nothing is left counts 100.
func kayentaScore(weights map[string]float64, metrics []ScoredMetric) float64 {
	passed, counted, all := map[string]float64{}, map[string]float64{}, map[string]bool{}
	for _, m := range metrics {
		for _, group := range m.Groups {
			all[group] = true
			switch m.Verdict.Classification {
			case Passed:
				passed[group]++
				counted[group]++
			case High, Low, NodataFailMetric:
				counted[group]++
			}
		}
	}
	configured, without := 0.0, 0.0
	for _, weight := range weights {
		configured += weight
	}
	for group := range all {
		if _, there := weights[group]; !there {
			without++
		}
	}
	score := 0.0
	for group := range all {
		weight, there := weights[group]
		if !there {
			weight = (100 - configured) / without
		}
		effective := 100.0
		if counted[group] > 0 {
			effective = passed[group] / counted[group] * 100
		}
		score += effective * weight / 100
	}
	return score
}

// normal draws points around a mean.
func normal(r *rand.Rand, n int, mean, deviation float64) []float64 {
	points := make([]float64, n)
	for i := range points {
		points[i] = mean + deviation*r.NormFloat64()
	}
	return points
}

// increases is a judge of increases by 10 %.
func increases() MannWhitney {
	m := KayentaMannWhitney()
	m.Direction, m.EffectSize.AllowedIncrease = Increase, 1.1
	return m
}

// TestK1ErrorNeverPasses: Kayenta passes a canary whose only metric could not be judged.
func TestK1ErrorNeverPasses(t *testing.T) {
	m := increases()
	m.Critical = true
	for name, points := range map[string][]float64{
		"one point": {8}, "an infinite point": {8, math.Inf(1), 8}, "too large": {1e300, 1e300},
	} {
		v := m.Judge("latency", points, []float64{2})
		if v.Classification != Errored || v.Decision != Inconclusive || !v.Critical {
			t.Errorf("%s: %+v", name, v)
		}
		metrics := []ScoredMetric{{Name: "latency", Groups: []string{"g"}, Verdict: v}}
		if got := kayentaScore(nil, metrics); got != 100 {
			t.Errorf("Kayenta's score is %v", got)
		}
		if got := usual(nil).Score(metrics); got.Decision != Inconclusive || got.Score != 0 || got.Reason != Undecided {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// Beside others that pass, the error is still open.
	errored := m.Judge("latency", []float64{8}, []float64{2})
	errored.Critical = false
	metrics := []ScoredMetric{{Name: "latency", Groups: []string{"g"}, Verdict: errored}, scored("cpu", Passed, false, "g")}
	if k, got := kayentaScore(nil, metrics), usual(nil).Score(metrics); k != 100 || got.Decision != Inconclusive || got.Worst != 50 || got.Best != 100 {
		t.Errorf("Kayenta %v, here %+v", k, got)
	}
	// A side without a single point passes in Kayenta when NaN counts as 0.
	m.NaN = ReplaceNaN
	if v := m.Judge("errors", nil, []float64{1, 2, 3}); v.Classification != Nodata || v.Decision != Inconclusive {
		t.Errorf("%+v", v)
	}
}

// TestK2UnitDoesNotMatter: +20 % of 30 points with a deviation of 10 %. Kayenta sees it
// in seconds, and not in units a hundred thousand times as large.
func TestK2UnitDoesNotMatter(t *testing.T) {
	const replays = 100
	r := rand.New(rand.NewPCG(2, 2))
	seen := map[float64]int{}
	units := []float64{1, 1e-3, 1e-4, 1e-5, 1e-9, 1e9}
	for range replays {
		canary, baseline := normal(r, 30, 1.2, 0.1), normal(r, 30, 1, 0.1)
		want := increases().Judge("latency", canary, baseline)
		for _, unit := range units {
			x, y := scaled(canary, unit), scaled(baseline, unit)
			if (kayenta{x, y}).high(kayentaZ) {
				seen[unit]++
			}
			got := increases().Judge("latency", x, y)
			if got.Classification != want.Classification || got.Decision != want.Decision {
				t.Errorf("in units of %v it is %s, want %s", 1/unit, got.Classification, want.Classification)
			}
			if math.Abs(got.Lower-want.Lower*unit) > 1e-12*unit {
				t.Errorf("the bound is %v, want %v", got.Lower, want.Lower*unit)
			}
		}
		if want.Classification != High {
			t.Errorf("+20 %% is %s", want.Classification)
		}
	}
	if seen[1] < replays*95/100 || seen[1e-5] > 0 || seen[1e-9] > 0 {
		t.Errorf("Kayenta saw it this often, of %d: %v", replays, seen)
	}
}

func scaled(points []float64, unit float64) []float64 {
	other := make([]float64, len(points))
	for i, v := range points {
		other[i] = v * unit
	}
	return other
}

// TestK3SparseErrorsAreSeen: what is bad only sometimes is no shift. Kayenta passes all
// of these.
func TestK3SparseErrorsAreSeen(t *testing.T) {
	sometimes := func(n, bad int, value, otherwise float64) []float64 {
		points := make([]float64, n)
		for i := range points {
			points[i] = otherwise
			if i < bad {
				points[i] = value * float64(i+1)
			}
		}
		return points
	}
	r := rand.New(rand.NewPCG(3, 3))
	for _, c := range []struct {
		name             string
		canary, baseline []float64
		want             Decision
		reason           string
	}{
		{"errors in 9 of 30 minutes, where there were none", sometimes(30, 9, 0.01, 0), sometimes(30, 0, 0, 0), Fail, Regression},
		{"7 of 10 points 100 times worse", sometimes(10, 7, 100, 1), sometimes(10, 0, 0, 1), Fail, Regression},
		{"3 of 6 minutes: too few to be sure, too many to go on", sometimes(6, 3, 1, 0), sometimes(6, 0, 0, 0), Inconclusive, EvidenceMounting},
		{"20 of 30 points far worse, and noise", append(normal(r, 20, 100, 1), normal(r, 10, 1, 0.1)...), normal(r, 30, 1, 0.1), Inconclusive, EvidenceMounting},
		{"the same level, ten times the spread", normal(r, 30, 10, 3), normal(r, 30, 10, 0.3), Inconclusive, SpreadIncreased},
	} {
		if (kayenta{c.canary, c.baseline}).highExactly(kayentaZ) {
			t.Errorf("%s: Kayenta sees it", c.name)
		}
		got := increases().Judge("errors", c.canary, c.baseline)
		if got.Decision != c.want || got.Reason != c.reason {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	// One bad minute of thirty is nothing, and less spread is worth a word, no more.
	if got := increases().Judge("errors", sometimes(30, 1, 0.01, 0), sometimes(30, 0, 0, 0)); got.Decision != Pass {
		t.Errorf("one bad minute: %+v", got)
	}
	if got := increases().Judge("latency", normal(r, 60, 10, 0.3), normal(r, 60, 10, 3)); got.Decision != Pass || len(got.Warnings) != 1 {
		t.Errorf("less spread: %+v", got)
	}
}

// highExactly is high when Kayenta's root is not within its own tolerance of 0, where
// its answer is that of the numbers' last digits.
func (k kayenta) highExactly(z float64) bool {
	lower, estimate, _, ok := k.interval(z)
	return ok && lower > max(0.25*math.Abs(estimate), brentTolerance)
}

// TestK3OpenIssues are what users of Kayenta reported, and it does not see to this day.
func TestK3OpenIssues(t *testing.T) {
	v, ok := readKayenta(t)
	if !ok {
		return
	}
	want := map[string]string{
		"spinnaker/kayenta#780":    "Pass NoEvidenceOfHarm", // The canary's spread is smaller; it is a warning.
		"spinnaker/spinnaker#6278": "Fail Regression",
		"spinnaker/kayenta#426":    "Inconclusive EvidenceMounting",
	}
	got := map[string]string{}
	for _, c := range v.Issues {
		v := increases().Judge("metric", plainPoints(c.Experiment), plainPoints(c.Control))
		got[c.Source] = string(v.Decision) + " " + v.Reason
		if c.Source == "spinnaker/kayenta#780" {
			if len(v.Warnings) != 2 {
				t.Errorf("the spread is no warning: %q", v.Warnings)
			}
			swapped := increases().Judge("metric", plainPoints(c.Control), plainPoints(c.Experiment))
			if swapped.Decision != Inconclusive || swapped.Reason != SpreadIncreased {
				t.Errorf("the sides swapped: %+v", swapped)
			}
		}
	}
	if d := diff.Diff(want, got); d != "" {
		t.Errorf("(-want, +got):\n%s", d)
	}
}

// TestK4PointsAreNotRequests: one busy minute in which one request of ten fails, and
// eleven quiet ones. For ranks of minutes the canary is better than the baseline, here
// as in Kayenta; the requests know. A judge of points cannot be repaired, which is why
// its verdicts rest on the counts where there are any.
func TestK4PointsAreNotRequests(t *testing.T) {
	canary, baseline := []float64{0.1}, []float64{0.001}
	bad, all := int64(1000), int64(10_000)
	for range 11 {
		canary, baseline = append(canary, 0), append(baseline, 0.001)
		all += 3
	}
	if (kayenta{canary, baseline}).high(kayentaZ) {
		t.Error("Kayenta sees it")
	}
	if got := increases().Judge("errors", canary, baseline); got.Classification != Passed || len(got.Warnings) == 0 {
		t.Errorf("the points: %+v", got)
	}
	rates, err := stats.PoissonRatio(stats.Rate{Events: bad, Exposure: float64(all)}, stats.Rate{Events: 120, Exposure: 120_000}, 1.1, 0.98)
	if err != nil || rates.P.Greater > 1e-100 || rates.Interval.Lower < 50 {
		t.Errorf("the requests: %+v, %v", rates, err)
	}
}

// TestK5NothingIsRandom: Kayenta adds noise to constant points, and scores a canary
// without results by a comparison with NaN.
func TestK5NothingIsRandom(t *testing.T) {
	tens, ones := []float64{10, 10, 10, 10, 10}, []float64{1, 1, 1, 1, 1}
	if _, _, _, ok := (kayenta{tens, ones}).interval(kayentaZ); ok {
		t.Error("without its noise Kayenta can compare constants")
	}
	m := increases()
	m.Confidence = 0.95
	first := m.Judge("latency", tens, ones)
	if first.Classification != High || first.Lower != 9 || first.Estimate != 9 || first.Upper != 9 {
		t.Errorf("%+v", first)
	}
	if d := diff.Diff(first, m.Judge("latency", tens, ones)); d != "" {
		t.Errorf("twice the same, and another answer:\n%s", d)
	}
	if got := usual(nil).Score(nil); got.Decision != Inconclusive || got.Reason != NoData || got.Score != 0 {
		t.Errorf("no results: %+v", got)
	}
	muted := scored("bad", High, true, "g")
	muted.Muted = true
	if got := usual(nil).Score([]ScoredMetric{muted}); got.Decision != Inconclusive || got.Reason != NoData {
		t.Errorf("only muted results: %+v", got)
	}
}

// TestK6WeightsMake100: in Kayenta a group without a metric keeps its weight, so that
// no canary can pass, and a group beside weights of 100 has none, so that a failing
// one can.
func TestK6WeightsMake100(t *testing.T) {
	good, bad := scored("a", Passed, false, "x"), scored("b", High, false, "y")
	ghost := map[string]float64{"x": 60, "ghost": 40}
	if k := kayentaScore(ghost, []ScoredMetric{good}); k != 60 {
		t.Errorf("Kayenta's score is %v", k)
	}
	if got := usual(ghost).Score([]ScoredMetric{good}); got.Decision != Pass || got.Score != 100 || len(got.Warnings) != 1 {
		t.Errorf("%+v", got)
	}
	full := map[string]float64{"x": 100}
	if k := kayentaScore(full, []ScoredMetric{good, bad}); k != 100 {
		t.Errorf("Kayenta's score is %v", k)
	}
	if got := usual(full).Score([]ScoredMetric{good, bad}); got.Decision != Inconclusive || got.Reason != InvalidJudge {
		t.Errorf("%+v", got)
	}
	short := map[string]float64{"x": 30, "y": 30}
	if k := kayentaScore(short, []ScoredMetric{good, scored("b", Passed, false, "y")}); k != 60 {
		t.Errorf("Kayenta's score is %v", k)
	}
	if got := usual(short).Score([]ScoredMetric{good, bad}); got.Score != 50 || got.Decision != Fail || len(got.Warnings) != 1 {
		t.Errorf("%+v", got)
	}
}

// TestK7EffectSizeIsSaid: by default, any change that is not noise fails in Kayenta.
func TestK7EffectSizeIsSaid(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	canary, baseline := normal(r, 30, 1.02, 0.002), normal(r, 30, 1, 0.002)
	if !(kayenta{canary, baseline}).high(kayentaZ) {
		t.Error("Kayenta does not flag 2 %")
	}
	if got := KayentaMannWhitney().Judge("latency", canary, baseline); got.Classification != High {
		t.Errorf("its defaults, written out: %+v", got)
	}
	unsaid := KayentaMannWhitney()
	unsaid.EffectSize = EffectSize{Measure: MeanRatio}
	if got := unsaid.Judge("latency", canary, baseline); got.Reason != InvalidJudge || got.Decision != Inconclusive {
		t.Errorf("no effect size: %+v", got)
	}
	if got := increases().Judge("latency", canary, baseline); got.Decision != Pass {
		t.Errorf("10 %% accepted: %+v", got)
	}
}
