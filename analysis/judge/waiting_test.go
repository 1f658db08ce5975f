package judge

import "testing"

func TestTake(t *testing.T) {
	window := func(canary, baseline, canaryAt, baselineAt float64) Window {
		w := Window{From: at(100), To: at(110), Canary: counts(0, canary), Baseline: counts(0, baseline)}
		if canaryAt > 0 {
			w.CanaryAt = at(canaryAt)
		}
		if baselineAt > 0 {
			w.BaselineAt = at(baselineAt)
		}
		return w
	}
	waits := func(canary, baseline, canaryAt float64) Waiting {
		return Waiting{Since: at(95), Canary: counts(0, canary), Baseline: counts(0, baseline), CanaryAt: at(canaryAt)}
	}
	tests := []struct {
		reason string
		waits  Waiting
		window Window
		// rest and block are requests of canary and baseline.
		rest, block [2]float64
	}{
		{"both were scraped, the baseline last", Waiting{}, window(5, 50, 107, 108), [2]float64{}, [2]float64{5, 50}},
		{"both were scraped at once", Waiting{}, window(5, 50, 108, 108), [2]float64{}, [2]float64{5, 50}},
		{"it is not known when they were scraped", Waiting{}, window(5, 50, 0, 0), [2]float64{}, [2]float64{5, 50}},
		{"the canary was scraped last", Waiting{}, window(5, 50, 108, 107), [2]float64{5, 50}, [2]float64{}},
		{"only the canary", Waiting{}, window(5, 0, 108, 99), [2]float64{5, 0}, [2]float64{}},
		{"only the canary, and it is not known when", Waiting{}, window(5, 0, 0, 0), [2]float64{5, 0}, [2]float64{}},
		{"only the baseline", Waiting{}, window(0, 50, 99, 108), [2]float64{0, 50}, [2]float64{}},
		{"the baseline is scraped after the canary that waits", waits(4, 40, 98), window(0, 50, 98, 103), [2]float64{}, [2]float64{4, 90}},
		{"and the canary after that: only the older part is compared", waits(4, 40, 98), window(5, 50, 108, 103), [2]float64{5, 0}, [2]float64{4, 90}},
		{"the baseline was not scraped since", waits(4, 40, 98), window(0, 0, 98, 97), [2]float64{4, 40}, [2]float64{}},
		{"the baseline was scraped, but not since the canary was", waits(4, 0, 106), window(5, 50, 108, 105), [2]float64{9, 50}, [2]float64{}},
		{"the canary comes after the baseline that waits", waits(0, 40, 0), window(5, 50, 107, 108), [2]float64{}, [2]float64{5, 90}},
		{"what has waited too long is left out", Waiting{Since: at(10), Canary: counts(0, 4)}, window(5, 50, 107, 108), [2]float64{}, [2]float64{5, 50}},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			rest, block := test.waits.take(test.window)
			if got := [2]float64{rest.Canary.Total, rest.Baseline.Total}; got != test.rest {
				t.Errorf("rest %v, want %v", got, test.rest)
			}
			if got := [2]float64{block.Canary.Total, block.Baseline.Total}; got != test.block {
				t.Errorf("block %v, want %v", got, test.block)
			}
		})
	}
}

func TestChanged(t *testing.T) {
	tests := []struct {
		reason      string
		before, now Counts
		want        bool
	}{
		{"nothing before", Counts{}, counts(9, 10), false},
		{"a few more by chance", counts(2, 500), counts(7, 500), false},
		{"an incident", counts(1, 500), counts(25, 500), true},
		{"its end", counts(25, 500), counts(0, 500), true},
		{"a little more, and certain", counts(10000, 100000), counts(11000, 100000), false},
		{"no bad request at all", counts(0, 500), counts(0, 500), false},
	}
	for _, test := range tests {
		if got := changed(test.before, test.now); got != test.want {
			t.Errorf("%s: %t", test.reason, got)
		}
	}
}
