package stats

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// samples are drawn with ties, from few values, or without.
func samples(t *rapid.T, atLeast, atMost int) (canary, baseline []float64) {
	value := rapid.OneOf(
		rapid.Map(rapid.IntRange(-3, 3), func(i int) float64 { return float64(i) }),
		rapid.Map(rapid.Float64Range(-10, 10), func(f float64) float64 { return math.Round(f*1e6) / 1e6 }),
		rapid.Map(rapid.Float64Range(0.1, 1), func(f float64) float64 { return f * 1e-9 }),
	)
	several := rapid.SliceOfN(value, atLeast, atMost)
	return several.Draw(t, "canary"), several.Draw(t, "baseline")
}

// fuzzed makes two samples of bytes, and values of all kinds.
func fuzzed(data []byte) (canary, baseline []float64) {
	for i, b := range data {
		v := float64(int8(b))
		switch b {
		case 200:
			v = math.NaN()
		case 201:
			v = math.Inf(1)
		case 202:
			v = math.Inf(-1)
		case 203:
			v = 1e300
		case 204:
			v = 5e-324
		case 205:
			v = 1e149
		}
		if i%2 == 0 {
			canary = append(canary, v)
		} else {
			baseline = append(baseline, v)
		}
	}
	return canary, baseline
}

// fails is what both *testing.T and *rapid.T can do.
type fails interface {
	Helper()
	Errorf(string, ...any)
}

// wantTails: three probabilities, of which the one-sided ones overlap.
func wantTails(t fails, p Tails) {
	t.Helper()
	for _, v := range []float64{p.TwoSided, p.Greater, p.Less} {
		if !(v >= 0 && v <= 1) {
			t.Errorf("%v is no probability in %+v", v, p)
		}
	}
	if p.Greater+p.Less < 1-1e-9 {
		t.Errorf("neither greater nor less: %+v", p)
	}
}

func wantOrdered(t fails, i Interval) {
	t.Helper()
	if !(i.Lower <= i.Upper) {
		t.Errorf("the interval %+v has no order", i)
	}
}

// sampleCase is a case of two samples; Y may refer to an earlier case by a text.
type sampleCase[Out any] struct {
	P   float64         `json:"p"`
	X   json.RawMessage `json:"x"`
	Y   json.RawMessage `json:"y"`
	Out Out             `json:"out"`
}

func (c sampleCase[Out]) samples(t *testing.T) (canary, baseline []float64) {
	for _, side := range []struct {
		text json.RawMessage
		to   *[]float64
	}{{c.X, &canary}, {c.Y, &baseline}} {
		if err := json.Unmarshal(side.text, side.to); err != nil {
			t.Fatal(err)
		}
	}
	return canary, baseline
}

// oracleTails are p-values; those that are not there are not compared.
type oracleTails struct {
	TwoSided *oracle `json:"p_two"`
	Greater  *oracle `json:"p_greater"`
	Less     *oracle `json:"p_less"`
}

func (c comparison) tails(name string, got Tails, want oracleTails) {
	c.t.Helper()
	for _, v := range []struct {
		name string
		got  float64
		want *oracle
	}{{"TwoSided", got.TwoSided, want.TwoSided}, {"Greater", got.Greater, want.Greater}, {"Less", got.Less, want.Less}} {
		if v.want != nil {
			c.same(name+"."+v.name, v.got, *v.want)
		}
	}
}
