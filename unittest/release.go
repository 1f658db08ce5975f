package unittest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/replay"
)

// release plays a Rollout.
func (p *player) release(ctx context.Context) error {
	manifests := p.from.Manifests
	rollout, err := p.from.rollout(p.test.Rollout)
	if err != nil {
		return unplayable(err.Error())
	}
	options := replay.Options{Name: rollout.Name, Start: p.begin, End: p.end, Release: replay.ReleaseInput{
		StableHash: p.test.Release.Stable, CanaryHash: p.test.Release.Canary, Startup: p.test.Release.Startup,
		CheckSplit: p.test.Release.CheckSplit, PromotePauses: p.test.Release.PromotePauses,
	}}
	for _, arg := range p.test.Args {
		options.Arguments = append(options.Arguments, replay.Argument{Name: arg.Name, Value: arg.Value})
	}
	input, err := manifests.Prepare(options, replay.Recording{Path: p.test.Name, Start: p.over.first, End: p.over.last}, p.checks)
	if err != nil {
		return unplayable(err.Error())
	}
	input.Provider, input.Missing, input.Release.Fetch, p.end = p.over.provider, p.over.missing, p.from.fetch(rollout.Namespace), input.End
	played, err := replay.Play(ctx, input)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return unplayable(err.Error())
	}
	p.result.Warnings = append(p.result.Warnings, slices.Concat(played.Assumptions, played.Warnings)...)
	return p.retell(played)
}

// change is something that a replay tells of.
type change struct {
	at   time.Time
	take func(at time.Duration)
}

// retell takes over what a replay told, in the order of time, and compares at the
// checkpoints.
func (p *player) retell(played *replay.Result) error {
	none := int32(0)
	p.weight = &none
	p.enter(0, Running)
	changes := p.looks(played)
	for _, event := range played.Timeline {
		changes = append(changes, change{event.At, func(at time.Duration) { p.event(played, event, at) }})
	}
	if err := p.known(p.names()); err != nil {
		return err
	}
	v := played.Verdict
	states := []Verdict{Verdict(v.Outcome)}
	switch v.Outcome {
	case replay.Unfinished:
		states = []Verdict{Running}
	case replay.Waiting:
		states = []Verdict{Running, Waiting}
	}
	changes = append(changes, change{v.At, func(at time.Duration) {
		p.enter(at, states...)
		p.message, p.reason = v.Message, v.Message
	}})
	slices.SortStableFunc(changes, func(a, b change) int { return a.at.Compare(b.at) })
	for _, c := range changes {
		p.checkBefore(c.at)
		c.take(c.at.Sub(p.begin))
	}
	return nil
}

// looks are the looks of all runs at all metrics. Metrics of one name are one metric.
func (p *player) looks(played *replay.Result) []change {
	var changes []change
	for _, one := range played.Runs {
		for _, metric := range one.Metrics {
			m := p.metric(metric.Name)
			if m == nil {
				m = &metricSeen{name: metric.Name}
				m.enter(0, Running)
				p.metrics = append(p.metrics, m)
			}
			for _, point := range metric.Points {
				changes = append(changes, change{point.At, func(at time.Duration) {
					m.looks++
					m.last, m.reason = point.Message, point.Reason
					m.enter(at, statesOfLook(run.Phase(point.Phase), point.Reason != "")...)
				}})
			}
		}
	}
	return changes
}

// event takes one event of the timeline.
func (p *player) event(played *replay.Result, event replay.Event, at time.Duration) {
	switch event.Kind {
	case replay.EventWeight:
		p.weight = event.Weight
	case replay.EventMetricEnded:
		if m := p.metric(event.Metric); m != nil {
			m.message = event.Message
			m.enter(at, Verdict(event.Phase))
		}
	case replay.EventRunEnded:
		p.ended(played, event.Run, at)
	case replay.EventRelease:
		p.message = event.Message
	}
}

// ended takes the verdicts of the metrics of a run that ended.
func (p *player) ended(played *replay.Result, name string, at time.Duration) {
	for _, one := range played.Runs {
		if one.Name != name || one.Object == nil {
			continue
		}
		for _, metric := range one.Object.Status.MetricResults {
			if m := p.metric(metric.Name); m != nil && !run.Phase(metric.Phase).Live() && !m.is(Verdict(metric.Phase)) {
				m.message = metric.Message
				m.enter(at, Verdict(metric.Phase))
			}
		}
	}
}

// final says that nothing follows.
func (v Verdict) final() bool {
	return slices.Contains([]Verdict{Successful, Failed, Inconclusive, Promoted, RolledBack}, v)
}

// isUnplayable is the reason why a test could not be played.
func isUnplayable(err error) (why string, is bool) {
	var mistake unplayable
	is = errors.As(err, &mistake)
	return string(mistake), is
}
