package peers

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

// TestMannWhitneyTails checks the exact law by counting all arrangements, and the normal one
// with ties by hand: U = 21.5, ties 2, 2 and 3.
func TestMannWhitneyTails(t *testing.T) {
	for _, c := range []struct{ n, m int }{{1, 1}, {3, 5}, {5, 5}, {5, 2}} {
		counts := make([]float64, c.n*c.m+1)
		for set := range 1 << (c.n + c.m) {
			u, x, size := 0, 0, 0
			for i := range c.n + c.m {
				if set>>i&1 == 1 {
					u += i - x
					x++
					size++
				}
			}
			if size == c.n {
				counts[u]++
			}
		}
		total, above := 0.0, 0.0
		for _, count := range counts {
			total += count
		}
		for u := len(counts) - 1; u >= 0; u-- {
			above += counts[u]
			if got := exactTail(c.n, c.m, u); math.Abs(got-above/total) > 1e-14 {
				t.Errorf("%d and %d: P(U ≥ %d) is %v, not %v", c.n, c.m, u, got, above/total)
			}
		}
	}
	if got := greater([]float64{1, 2, 3, 4, 5}, []float64{0, 0, 1, 2, 2}); math.Abs(got-.5*math.Erfc(8.5/math.Sqrt(2*25./12*(11-.4)))) > 1e-12 {
		t.Errorf("p with ties is %.4f", got)
	}
}

// vectors are those of Kayenta's tests that this port needs.
type vectors struct {
	Classifier []struct {
		Test                string
		Experiment, Control []number
		Params              struct{ ConfLevel float64 }
		Port                struct{ Lower, Estimate *number }
	}
	Whole []struct {
		Case   string
		Config struct {
			Metrics []struct {
				Name                   string
				AnalysisConfigurations struct {
					Canary struct {
						Direction  string
						Outliers   any
						EffectSize struct {
							Measure         string
							AllowedIncrease *float64
						}
					}
				}
			}
		}
		MetricSetPairs []struct {
			Name   string
			Values struct{ Experiment, Control []number }
		}
		Expect struct {
			Results []struct{ Name, Classification string }
		}
	} `json:"derived_whole_judge"`
}

// number is a number that may be written as the string "NaN".
type number float64

func (n *number) UnmarshalJSON(text []byte) error {
	if string(text) == `"NaN"` {
		*n = number(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(n))
}

// usable gives the numbers; false if one of them is NaN.
func usable(numbers []number) ([]float64, bool) {
	values := make([]float64, len(numbers))
	for i, value := range numbers {
		values[i] = float64(value)
		if math.IsNaN(values[i]) {
			return nil, false
		}
	}
	return values, len(values) > 0
}

// readVectors reads the file beside the repository; without it ok is false.
func readVectors(t *testing.T) (file vectors, ok bool) {
	t.Helper()
	content, err := os.ReadFile("../../../shared/golden/kayenta_vectors.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Log("there are no vectors of Kayenta's beside this repository; nothing is compared with them")
		return file, false
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	return file, true
}

// TestKayentaIntervals compares intervals with those of Kayenta's classifier tests.
func TestKayentaIntervals(t *testing.T) {
	lower, estimate, ok := interval([]float64{10, 20, 30, 40}, []float64{1, 2, 3, 4}, .95)
	if !ok || lower != 6 || math.Abs(estimate-22.5) > 1e-6 {
		t.Errorf("four points per side: %v and %v (%v), not 6 and 22.5", lower, estimate, ok)
	}
	file, ok := readVectors(t)
	if !ok {
		return
	}
	compared := 0
	for _, c := range file.Classifier {
		x, ok1 := usable(c.Experiment)
		y, ok2 := usable(c.Control)
		if c.Port.Lower == nil || !ok1 || !ok2 || constant(x) && constant(y) {
			continue
		}
		compared++
		lower, estimate, ok := interval(x, y, c.Params.ConfLevel)
		if !ok || math.Abs(lower-float64(*c.Port.Lower)) > 1e-9 || math.Abs(estimate-float64(*c.Port.Estimate)) > 1e-9 {
			t.Errorf("%s: %v and %v (%v), not %v and %v", c.Test, lower, estimate, ok, *c.Port.Lower, *c.Port.Estimate)
		}
	}
	if compared < 20 {
		t.Errorf("only %d intervals were compared", compared)
	}
}

// TestKayentaVerdicts compares High or not with whole judgements, for the metrics whose
// configuration this port knows: increases, ratio of means, outliers kept, no NaN.
func TestKayentaVerdicts(t *testing.T) {
	if high([]float64{2}, []float64{1}, 1, rand.New(rand.NewPCG(1, 1))) {
		t.Error("one point per side is an error in Kayenta, not High")
	}
	file, ok := readVectors(t)
	if !ok {
		return
	}
	compared := map[bool]int{}
	for _, c := range file.Whole {
		for i, metric := range c.Config.Metrics {
			canary := metric.AnalysisConfigurations.Canary
			x, ok1 := usable(c.MetricSetPairs[i].Values.Experiment)
			y, ok2 := usable(c.MetricSetPairs[i].Values.Control)
			if canary.Direction == "decrease" || canary.Outliers != nil || canary.EffectSize.Measure == "cles" || !ok1 || !ok2 {
				continue
			}
			increase := 1.0
			if allowed := canary.EffectSize.AllowedIncrease; allowed != nil {
				increase = *allowed
			}
			want := c.Expect.Results[i].Classification == "High"
			compared[want]++
			if got := high(x, y, increase, rand.New(rand.NewPCG(1, 1))); got != want {
				t.Errorf("%s, %s: high is %v, but the verdict %s", c.Case, metric.Name, got, c.Expect.Results[i].Classification)
			}
		}
	}
	if compared[true] < 8 || compared[false] < 8 {
		t.Errorf("too few verdicts were compared: %v", compared)
	}
}

// TestQuantile follows Prometheus: linear within a bucket, the highest edge above all, NaN
// without requests.
func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		buckets [12]int
		want    float64
	}{
		{[12]int{4: 100}, .05 + .05*.99},
		{[12]int{0: 100}, .005 * .99},
		{[12]int{4: 98, 8: 2}, 1 + 1.5*.5},
		{[12]int{11: 3}, 10},
		{[12]int{}, math.NaN()},
	} {
		if got := quantile(.99, c.buckets); !(math.Abs(got-c.want) < 1e-12) && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%v: %v, not %v", c.buckets, got, c.want)
		}
	}
}
