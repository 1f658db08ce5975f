package judge

import (
	"testing"

	"github.com/serin-dev/serin/analysis/sequential"
)

func TestTake(t *testing.T) {
	arms := func(total float64) arm { return arm{Sum: sequential.PodEvents{Total: total, Events: []float64{0}}} }
	served := func(canary, baseline, canaryAt, baselineAt float64) window {
		w := Window{From: at(100), To: at(110), Canary: counts(0, canary), Baseline: counts(0, baseline)}
		if canaryAt > 0 {
			w.CanaryAt = at(canaryAt)
		}
		if baselineAt > 0 {
			w.BaselineAt = at(baselineAt)
		}
		return proportionWindow(w, &scratch{})
	}
	waits := func(canary, baseline, canaryAt float64) Waiting {
		return Waiting{Since: at(95), Canary: arms(canary), Baseline: arms(baseline), CanaryAt: at(canaryAt)}
	}
	tests := []struct {
		reason string
		waits  Waiting
		window window
		// rest and block are requests of canary and baseline.
		rest, block [2]float64
	}{
		{"both were scraped, the baseline last", Waiting{}, served(5, 50, 107, 108), [2]float64{}, [2]float64{5, 50}},
		{"both were scraped at once", Waiting{}, served(5, 50, 108, 108), [2]float64{}, [2]float64{5, 50}},
		{"it is not known when they were scraped", Waiting{}, served(5, 50, 0, 0), [2]float64{}, [2]float64{5, 50}},
		{"the canary was scraped last", Waiting{}, served(5, 50, 108, 107), [2]float64{5, 50}, [2]float64{}},
		{"only the canary", Waiting{}, served(5, 0, 108, 99), [2]float64{5, 0}, [2]float64{}},
		{"only the canary, and it is not known when", Waiting{}, served(5, 0, 0, 0), [2]float64{5, 0}, [2]float64{}},
		{"only the baseline", Waiting{}, served(0, 50, 99, 108), [2]float64{0, 50}, [2]float64{}},
		{"the baseline is scraped after the canary that waits", waits(4, 40, 98), served(0, 50, 98, 103), [2]float64{}, [2]float64{4, 90}},
		{"and the canary after that: only the older part is compared", waits(4, 40, 98), served(5, 50, 108, 103), [2]float64{5, 0}, [2]float64{4, 90}},
		{"the baseline was not scraped since", waits(4, 40, 98), served(0, 0, 98, 97), [2]float64{4, 40}, [2]float64{}},
		{"the baseline was scraped, but not since the canary was", waits(4, 0, 106), served(5, 50, 108, 105), [2]float64{9, 50}, [2]float64{}},
		{"the canary comes after the baseline that waits", waits(0, 40, 0), served(5, 50, 107, 108), [2]float64{}, [2]float64{5, 90}},
		{"what has waited too long is left out", Waiting{Since: at(10), Canary: arms(4)}, served(5, 50, 107, 108), [2]float64{}, [2]float64{5, 50}},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			rest, block := test.waits.take(test.window)
			if got := [2]float64{rest.Canary.total(), rest.Baseline.total()}; got != test.rest {
				t.Errorf("rest %v, want %v", got, test.rest)
			}
			if got := [2]float64{block.Canary.total(), block.Baseline.total()}; got != test.block {
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
