package backtest

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBars(t *testing.T) {
	r := Result{All: Dataset{Recall: NewRate(9, 10), False: NewRate(1, 20), Inconclusive: NewRate(3, 30)}, Datasets: []Dataset{
		{Name: "a.b", Recall: NewRate(4, 5), False: NewRate(0, 0)},
	}}
	for text, want := range map[string]string{
		"recall=0.9,false=0.05,inconclusive=0.1": "",
		"recall=0.91":                            "recall of all is 9/10 0.90 (0.60–0.98), at least 0.91 demanded",
		"false=0.049":                            "false of all is 1/20 0.05 (0.01–0.24), at most 0.049 demanded",
		"a.b.recall=0.8, recall=1":               "recall of all is 9/10 0.90 (0.60–0.98), at least 1 demanded",
		"a.b.false=1":                            "false of a.b: no case to measure it by, at most 1 demanded",
	} {
		bars, err := ParseBars(text)
		if err != nil {
			t.Fatal(err)
		}
		missed, err := bars.Missed(r)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, strings.Join(missed, "; ")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", text, diff)
		}
	}
	for _, text := range []string{"", "recall", "recall=", "recall=2", "recall=NaN", "recall=-1", "precision=0.5", ".recall=0.5", "recall=0.5,"} {
		if bars, err := ParseBars(text); err == nil {
			t.Errorf("%q is read as %+v", text, bars)
		}
	}
	bars, err := ParseBars("x.recall=0.5")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bars.Missed(r); err == nil || !strings.Contains(err.Error(), "there is no dataset x (there are: a.b)") {
		t.Errorf("got %v", err)
	}
}

// TestWilson against the values of Newcombe (1998), table I, and at the ends.
func TestWilson(t *testing.T) {
	for _, test := range []struct {
		count, of int
		low, high float64
	}{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}, {20, 20, 1 - 0.1611, 1}, {0, 0, 0, 0},
	} {
		r := NewRate(test.count, test.of)
		if math.Abs(r.Low-test.low) > 6e-5 || math.Abs(r.High-test.high) > 6e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", test.count, test.of, r.Low, r.High, test.low, test.high)
		}
	}
}

// TestDetection: the median and the 90th percentile are times that occurred.
func TestDetection(t *testing.T) {
	var d Dataset
	for _, s := range []float64{40, 10, 30, 20, 20, 50, 60, 70, 80, 1000} {
		d.Detection.add(s, 1)
	}
	d.derive()
	if d.Detection.Median != 40 || d.Detection.P90 != 80 || len(d.Detection.Times) != 9 {
		t.Errorf("%+v", d.Detection)
	}
	var none Dataset
	none.derive()
	if none.Detection.Median != 0 || none.Detection.String() != "–" {
		t.Errorf("%+v", none.Detection)
	}
}

func TestSeconds(t *testing.T) {
	for s, want := range map[float64]string{0: "0s", 25.5: "25.5s", 59.96: "60s", 60: "1m", 346: "5m46s", 3600: "1h", 7205: "2h0m5s", 7260: "2h1m"} {
		if got := seconds(s); got != want {
			t.Errorf("%g is %s, want %s", s, got, want)
		}
	}
}

// FuzzReading: nothing that is read makes a panic, and what is accepted can be used.
func FuzzReading(f *testing.F) {
	for _, text := range made() {
		f.Add(text)
	}
	f.Add("recall=0.9,x.false=1")
	f.Add("2/3")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := parseCase([]byte(text), "d", "c"); err == nil && (c.step() <= 0 || second(c.Window.End).Before(second(c.Window.Start))) {
			t.Errorf("accepted %+v", c)
		}
		if r, err := ReadJSON([]byte(text)); err == nil {
			_ = r.WriteText(&strings.Builder{}, true)
		}
		if s, err := ParseShard(text); err == nil {
			s.has(text)
		}
		if bars, err := ParseBars(text); err == nil {
			_, _ = bars.Missed(Result{})
		}
		_ = NewTemplates().Add("f", []byte(text))
	})
}
