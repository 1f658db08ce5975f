package unittest

import (
	"context"
	"fmt"
	"slices"
	"time"

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
	// missing says which selectors of an expression match nothing, and what there is.
	missing func(ctx context.Context, expression string) ([]string, error)
}

// player plays one test.
type player struct {
	test       Test
	from       *library
	over       window
	checks     translate.Checks
	begin, end time.Time
	seen
	// sources are those of the metrics of a run, by name.
	sources map[string]*v1alpha1.PrometheusMetric
	// checkpoints are those that are still to come.
	checkpoints []Checkpoint
	result      *Result
}

// unplayable is a mistake in a test or in what it names: it cannot be played.
type unplayable string

func (u unplayable) Error() string { return string(u) }

// play plays a test to its end and compares. An error is unplayable, or the end of ctx.
func play(ctx context.Context, test Test, from *library, over window, checks translate.Checks, result *Result) error {
	p := &player{test: test, from: from, over: over, checks: checks, result: result}
	if err := p.times(); err != nil {
		return err
	}
	p.over.provider = faulty{Provider: over.provider, begin: p.begin, outages: test.Unavailable}
	story := p.run
	if test.Rollout != "" {
		story = p.release
	}
	if err := story(ctx); err != nil {
		return err
	}
	p.finish()
	if p.result.OK {
		return nil
	}
	return p.unseen(ctx)
}

// times are when the test begins, and until when it is played.
func (p *player) times() error {
	first, last := p.over.first, p.over.last
	p.begin = first.Add(p.test.Start)
	if !p.test.StartAt.IsZero() {
		p.begin = p.test.StartAt
	}
	if p.begin.Before(first) || !p.begin.Before(last) {
		return unplayable(fmt.Sprintf("it starts at %s, %s after the first sample, and the metrics go from %s to %s, %s; correct start, or add metrics",
			p.begin.Format(time.RFC3339), short(p.begin.Sub(first)), first.Format(time.RFC3339), last.Format(time.RFC3339), short(last.Sub(first))))
	}
	p.end = last
	if p.test.Duration > 0 {
		p.end = p.begin.Add(p.test.Duration)
	}
	p.checkpoints = slices.Clone(p.test.Checkpoints)
	slices.SortStableFunc(p.checkpoints, func(a, b Checkpoint) int { return int(a.At - b.At) })
	for _, c := range p.checkpoints {
		if p.begin.Add(c.At).After(p.end) {
			return unplayable(fmt.Sprintf("line %d: the checkpoint at %s is after the end, at %s; add metrics, or a longer duration", c.line, short(c.At), short(p.end.Sub(p.begin))))
		}
	}
	return nil
}

// known refuses expectations of metrics that are not measured.
func (p *player) known(names []string) error {
	expected := slices.Clone(p.test.Expect.Metrics)
	for _, c := range p.test.Checkpoints {
		expected = append(expected, c.Metrics...)
	}
	for _, m := range expected {
		if !slices.Contains(names, m.Name) {
			return unplayable(fmt.Sprintf("line %d: no metric %q is measured; there are %s", m.line, m.Name, listed(names)))
		}
	}
	return nil
}

// checkBefore compares at the checkpoints that are before a time.
func (p *player) checkBefore(next time.Time) {
	for ; len(p.checkpoints) > 0 && p.begin.Add(p.checkpoints[0].At).Before(next); p.checkpoints = p.checkpoints[1:] {
		c := p.checkpoints[0]
		p.compare("at "+short(c.At), c.Expectation, c.At)
	}
}

// finish compares the end, and writes down what it was.
func (p *player) finish() {
	p.checkBefore(p.end.Add(1))
	p.compare("expect", p.test.Expect, p.end.Sub(p.begin))
	r := p.result
	r.Verdict, r.Message, r.Played, r.Weight = p.verdict(), p.message, p.end.Sub(p.begin), p.weight
	r.Reached = p.first[r.Verdict]
	for _, m := range p.metrics {
		r.Metrics = append(r.Metrics, MetricResult{
			Name: m.name, Verdict: m.verdict(), Reached: m.first[m.verdict()], Looks: m.looks, Reason: m.reason, Message: m.told(),
		})
	}
	r.OK = len(r.Differences) == 0
}

// told is what is known of a metric: while it goes on its last look tells more.
func (m *metricSeen) told() string {
	if m.last != "" && (m.is(Running) || m.message == "") {
		return m.last
	}
	return m.message
}
