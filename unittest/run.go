package unittest

import (
	"context"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// run plays templates as one AnalysisRun.
func (p *player) run(ctx context.Context) error {
	spec, err := p.resolve()
	if err != nil {
		return err
	}
	analysis, problems := replay.NewAnalysis(spec, p.test.Kind, p.checks, p.over.provider, p.begin)
	if len(problems) > 0 {
		return unplayable(problems.Error())
	}
	p.sources = map[string]*v1alpha1.PrometheusMetric{}
	for _, metric := range spec.Metrics {
		p.sources[metric.Name] = metric.Provider.Prometheus
	}
	p.note(analysis, p.begin)
	if err := p.known(p.names()); err != nil {
		return err
	}
	weights := p.test.Weights
	for {
		next, live := analysis.Next()
		if !live || next.After(p.end) {
			return nil
		}
		p.checkBefore(next)
		for ; len(weights) > 0 && !p.begin.Add(weights[0].From).After(next); weights = weights[1:] {
			if err := analysis.SetWeight(&weights[0].Weight, p.begin.Add(weights[0].From)); err != nil {
				return unplayable(err.Error())
			}
		}
		if _, err := analysis.Step(ctx, next); err != nil {
			return err
		}
		p.note(analysis, next)
	}
}

// resolve is the spec of the run.
func (p *player) resolve() (spec v1alpha1.AnalysisRunSpec, err error) {
	var analysis v1alpha1.RolloutAnalysis
	for _, name := range p.test.Templates {
		ref, err := p.from.reference(name)
		if err != nil {
			return spec, unplayable(err.Error())
		}
		analysis.Templates = append(analysis.Templates, ref)
	}
	for _, arg := range p.test.Args {
		analysis.Args = append(analysis.Args, v1alpha1.AnalysisArgument{Name: arg.Name, Value: &arg.Value})
	}
	spec, problems, err := translate.ResolveAnalysis(p.from.fetch(""), analysis, p.test.Kind, translate.Release{}, p.checks)
	switch {
	case err != nil:
		return spec, unplayable(err.Error())
	case len(problems) > 0:
		return spec, unplayable(problems.Error())
	}
	since := func(after *time.Duration) *metav1.MicroTime {
		if after == nil {
			return nil
		}
		moment := metav1.NewMicroTime(p.over.first.Add(*after))
		return &moment
	}
	spec.CanarySince, spec.BaselineSince = since(p.test.CanarySince), since(p.test.BaselineSince)
	return spec, nil
}

// note takes over what a run knows after the looks at a time.
func (p *player) note(analysis *replay.Analysis, now time.Time) {
	at, state := now.Sub(p.begin), analysis.State()
	p.enter(at, statesOfRun(analysis.View(now))...)
	p.message, p.reason = state.Message, ""
	var holding []string
	for _, metric := range state.Metrics {
		m := p.metric(metric.Name)
		if m == nil {
			m = &metricSeen{name: metric.Name}
			p.metrics = append(p.metrics, m)
		}
		m.message, m.looks = metric.Message, metric.Count+metric.Blind
		var last run.Outcome
		if n := len(metric.Measurements); n > 0 {
			last = metric.Measurements[n-1]
		}
		m.last, m.reason = last.Message, ""
		if last.Blind() {
			m.reason = string(last.Reason)
		}
		if !metric.Phase.Live() {
			m.enter(at, Verdict(metric.Phase))
			continue
		}
		m.enter(at, statesOfLook(last.Phase, last.Blind())...)
		if m.looks > 0 && last.Phase != run.Successful {
			holding = append(holding, m.name+": "+m.why())
		}
	}
	if p.reason = state.Message; state.Phase.Live() {
		p.reason = strings.Join(holding, "\n")
	}
}

// unseen notes which selectors match nothing, of metrics that had no data in the end.
func (p *player) unseen(ctx context.Context) error {
	for _, m := range p.metrics {
		source := p.sources[m.name]
		if source == nil || m.reason != string(run.NoData) {
			continue
		}
		expressions := []string{source.Query}
		for _, of := range []*v1alpha1.VersionMetrics{source.Canary, source.Baseline} {
			if of != nil {
				expressions = append(expressions, of.Bad, of.Total, of.Histogram, of.Query)
			}
		}
		for _, expression := range expressions {
			if expression == "" {
				continue
			}
			missing, err := p.over.missing(ctx, expression)
			if err != nil {
				return err
			}
			for _, text := range missing {
				p.result.Warnings = append(p.result.Warnings, m.name+": "+text)
			}
		}
	}
	return nil
}

// why is what a metric said last, with the reason why it saw nothing.
func (m *metricSeen) why() string {
	if text := m.told(); m.reason == "" || strings.HasPrefix(text, m.reason) {
		return text
	}
	return m.reason + ": " + m.told()
}
