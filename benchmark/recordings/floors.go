package recordings

import (
	"math"
	"slices"

	"github.com/serin-dev/serin/analysis/series"
)

// Floors are two judges that look once, at the end of the window, at the signals that
// Serin's template judges, and take a release back if any of them is worse: what a
// judge has to beat.
func Floors() []Judge {
	return []Judge{
		{"mean > 1.25 ×", "at the end: any signal's mean above 1.25 times the baseline's", func(c Case) bool { return anySignal(c, meanAbove) }},
		{"Mann–Whitney", "at the end: any signal with p < 0.01 and its median above 1.1 times the baseline's", func(c Case) bool { return anySignal(c, mannWhitneyAbove) }},
	}
}

// anySignal asks about the values of each signal. Counters are taken as ratios per
// scrape, histograms as mean durations per scrape.
func anySignal(c Case, worse func(canary, baseline []float64) bool) bool {
	codes := false
	for _, m := range c.Metrics {
		codes = codes || isErrors(m)
		if isLatency(m) || isSaturation(m) || isRatio(m) && !isErrors(m) {
			if worse(values(m.Canary), values(m.Baseline)) {
				return true
			}
		}
	}
	if codes && !slices.ContainsFunc(c.Metrics, isRatio) {
		bad := func(m Metric) bool { return isErrors(m) && m.Labels["code"][0] == '5' }
		if worse(ratios(c, bad, isErrors, canaryOf), ratios(c, bad, isErrors, baselineOf)) {
			return true
		}
	}
	sum := func(m Metric) bool { return m.Name == "http_request_duration_seconds_sum" }
	count := func(m Metric) bool { return m.Name == "http_request_duration_seconds_count" }
	return worse(ratios(c, sum, count, canaryOf), ratios(c, sum, count, baselineOf))
}

func canaryOf(m Metric) []series.Sample   { return m.Canary }
func baselineOf(m Metric) []series.Sample { return m.Baseline }

func values(samples []series.Sample) []float64 {
	var all []float64
	for _, s := range samples {
		if !math.IsNaN(s.Value) {
			all = append(all, s.Value)
		}
	}
	return all
}

// ratios are a sum of counters over another one, scrape by scrape, where the latter
// grew.
func ratios(c Case, above, below func(Metric) bool, arm func(Metric) []series.Sample) []float64 {
	up, down := map[int64]float64{}, map[int64]float64{}
	var times []int64
	for _, m := range c.Metrics {
		for _, g := range Increments(arm(m)) {
			key := g.At.UnixMilli()
			if above(m) {
				up[key] += g.Value
			}
			if below(m) {
				down[key] += g.Value
				times = append(times, key)
			}
		}
	}
	slices.Sort(times)
	var all []float64
	for _, key := range slices.Compact(times) {
		if down[key] > 0 {
			all = append(all, up[key]/down[key])
		}
	}
	return all
}

func meanAbove(canary, baseline []float64) bool {
	return len(canary) > 0 && len(baseline) > 0 && mean(canary) > 1.25*mean(baseline)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// mannWhitneyAbove is the one-sided test in its normal approximation, corrected for
// ties and continuity, as scipy does for samples of this size.
func mannWhitneyAbove(canary, baseline []float64) bool {
	n, m := float64(len(canary)), float64(len(baseline))
	if n == 0 || m == 0 || !(median(canary) > 1.1*median(baseline)) {
		return false
	}
	wins := 0.0
	for _, x := range canary {
		for _, y := range baseline {
			switch {
			case x > y:
				wins++
			case x == y:
				wins += 0.5
			}
		}
	}
	all := slices.Sorted(slices.Values(slices.Concat(canary, baseline)))
	ties := 0.0
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j] == all[i] {
			j++
		}
		t := float64(j - i)
		ties += t*t*t - t
		i = j
	}
	variance := n * m / 12 * (n + m + 1 - ties/((n+m)*(n+m-1)))
	if variance <= 0 {
		return false
	}
	z := (wins - n*m/2 - 0.5) / math.Sqrt(variance)
	return math.Erfc(z/math.Sqrt2)/2 < 0.01
}
