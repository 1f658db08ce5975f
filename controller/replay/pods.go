package replay

import (
	"context"
	"errors"
	"time"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

// pods are what each pod has served while a run lasted, as the judge counts: for plots,
// not for verdicts. Metrics without counters, and sources without an answer, have none.
func (p *player) pods(ctx context.Context, run *played, metric v1alpha1.Metric) []Pod {
	source, state := metric.Provider.Prometheus, run.State()
	if source == nil || source.Canary == nil || source.Canary.Total == "" {
		return nil
	}
	until := state.CompletedAt
	if until.IsZero() {
		until = p.in.End
	}
	var arms series.Arms
	for _, part := range []struct {
		versions *v1alpha1.VersionMetrics
		arm      *series.Counters
	}{{source.Canary, &arms.Canary}, {source.Baseline, &arms.Baseline}} {
		if part.versions == nil {
			continue
		}
		part.arm.Bad = p.counters(ctx, part.versions.Bad, state.StartedAt, until)
		part.arm.Total = p.counters(ctx, part.versions.Total, state.StartedAt, until)
	}
	if spec := run.Spec(); spec.CanarySince != nil {
		arms.Canary.BornAfter = spec.CanarySince.UTC()
	}
	// What is left of the samples is far apart.
	policy := series.Policy{Lookback: until.Sub(state.StartedAt) + series.DefaultLookback}
	window, _ := series.Begin(state.StartedAt, arms.Canary.BornAfter, policy).Advance(arms, until, policy)
	var pods []Pod
	for _, arm := range []struct {
		name string
		pods []series.PodCounts
	}{{"canary", window.CanaryPods}, {"baseline", window.BaselinePods}} {
		for _, pod := range arm.pods {
			pods = append(pods, Pod{Arm: arm.name, Name: pod.Pod, Bad: pod.Bad, Total: pod.Total})
		}
	}
	return pods
}

// counters are the raw samples of a selector; none when there is no answer.
func (p *player) counters(ctx context.Context, selector string, from, to time.Time) []series.Series {
	if selector == "" {
		return nil
	}
	answer, err := p.in.Provider.Samples(ctx, selector, from.Add(-series.DefaultLookback), to)
	if err != nil && !errors.Is(err, metrics.ErrNoData) {
		return nil
	}
	thinned := make([]series.Series, len(answer.Series))
	for i, one := range answer.Series {
		thinned[i] = series.Series{Labels: one.Labels, Samples: thin(one.Samples, from)}
	}
	return thinned
}

// thin leaves out the samples of a counter that do not change what it has counted since
// a time: those between others, where it only grows.
func thin(samples []series.Sample, from time.Time) []series.Sample {
	var kept []series.Sample
	for i, sample := range samples {
		ends := i == 0 || i == len(samples)-1
		begins := !ends && !sample.At.After(from) && samples[i+1].At.After(from) || !ends && sample.At.After(from) && !samples[i-1].At.After(from)
		resets := !ends && (sample.Value < samples[i-1].Value || samples[i+1].Value < sample.Value)
		if ends || begins || resets {
			kept = append(kept, sample)
		}
	}
	return kept
}
