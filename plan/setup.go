package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Subject is what is simulated: a Rollout, the templates that it names, and what the
// providers know of queries.
type Subject struct {
	Rollout *v1alpha1.Rollout
	Fetch   translate.Fetch
	Checks  translate.Checks
	// change, if set, changes what every analysis measures, before it is read.
	change func(*v1alpha1.AnalysisRunSpec)
}

// Setup is a subject that can be simulated, under assumptions. It does not change.
type Setup struct {
	subject Subject
	assumed Assumptions
	name    string
	spec    progression.Spec
	// background is the analysis beside the steps, steps those of steps, by index.
	background *analysis
	steps      map[int32]*analysis
	signals    signals
	versions   versions
	good       behaviour
	metrics    []Metric
	notes      []string
	// meanLatency is the stable version's, in seconds.
	meanLatency float64
	// looksSkipped says that some metrics are looked at less often than templates say.
	looksSkipped bool
	// wholeLookback hands over all samples that a look asks for: slower, with the same
	// results. Tests compare.
	wholeLookback bool
}

// analysis is one that a release runs.
type analysis struct {
	kind     translate.Kind
	resolved v1alpha1.AnalysisRunSpec
	spec     run.Spec
	metrics  []v1alpha1.Metric
	readings []reading
	// selectsBaseline says that the arguments tell fresh baseline pods from others.
	selectsBaseline bool
}

// Prepare reads a subject by the live code. The error is a *Mistake, translate.Problems, or
// says what cannot be simulated.
func Prepare(subject Subject, assumed Assumptions) (*Setup, error) {
	if err := assumed.validate(); err != nil {
		return nil, err
	}
	rollout := subject.Rollout.DeepCopy()
	if assumed.Pods > 0 {
		rollout.Spec.Replicas = &assumed.Pods
	}
	spec, problems := translate.RolloutSpec(rollout.Spec)
	if len(problems) > 0 {
		return nil, fmt.Errorf("rollout %s cannot be released: %w", rollout.Name, problems)
	}
	if len(assumed.Edges) == 0 {
		assumed.Edges = DefaultEdges()
	}
	assumed.Pods = spec.Replicas
	subject.Rollout = rollout
	s := &Setup{subject: subject, assumed: assumed, name: rollout.Name, spec: spec, steps: map[int32]*analysis{}}
	if s.assumed.Patience == 0 {
		s.assumed.Patience = s.usualPatience()
	}
	if canary := rollout.Spec.Strategy.Canary; canary != nil {
		s.versions = versions{canary.CanaryService, canary.StableService}
	}
	if err := s.resolve(); err != nil {
		return nil, err
	}
	s.assumed.Edges = slices.Compact(slices.Sorted(slices.Values(slices.Concat(s.assumed.Edges, s.signals.edges))))
	s.good, s.meanLatency = s.behaviour(Regression{}), assumed.Latency.mean()
	return s, s.check()
}

// usualPatience is three times what the pauses take, and half an hour.
func (s *Setup) usualPatience() time.Duration {
	pauses := s.assumed.Startup
	for _, step := range s.spec.Steps {
		if step.Pause != nil && step.Pause.Duration != nil {
			pauses += *step.Pause.Duration
		}
		if step.Pause != nil && step.Pause.Duration == nil {
			pauses += s.assumed.Person
		}
	}
	return 3*pauses + 30*time.Minute
}

// check refuses what would simulate nothing.
func (s *Setup) check() error {
	switch {
	case s.spec.Paused:
		return fmt.Errorf("rollout %s has spec.paused: true, and a release would wait for ever; remove it", s.name)
	case s.spec.Replicas < 1:
		return fmt.Errorf("rollout %s has no pods (spec.replicas: 0); give --pods", s.name)
	case s.background == nil && len(s.steps) == 0:
		return fmt.Errorf("rollout %s has no analysis, so nothing judges its releases; add strategy.canary.analysis", s.name)
	}
	return nil
}

// resolve reads all analyses of the Rollout.
func (s *Setup) resolve() error {
	canary := s.subject.Rollout.Spec.Strategy.Canary
	if canary.Analysis != nil {
		found, err := s.analysis(canary.Analysis.RolloutAnalysis, translate.Background, false)
		if err != nil {
			return fmt.Errorf("strategy.canary.analysis: %w", err)
		}
		s.background = found
	}
	weight := int32(0)
	for i, step := range canary.Steps {
		if step.SetWeight != nil {
			weight = *step.SetWeight
		}
		if step.Analysis == nil {
			continue
		}
		found, err := s.analysis(*step.Analysis, translate.Step, weight >= 100)
		if err != nil {
			return fmt.Errorf("strategy.canary.steps[%d].analysis: %w", i, err)
		}
		s.steps[int32(i)] = found
	}
	return nil
}

// analysis reads one analysis, as the live controller does when it starts a run.
func (s *Setup) analysis(of v1alpha1.RolloutAnalysis, kind translate.Kind, alone bool) (*analysis, error) {
	release := translate.Release{Rollout: s.subject.Rollout.ObjectMeta, StableHash: stableHash, LatestHash: canaryHash,
		FreshBaseline: s.spec.Baseline != nil, Alone: alone}
	resolved, problems, err := translate.ResolveAnalysis(s.subject.Fetch, of, kind, release, s.subject.Checks)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, problems
	}
	if s.subject.change != nil {
		s.subject.change(&resolved)
	}
	found := &analysis{kind: kind, selectsBaseline: translate.SelectsBaseline(of.Args)}
	var abouts []Metric
	for _, metric := range resolved.Metrics {
		reading, about, err := s.signals.read(metric, s.assumed, s.versions)
		if err != nil {
			s.notes = append(s.notes, fmt.Sprintf("metric %s is left out: %v", metric.Name, err))
			continue
		}
		found.metrics, found.readings, abouts = append(found.metrics, metric), append(found.readings, reading), append(abouts, about)
	}
	if resolved.Metrics = found.metrics; len(found.metrics) == 0 {
		return nil, fmt.Errorf("no metric can be simulated: %s", strings.Join(s.notes, "; "))
	}
	found.resolved = resolved
	spec, problems := s.parse(found)
	if len(problems) > 0 {
		return nil, problems
	}
	s.looksSkipped = s.looksSkipped || !s.assumed.Exact && slices.ContainsFunc(found.metrics, s.betweenScrapes)
	found.spec = spec
	for i, about := range abouts {
		about.Weight = spec.Metrics[i].Weight
		if !slices.ContainsFunc(s.metrics, func(m Metric) bool { return m.Name == about.Name }) {
			s.metrics = append(s.metrics, about)
		}
	}
	return found, nil
}

// parse reads an analysis as the core does, but for looks between scrapes.
func (s *Setup) parse(a *analysis) (run.Spec, translate.Problems) {
	spec, problems := translate.ParseRun(a.resolved, a.kind, s.subject.Checks)
	for i := range spec.Metrics {
		if metric := &spec.Metrics[i]; metric.Interval > 0 && !s.assumed.Exact {
			metric.Interval = max(metric.Interval, s.assumed.Scrape)
		}
	}
	return spec, problems
}

// betweenScrapes says whether a metric is to be looked at more often than it is scraped.
func (s *Setup) betweenScrapes(metric v1alpha1.Metric) bool {
	interval, err := time.ParseDuration(metric.Interval)
	return err == nil && interval < s.assumed.Scrape
}

// ofWorker is the setup with judges of its own: one that is prepared keeps what it has
// computed, and must not be used by two workers at once.
func (s *Setup) ofWorker() *Setup {
	own := *s
	again := func(a *analysis) *analysis {
		if a == nil {
			return nil
		}
		parsed := *a
		parsed.spec, _ = s.parse(a) // It was parsed before, without problems.
		return &parsed
	}
	own.background, own.steps = again(s.background), map[int32]*analysis{}
	for step, a := range s.steps {
		own.steps[step] = again(a)
	}
	return &own
}

// behaviour is what a version does that is worse in one way; the zero Regression is none.
func (s *Setup) behaviour(r Regression) behaviour {
	b := behaviour{slower: 1}
	for _, kind := range s.signals.kinds {
		rate := kind.rate
		if kind.signal == r.Signal {
			rate = r.worse(rate)
		}
		b.rates = append(b.rates, rate)
	}
	for _, name := range s.signals.gauges {
		level := 1.0
		if name == r.Signal {
			level = r.worse(level)
		}
		b.levels = append(b.levels, level)
	}
	if r.Signal == LatencySignal {
		b.slower = r.worse(1)
	}
	return b
}

// worse is a rate, a factor or a level with the regression.
func (r Regression) worse(value float64) float64 {
	if r.Factor > 0 {
		return value * r.Factor
	}
	return r.Share
}

// Check returns an error for a regression that this setup cannot have.
func (s *Setup) Check(r Regression) error {
	signals := []string{LatencySignal}
	for _, kind := range s.signals.kinds {
		signals = append(signals, kind.signal)
		switch worse := r.worse(kind.rate); {
		case kind.signal != r.Signal:
		case worse <= kind.rate:
			return mistake("regressions", "%s is no regression: the stable version has %s; write more, or change --error-rate", r, percent(kind.rate))
		case worse >= 1:
			return mistake("regressions", "%s is %s of the requests; write less than 100%%", r, percent(worse))
		}
	}
	for _, name := range s.signals.gauges {
		signals = append(signals, name)
		if name == r.Signal && r.Factor == 0 {
			return mistake("regressions", "%s is the level of a gauge; write +50%% or 2x", r)
		}
	}
	if r.Signal == Errors || slices.Contains(signals, r.Signal) {
		return nil
	}
	return mistake("regressions", "no metric is about %q; write one of: %s", r.Signal, strings.Join(signals, ", "))
}
