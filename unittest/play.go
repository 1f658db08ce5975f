package unittest

import (
	"context"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

// epoch is when the series of all tests begin. It is a Thursday.
func epoch() time.Time { return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) }

// window is what a test is played over.
type window struct {
	provider metrics.Provider
	// first and last are the times of the first and of the last sample.
	first, last time.Time
}

// player plays one test.
type player struct {
	test       Test
	begin, end time.Time
	analysis   *replay.Analysis
	state      run.State
	run        history
	metrics    map[string]*history
	result     *Result
}

// play plays a test to its end and compares. An error is one of the machine, such as an
// interrupt; what is wrong with the test or its templates is in the result.
func play(ctx context.Context, test Test, from *library, over window, checks translate.Checks, result *Result) error {
	p := &player{test: test, result: result, metrics: map[string]*history{}}
	if why := p.times(over); why != "" {
		result.Unplayable = why
		return nil
	}
	spec, why := p.resolve(from, over.first, checks)
	if why != "" {
		result.Unplayable = why
		return nil
	}
	provider := faulty{Provider: over.provider, begin: p.begin, outages: test.Unavailable}
	analysis, problems := replay.NewAnalysis(spec, test.Kind, checks, provider, p.begin)
	if len(problems) > 0 {
		result.Unplayable = problems.Error()
		return nil
	}
	p.analysis = analysis
	if err := p.story(ctx); err != nil {
		return err
	}
	p.finish()
	return nil
}

// times are when the run begins, and until when it is played.
func (p *player) times(over window) (why string) {
	p.begin = over.first.Add(p.test.Start)
	if !p.test.StartAt.IsZero() {
		p.begin = p.test.StartAt
	}
	if p.begin.Before(over.first) || p.begin.After(over.last) {
		return fmt.Sprintf("it starts at %s, %s after the first sample, and the metrics go from %s to %s, %s; correct start",
			p.begin.Format(time.RFC3339), short(p.begin.Sub(over.first)), over.first.Format(time.RFC3339), over.last.Format(time.RFC3339), short(over.last.Sub(over.first)))
	}
	p.end = over.last
	if p.test.Duration > 0 {
		p.end = p.begin.Add(p.test.Duration)
	}
	for _, c := range p.test.Checkpoints {
		if p.begin.Add(c.At).After(p.end) {
			return fmt.Sprintf("the checkpoint at %s is after the end, at %s; add metrics, or a longer duration", short(c.At), short(p.end.Sub(p.begin)))
		}
	}
	return ""
}

// resolve is the spec of the run.
func (p *player) resolve(from *library, first time.Time, checks translate.Checks) (spec v1alpha1.AnalysisRunSpec, why string) {
	var analysis v1alpha1.RolloutAnalysis
	for _, name := range p.test.Templates {
		ref, err := from.reference(name)
		if err != nil {
			return spec, err.Error()
		}
		analysis.Templates = append(analysis.Templates, ref)
	}
	for _, arg := range p.test.Args {
		analysis.Args = append(analysis.Args, v1alpha1.AnalysisArgument{Name: arg.Name, Value: &arg.Value})
	}
	spec, problems, err := translate.ResolveAnalysis(from.fetch, analysis, p.test.Kind, translate.Release{}, checks)
	switch {
	case err != nil:
		return spec, err.Error()
	case len(problems) > 0:
		return spec, problems.Error()
	}
	since := func(after *time.Duration) *metav1.MicroTime {
		if after == nil {
			return nil
		}
		moment := metav1.NewMicroTime(first.Add(*after))
		return &moment
	}
	spec.CanarySince, spec.BaselineSince = since(p.test.CanarySince), since(p.test.BaselineSince)
	return spec, p.unknownMetric(spec)
}

// unknownMetric refuses expectations of metrics that are not measured.
func (p *player) unknownMetric(spec v1alpha1.AnalysisRunSpec) string {
	var names []string
	for _, metric := range spec.Metrics {
		names = append(names, metric.Name)
	}
	expected := [][]MetricExpectation{p.test.Expect.Metrics}
	for _, c := range p.test.Checkpoints {
		expected = append(expected, c.Metrics)
	}
	for _, m := range slices.Concat(expected...) {
		if !slices.Contains(names, m.Name) {
			return fmt.Sprintf("line %d: no metric %q is measured; there are %s", m.line, m.Name, listed(names))
		}
	}
	return ""
}

// story plays the looks, and what the test says of weights, in the order of time, and
// compares at the checkpoints.
func (p *player) story(ctx context.Context) error {
	p.see(p.begin)
	weights, checkpoints := p.test.Weights, slices.Clone(p.test.Checkpoints)
	slices.SortStableFunc(checkpoints, func(a, b Checkpoint) int { return int(a.At - b.At) })
	for {
		next, live := p.analysis.Next()
		if !live || next.After(p.end) {
			next = p.end.Add(1)
		}
		for ; len(checkpoints) > 0 && p.begin.Add(checkpoints[0].At).Before(next); checkpoints = checkpoints[1:] {
			c := checkpoints[0]
			p.compare("at "+short(c.At), c.Expectation, c.At)
		}
		if next.After(p.end) {
			return nil
		}
		for ; len(weights) > 0 && !p.begin.Add(weights[0].From).After(next); weights = weights[1:] {
			if err := p.analysis.SetWeight(&weights[0].Weight, p.begin.Add(weights[0].From)); err != nil {
				return err
			}
		}
		if _, err := p.analysis.Step(ctx, next); err != nil {
			return err
		}
		p.see(next)
	}
}

// see notes the states after the looks at a time.
func (p *player) see(now time.Time) {
	p.state = p.analysis.State()
	p.run.enter(now.Sub(p.begin), statesOfRun(p.analysis.View(now))...)
	for _, metric := range p.state.Metrics {
		if p.metrics[metric.Name] == nil {
			p.metrics[metric.Name] = &history{}
		}
		p.metrics[metric.Name].enter(now.Sub(p.begin), statesOfMetric(metric)...)
	}
}

// finish compares the end, and writes down what it was.
func (p *player) finish() {
	p.compare("expect", p.test.Expect, p.end.Sub(p.begin))
	r := p.result
	r.Verdict, r.Message, r.Played = p.run.verdict(), p.state.Message, p.end.Sub(p.begin)
	r.Reached = p.run.first[r.Verdict]
	for _, metric := range p.state.Metrics {
		h := p.metrics[metric.Name]
		seen := MetricResult{Name: metric.Name, Verdict: h.verdict(), Reached: h.first[h.verdict()], Looks: metric.Count + metric.Blind, Message: messageOf(metric)}
		if last, measured := lastOf(metric); measured && last.Blind() {
			seen.Reason = string(last.Reason)
		}
		r.Metrics = append(r.Metrics, seen)
	}
	r.OK = len(r.Differences) == 0
}

// messageOf is what is known of a metric: the message of its last look tells more while
// it goes on.
func messageOf(metric run.MetricState) string {
	last, measured := lastOf(metric)
	if measured && last.Message != "" && (metric.Phase.Live() || metric.Message == "") {
		return last.Message
	}
	return metric.Message
}
