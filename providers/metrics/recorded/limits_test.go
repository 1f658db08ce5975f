package recorded_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/providers/metrics/metricstest"
	"github.com/serin-dev/serin/providers/metrics/recorded"
	"github.com/serin-dev/serin/recording"
)

// TestNoFuture: an answer is the same when everything after its time is cut off.
func TestNoFuture(t *testing.T) {
	whole := world(3, 30)
	for name, config := range map[string]recorded.Config{"plans": {}, "engine only": {EngineOnly: true}} {
		full := provider(t, whole, config)
		rapid.Check(t, func(r *rapid.T) {
			expression := rapid.SampledFrom(expressions()).Draw(r, "expression")
			at := moment(r, whole)
			// The later ones are answered from a batch that reaches into the future.
			for range 4 {
				past := provider(t, until(whole, at.UnixMilli()), config)
				if difference := cmp.Diff(ask(past, expression, at), ask(full, expression, at)); difference != "" {
					r.Fatalf("%s: %s at %s (-cut +whole):\n%s", name, expression, at, difference)
				}
				at = at.Add(20 * time.Second)
			}
		})
	}
}

// until cuts a recording off.
func until(all source, end int64) source {
	var made source
	for _, one := range all {
		next := recording.Series{Labels: one.Labels}
		for _, point := range one.Floats {
			if point.T <= end {
				next.Floats = append(next.Floats, point)
			}
		}
		for _, point := range one.Histograms {
			if point.T <= end {
				next.Histograms = append(next.Histograms, point)
			}
		}
		if len(next.Floats)+len(next.Histograms) > 0 {
			made = append(made, next)
		}
	}
	return made
}

// counting counts how often a source is read, and fails the first times.
type counting struct {
	source
	reads    atomic.Int32
	failures int32
}

func (c *counting) Select(ctx context.Context, from, to time.Time, matchers ...*labels.Matcher) ([]recording.Series, error) {
	if c.reads.Add(1) <= c.failures {
		return nil, errors.New("block 01ABC is damaged")
	}
	return c.source.Select(ctx, from, to, matchers...)
}

// TestReadsOnce: a selector is read once, however it is written and used, and again
// after a failure.
func TestReadsOnce(t *testing.T) {
	held := &counting{source: world(1, 10), failures: 1}
	made := provider(t, held, recorded.Config{})
	at := metricstest.Origin().Add(5 * time.Minute)
	_, err := made.Query(t.Context(), "sum(requests_total)", at)
	if !errors.Is(err, metrics.ErrUnavailable) || !strings.Contains(err.Error(), "block 01ABC is damaged") {
		t.Fatalf("error %v, want what the source says", err)
	}
	for range 3 {
		for _, expression := range []string{"sum(requests_total)", `topk(1, {__name__="requests_total"})`, "rate(requests_total[1m])"} {
			if _, err := made.Query(t.Context(), expression, at); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := made.Samples(t.Context(), "requests_total # all", at.Add(-time.Minute), at); err != nil {
			t.Fatal(err)
		}
	}
	if reads := held.reads.Load(); reads != 2 {
		t.Errorf("the source was read %d times, want 2", reads)
	}
}

// TestForgets: a recording that is larger than the memory is answered from, one selector
// at a time; a selector that is larger is refused.
func TestForgets(t *testing.T) {
	held := world(1, 60)
	small, large := provider(t, held, recorded.Config{HeldSamples: 3_000}), provider(t, held, recorded.Config{})
	for minute := range 20 {
		at := metricstest.Origin().Add(time.Duration(10+minute) * time.Minute)
		for _, expression := range []string{"sum(rate(requests_total[1m]))", "sum(rate(latency_bucket[1m]))", "sum(temperature) / sum(requests_total)"} {
			if difference := cmp.Diff(ask(large, expression, at), ask(small, expression, at)); difference != "" {
				t.Errorf("%s (-large +small):\n%s", expression, difference)
			}
		}
		want, wantErr := large.Samples(t.Context(), "requests_total", at.Add(-time.Minute), at)
		got, err := small.Samples(t.Context(), "requests_total", at.Add(-time.Minute), at)
		if difference := cmp.Diff(want, got); difference != "" || wantErr != nil || err != nil {
			t.Errorf("%v, %v (-large +small):\n%s", wantErr, err, difference)
		}
	}
	_, err := provider(t, held, recorded.Config{HeldSamples: 100}).Query(t.Context(), "sum(requests_total)", metricstest.Origin())
	if !errors.Is(err, metrics.ErrInvalidQuery) || !strings.Contains(err.Error(), "9 series") {
		t.Errorf("error %v, want a refusal that says how much it is", err)
	}
}

// TestDamaged: a source that breaks its promises is told so.
func TestDamaged(t *testing.T) {
	up := labels.FromStrings("__name__", "up")
	for reason, held := range map[string]source{
		"order of time": {{Labels: up, Floats: []recording.Point{{T: 2}, {T: 1}}}},
		"twice":         {{Labels: up, Floats: []recording.Point{{T: 1}}}, {Labels: up, Floats: []recording.Point{{T: 2}}}},
	} {
		_, err := provider(t, held, recorded.Config{}).Query(t.Context(), "up", metricstest.Origin())
		if !errors.Is(err, metrics.ErrUnavailable) || !strings.Contains(err.Error(), reason) {
			t.Errorf("error %v, want one about %q", err, reason)
		}
	}
}

// TestLimits: a query that holds too much is refused, one that takes too long ends.
func TestLimits(t *testing.T) {
	held := world(1, 60)
	at := metricstest.Origin().Add(5 * time.Minute)
	_, err := provider(t, held, recorded.Config{QuerySamples: 3, EngineOnly: true}).Query(t.Context(), "sum(requests_total)", at)
	if !errors.Is(err, metrics.ErrInvalidQuery) || !strings.Contains(err.Error(), "too many samples") {
		t.Errorf("error %v, want a refusal", err)
	}
	_, err = provider(t, held, recorded.Config{Timeout: time.Nanosecond, EngineOnly: true}).Query(t.Context(), "sum(requests_total)", at)
	if !errors.Is(err, metrics.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
	}
	if _, err := recorded.New(held, recorded.Config{Name: "x"}); err == nil || !strings.Contains(err.Error(), "give the bounds") {
		t.Errorf("error %v, want one that says what to give", err)
	}
}

// TestConcurrent: many replays may use one provider, each with times of its own.
func TestConcurrent(t *testing.T) {
	held := world(5, 30)
	shared := provider(t, held, recorded.Config{HeldSamples: 9_000})
	var all sync.WaitGroup
	for worker := range uint64(8) {
		all.Go(func() {
			random := rand.New(rand.NewPCG(worker, 2))
			own := provider(t, held, recorded.Config{EngineOnly: true})
			for range 60 {
				expression := expressions()[random.IntN(len(expressions()))]
				at := metricstest.Origin().Add(time.Duration(random.Int64N(1_800_000)) * time.Millisecond)
				if difference := cmp.Diff(ask(own, expression, at), ask(shared, expression, at)); difference != "" {
					t.Errorf("%s at %s (-alone +together):\n%s", expression, at, difference)
				}
			}
		})
	}
	all.Wait()
}

// TestEdges: at the very millisecond at which a sample enters or leaves, all ways agree,
// and none of them sees further with a negative offset or @, on a grid or not.
func TestEdges(t *testing.T) {
	x := recording.Series{Labels: labels.FromStrings("__name__", "x_total")}
	zero := metricstest.Origin().UnixMilli()
	for i := range int64(20) {
		x.Floats = append(x.Floats, recording.Point{T: zero + i*15_000, V: float64(i * i)})
	}
	held := source{x}
	plans, engine := provider(t, held, recorded.Config{}), provider(t, held, recorded.Config{EngineOnly: true})
	for _, expression := range []string{
		"x_total", "x_total offset 1m", "rate(x_total[1m])", "last_over_time(x_total[30s])", "count_over_time(x_total[1m] offset 15s)",
		"sum(x_total offset -30s)", "sum(rate(x_total[1m] offset -1m))", "sum(x_total @ 1772366500)", "sum_over_time(x_total[1m:10s] offset -30s)", "sum(x_total @ end())", "max_over_time(x_total[1m:5s])",
	} {
		for _, edge := range []time.Duration{0, 15 * time.Second, time.Minute, 4*time.Minute + 45*time.Second, 9*time.Minute + 45*time.Second, 10*time.Minute + 45*time.Second} {
			for beside := -3 * time.Millisecond; beside <= 3*time.Millisecond; beside += time.Millisecond {
				at := metricstest.Origin().Add(edge + beside)
				want := ask(provider(t, until(held, at.UnixMilli()), recorded.Config{EngineOnly: true}), expression, at)
				if difference := cmp.Diff(want, ask(plans, expression, at)); difference != "" {
					t.Errorf("%s at %s by a plan (-alone +plan):\n%s", expression, edge+beside, difference)
				}
				// Seven times a millisecond apart are a grid.
				if difference := cmp.Diff(want, ask(engine, expression, at)); difference != "" {
					t.Errorf("%s at %s by a batch (-alone +batch):\n%s", expression, edge+beside, difference)
				}
			}
		}
	}
}

// TestLeavesSamples: nothing that is asked changes the samples of the recording, which
// are shared with it.
func TestLeavesSamples(t *testing.T) {
	held, untouched := world(9, 20), world(9, 20)
	made := provider(t, held, recorded.Config{})
	for _, expression := range expressions() {
		for minute := range 4 {
			ask(made, expression, metricstest.Origin().Add(time.Duration(5*minute)*time.Minute+time.Second))
		}
	}
	if difference := cmp.Diff(fmt.Sprint(untouched), fmt.Sprint(held)); difference != "" {
		t.Errorf("the recording was changed (-before +after):\n%s", difference)
	}
}
