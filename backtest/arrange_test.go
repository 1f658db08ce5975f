package backtest

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/recording"
)

// track is a series with samples at some seconds.
func track(name, of string, at ...float64) recording.Series {
	one := recording.Series{Labels: labels.FromStrings(model.MetricNameLabel, name, trackLabel, of)}
	for i, s := range at {
		one.Floats = append(one.Floats, recording.Point{T: second(s).UnixMilli(), V: float64(i + 1)})
	}
	return one
}

// written is what samples a series has, in seconds.
func written(one recording.Series) string {
	var parts []string
	for _, p := range one.Floats {
		if value.IsStaleNaN(p.V) {
			parts = append(parts, fmt.Sprintf("gone@%g", float64(p.T)/1000))
			continue
		}
		parts = append(parts, fmt.Sprintf("%g@%g", p.V, float64(p.T)/1000))
	}
	return strings.Join(parts, " ")
}

// TestArrange: where the stable track is put.
func TestArrange(t *testing.T) {
	canary := track("x_total", canaryTrack, 90, 100, 110, 120, 130, 990)
	for _, test := range []struct {
		reason   string
		baseline Baseline
		stable   recording.Series
		want     string
		from     float64
	}{
		{"concurrent", Baseline{Stretch{1, 50}, true}, track("x_total", stableTrack, 5, 105), "1@5 2@105", 5},
		{"not said", Baseline{}, track("x", stableTrack, 100), "1@100", 90},
		{"a gauge of before", Baseline{Stretch{1, 50}, false}, track("x", stableTrack, 100, 110, 125), "1@65 2@75 3@90 gone@90.001", 65},
		{"a counter with more samples", Baseline{Stretch{1, 50}, false}, track("x_total", stableTrack, 1, 2, 3, 4, 5, 6, 7, 8), "2@100 4@110 6@120 8@130", 90},
		{"a counter with fewer samples", Baseline{Stretch{1, 50}, false}, track("x_bucket", stableTrack, 1, 2), "1@110 2@130", 90},
	} {
		c := Case{Step: 10, Window: Stretch{100, 130}, Baseline: test.baseline}
		put, err := c.arrange([]recording.Series{canary, test.stable})
		if err != nil {
			t.Fatal(err)
		}
		if got := written(put.series[1]); got != test.want {
			t.Errorf("%s: %s, want %s", test.reason, got, test.want)
		}
		if diff := cmp.Diff([]time.Time{second(100), second(130), second(140), second(test.from)}, []time.Time{put.first, put.last, put.to, put.from}); diff != "" {
			t.Errorf("%s: first, last, to and from (-want +got)\n%s", test.reason, diff)
		}
		if diff := cmp.Diff(written(canary), written(put.series[0])); diff != "" {
			t.Errorf("%s: the canary was moved: %s", test.reason, diff)
		}
	}
}

// TestPacedKeepsTheLast: no request is lost, time never runs back, and the last sample
// meets the last scrape; of native histograms as of floats.
func TestPacedKeepsTheLast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scrapes := make([]int64, rapid.IntRange(1, 40).Draw(t, "scrapes"))
		for i := range scrapes {
			scrapes[i] = int64(10 * i)
		}
		n := rapid.IntRange(1, 60).Draw(t, "samples")
		var one recording.Series
		for i := range n {
			one.Floats = append(one.Floats, recording.Point{T: int64(1000 + i), V: float64(i)})
			one.Histograms = append(one.Histograms, recording.HistogramPoint{T: int64(1000 + i)})
		}
		got := paced(one, scrapes)
		last := len(got.Floats) - 1
		if got.Floats[last] != (recording.Point{T: scrapes[len(scrapes)-1], V: float64(n - 1)}) {
			t.Fatalf("the last is %+v", got.Floats[last])
		}
		if len(got.Floats) != min(n, len(scrapes)) || len(got.Histograms) != len(got.Floats) {
			t.Fatalf("%d samples of %d, %d scrapes", len(got.Floats), n, len(scrapes))
		}
		for i := 1; i <= last; i++ {
			if got.Floats[i].T <= got.Floats[i-1].T || got.Floats[i].T != got.Histograms[i].T {
				t.Fatalf("%s", written(got))
			}
		}
	})
}

// TestBefore: a gauge without samples stays so.
func TestBefore(t *testing.T) {
	if got := before(recording.Series{}, 5); len(got.Floats) != 0 {
		t.Errorf("%v", got.Floats)
	}
	one := track("x", stableTrack, 1)
	if before(one, 5); !math.Signbit(-one.Floats[0].V) || one.Floats[0].T != 1000 {
		t.Error("the recording was changed")
	}
}
