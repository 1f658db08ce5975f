package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/recording/capture"
)

// touched is what manifests ask of a server.
type touched struct {
	// questions are queries and selectors, each once.
	questions map[question]bool
	// addresses are those that metrics name themselves.
	addresses map[string]bool
	// past is how long before the start each is read.
	past map[question]time.Duration
}

// question is a query, or a selector of raw samples.
type question struct {
	text     string
	selector bool
}

// touchedBy finds out what the objects of manifests ask: a Rollout's analyses, AnalysisRuns,
// or, when there are neither, all templates. Where an argument is the hash of a version,
// any hash is wanted.
func touchedBy(manifests *replay.Manifests, arguments map[string]string) (*touched, error) {
	t := &touched{questions: map[question]bool{}, addresses: map[string]bool{}, past: map[question]time.Duration{}}
	for _, run := range manifests.Runs {
		if err := t.metrics(run.Spec.Metrics, run.Spec.Args); err != nil {
			return nil, fmt.Errorf("in AnalysisRun %s: %w", run.Name, err)
		}
	}
	for _, rollout := range manifests.Rollouts {
		if err := t.rollout(manifests, rollout, arguments); err != nil {
			return nil, fmt.Errorf("in Rollout %s: %w", rollout.Name, err)
		}
	}
	if len(manifests.Runs) == 0 && len(manifests.Rollouts) == 0 {
		var references []v1alpha1.TemplateReference
		for _, template := range manifests.Templates {
			references = append(references, v1alpha1.TemplateReference{TemplateName: template.Name})
		}
		for _, template := range manifests.ClusterTemplates {
			references = append(references, v1alpha1.TemplateReference{TemplateName: template.Name, ClusterScope: true})
		}
		if len(references) == 0 {
			return nil, fmt.Errorf("there is no Rollout, AnalysisRun or AnalysisTemplate of serin.dev in %s", strings.Join(manifests.Files, ", "))
		}
		if err := t.templates(manifests.Fetch(""), references, arguments); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// rollout takes the analyses of a Rollout.
func (t *touched) rollout(manifests *replay.Manifests, rollout v1alpha1.Rollout, arguments map[string]string) error {
	canary := rollout.Spec.Strategy.Canary
	if canary == nil {
		return nil
	}
	var analyses []v1alpha1.RolloutAnalysis
	if canary.Analysis != nil {
		analyses = append(analyses, canary.Analysis.RolloutAnalysis)
	}
	for _, step := range canary.Steps {
		if step.Analysis != nil {
			analyses = append(analyses, *step.Analysis)
		}
	}
	release := translate.Release{Rollout: rollout.ObjectMeta, StableHash: capture.Any, LatestHash: capture.Any, FreshBaseline: true}
	for _, analysis := range analyses {
		values, problems := translate.ArgumentValues(release, analysis.Args)
		if len(problems) > 0 {
			return problems
		}
		for _, argument := range analysis.Args {
			// The label of the baseline is there or not: either is wanted.
			if argument.ValueFrom != nil && argument.ValueFrom.Baseline != nil {
				values[argument.Name] = capture.Any
			}
		}
		for name := range values {
			if given, has := arguments[name]; has {
				values[name] = given
			}
		}
		if err := t.templates(manifests.Fetch(rollout.Namespace), analysis.Templates, values); err != nil {
			return err
		}
	}
	return nil
}

// templates takes the metrics of templates and of what they include. Values that no
// template declares are left out: several templates share them.
func (t *touched) templates(fetch translate.Fetch, references []v1alpha1.TemplateReference, values map[string]string) error {
	resolved, problems, err := translate.ResolveTemplates(fetch, references)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return problems
	}
	declared := map[string]string{}
	var missing []string
	for _, argument := range resolved.Args {
		value, given := values[argument.Name]
		if given {
			declared[argument.Name] = value
		} else if argument.Value == nil && argument.ValueFrom == nil {
			missing = append(missing, argument.Name)
		}
	}
	if len(missing) > 0 {
		return withoutValue(missing)
	}
	arguments, problems := resolved.Override(declared)
	if len(problems) > 0 {
		return problems
	}
	return t.metrics(resolved.Metrics, arguments)
}

// argument is how metrics name an argument.
var argument = regexp.MustCompile(`\{\{\s*args\.([^}\s]+)\s*\}\}`)

// metrics takes what metrics ask, with their arguments filled in. One from a Secret can
// only stand in what is not shown, so in no query.
func (t *touched) metrics(metrics []v1alpha1.Metric, arguments []v1alpha1.Argument) error {
	values := map[string]string{}
	for _, argument := range arguments {
		if argument.Value != nil {
			values[argument.Name] = *argument.Value
		}
	}
	missing := map[string]bool{}
	fill := func(text string) string {
		return argument.ReplaceAllStringFunc(text, func(found string) string {
			name := argument.FindStringSubmatch(found)[1]
			value, known := values[name]
			if !known {
				missing[name] = true
			}
			return value
		})
	}
	for _, metric := range metrics {
		source := metric.Provider.Prometheus
		if source == nil {
			continue
		}
		if source.Address != "" && !strings.Contains(source.Address, "{{") {
			t.addresses[source.Address] = true
		}
		t.ask(fill(source.Query), false, 0)
		for i, version := range []*v1alpha1.VersionMetrics{source.Canary, source.Baseline} {
			if version == nil {
				continue
			}
			for _, selector := range []string{version.Bad, version.Total, version.Histogram} {
				t.ask(fill(selector), true, past(metric))
			}
			t.ask(fill(version.Query), false, time.Duration(i)*past(metric))
		}
	}
	if len(missing) > 0 {
		return withoutValue(slices.Sorted(maps.Keys(missing)))
	}
	return nil
}

// withoutValue refuses arguments that nobody gave a value.
func withoutValue(names []string) error {
	flags := make([]string, len(names))
	for i, name := range names {
		flags[i] = "--arg " + name + "=…"
	}
	return fmt.Errorf("no value for %s; write %s", strings.Join(names, ", "), strings.Join(flags, " "))
}

// past is how long before the run a judge reads: 30 points of a baseline's query or as
// many as it says, and of a counter the three intervals before.
func past(metric v1alpha1.Metric) time.Duration {
	interval, _ := time.ParseDuration(metric.Interval) // Without one there is no history.
	longest := 30 * interval
	if judge := metric.Judge; judge != nil {
		for _, text := range []string{meanHistory(judge), mannWhitneyHistory(judge)} {
			if said, err := time.ParseDuration(text); err == nil {
				longest = max(longest, said)
			}
		}
	}
	return longest
}

func meanHistory(judge *v1alpha1.MetricJudge) string {
	if judge.Mean == nil {
		return ""
	}
	return judge.Mean.History
}

func mannWhitneyHistory(judge *v1alpha1.MetricJudge) string {
	if judge.MannWhitney == nil {
		return ""
	}
	return judge.MannWhitney.History
}

// ask adds a question; an empty one is none.
func (t *touched) ask(text string, selector bool, past time.Duration) {
	if text == "" {
		return
	}
	asked := question{text, selector}
	t.questions[asked], t.past[asked] = true, max(t.past[asked], past)
}

// selections are what the questions select from a start to an end, widened by a lookback
// or, where that is longer, by what each reads of the past.
func (t *touched) selections(start time.Time, lookback time.Duration, to time.Time) (all []capture.Selection, queries []string, err error) {
	order := slices.SortedFunc(maps.Keys(t.questions), func(one, other question) int { return strings.Compare(one.text, other.text) })
	for _, asked := range order {
		queries = append(queries, strings.ReplaceAll(asked.text, capture.Any, "…"))
		from := start.Add(-max(lookback, t.past[asked]))
		if asked.selector {
			selection, err := capture.OfSelector(asked.text, from, to)
			if err != nil {
				return nil, nil, err
			}
			all = append(all, selection)
			continue
		}
		found, err := capture.OfQuery(asked.text, from, to)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, found...)
	}
	return all, slices.Compact(queries), nil
}
