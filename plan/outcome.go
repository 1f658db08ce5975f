package plan

import (
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/controller/progression"
)

// ending is how a release ended.
type ending int

const (
	// held: it had not ended when patience ran out, or a person has to decide.
	held ending = iota
	promoted
	takenBack
)

// outcome is what became of one simulated release.
type outcome struct {
	ending ending
	// took is from its beginning to its end, and detected from the new version's first
	// request to the end.
	took, detected time.Duration
	// requests are those that the new version served until the end.
	requests float64
	// step and weight are where it ended.
	step, weight int32
	// by are the metrics that failed.
	by []string
	// reason and message are why it ended, in the core's words.
	reason, message string
	// entered is when each step began, and waits how long it took in each step for each reason.
	entered []time.Duration
	waits   map[waiting]time.Duration
	weights []weightAt
}

// waiting is a step and what it waited for.
type waiting struct {
	step   int32
	reason string
}

// weightAt is a weight and when it came into force.
type weightAt struct {
	at     time.Duration
	weight int32
}

// enter notes the step and the weight.
func (o *outcome) enter(r *release) {
	if !r.state.Releasing() {
		return
	}
	o.step, o.weight = r.state.Step, r.state.Weight
	for int32(len(o.entered)) <= r.state.Step {
		o.entered = append(o.entered, r.now.Sub(origin))
	}
	if n := len(o.weights); n == 0 || o.weights[n-1].weight != r.inForce {
		o.weights = append(o.weights, weightAt{r.now.Sub(origin), r.inForce})
	}
}

// spend notes what the next stretch of time is waited for.
func (o *outcome) spend(r *release, stretch time.Duration) {
	if o.waits == nil {
		o.waits = map[waiting]time.Duration{}
	}
	o.waits[waiting{r.state.Step, progression.Summarize(r.state, r.observed()).Reason}] += stretch
}

// conclude notes how the release ended.
func (o *outcome) conclude(r *release) {
	o.took = r.now.Sub(origin)
	if !r.firstAt.IsZero() {
		o.detected = r.now.Sub(r.firstAt)
	}
	o.requests = r.served
	switch {
	case r.state.Phase == progression.Aborted:
		o.ending, o.reason, o.message = takenBack, r.state.Abort.Reason, r.state.Abort.Message
	case r.over():
		o.ending = promoted
		if len(r.state.Waits) > 0 {
			o.ending = held
		}
	}
	if o.ending == held {
		summary := progression.Summarize(r.state, r.observed())
		o.reason, o.message = summary.Reason, summary.Message
	}
	for _, live := range r.runs {
		if live.state.Phase != run.Failed {
			continue
		}
		for _, metric := range live.state.Metrics {
			if metric.Phase == run.Failed && !slices.Contains(o.by, metric.Name) {
				o.by = append(o.by, metric.Name)
			}
		}
	}
	slices.Sort(o.by)
}
