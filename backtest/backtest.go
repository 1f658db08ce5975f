package backtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/serin-dev/serin/controller/translate"
)

// Options are how a corpus is played.
type Options struct {
	// Args are values of the templates' arguments; they win over those of the cases.
	Args map[string]string
	// Budget is the falseAlarmBudget instead of the templates', such as 1%; empty: theirs.
	Budget string
	// Filter chooses cases, and Shard a part of them; nil is all of them.
	Filter Filter
	Shard  *Shard
	// Workers is how many cases are played at a time; at least 1.
	Workers int
	// Checks are those of the live controller.
	Checks translate.Checks
	// Progress is told how many cases are done, of how many, and which was the last; by
	// one goroutine at a time. It may be nil.
	Progress func(done, all int, last string)
}

// Backtest is a corpus, templates and options that fit together.
type Backtest struct {
	Corpus    *Corpus
	templates *Templates
	options   Options
	plans     map[string]plan
	names     []string
}

// New checks what can be checked before any case is played: every chosen dataset has
// templates that fit together, every argument is known.
func New(corpus *Corpus, templates *Templates, options Options) (*Backtest, error) {
	if len(templates.specs) == 0 {
		return nil, errNoTemplates
	}
	if err := templates.checkArgs(options.Args); err != nil {
		return nil, err
	}
	if err := budget(options.Budget); err != nil {
		return nil, err
	}
	options.Checks, options.Workers = checks(options.Checks), max(options.Workers, 1)
	b := &Backtest{Corpus: corpus, templates: templates, options: options, plans: map[string]plan{}}
	datasets := corpus.Datasets()
	for _, dataset := range slices.Sorted(maps.Keys(templates.chosen)) {
		if !slices.Contains(datasets, dataset) {
			return nil, fmt.Errorf("--template %s=…: the corpus has no such dataset (it has: %s)", dataset, strings.Join(datasets, ", "))
		}
	}
	chosen := 0
	for _, name := range corpus.names {
		if !options.Filter.byName(name) {
			continue
		}
		chosen++
		if dataset := datasetOf(name); b.plans[dataset].refs == nil {
			prepared, err := templates.prepare(dataset)
			if err != nil {
				return nil, err
			}
			b.plans[dataset] = prepared
		}
		if options.Shard == nil || options.Shard.has(name) {
			b.names = append(b.names, name)
		}
	}
	if chosen == 0 {
		return nil, fmt.Errorf("--select chooses no case (datasets: %s)", strings.Join(datasets, ", "))
	}
	return b, nil
}

// told is what a worker says of a case.
type told struct {
	name string
	outcome
	// chosen is false for a case that its labels leave out.
	chosen bool
	err    error
}

// Datasets are the datasets that are played, sorted.
func (b *Backtest) Datasets() []string { return slices.Sorted(maps.Keys(b.plans)) }

// Run plays the cases. A case that cannot be played is part of the Result; the error is
// the end of ctx, or a filter that leaves out all cases by their labels.
func (b *Backtest) Run(ctx context.Context) (Result, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	names, done := make(chan string), make(chan told)
	go func() {
		defer close(names)
		for _, name := range b.names {
			select {
			case names <- name:
			case <-ctx.Done():
				return
			}
		}
	}()
	var workers sync.WaitGroup
	for range b.options.Workers {
		workers.Go(func() {
			for name := range names {
				done <- b.one(ctx, name)
			}
		})
	}
	go func() { workers.Wait(); close(done) }()
	r := b.empty()
	count := 0
	for t := range done {
		count++
		if ctx.Err() == nil {
			r.take(t)
		}
		if b.options.Progress != nil {
			b.options.Progress(count, len(b.names), t.name)
		}
	}
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	if r.Cases == 0 && b.options.Shard == nil {
		return Result{}, errNothing
	}
	r.finish()
	return r, nil
}

// errNothing: the labels of no case fit.
var errNothing = errors.New("--select chooses no case")

// one reads and plays one case.
func (b *Backtest) one(ctx context.Context, name string) told {
	labels, path, err := b.Corpus.Load(name)
	if err != nil {
		return told{name: name, chosen: true, err: err}
	}
	if !b.options.Filter.byLabels(labels) {
		return told{name: name}
	}
	played, err := b.play(ctx, labels, path)
	return told{name, played, true, err}
}

// empty is the result of nothing yet.
func (b *Backtest) empty() Result {
	var also []string
	for _, name := range slices.Sorted(maps.Keys(b.options.Args)) {
		also = append(also, name+"="+b.options.Args[name])
	}
	also = append(also, "budget="+b.options.Budget)
	for _, key := range slices.Sorted(maps.Keys(b.options.Filter)) {
		also = append(also, key+" in "+strings.Join(b.options.Filter[key], ","))
	}
	r := Result{
		Format: Format, Corpus: Identity{b.Corpus.Dir, b.Corpus.digest},
		Templates: Identity{Digest: b.templates.digest(also...)},
		Shard:     b.options.Shard, Datasets: []Dataset{}, Wrong: []Wrong{}, Broken: []Broken{},
	}
	var used []string
	for name, p := range b.plans {
		table := r.dataset(name)
		for _, ref := range p.refs {
			table.Templates = append(table.Templates, ref.TemplateName)
			used = append(used, ref.TemplateName)
		}
	}
	slices.Sort(used)
	r.Templates.Name = strings.Join(slices.Compact(used), ", ")
	return r
}

// take counts a case.
func (r *Result) take(t told) {
	if !t.chosen {
		return
	}
	r.Cases++
	if t.err != nil {
		r.Broken = append(r.Broken, Broken{Case: t.name, Problem: t.err.Error()})
	} else {
		r.dataset(t.labels.Dataset).take(t.outcome)
		if wrong, is := t.wrong(); is {
			r.Wrong = append(r.Wrong, wrong)
		}
	}
	if len(r.Wrong) > 2*MaxListed || len(r.Broken) > 2*MaxListed {
		r.tidy()
	}
}

// take counts an outcome.
func (d *Dataset) take(o outcome) {
	tally := d.tally(o.labels)
	switch o.decided {
	case Promote:
		tally.Promoted++
		return
	case inconclusive:
		tally.Inconclusive++
		return
	}
	tally.RolledBack++
	row := d.metric(o.failed)
	switch tally {
	case &d.Rollback:
		row.Rightly++
		d.detected(o)
	case &d.Promote:
		row.Falsely++
	default:
		row.Otherwise++
	}
	if o.together {
		row.Together++
	}
}

// tally is where a case is counted.
func (d *Dataset) tally(labels Case) *Tally {
	switch {
	case labels.Level == SharedIncident:
		return &d.Shared
	case labels.Expected == Rollback:
		return &d.Rollback
	case labels.Expected == Promote:
		return &d.Promote
	case labels.Expected == PowerOnly:
		return &d.PowerOnly
	default:
		return &d.Unscored
	}
}

// detected counts the time to a right rollback.
func (d *Dataset) detected(o outcome) {
	since := o.begin
	if f := o.labels.Fault; f != nil && second(f.Start).After(since) {
		since = second(f.Start)
	}
	after := o.at.Sub(since)
	if after < 0 {
		d.Detection.Early++
		return
	}
	d.Detection.add(after.Seconds(), 1)
}

// wrong says how a scored case went wrong, if it did.
func (o outcome) wrong() (Wrong, bool) {
	scored := o.labels.Expected == Rollback || o.labels.Expected == Promote
	if !scored || o.decided == o.labels.Expected {
		return Wrong{}, false
	}
	w := Wrong{Dataset: o.labels.Dataset, Case: o.labels.Name, Expected: o.labels.Expected, Decided: o.decided, Reasons: o.reasons}
	end := o.end
	if !o.at.IsZero() {
		end = o.at
	}
	w.After = end.Sub(o.begin).Seconds()
	return w, true
}
