package plan

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// Effort is how much is simulated.
type Effort struct {
	// Good is how many good releases, Bad how many of each regression, and Changed how many
	// of each are simulated for every change; 0 changes: none is tried.
	Good, Bad, Changed int
	Seed               uint64
	// Workers is how many releases are simulated at the same time. The result does not
	// depend on it.
	Workers int
	// Progress, if set, is told how many releases are done, of how many. It is called by
	// all workers.
	Progress func(done, of int)
}

// The usual effort: a few seconds on two cores.
const (
	UsualGood    = 40
	UsualBad     = 16
	UsualChanged = 16
)

// most is how many releases of one kind may be simulated.
const most = 1_000_000

// validate returns an error for an effort that cannot be made.
func (e Effort) validate() error {
	for _, number := range []int{e.Good, e.Bad} {
		if number < 1 || number > most {
			return mistake("reps", "%d is no number of releases; write 1 to %d", number, most)
		}
	}
	return nil
}

// job is the releases of one scenario.
type job struct {
	setup      *Setup
	name       string
	regression *Regression
	releases   int
	outcomes   []outcome
}

// Simulate simulates good releases and those of each regression, and then what single
// changes would do. The error is a *Mistake, or the context's.
func (s *Setup) Simulate(ctx context.Context, regressions []Regression, effort Effort) (*Result, error) {
	if err := effort.validate(); err != nil {
		return nil, err
	}
	jobs := []*job{{setup: s, name: "good", releases: effort.Good}}
	for _, r := range regressions {
		if err := s.Check(r); err != nil {
			return nil, err
		}
		jobs = append(jobs, &job{setup: s, name: r.String(), regression: &r, releases: effort.Bad})
	}
	meter := &meter{effort: effort, of: total(jobs)}
	if effort.Changed > 0 {
		good, bad := s.changedEffort(effort)
		meter.of += (good + bad) * len(s.changes(Regression{Signal: Errors}))
	}
	if err := meter.run(ctx, jobs); err != nil {
		return nil, err
	}
	result := s.result(effort, jobs)
	if focus := focusOf(jobs); effort.Changed > 0 && focus != nil {
		changes := s.changes(*focus.regression)
		good, bad := s.changedEffort(effort)
		meter.of = total(jobs) + (good+bad)*len(changes)
		if err := s.tryChanges(ctx, result, focus, meter, changes); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// result is what was found without changes.
func (s *Setup) result(effort Effort, jobs []*job) *Result {
	result := &Result{
		Version: 1, Rollout: s.name, Steps: s.stepTexts(), Metrics: s.metrics, Budget: s.budget(), Notes: s.allNotes(), Seed: effort.Seed,
		Service: Service{
			RequestsPerSecond: s.assumed.Traffic, ErrorRate: s.assumed.ErrorRate, Latency: s.assumed.Latency.String(), Pods: s.assumed.Pods,
			PodSpread: s.assumed.PodSpread, ScrapeSeconds: s.assumed.Scrape.Seconds(), StartSeconds: s.assumed.Startup.Seconds(), Exact: s.assumed.Exact,
		},
	}
	for _, j := range jobs {
		scenario := j.summary()
		if j.regression == nil {
			result.Good = scenario
			continue
		}
		scenario.Minimum = s.minimum(*j.regression)
		result.Regressions = append(result.Regressions, scenario)
	}
	return result
}

// summary sums the job up.
func (j *job) summary() Scenario { return j.setup.summarize(j.name, j.regression, j.outcomes) }

// budget is the false alarm budget.
func (s *Setup) budget() float64 {
	if s.background != nil {
		return s.background.spec.FalseAlarmBudget
	}
	for _, step := range sortedSteps(s.steps) {
		return s.steps[step].spec.FalseAlarmBudget
	}
	return 0
}

// allNotes are what has to be known to read the result.
func (s *Setup) allNotes() []string {
	notes := append([]string(nil), s.notes...)
	if !s.assumed.Exact && s.looksSkipped {
		notes = append(notes, fmt.Sprintf("metrics are looked at once in %s here, as often as they are scraped: a live verdict may come a few seconds sooner (--exact looks as often as the templates say)", short(s.assumed.Scrape)))
	}
	return append(notes, fmt.Sprintf("a release that has not ended after %s counts as held", short(s.assumed.Patience)))
}

// total is how many releases some jobs have.
func total(jobs []*job) int {
	sum := 0
	for _, j := range jobs {
		sum += j.releases
	}
	return sum
}

// meter runs jobs and counts what is done.
type meter struct {
	effort Effort
	done   atomic.Int64
	of     int
}

// skip counts releases as done that are not simulated.
func (m *meter) skip(releases int) { m.done.Add(int64(releases)) }

// run simulates all releases of some jobs, several at a time. Each release has a seed of its own,
// which is the same for all scenarios and changes: they are compared on the same traffic.
func (m *meter) run(ctx context.Context, jobs []*job) error {
	type task struct {
		job   *job
		index int
	}
	var tasks []task
	for _, j := range jobs {
		j.outcomes = make([]outcome, j.releases)
		for i := range j.releases {
			tasks = append(tasks, task{j, i})
		}
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range max(m.effort.Workers, 1) {
		workers.Go(func() {
			own := map[*Setup]*Setup{}
			for at := int(next.Add(1)) - 1; at < len(tasks) && ctx.Err() == nil; at = int(next.Add(1)) - 1 {
				j := tasks[at].job
				if own[j.setup] == nil {
					own[j.setup] = j.setup.ofWorker()
				}
				b := j.setup.good
				if j.regression != nil {
					b = j.setup.behaviour(*j.regression)
				}
				root := seed{m.effort.Seed, 0}.child(fmt.Sprintf("release %d", tasks[at].index))
				j.outcomes[tasks[at].index] = own[j.setup].simulate(root, b)
				if done := m.done.Add(1); m.effort.Progress != nil {
					m.effort.Progress(int(done), m.of)
				}
			}
		})
	}
	workers.Wait()
	return ctx.Err()
}
