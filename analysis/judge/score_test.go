package judge

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type scorerVector struct {
	Test    string             `json:"test"`
	Weights map[string]float64 `json:"groupWeights"`
	Metrics []struct {
		Name           string         `json:"name"`
		Classification Classification `json:"classification"`
		Groups         []string       `json:"groups"`
		Critical       bool           `json:"critical"`
	} `json:"metrics"`
	Expect struct {
		Score  float64   `json:"summaryScore"`
		Groups []float64 `json:"groupScoresSorted"`
	} `json:"expect"`
}

// scored is a metric with a label, and the decision that belongs to it.
func scored(name string, label Classification, critical bool, groups ...string) ScoredMetric {
	decision := map[Classification]Decision{Passed: Pass, High: Fail, Low: Fail, NodataFailMetric: Fail, Nodata: Inconclusive, Errored: Inconclusive}[label]
	return ScoredMetric{Name: name, Groups: groups, Verdict: PointsVerdict{
		Classification: label, Decision: decision, Critical: critical && decision != Pass, Message: name + " is " + string(label),
	}}
}

// usual are the thresholds that Kayenta's documentation begins with.
func usual(weights map[string]float64) Scoring { return Scoring{weights, 95, 75} }

func TestKayentaScorer(t *testing.T) {
	v, ok := readKayenta(t)
	if !ok {
		return
	}
	for _, c := range v.Scorer {
		var metrics []ScoredMetric
		for _, m := range c.Metrics {
			metrics = append(metrics, scored(m.Name, m.Classification, m.Critical, m.Groups...))
		}
		got := usual(c.Weights).Score(metrics)
		if got.Score != c.Expect.Score {
			t.Errorf("%s: %+v, want %v", c.Test, got, c.Expect.Score)
		}
		var groups []float64
		for _, g := range got.Groups {
			groups = append(groups, g.Score)
		}
		slices.Sort(groups)
		if c.Expect.Groups != nil && !slices.Equal(groups, c.Expect.Groups) {
			t.Errorf("%s: the groups have %v, want %v", c.Test, groups, c.Expect.Groups)
		}
	}
	if len(v.Scorer) != 13 {
		t.Errorf("%d vectors were compared", len(v.Scorer))
	}
}

// TestKayentaAggregate: a threshold that Kayenta may leave out is 0 or the other one.
func TestKayentaAggregate(t *testing.T) {
	v, ok := readKayenta(t)
	if !ok {
		return
	}
	var changed []string
	for _, c := range v.Aggregates {
		var s Scoring
		if c.Marginal != nil {
			s.Pass, s.Marginal = *c.Marginal, *c.Marginal
		}
		if c.Pass != nil {
			s.Pass = *c.Pass
		}
		// One group of weight Final passes, another one fails.
		s.GroupWeights = map[string]float64{"passing": c.Final, "failing": 100 - c.Final}
		got := s.Score([]ScoredMetric{scored("a", Passed, false, "passing"), scored("b", High, false, "failing")})
		if (got.Decision == Pass) != c.DidPass {
			changed = append(changed, fmt.Sprintf("%v %s %s", c.Final, text(c.Marginal), text(c.Pass)))
		}
	}
	wantChanged(t, changed, map[string]string{
		"95 none none": "without a threshold nothing passes: it must be said",
		"75 75 75":     "both thresholds include their value; Kayenta's standalone analysis excludes the marginal one, against its own classifier",
	})
}

func text(v *float64) string {
	if v == nil {
		return "none"
	}
	return fmt.Sprint(*v)
}

type wholeVector struct {
	Case   string `json:"case"`
	Config struct {
		Metrics []struct {
			Name     string   `json:"name"`
			Groups   []string `json:"groups"`
			Analysis struct {
				Canary wholeAnalysis `json:"canary"`
			} `json:"analysisConfigurations"`
		} `json:"metrics"`
		Classifier struct {
			Weights map[string]float64 `json:"groupWeights"`
		} `json:"classifier"`
	} `json:"config"`
	Thresholds struct {
		Marginal float64 `json:"marginal"`
		Pass     float64 `json:"pass"`
	} `json:"thresholds"`
	Pairs []struct {
		Name   string `json:"name"`
		Values struct {
			Experiment []value `json:"experiment"`
			Control    []value `json:"control"`
		} `json:"values"`
	} `json:"metricSetPairs"`
	Expect struct {
		Results []struct {
			Name           string         `json:"name"`
			Classification Classification `json:"classification"`
			Reason         string         `json:"classificationReason"`
			Critical       bool           `json:"critical"`
			Ratio          *value         `json:"ratio"`
			Experiment     wholeStats     `json:"experimentStats"`
			Control        wholeStats     `json:"controlStats"`
		} `json:"results"`
		Groups []struct {
			Name  string  `json:"name"`
			Score float64 `json:"score"`
		} `json:"groupScores"`
		Score struct {
			Score          float64 `json:"score"`
			Classification string  `json:"classification"`
			Reason         string  `json:"classificationReason"`
		} `json:"score"`
	} `json:"expect"`
}

type wholeStats struct {
	Min, Max, Mean, Std float64
	Count               int
}

type wholeAnalysis struct {
	Direction ChangeDirection `json:"direction"`
	NaN       NaNStrategy     `json:"nanStrategy"`
	Critical  bool            `json:"critical"`
	MustHave  bool            `json:"mustHaveData"`
	Muted     bool            `json:"muted"`
	Effect    struct {
		Measure          EffectMeasure `json:"measure"`
		AllowedIncrease  *float64      `json:"allowedIncrease"`
		AllowedDecrease  *float64      `json:"allowedDecrease"`
		CriticalIncrease *float64      `json:"criticalIncrease"`
		CriticalDecrease *float64      `json:"criticalDecrease"`
	} `json:"effectSize"`
	Outliers struct {
		Strategy string   `json:"strategy"`
		Factor   *float64 `json:"outlierFactor"`
	} `json:"outliers"`
}

// judge is the configuration with Kayenta's defaults.
func (a wholeAnalysis) judge() MannWhitney {
	m := KayentaMannWhitney()
	if a.Direction != "" {
		m.Direction = a.Direction
	}
	if a.NaN != "" {
		m.NaN = a.NaN
	}
	if a.Effect.Measure != "" {
		m.EffectSize = KayentaEffectSize(a.Effect.Measure)
	}
	m.Critical, m.MustHaveData = a.Critical, a.MustHave
	for _, f := range []struct {
		from *float64
		to   *float64
	}{
		{a.Effect.AllowedIncrease, &m.EffectSize.AllowedIncrease}, {a.Effect.AllowedDecrease, &m.EffectSize.AllowedDecrease},
		{a.Effect.CriticalIncrease, &m.EffectSize.CriticalIncrease}, {a.Effect.CriticalDecrease, &m.EffectSize.CriticalDecrease},
		{a.Outliers.Factor, &m.Outliers.Factor},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	m.Outliers.Remove = a.Outliers.Strategy == "remove"
	return m
}

// score judges all metrics of a vector and scores them.
func (c wholeVector) score() ([]PointsVerdict, ScoreVerdict) {
	var verdicts []PointsVerdict
	var metrics []ScoredMetric
	for i, m := range c.Config.Metrics {
		pair := c.Pairs[i]
		v := m.Analysis.Canary.judge().Judge(m.Name, plainPoints(pair.Values.Experiment), plainPoints(pair.Values.Control))
		verdicts = append(verdicts, v)
		metrics = append(metrics, ScoredMetric{m.Name, m.Groups, m.Analysis.Canary.Muted, v})
	}
	s := Scoring{c.Config.Classifier.Weights, c.Thresholds.Pass, c.Thresholds.Marginal}
	return verdicts, s.Score(metrics)
}

// changedWhole are the whole judgements whose answer is another one, and why.
func changedWhole() map[string]string {
	const blind = "missing data is not a failure: the answer is open, and the score is 0 in both"
	return map[string]string{
		"all NaN experiment, remove, not critical -> Nodata; single metric => 100% nodata => score 0": blind,
		"2 of 4 Nodata = 50% -> 0": blind,
		"one point per side, different -> MW throws -> Error -> group has no data -> effective 100 (FAILS OPEN)": "K1: an error is never a pass",
		"sparse errors vs none: MW passes":                            "K3: errors in a third of the minutes, where there were none, are seen",
		"weights sum to 100 and an unlisted group -> weight 0":        "K6: a group that would count for nothing is refused",
		"weight for a group with no metric -> score cannot reach 100": "K6: the weights of the groups that there are make 100",
	}
}

func TestKayentaWhole(t *testing.T) {
	v, ok := readKayenta(t)
	if !ok {
		return
	}
	var changed []string
	for _, c := range v.Whole {
		verdicts, score := c.score()
		different := append(c.differentMetrics(t, verdicts), c.differentScore(score)...)
		if different != nil {
			t.Log(c.Case + ":\n  " + strings.Join(different, "\n  "))
			changed = append(changed, c.Case)
		}
	}
	if len(v.Whole) != 34 {
		t.Errorf("%d vectors were compared", len(v.Whole))
	}
	wantChanged(t, changed, changedWhole())
}

// differentMetrics says where labels, flags, ratios and messages are not Kayenta's; the
// summaries of the points must be.
func (c wholeVector) differentMetrics(t *testing.T, verdicts []PointsVerdict) []string {
	var different []string
	for i, want := range c.Expect.Results {
		got := verdicts[i]
		if got.Classification != want.Classification || got.Critical != want.Critical || !sameRatio(got.Deviation, want.Ratio) || !strings.HasPrefix(got.Message, want.Reason) {
			different = append(different, fmt.Sprintf("metric %s: %+v", want.Name, got))
		}
		wantSummary(t, c.Case, got.Canary, want.Experiment)
		wantSummary(t, c.Case, got.Baseline, want.Control)
	}
	return different
}

func sameRatio(got Effect, want *value) bool {
	switch {
	case want == nil:
		return true
	case math.IsNaN(float64(*want)):
		return !got.Known
	}
	return got.Known && math.Abs(got.Value-float64(*want)) < 1e-12
}

func wantSummary(t *testing.T, name string, got Summary, want wholeStats) {
	t.Helper()
	exact := got.Count == want.Count && got.Min == want.Min && got.Max == want.Max
	if !exact || math.Abs(got.Mean-want.Mean)+math.Abs(got.Deviation-want.Std) > 1e-12 {
		t.Errorf("%s: %+v, want %+v", name, got, want)
	}
}

// differentScore says where the scores are not Kayenta's.
func (c wholeVector) differentScore(score ScoreVerdict) []string {
	var different []string
	groups := map[string]float64{}
	for _, g := range score.Groups {
		groups[g.Name] = g.Score
	}
	for _, g := range c.Expect.Groups {
		if groups[g.Name] != g.Score {
			different = append(different, fmt.Sprintf("group %s: %v, want %v", g.Name, groups[g.Name], g.Score))
		}
	}
	want := c.Expect.Score
	decision := map[string]Decision{"Pass": Pass, "Marginal": Inconclusive, "Fail": Fail}[want.Classification]
	if score.Score != want.Score || score.Decision != decision || decision == Fail && !strings.HasPrefix(score.Message, want.Reason) {
		different = append(different, fmt.Sprintf("score: %+v, want %+v", score, want))
	}
	return different
}

// TestScoreLimits: the score lies between its worst and its best, which are what the
// score is when everything open fails, or passes; the order of metrics changes nothing.
func TestScoreLimits(t *testing.T) {
	labels := []Classification{Passed, Passed, High, Low, Nodata, NodataFailMetric, Errored}
	rapid.Check(t, func(t *rapid.T) {
		var metrics []ScoredMetric
		for i := range rapid.IntRange(0, 8).Draw(t, "metrics") {
			label := rapid.SampledFrom(labels).Draw(t, "label")
			groups := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 2).Draw(t, "groups")
			metrics = append(metrics, scored(fmt.Sprint(i), label, rapid.IntRange(0, 9).Draw(t, "critical") == 0, groups...))
		}
		s := usual(map[string]float64{"a": rapid.Float64Range(0, 60).Draw(t, "a"), "b": rapid.Float64Range(0, 40).Draw(t, "b")})
		got := s.Score(metrics)
		if !(got.Worst <= got.Score && got.Score <= got.Best && got.Worst >= 0 && got.Best <= 100) {
			t.Errorf("%+v", got)
		}
		backwards := slices.Clone(metrics)
		slices.Reverse(backwards)
		other := s.Score(backwards)
		if got.Score != other.Score || got.Decision != other.Decision || diff.Diff(got.Groups, other.Groups) != "" {
			t.Errorf("%+v, and backwards %+v", got, other)
		}
		replaced := func(label Classification) ScoreVerdict {
			all := slices.Clone(metrics)
			for i, m := range all {
				if m.Verdict.Classification == Errored {
					all[i] = scored(m.Name, label, m.Verdict.Critical, m.Groups...)
				}
			}
			return s.Score(all)
		}
		switch got.Decision {
		case Pass:
			if bad := replaced(High); bad.Decision != Pass {
				t.Errorf("%+v passes, but with the errors failed it is %+v", got, bad)
			}
		case Fail:
			if good := replaced(Passed); good.Decision != Fail {
				t.Errorf("%+v fails, but with the errors passed it is %+v", got, good)
			}
		}
	})
}

// TestScoreMuted: muted metrics count for nothing, and their group neither.
func TestScoreMuted(t *testing.T) {
	muted := scored("bad", High, true, "x")
	muted.Muted = true
	got := usual(map[string]float64{"x": 50, "y": 50}).Score([]ScoredMetric{muted, scored("good", Passed, false, "y")})
	if got.Decision != Pass || got.Score != 100 || len(got.Warnings) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestScoringRefuses(t *testing.T) {
	good := []ScoredMetric{scored("good", Passed, false, "x")}
	for name, s := range map[string]Scoring{
		"nothing said":          {},
		"a pass of 0":           {nil, 0, 0},
		"NaN":                   {nil, math.NaN(), 50},
		"marginal above pass":   {nil, 80, 90},
		"more than 100":         {nil, 101, 90},
		"a negative weight":     {map[string]float64{"x": -1}, 95, 75},
		"a weight of NaN":       {map[string]float64{"x": math.NaN()}, 95, 75},
		"weights of 120":        {map[string]float64{"x": 60, "y": 60}, 95, 75},
		"no weight that counts": {map[string]float64{"x": 0, "y": 100}, 95, 75},
	} {
		if got := s.Score(good); got.Decision != Inconclusive || got.Reason != InvalidJudge || got.Message == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := usual(nil).Score([]ScoredMetric{scored("lost", Passed, false)}); got.Reason != InvalidJudge {
		t.Errorf("a metric in no group: %+v", got)
	}
}
