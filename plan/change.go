package plan

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/serin-dev/serin/analysis/stats"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// change is one thing that may be changed: in the Rollout, in what an analysis measures, or
// in the service around them.
type change struct {
	name     string
	rollout  func(*v1alpha1.Rollout)
	analysis func(*v1alpha1.AnalysisRunSpec)
	service  func(*Assumptions)
}

// changes are what could be changed, as far as the subject has it. Each is what a team can
// decide; more traffic is not.
func (s *Setup) changes(focus Regression) []change {
	var all []change
	for _, propose := range []func() (change, bool){
		s.firstWeight, s.firstPause,
		func() (change, bool) { return s.tolerance(focus) },
		s.moreBudget,
		func() (change, bool) { return s.alone(focus) },
		s.oftener,
	} {
		if proposed, useful := propose(); useful {
			all = append(all, proposed)
		}
	}
	return all
}

// firstWeight doubles the first weight.
func (s *Setup) firstWeight() (change, bool) {
	first, next := -1, int32(100)
	for i, step := range s.spec.Steps {
		if step.SetWeight == nil || *step.SetWeight == 0 {
			continue
		}
		if first >= 0 {
			next = *step.SetWeight
			break
		}
		first = i
	}
	if first < 0 || 2**s.spec.Steps[first].SetWeight > min(next, 99) {
		return change{}, false
	}
	weight := 2 * *s.spec.Steps[first].SetWeight
	return change{name: fmt.Sprintf("first weight %d%% → %d%%", weight/2, weight), rollout: func(r *v1alpha1.Rollout) {
		r.Spec.Strategy.Canary.Steps[first].SetWeight = &weight
	}}, true
}

// firstPause doubles the first pause. When only steps are analysed, which begins after it, it
// halves it.
func (s *Setup) firstPause() (change, bool) {
	for i, step := range s.spec.Steps {
		if step.Pause == nil || step.Pause.Duration == nil || *step.Pause.Duration == 0 {
			continue
		}
		pause, changed := *step.Pause.Duration, 2**step.Pause.Duration
		if s.background == nil {
			changed = max(pause/2, time.Second)
		}
		return change{name: fmt.Sprintf("first pause %s → %s", short(pause), short(changed)), rollout: func(r *v1alpha1.Rollout) {
			value := intstr.FromString(changed.String())
			r.Spec.Strategy.Canary.Steps[i].Pause = &v1alpha1.PauseStep{Duration: &value}
		}}, true
	}
	return change{}, false
}

// tolerance is none for the metrics that may see the focus, or a tenth where there is none.
func (s *Setup) tolerance(focus Regression) (change, bool) {
	var before string
	set := func(metric *v1alpha1.Metric, value string) {
		if metric.Judge == nil || !s.sees(metric.Name, focus) {
			return
		}
		for _, at := range tolerancesOf(metric.Judge) {
			if before == "" {
				before = *at
			}
			if value != "" {
				*at = value
			}
		}
	}
	for _, a := range s.analyses() {
		for i := range a.metrics {
			set(&a.metrics[i], "")
		}
	}
	switch before {
	case "", "0%":
		return change{}, false
	}
	return change{name: fmt.Sprintf("tolerance %s → 0%%", before), analysis: func(spec *v1alpha1.AnalysisRunSpec) {
		for i := range spec.Metrics {
			set(&spec.Metrics[i], "0%")
		}
	}}, true
}

// tolerancesOf are the relative tolerances of a judge.
func tolerancesOf(judge *v1alpha1.MetricJudge) []*string {
	switch {
	case judge.Proportion != nil:
		return []*string{&judge.Proportion.Tolerance.Relative}
	case judge.Histogram != nil:
		return []*string{&judge.Histogram.Tolerance.Relative}
	case judge.Mean != nil:
		return []*string{&judge.Mean.Tolerance.Relative}
	default:
		return nil
	}
}

// sees says whether a metric is about the signal of a regression.
func (s *Setup) sees(name string, r Regression) bool {
	for _, metric := range s.metrics {
		if metric.Name == name {
			return metric.Signal == r.Signal
		}
	}
	return false
}

// moreBudget accepts five times as many false alarms.
func (s *Setup) moreBudget() (change, bool) {
	const times, most = 5, .2
	budget := s.budget()
	if budget <= 0 || times*budget > most || !s.spends() {
		return change{}, false
	}
	return change{name: fmt.Sprintf("falseAlarmBudget %s → %s", percent(budget), percent(times*budget)), analysis: func(spec *v1alpha1.AnalysisRunSpec) {
		spec.FalseAlarmBudget = percent(times * budget)
	}}, true
}

// spends says whether any metric draws on the budget.
func (s *Setup) spends() bool {
	for _, metric := range s.metrics {
		if metric.Judge != "conditions" && metric.Judge != "mannWhitney" {
			return true
		}
	}
	return false
}

// alone judges only the metrics that may see the focus, so that they have the whole budget.
func (s *Setup) alone(focus Regression) (change, bool) {
	var kept, dropped []string
	for _, metric := range s.metrics {
		if metric.Signal == focus.Signal {
			kept = append(kept, metric.Name)
		} else {
			dropped = append(dropped, metric.Name)
		}
	}
	if len(kept) == 0 || len(dropped) == 0 || !s.spends() {
		return change{}, false
	}
	return change{name: "only " + strings.Join(kept, ", ") + " judged", analysis: func(spec *v1alpha1.AnalysisRunSpec) {
		var metrics []v1alpha1.Metric
		for _, metric := range spec.Metrics {
			if s.sees(metric.Name, focus) {
				metrics = append(metrics, metric)
			}
		}
		if len(metrics) > 0 {
			spec.Metrics = metrics
		}
	}}, true
}

// oftener looks as often as there is something new, or scrapes three times as often.
func (s *Setup) oftener() (change, bool) {
	scrape := s.assumed.Scrape
	slowest := time.Duration(0)
	for _, a := range s.analyses() {
		for _, metric := range a.spec.Metrics {
			slowest = max(slowest, metric.Interval)
		}
	}
	if slowest > scrape {
		return change{name: fmt.Sprintf("interval %s → %s", short(slowest), short(scrape)), analysis: func(spec *v1alpha1.AnalysisRunSpec) {
			for i := range spec.Metrics {
				if spec.Metrics[i].Interval != "" {
					spec.Metrics[i].Interval = scrape.String()
				}
			}
		}}, true
	}
	faster := (scrape / 3).Truncate(time.Second)
	if faster < shortestScrape {
		return change{}, false
	}
	return change{name: fmt.Sprintf("scrape interval %s → %s", short(scrape), short(faster)), service: func(a *Assumptions) { a.Scrape = faster }}, true
}

// analyses are all of them, in the order of their steps.
func (s *Setup) analyses() []*analysis {
	var all []*analysis
	if s.background != nil {
		all = append(all, s.background)
	}
	for _, step := range sortedSteps(s.steps) {
		all = append(all, s.steps[step])
	}
	return all
}

// with is the setup with a change.
func (s *Setup) with(c change) (*Setup, error) {
	subject, assumed := s.subject, s.assumed
	subject.Rollout = subject.Rollout.DeepCopy()
	if c.rollout != nil {
		c.rollout(subject.Rollout)
	}
	if c.service != nil {
		c.service(&assumed)
	}
	subject.change = c.analysis
	return Prepare(subject, assumed)
}

// tryChanges simulates each change on the focus and on good releases.
func (s *Setup) tryChanges(ctx context.Context, result *Result, focus *job, meter *meter, changes []change) error {
	good, bad := s.changedEffort(meter.effort)
	result.Focus = focus.name
	base := focus.summary()
	for _, c := range changes {
		changed, err := s.with(c)
		if err != nil {
			meter.skip(good + bad)
			continue // It would be refused: it is nothing to propose.
		}
		jobs := []*job{{setup: changed, name: "good", releases: good}, {setup: changed, name: focus.name, regression: focus.regression, releases: bad}}
		if err := meter.run(ctx, jobs); err != nil {
			return err
		}
		found := Change{Name: c.name, Good: jobs[0].summary(), Bad: jobs[1].summary()}
		found.Detection = ratio(found.Bad.Detection.P50, base.Detection.P50)
		found.Extra = ratio(found.Bad.Extra.P50, base.Extra.P50)
		found.Duration = ratio(found.Good.Duration.P50, result.Good.Duration.P50)
		found.Sooner, found.Later = compared(jobs[1].outcomes, focus.outcomes)
		half := found.Detection > 0 && found.Detection <= .5 || found.Extra > 0 && found.Extra <= .5
		found.Halves = half && noChance(found.Sooner, found.Later)
		result.Changes = append(result.Changes, found)
	}
	return nil
}

// compared are how many releases were caught sooner and later than others of the same seeds.
func compared(changed, base []outcome) (sooner, later int) {
	at := func(o outcome) float64 {
		if o.ending != takenBack {
			return math.Inf(1)
		}
		return o.detected.Seconds()
	}
	for i := range min(len(changed), len(base)) {
		switch a, b := at(changed[i]), at(base[i]); {
		case a < b:
			sooner++
		case a > b:
			later++
		}
	}
	return sooner, later
}

// noChance is a one-sided sign test: whether so many would be sooner once in twenty times, if
// it were a coin's choice.
func noChance(sooner, later int) bool {
	p, err := stats.BinomialSurvival(int64(sooner), int64(sooner+later), .5)
	return err == nil && sooner+later > 0 && p < .05
}

// changedEffort is how many good releases and how many of the focus are simulated for a
// change: how long a good one takes varies little.
func (s *Setup) changedEffort(effort Effort) (good, bad int) {
	return max(1, effort.Changed/6), effort.Changed
}

// ratio is a/b; 0 when it is not known.
func ratio(a, b float64) float64 {
	if a <= 0 || b <= 0 {
		return 0
	}
	return a / b
}

// usuallyCaught is the share from which on a regression can be focused on.
const usuallyCaught = .95

// focusOf is the regression on which changes are tried: the smallest one of the errors, or
// else of anything, that is usually caught; otherwise the one that is caught most often.
func focusOf(jobs []*job) *job {
	var best *job
	bestShare := 0.0
	for _, errorsOnly := range []bool{true, false} {
		for _, j := range jobs {
			if j.regression == nil || errorsOnly && j.regression.Signal != Errors {
				continue
			}
			share := j.summary().TakenBack.Share
			if share >= usuallyCaught {
				return j
			}
			if share > bestShare {
				best, bestShare = j, share
			}
		}
	}
	return best
}
