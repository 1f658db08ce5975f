package run

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/analysis/criteria"
	"github.com/serin-dev/serin/analysis/series"
)

// comparing is a run with one metric that has conditions on canary and baseline.
func comparing(t testing.TB, success, failure string, change func(*Metric)) Spec {
	t.Helper()
	conditions, err := criteria.CompileComparison(success, failure)
	if err != nil {
		t.Fatal(err)
	}
	metric := Metric{Name: "m", Interval: 15 * time.Second, ConsecutiveErrorLimit: 4, Comparison: conditions}
	change(&metric)
	return Spec{Metrics: []Metric{metric}, CanarySince: epoch.Add(-10 * time.Second)}
}

func ofCounts(m *Metric)  { m.Proportion = KeptCounts() }
func ofBuckets(m *Metric) { m.Histogram = KeptHistogram() }
func ofPoints(*Metric)    {}

// lookWith measures the metric with samples.
func lookWith(t *testing.T, spec Spec, state State, now time.Time, samples Samples) State {
	t.Helper()
	number := state.Metrics[0].number()
	next := Record(spec, state, Measurement{Metric: "m", Number: number, StartedAt: now, FinishedAt: now, Samples: &samples})
	if next.Metrics[0].number() != number+1 {
		t.Fatalf("the look at %s was not recorded: %s", now.Sub(epoch), next.Message)
	}
	return next
}

// rates are requests per second up to 0.19 s, 0.2 s, 0.3 s, 0.4 s, and above.
type rates [5]float64

// steady are the buckets of requests at steady rates, scraped every 5 s.
func steady(name string, since, until time.Time, rates rates) series.Histograms {
	lines := make([]series.Series, len(rates))
	for i, le := range []string{"0.19", "0.2", "0.3", "0.4", "+Inf"} {
		lines[i].Labels = fmt.Sprintf(`{__name__=%q, le=%q, pod=%q}`, name, le, name)
	}
	for at := since; !at.After(until); at = at.Add(5 * time.Second) {
		sum := 0.0
		for i, rate := range rates {
			sum += math.Floor(rate * at.Sub(since).Seconds())
			lines[i].Samples = append(lines[i].Samples, series.Sample{At: at, Value: sum})
		}
	}
	return series.Histograms{Classic: lines}
}

// short is an outcome in a few words: a phase, and a reason.
func short(o Outcome) string { return strings.TrimSpace(string(o.Phase) + " " + string(o.Reason)) }

func TestConditionsOnHistograms(t *testing.T) {
	const slower = "canary.quantile(0.99) < 1.2 * baseline.quantile(0.99)"
	good, bad := rates{10, 89.5, 0.5, 0, 0}, rates{10, 40, 0, 50, 0}
	for _, test := range []struct {
		reason, success string
		canary          rates
		after           time.Duration
		want            string
	}{
		{"a canary like the baseline", slower, good, 5 * time.Minute, "Successful"},
		{"a few requests, whose bounds are wide", slower, good, 5 * time.Second, "Inconclusive NotKnownYet"},
		{"a slower canary", slower, bad, 5 * time.Minute, "Failed"},
		{"edges that are further apart than what is tolerated", "canary.quantile(0.999) < 1.2 * baseline.quantile(0.999)", good, 5 * time.Minute, "Inconclusive NotKnownYet"},
		{"a share above an edge", "canary.above(0.2) < 0.2", good, 5 * time.Minute, "Successful"},
		{"the evidence of all edges", "eValue(result) < 100", bad, 5 * time.Minute, "Failed"},
		{"the share of bad requests, which no histogram has", "canary.share < 0.5", good, 5 * time.Minute, "Inconclusive NoData"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			spec := comparing(t, test.success, "", ofBuckets)
			now := epoch.Add(test.after)
			state := lookWith(t, spec, Start(spec, epoch), now, Samples{
				CanaryHistogram:   steady("canary", epoch.Add(-10*time.Second), now, test.canary),
				BaselineHistogram: steady("baseline", epoch.Add(-time.Hour), now, good),
			})
			if got := lastOf(state); short(got) != test.want {
				t.Errorf("got %q, want %q: %s", short(got), test.want, got.Message)
			}
			if e := state.Metrics[0].Evidence; e == nil || e.Method != "conditions" || e.Limit != "" || e.RateRatio != "" || len(e.Quantiles) != 2 {
				t.Errorf("evidence: %+v", e)
			}
		})
	}
}

// Long: it is a table.
func TestConditionsOnAGauge(t *testing.T) {
	point := func(at time.Time, value float64) []series.Sample {
		return []series.Sample{{At: at, Value: value}}
	}
	for _, test := range []struct {
		reason, success string
		// canary and baseline are what the looks bring; nothing beyond their ends.
		canary, baseline []float64
		want             string
	}{
		{"points of both", "canary.mean < 10", wave(40, 5), wave(40, 5), "Successful"},
		{"too few points for bounds", "canary.mean < 10", wave(5, 5), wave(5, 5), "Inconclusive NotKnownYet"},
		{"a mean above the limit", "canary.mean < 4", wave(40, 5), wave(40, 5), "Failed"},
		{"a test for one look", "mannWhitney(canary.points, baseline.points) > 0.01", wave(40, 9), wave(40, 5), "Failed"},
		{"no judge, no evidence", "eValue(result) < 100", wave(40, 9), wave(40, 5), "Inconclusive NoData"},
		{"a canary that has vanished", "canary.mean < 10", wave(40, 5), wave(41, 5), "Inconclusive NoData"},
		{"a baseline that has vanished", "canary.mean < 10", wave(41, 5), wave(40, 5), "Inconclusive NoData"},
		{"a canary that is no number now", "canary.mean < 10", append(wave(40, 5), math.NaN()), wave(41, 5), "Inconclusive NotANumber"},
		{"a canary that was no number once", "canary.mean < 10", append([]float64{math.NaN()}, wave(40, 5)...), wave(41, 5), "Successful"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			spec := comparing(t, test.success, "", func(m *Metric) { m.FailureLimit = 1000 })
			state, now := Start(spec, epoch), epoch
			for i := range max(len(test.canary), len(test.baseline)) {
				var samples Samples
				if i < len(test.canary) {
					samples.CanaryPoints = point(now, test.canary[i])
				}
				if i < len(test.baseline) {
					samples.BaselinePoints = point(now, test.baseline[i])
				}
				state = restart(t, lookWith(t, spec, state, now, samples))
				now = now.Add(15 * time.Second)
			}
			if got := lastOf(state); short(got) != test.want {
				t.Errorf("got %q, want %q: %s", short(got), test.want, got.Message)
			}
		})
	}
}

// wave are n values around a level.
func wave(n int, level float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = level + 0.1*float64(i%7-3)
	}
	return values
}

func TestAGaugeForgetsAFutureThatTheClockHasLeft(t *testing.T) {
	spec := comparing(t, "samples(canary.mean) < 2", "", ofPoints)
	both := func(at time.Time) Samples {
		points := []series.Sample{{At: at, Value: 1}}
		return Samples{CanaryPoints: points, BaselinePoints: points}
	}
	state := lookWith(t, spec, Start(spec, epoch), epoch.Add(time.Hour), both(epoch.Add(time.Hour)))
	state = lookWith(t, spec, state, epoch, both(epoch))
	if got := lastOf(state); short(got) != "Successful" {
		t.Errorf("%+v", got)
	}
}

// TestConditionsResume: cut after each look and resumed from the serialised state, a run
// says the same as one that was not cut.
func TestConditionsResume(t *testing.T) {
	spec := comparing(t, "canary.share < 0.05 && eValue(result) < 1000 && upper(result.ratio) < 100", "", func(m *Metric) {
		m.FailureLimit = 1000
		ofCounts(m)
	})
	spec.BaselineSince = epoch.Add(-time.Hour)
	whole, cut, now := Start(spec, epoch), Start(spec, epoch), epoch
	tape := newTape()
	for i := range 30 {
		now = now.Add(16 * time.Second)
		tape.scrape(now, []string{fmt.Sprint(i % 3), "40", "2", "400"})
		looks, _ := Due(spec, whole, now)
		samples := tape.samples(looks[0].From, now)
		whole, cut = lookWith(t, spec, whole, now, *samples), restart(t, lookWith(t, spec, cut, now, *samples))
		if diff := cmp.Diff(whole, cut); diff != "" {
			t.Fatalf("look %d (-whole +cut):\n%s", i, diff)
		}
	}
	if state := whole.Metrics[0]; state.Count == 0 || state.Blind == 0 {
		t.Errorf("nothing became known on the way: %+v", state)
	}
}

// TestConditionsDrawOnNoBudget: evidence beyond any limit fails nothing that the
// conditions accept, alone or with others, and a last look changes nothing.
func TestConditionsDrawOnNoBudget(t *testing.T) {
	spec := comparing(t, "canary.share < 0.5", "", ofCounts)
	other := judgedSpec().Metrics[0]
	spec.FalseAlarmBudget, spec.Metrics = 0.01, append(spec.Metrics, other)
	spec.Metrics[0].Count = 2
	if spec.planned() {
		t.Error("conditions keep half of a judge's budget for a last look of their own")
	}
	tape := newTape()
	tape.scrape(epoch.Add(15*time.Second), []string{"100", "1000", "1", "1000"})
	state := lookWith(t, spec, Start(spec, epoch), epoch.Add(15*time.Second), *tape.samples(epoch.Add(-15*time.Minute), epoch.Add(15*time.Second)))
	if got := lastOf(state); short(got) != "Successful" || state.Metrics[0].Evidence.CanaryBad != "100" {
		t.Errorf("%+v, %+v", got, state.Metrics[0].Evidence)
	}
	if state.Together != nil || !state.Phase.Live() {
		t.Errorf("%s: %+v", state.Message, state.Together)
	}
}

func TestAWarmUpHoldsConditionsToo(t *testing.T) {
	spec := comparing(t, "canary.share < 0.5", "", func(m *Metric) {
		m.WarmUp = 10 * time.Minute
		ofCounts(m)
	})
	tape := newTape()
	now := epoch.Add(15 * time.Second)
	tape.scrape(now, []string{"0", "1000", "1", "1000"})
	state := lookWith(t, spec, Start(spec, epoch), now, *tape.samples(epoch.Add(-15*time.Minute), now))
	if got := lastOf(state); short(got) != "Inconclusive WarmingUp" {
		t.Errorf("%+v", got)
	}
}
