package judge

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"
)

// kayentaVectors are Kayenta's own test vectors and some derived from its code; the
// file lies beside the repository, and is read from there.
type kayentaVectors struct {
	MannWhitney []struct {
		Test     string          `json:"test"`
		Function string          `json:"fn"`
		X        json.RawMessage `json:"x"`
		Y        json.RawMessage `json:"y"`
		Shift    float64         `json:"mu"`
		Quantile float64         `json:"quantile"`
		P        float64         `json:"p"`
		Level    float64         `json:"conf"`
		Expect   json.RawMessage `json:"expect"`
	} `json:"mannwhitney"`
	Classifier     []classifierVector `json:"classifier"`
	MeanInequality []struct {
		Test       string          `json:"test"`
		Experiment []value         `json:"experiment"`
		Control    []value         `json:"control"`
		Direction  ChangeDirection `json:"direction"`
		Expect     Classification  `json:"expect"`
	} `json:"mean_inequality"`
	Transforms []struct {
		Test   string          `json:"test"`
		Op     string          `json:"op"`
		Input  []value         `json:"input"`
		Expect json.RawMessage `json:"expect"`
	} `json:"transforms"`
	Detectors []struct {
		Test     string  `json:"test"`
		Detector string  `json:"detector"`
		Factor   float64 `json:"param"`
		Input    []value `json:"input"`
		Expect   []any   `json:"expect"`
	} `json:"detectors"`
	Statistics []struct {
		Function  string          `json:"fn"`
		Input     []value         `json:"input"`
		P         float64         `json:"p"`
		Expect    json.RawMessage `json:"expect"`
		Tolerance float64         `json:"tol"`
	} `json:"statistics"`
	EffectSizes []struct {
		Test       string  `json:"test"`
		Function   string  `json:"fn"`
		Experiment []value `json:"experiment"`
		Control    []value `json:"control"`
		Expect     value   `json:"expect"`
		Tolerance  float64 `json:"tol"`
	} `json:"effect_sizes"`
	Mixer []struct {
		Case string `json:"case"`
	} `json:"metric_set_mixer"`
	Issues []struct {
		Source     string  `json:"source"`
		Experiment []value `json:"experiment"`
		Control    []value `json:"control"`
	} `json:"issues_open_cases"`
	Scorer     []scorerVector `json:"scorer"`
	Aggregates []struct {
		Final    float64  `json:"final"`
		Marginal *float64 `json:"marginal"`
		Pass     *float64 `json:"pass"`
		DidPass  bool     `json:"didPass"`
	} `json:"aggregate_judgement"`
	Whole []wholeVector `json:"derived_whole_judge"`
}

type classifierVector struct {
	Test       string  `json:"test"`
	Experiment []value `json:"experiment"`
	Control    []value `json:"control"`
	Params     struct {
		Tolerance  float64         `json:"tolerance"`
		Confidence float64         `json:"confLevel"`
		Effect     [2]float64      `json:"effectSizeThresholds"`
		Critical   [2]float64      `json:"criticalThresholds"`
		Measure    EffectMeasure   `json:"measure"`
		Direction  ChangeDirection `json:"direction"`
		NaN        NaNStrategy     `json:"nanStrategy"`
		IsCritical bool            `json:"critical"`
		MustHave   bool            `json:"mustHaveData"`
	} `json:"params"`
	Expect struct {
		Classification Classification `json:"classification"`
		Critical       *bool          `json:"critical"`
		Deviation      *value         `json:"deviation"`
		Reason         bool           `json:"reason_nonempty"`
	} `json:"expect"`
}

// judge is the vector's configuration.
func (c classifierVector) judge() MannWhitney {
	p := c.Params
	return MannWhitney{
		Direction: p.Direction, Tolerance: p.Tolerance, Confidence: p.Confidence,
		EffectSize: EffectSize{p.Measure, p.Effect[1], p.Effect[0], p.Critical[1], p.Critical[0]},
		NaN:        p.NaN, Critical: p.IsCritical, MustHaveData: p.MustHave,
	}
}

// value is a number; NaN is written as a text.
type value float64

// UnmarshalJSON reads a number or a text.
func (v *value) UnmarshalJSON(text []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(text), `"`), 64)
	*v = value(f)
	return err
}

func plainPoints(values []value) []float64 {
	var points []float64
	for _, v := range values {
		points = append(points, float64(v))
	}
	return points
}

// readKayenta reads the vectors; without them ok is false.
func readKayenta(t *testing.T) (v kayentaVectors, ok bool) {
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			break
		}
		if folder == filepath.Dir(folder) {
			t.Fatal("no go.mod above the test")
		}
		folder = filepath.Dir(folder)
	}
	text, err := os.ReadFile(filepath.Join(folder, "..", "shared", "golden", "kayenta_vectors.json"))
	if os.IsNotExist(err) {
		t.Log("Kayenta's vectors are not beside this repository; nothing is compared with them")
		return v, false
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v, true
}

// wantChanged holds the vectors whose answer differs against those that are meant to.
func wantChanged(t *testing.T, got []string, want map[string]string) {
	t.Helper()
	var names []string
	for name := range want {
		names = append(names, name)
	}
	slices.Sort(names)
	slices.Sort(got)
	if d := diff.Diff(names, got); d != "" {
		t.Errorf("the vectors with another answer (-meant to, +found):\n%s", d)
	}
}

// changedMannWhitney are the vectors of the shift whose answer is another one, and why.
func changedMannWhitney() map[string]string {
	const brent = "K2: Kayenta's bound is within 1e-4 of a jump; ours is the jump"
	return map[string]string{
		"Mann-Whitney Confidence Interval & Estimate: Problem Case":                   brent,
		"Mann-Whitney Confidence Interval & Estimate: Tie out with R Version":         brent,
		"Mann-Whitney Confidence Interval & Estimate: Tie out with R Version (Large)": brent,
		"Mann-Whitney Intermediate Values / Variables":                                brent,
	}
}

func TestKayentaMannWhitney(t *testing.T) {
	v, ok := readKayenta(t)
	if !ok {
		return
	}
	var x, y []float64
	var changed []string
	compared := 0
	for _, c := range v.MannWhitney {
		if len(c.X) > 0 && c.X[0] == '[' {
			x, y = pointsOf(t, c.X), pointsOf(t, c.Y)
		}
		k := kayenta{x, y}
		switch c.Function {
		case "wilcoxonDiff":
			got, _ := k.diff(c.Shift, c.Quantile)
			compared++
			if want := parseValue(t, c.Expect); math.Abs(got-want) > 1e-6 {
				t.Errorf("%s: %v, want %v", c.Test, got, want)
			}
		case "mannWhitneyUTest", "intermediate":
			compared++
			if !sameShift(t, c.Test, k, c.Level, c.Expect) {
				changed = append(changed, c.Test)
			}
		}
	}
	if compared != 7 {
		t.Errorf("%d vectors were compared", compared)
	}
	wantChanged(t, changed, changedMannWhitney())
}

// sameShift tells whether our shift is that of a vector, and fails when the port of
// Kayenta's arithmetic is not.
func sameShift(t *testing.T, name string, k kayenta, level float64, text json.RawMessage) bool {
	var want struct {
		Lower             float64  `json:"lower"`
		Upper             float64  `json:"upper"`
		Estimate          float64  `json:"estimate"`
		EstimateTolerance float64  `json:"estimate_tol"`
		RLower            *float64 `json:"rCil"`
		RUpper            float64  `json:"rCiu"`
		REstimate         float64  `json:"rEst"`
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if want.RLower != nil {
		want.Lower, want.Upper, want.Estimate, want.EstimateTolerance = *want.RLower, want.RUpper, want.REstimate, 1e-6
	}
	z := map[float64]float64{0.95: 1.959963984540054, 0.98: 2.3263478740408408}[level]
	same := func(lower, estimate, upper float64) bool {
		return math.Abs(lower-want.Lower) <= 1e-6 && math.Abs(upper-want.Upper) <= 1e-6 && math.Abs(estimate-want.Estimate) <= want.EstimateTolerance
	}
	if lower, estimate, upper, ok := k.interval(z); !ok || !same(lower, estimate, upper) {
		t.Errorf("%s: the port says %v (%v to %v)", name, estimate, lower, upper)
	}
	lower, estimate, upper, err := shift(k.canary, k.baseline, level)
	if err != nil || !(lower <= estimate && estimate <= upper) {
		t.Errorf("%s: %v (%v to %v), error %v", name, estimate, lower, upper, err)
	}
	return same(lower, estimate, upper)
}

func pointsOf(t *testing.T, text json.RawMessage) []float64 {
	var values []value
	if err := json.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	return plainPoints(values)
}

func parseValue(t *testing.T, text json.RawMessage) float64 {
	var v value
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return float64(v)
}

// changedClassifications are the vectors whose label is another one, and why.
func changedClassifications() map[string]string {
	return map[string]string{
		"Mann-Whitney Missing Experiment Data with NaN Replacement": "K1: Kayenta passes a canary without a single point when NaN counts as 0; there is no NaN here to count, and no data is no pass",
	}
}

func TestKayentaClassifier(t *testing.T) {
	v, ok := readKayenta(t)
	if !ok {
		return
	}
	var changed []string
	for _, c := range v.Classifier {
		got := c.judge().Judge("metric", plainPoints(c.Experiment), plainPoints(c.Control))
		want := c.Expect
		same := want.Classification == "" || got.Classification == want.Classification
		same = same && (want.Critical == nil || got.Critical == *want.Critical)
		if want.Deviation != nil {
			w := float64(*want.Deviation)
			same = same && (got.Deviation == Effect{w, true} || math.IsNaN(w) && !got.Deviation.Known)
		}
		if want.Reason && got.Message == "" {
			t.Errorf("%s: no message", c.Test)
		}
		if !same {
			t.Logf("%s: %+v", c.Test, got)
			changed = append(changed, c.Test)
		}
	}
	if len(v.Classifier) != 34 {
		t.Errorf("%d vectors were compared", len(v.Classifier))
	}
	wantChanged(t, changed, changedClassifications())
}

// TestKayentaMeanInequality: the vectors of the classifier that compares two means
// hold for ranks, too.
func TestKayentaMeanInequality(t *testing.T) {
	v, ok := readKayenta(t)
	if !ok {
		return
	}
	for _, c := range v.MeanInequality {
		m := KayentaMannWhitney()
		m.Direction, m.Tolerance, m.Confidence = c.Direction, 0.1, 0.95
		if got := m.Judge("metric", plainPoints(c.Experiment), plainPoints(c.Control)); got.Classification != c.Expect {
			t.Errorf("%s: %+v", c.Test, got)
		}
	}
	if len(v.MeanInequality) != 3 {
		t.Errorf("%d vectors were compared", len(v.MeanInequality))
	}
}

// TestKayentaPoints compares what is done to points before they are compared. Vectors
// that have nothing to be compared with are listed, with why.
func TestKayentaPoints(t *testing.T) {
	v, ok := readKayenta(t)
	if !ok {
		return
	}
	var left []string
	for _, c := range v.Transforms {
		input := plainPoints(c.Input)
		var got []float64
		switch c.Op {
		case "removeNaNs":
			got, _ = withoutNaN(input, RemoveNaN)
		case "replaceNaNs(0)":
			got, _ = withoutNaN(input, ReplaceNaN)
		case "removeOutliers IQR factor=1.5 reduceSensitivity=false":
			got = withoutOutliers(input, 1.5, false)
		default:
			left = append(left, c.Test)
			continue
		}
		if want := pointsOf(t, c.Expect); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", c.Test, got, want)
		}
	}
	for _, c := range v.Detectors {
		if c.Detector != "IQRDetector" {
			left = append(left, c.Test)
			continue
		}
		var want []float64
		for i, outlier := range c.Expect {
			if outlier == false || outlier == 0.0 {
				want = append(want, float64(c.Input[i]))
			}
		}
		if got := withoutOutliers(plainPoints(c.Input), c.Factor, false); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", c.Test, got, want)
		}
	}
	const unused = "no judge of Kayenta's uses it, and none here"
	wantChanged(t, left, map[string]string{
		"Add Gaussian Noise":     "K5: nothing is random here",
		"KSigma Outlier Removal": unused, "KSigma Detection": unused, "KSigma Two Sided": unused,
	})
}

func TestKayentaStatistics(t *testing.T) {
	v, ok := readKayenta(t)
	if !ok {
		return
	}
	for i, c := range v.Statistics {
		near := func(got, want float64) {
			t.Helper()
			if math.Abs(got-want) > max(c.Tolerance, 1e-9) {
				t.Errorf("%s %d: %v, want %v", c.Function, i, got, want)
			}
		}
		switch c.Function {
		case "percentile":
			near(percentile(plainPoints(c.Input), c.P), parseValue(t, c.Expect))
		case "summary":
			var want struct {
				Min, Max, Mean, Std float64
				Count               int
			}
			if err := json.Unmarshal(c.Expect, &want); err != nil {
				t.Fatal(err)
			}
			got := summarise(plainPoints(c.Input))
			near(got.Min, want.Min)
			near(got.Max, want.Max)
			near(got.Mean, want.Mean)
			near(got.Deviation, want.Std)
			near(float64(got.Count), float64(want.Count))
		default:
			t.Errorf("unknown function %q", c.Function)
		}
	}
	if len(v.Statistics) != 11 {
		t.Errorf("%d vectors were compared", len(v.Statistics))
	}
}

func TestKayentaEffectSizes(t *testing.T) {
	v, ok := readKayenta(t)
	if !ok {
		return
	}
	var left []string
	for _, c := range v.EffectSizes {
		m := KayentaMannWhitney()
		m.EffectSize = KayentaEffectSize(EffectMeasure(c.Function))
		canary, baseline := plainPoints(c.Experiment), plainPoints(c.Control)
		var got Effect
		switch m.EffectSize.Measure {
		case MeanRatio:
			got = ratioOfMeans(summarise(canary).Mean, summarise(baseline).Mean)
		case CLES:
			got = m.Judge("metric", canary, baseline).Effect
			if slices.Equal(canary, baseline) {
				got = Effect{0.5, true} // Identical points are not compared.
			}
		default:
			left = append(left, c.Test)
			continue
		}
		want := float64(c.Expect)
		if got.Known == math.IsNaN(want) || got.Known && math.Abs(got.Value-want) > max(c.Tolerance, 1e-12) {
			t.Errorf("%s: %+v, want %v", c.Test, got, want)
		}
	}
	wantChanged(t, left, map[string]string{"Effect Size: Cohen's D": "no judge of Kayenta's uses it, and none here"})
}

// TestKayentaMixer: Kayenta pairs the series of both sides and pads the shorter one
// with NaN. Here a provider answers with the points of one series for each side; what
// is missing is missing, and the sides need not have as many points. So no vector of
// the pairing has anything to be compared with, but the meaning of padding has: NaN
// points and none are the same.
func TestKayentaMixer(t *testing.T) {
	v, ok := readKayenta(t)
	if !ok {
		return
	}
	if len(v.Mixer) != 7 {
		t.Errorf("%d vectors are listed; the reason was given for 7", len(v.Mixer))
	}
	nan := math.NaN()
	got := KayentaMannWhitney().Judge("metric", []float64{nan, nan, nan, nan}, []float64{nan, nan, nan, nan})
	if got.Classification != Nodata || got.Decision != Inconclusive {
		t.Errorf("only padding: %+v", got)
	}
	padded := KayentaMannWhitney().Judge("metric", []float64{2, 4, 6, 8, nan, nan}, []float64{1, 3, 5, 7})
	plain := KayentaMannWhitney().Judge("metric", []float64{2, 4, 6, 8}, []float64{1, 3, 5, 7})
	if d := diff.Diff(plain, padded); d != "" {
		t.Errorf("padding changes the verdict:\n%s", d)
	}
}
