package metricstest

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/providers/metrics"
)

// samplesCase is one request for raw samples, and what every provider must return.
type samplesCase struct {
	name, reason string
	selector     string
	from, to     time.Duration
	want         []series.Series
	wantErr      error
}

func samplesCases() []samplesCase {
	at := func(second int, value float64) series.Sample {
		return series.Sample{At: after(time.Duration(second) * time.Second), Value: value}
	}
	one := func(labels string, samples ...series.Sample) []series.Series {
		return []series.Series{{Labels: labels, Samples: samples}}
	}
	const errors500 = `requests_total{code="500", pod="a"}`
	return []samplesCase{{
		name: "left-open, right-closed", reason: "each sample belongs to exactly one of two adjoining windows",
		selector: `requests_total{code="500"}`, from: 10 * time.Second, to: 20 * time.Second, want: one(errors500, at(20, 2)),
	}, {
		name: "finer than a millisecond, before", reason: "a sample is after what is less than a millisecond before it",
		selector: `requests_total{code="500"}`, from: 10*time.Second - time.Nanosecond, to: 20*time.Second - time.Nanosecond, want: one(errors500, at(10, 1)),
	}, {
		name: "finer than a millisecond, behind", reason: "a sample is not after what is less than a millisecond behind it",
		selector: `requests_total{code="500"}`, from: 10*time.Second + time.Nanosecond, to: 20*time.Second + time.Nanosecond, want: one(errors500, at(20, 2)),
	}, {
		name: "reset", reason: "counters come raw; the reset is for the caller to see",
		selector: `requests_total{code="500"}`, from: 10 * time.Second, to: 40 * time.Second, want: one(errors500, at(20, 2), at(30, 0), at(40, 1)),
	}, {
		name: "several series", reason: "the order is that of the labels, whatever the source's",
		selector: "requests_total", from: 40 * time.Second, to: 50 * time.Second,
		want: slices.Concat(one(`requests_total{code="200", pod="a"}`, at(50, 50)), one(`requests_total{code="200", pod="b"}`, at(50, 10)), one(errors500, at(50, 2))),
	}, {
		name: "staleness marker", reason: "a marker is no sample",
		selector: `requests_total{pod="b"}`, from: 10 * time.Second, to: 40 * time.Second, want: one(`requests_total{code="200", pod="b"}`, at(20, 25), at(40, 0)),
	}, {
		name: "only a staleness marker", reason: "a series without samples in the window is no series",
		selector: "gone", from: 10 * time.Second, to: 20 * time.Second, wantErr: metrics.ErrNoData,
	}, {
		name: "the end of a series", reason: "what was before the marker remains", selector: "gone", from: 0, to: 20 * time.Second, want: one(`gone{pod="c"}`, at(10, 2)),
	}, {
		name: "NaN and infinities", reason: "values come as they were scraped",
		selector: "temperature", from: 0, to: 40 * time.Second, want: one("temperature", at(10, math.NaN()), at(20, math.Inf(1)), at(30, math.Inf(-1)), at(40, 1e300)),
	}, {
		name: "labels", reason: "values are escaped, so that different series have different labels",
		selector: `escaped`, from: -time.Second, to: 0, want: one(`escaped{Zone="é", path="a\\b\"c\nd"}`, at(0, 1)),
	}, {
		name: "comment and space", reason: "what a selector is does not depend on how it is written",
		selector: "\n gone{ pod = 'c' , } # the old pod", from: 0, to: 10 * time.Second, want: one(`gone{pod="c"}`, at(10, 2)),
	}, {
		name: "nothing matches", reason: "no series is no data", selector: "missing", from: 0, to: time.Minute, wantErr: metrics.ErrNoData,
	}, {
		name: "before the first sample", reason: "the future is not visible", selector: "temperature", from: -time.Minute, to: -time.Millisecond, wantErr: metrics.ErrNoData,
	}, {
		name: "empty interval", reason: "(t, t] holds nothing", selector: "temperature", from: 10 * time.Second, to: 10 * time.Second, wantErr: metrics.ErrNoData,
	}, {
		name: "reversed interval", reason: "an interval that ends before it begins is a mistake", selector: "temperature", from: 20 * time.Second, to: 10 * time.Second, wantErr: metrics.ErrInvalidQuery,
	}}
}

// runSamples checks Samples.
func runSamples(t *testing.T, start Start) {
	provider := start(t, held())
	for _, test := range samplesCases() {
		t.Run(test.name, func(t *testing.T) {
			samples, err := provider.Samples(t.Context(), test.selector, after(test.from), after(test.to))
			wantKind(t, err, test.wantErr)
			if difference := cmp.Diff(test.want, samples.Series, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); difference != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, difference)
			}
		})
	}
}

// runRefusals checks that Samples takes plain selectors alone.
func runRefusals(t *testing.T, start Start) {
	provider := start(t, held())
	for _, selector := range []string{
		"", " ", "temperature[1m]", "rate(temperature[1m])", "sum(temperature)", "temperature offset 1m", "temperature @ 0",
		"temperature + 1", "(temperature)", "-temperature", "42", `"temperature"`, "temperature[1m:10s]", "{}", `{pod=~".*"}`, "temperature{", `temperature{pod=~"("}`,
		"temperature # one\n[1m]",
	} {
		t.Run(selector, func(t *testing.T) {
			samples, err := provider.Samples(t.Context(), selector, after(-time.Second), after(time.Minute))
			wantKind(t, err, metrics.ErrInvalidQuery)
			if len(samples.Series) > 0 {
				t.Errorf("%d series, want none", len(samples.Series))
			}
		})
	}
}

// runWindows checks random series in random windows against a filter that a
// child could write.
func runWindows(t *testing.T, start Start) {
	rapid.Check(t, func(r *rapid.T) {
		drawn := drawSeries(r)
		provider := start(t, Held{Series: drawn})
		cuts := rapid.SliceOfNDistinct(rapid.Int64Range(-2_000, 62_000_000), 2, 6, rapid.ID[int64]).Draw(r, "cuts in µs")
		slices.Sort(cuts)
		for i := 1; i < len(cuts); i++ {
			from, to := after(time.Duration(cuts[i-1])*time.Microsecond), after(time.Duration(cuts[i])*time.Microsecond)
			want := within(drawn, from, to)
			got, err := provider.Samples(t.Context(), `{__name__=~"drawn.*"}`, from, to)
			if (len(want) == 0) != (len(kinds(err)) == 1) || (len(want) > 0) != (err == nil) {
				r.Fatalf("(%s, %s]: error %v, want %d series", from, to, err, len(want))
			}
			if difference := cmp.Diff(want, got.Series, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); difference != "" {
				r.Fatalf("(%s, %s] (-want +got):\n%s", from, to, difference)
			}
		}
	})
}

// drawSeries draws a few series with samples at random milliseconds.
func drawSeries(r *rapid.T) []series.Series {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
		"drawn", `drawn{a="1"}`, `drawn{a="1", b="2"}`, `drawn{a_b="1"}`, `drawn{z=","}`, "drawn_total",
	}), 0, 4, rapid.ID[string]).Draw(r, "labels")
	var drawn []series.Series
	for _, name := range names {
		made := series.Series{Labels: name}
		times := rapid.SliceOfNDistinct(rapid.Int64Range(0, 60_000), 1, 12, rapid.ID[int64]).Draw(r, "times in ms")
		slices.Sort(times)
		for _, at := range times {
			value := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{Stale(), math.NaN(), 0, math.Copysign(0, -1)})).Draw(r, "value")
			made.Samples = append(made.Samples, series.Sample{At: after(time.Duration(at) * time.Millisecond), Value: value})
		}
		drawn = append(drawn, made)
	}
	return drawn
}

// within is the dumb version of Samples.
func within(drawn []series.Series, from, to time.Time) []series.Series {
	var result []series.Series
	for _, one := range drawn {
		kept := series.Series{Labels: one.Labels}
		for _, sample := range one.Samples {
			stale := math.Float64bits(sample.Value) == math.Float64bits(Stale())
			if sample.At.After(from) && !sample.At.After(to) && !stale {
				kept.Samples = append(kept.Samples, sample)
			}
		}
		if len(kept.Samples) > 0 {
			result = append(result, kept)
		}
	}
	slices.SortFunc(result, func(a, b series.Series) int { return strings.Compare(a.Labels, b.Labels) })
	return result
}
