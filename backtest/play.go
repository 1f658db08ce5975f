package backtest

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics/recorded"
	"github.com/serin-dev/serin/recording"
)

// inconclusive is the decision that is none.
const inconclusive = "inconclusive"

// outcome is what became of a case.
type outcome struct {
	labels  Case
	decided string
	// at is when the run failed; the zero time if it did not.
	at time.Time
	// failed is the metric that failed, and together that it took the others' evidence.
	failed   string
	together bool
	reasons  []Reason
	begin    time.Time
	end      time.Time
}

// lag is how long after a scrape the look at it comes, in steps, and mostLag at most: a
// scrape that is a little late is not seen one look late.
const (
	lag     = 10
	mostLag = 5 * time.Second
)

// play plays the analysis of a case. A fault of the program itself is one of the case.
func (b *Backtest) play(ctx context.Context, labels Case, path string) (o outcome, err error) {
	defer func() {
		if bug := recover(); bug != nil {
			place := strings.Split(string(debug.Stack()), "\n")
			err = fmt.Errorf("a bug in serin: %v (%s); please report it", bug, strings.TrimSpace(place[min(8, len(place)-1)]))
		}
	}()
	all, err := b.Corpus.Read(ctx, path)
	if err != nil {
		return o, err
	}
	put, err := labels.arrange(all)
	if err != nil {
		return o, fmt.Errorf("%s: %w", path, err)
	}
	analysis, err := b.analysis(labels, put)
	if err != nil {
		return o, err
	}
	if err := analysis.Play(ctx, put.to, nil); err != nil {
		return o, err
	}
	return judged(labels, put, analysis), ctx.Err()
}

// analysis is the AnalysisRun of a case over its samples.
func (b *Backtest) analysis(labels Case, put arranged) (*replay.Analysis, error) {
	spec, err := b.templates.resolve(b.plans[labels.Dataset], labels, b.options.Args, b.options.Checks)
	if err != nil {
		return nil, err
	}
	if b.options.Budget != "" {
		spec.FalseAlarmBudget = b.options.Budget
	}
	provider, err := recorded.New(recording.FromSeries(put.series), recorded.Config{Name: labels.id(), From: put.from, To: put.to})
	if err != nil {
		return nil, err
	}
	// Tracks begin at zero, where the corpus does not say more.
	born := metav1.NewMicroTime(put.first.Add(-labels.step()))
	if put.tracked {
		spec.CanarySince = &born
	}
	if labels.CanarySince > 0 {
		since := metav1.NewMicroTime(second(labels.CanarySince))
		spec.CanarySince = &since
	}
	if put.tracked && (put.moved || put.from.Equal(put.first)) {
		spec.BaselineSince = &born
	}
	start := put.first.Add(min(labels.step()/lag, mostLag))
	analysis, problems := replay.NewAnalysis(spec, translate.Background, b.options.Checks, provider, start)
	if len(problems) > 0 {
		return nil, problems
	}
	analysis.EndAt(put.last)
	return analysis, nil
}

// judged is what an analysis that was played decided.
func judged(labels Case, put arranged, analysis *replay.Analysis) outcome {
	state := analysis.State()
	o := outcome{labels: labels, begin: put.first, end: put.last, decided: inconclusive}
	switch {
	case state.Phase == run.Failed:
		o.decided, o.at = Rollback, state.CompletedAt
		o.failed, o.together = culprit(state)
	case state.Phase == run.Successful || state.Phase.Live() && passed(state):
		o.decided = Promote
	}
	o.reasons = reasons(state, o.failed)
	return o
}

// passed says that each metric has passed in its last look, as a release must have before
// it gets more traffic.
func passed(state run.State) bool {
	return !slices.ContainsFunc(state.Metrics, func(m run.MetricState) bool {
		n := len(m.Measurements)
		return n == 0 || m.Measurements[n-1].Phase != run.Successful
	})
}

// culprit is the metric that failed a run, and whether by the evidence of all.
func culprit(state run.State) (name string, together bool) {
	for _, m := range state.Metrics {
		if m.Phase == run.Failed {
			return m.Name, strings.HasPrefix(m.Message, run.TogetherMessage)
		}
	}
	return "score", false
}

// reasons are what the metrics came to: the one that failed, then those that came nearest
// to it.
func reasons(state run.State, failed string) []Reason {
	all := make([]Reason, 0, len(state.Metrics))
	for _, m := range state.Metrics {
		r := Reason{Metric: m.Name, Text: said(m)}
		if e := m.Evidence; e != nil {
			r.Evidence, r.Limit, r.Needed = e.EValue, e.Limit, e.RequestsNeeded
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b Reason) int { return -cmp.Compare(a.nearness(failed), b.nearness(failed)) })
	return all
}

// nearness is how near a metric came to failing, for sorting.
func (r Reason) nearness(failed string) float64 {
	if r.Metric == failed {
		return math.Inf(1)
	}
	evidence, _ := strconv.ParseFloat(r.Evidence, 64)
	limit, err := strconv.ParseFloat(r.Limit, 64)
	if err != nil || limit <= 0 {
		return 0
	}
	return evidence / limit
}

// said is what a metric says: of a failed one why, of another one its last look.
func said(m run.MetricState) string {
	n := len(m.Measurements)
	switch {
	case m.Phase == run.Failed:
		return strings.TrimPrefix(m.Message, fmt.Sprintf("Metric %q Failed: ", m.Name))
	case n == 0:
		return "it was never measured"
	}
	last := m.Measurements[n-1]
	text := string(last.Phase)
	if last.Reason != "" {
		text = string(last.Reason)
	}
	if last.Value != "" {
		text += ", " + last.Value
	}
	if last.Message != "" {
		text += ": " + last.Message
	}
	return text
}

// checks are those of the live controller, with the recording as the server.
func checks(given translate.Checks) translate.Checks {
	if given.PrometheusAddress == "" {
		given.PrometheusAddress = "http://recording.invalid"
	}
	return given
}

// budget reads a budget as templates write it.
func budget(text string) error {
	if text == "" {
		return nil
	}
	_, problems := translate.ParseRun(v1alpha1.AnalysisRunSpec{FalseAlarmBudget: text}, translate.Background, translate.Checks{})
	for _, problem := range problems {
		if problem.Field == "falseAlarmBudget" {
			return fmt.Errorf("--budget: %s", problem.Message)
		}
	}
	return nil
}
