package run

import (
	"time"

	"github.com/serin-dev/serin/analysis/criteria"
)

// Measurement is what one look brought back. Exactly one of Result, Samples and
// Failure is set.
type Measurement struct {
	// Metric and Number are those of the Look.
	Metric string
	Number int
	// From is that of the Look: what the samples begin with.
	From time.Time
	// StartedAt is when the query was sent, and the time that it was about.
	StartedAt time.Time
	// FinishedAt is when the answer was there.
	FinishedAt time.Time
	// Result is the answer to the query of a metric with conditions; an answer
	// without values is a result too.
	Result *criteria.Result
	// Samples are the raw counters of a metric with a judge.
	Samples *Samples
	// Failure says why there is neither.
	Failure *Failure
	// Warnings are the source's doubts about its answer.
	Warnings []string
}

// Failure says why a measurement has no result.
type Failure struct {
	Reason  Reason
	Message string
}

// Record adds a measurement to the memory and draws the conclusions. A measurement
// that the state does not wait for (of another number, of a metric that is decided
// or unknown, of a run that has ended) changes nothing.
func Record(spec Spec, state State, measurement Measurement) State {
	i, waits := Waits(spec, state, measurement)
	if !waits {
		return state
	}
	state = state.clone()
	metric, metricState := spec.Metrics[i], &state.Metrics[i]
	look := observe(spec, metric, metricState, state.StartedAt, measurement)
	look.StartedAt, look.FinishedAt = moment(measurement.StartedAt), moment(measurement.FinishedAt)
	look.Message = withWarnings(look.Message, measurement.Warnings)
	metricState.add(look.Outcome)
	metricState.assess(metric, look.final)
	state.merge(spec)
	state.assess(spec, look.FinishedAt)
	return state
}

// Waits says whether the state waits for a measurement, and which metric of the spec it is
// of.
func Waits(spec Spec, state State, measurement Measurement) (metric int, waits bool) {
	i := spec.find(measurement.Metric)
	return i, i >= 0 && i < len(state.Metrics) && state.Phase.Live() && state.Metrics[i].Phase.Live() &&
		measurement.Number == state.Metrics[i].number()
}

// Terminate ends a run: what has not been decided is Successful when a measurement
// was, and Inconclusive otherwise.
func Terminate(spec Spec, state State, now time.Time) State {
	if !state.Phase.Live() {
		return state
	}
	state = state.clone()
	if state.StartedAt.IsZero() {
		state = Start(spec, now)
	}
	state.close(spec, moment(now))
	state.Message = terminatedMessage(state)
	return state
}

// observed is the outcome of a look; final says that it decides the metric alone.
type observed struct {
	Outcome
	final bool
}

// observe says what a measurement means by itself.
func observe(spec Spec, metric Metric, state *MetricState, startedAt time.Time, measurement Measurement) observed {
	switch {
	case measurement.Failure != nil:
		return blind(measurement.Failure.Reason, measurement.Failure.Message)
	case measurement.Result != nil && metric.Conditions != nil:
		return judgeResult(metric, *measurement.Result)
	case measurement.Samples != nil && metric.judged():
		return judgeSamples(spec, metric, state, startedAt, *measurement.Samples, measurement.StartedAt)
	default:
		return blind(Unavailable, "the measurement has no result of the kind that this metric is judged by")
	}
}

// blind is the outcome of a look that saw nothing.
func blind(reason Reason, message string) observed {
	if reason == "" {
		reason = Unavailable
	}
	return observed{Outcome: Outcome{Phase: reason.phase(), Reason: reason, Message: bounded(message, messageLimit)}}
}

// judgeResult holds a result against the conditions.
func judgeResult(metric Metric, result criteria.Result) observed {
	finding := metric.Conditions.Judge(result)
	outcome := Outcome{Message: bounded(finding.Message, messageLimit), Value: resultValue(result)}
	switch finding.Outcome {
	case criteria.Pass:
		outcome.Phase = Successful
	case criteria.Fail:
		outcome.Phase = Failed
	case criteria.Undecided:
		outcome.Phase = Inconclusive
	default:
		look := blind(Reason(finding.Reason), finding.Message)
		look.Value = outcome.Value
		return look
	}
	return observed{Outcome: outcome}
}

// add counts an outcome and keeps it.
func (m *MetricState) add(outcome Outcome) {
	m.Measurements = append(m.Measurements, outcome)
	if len(m.Measurements) > Kept {
		m.Measurements = append([]Outcome(nil), m.Measurements[len(m.Measurements)-Kept:]...)
	}
	if outcome.Phase != Successful {
		m.ConsecutiveSuccess = 0
	}
	if outcome.Blind() {
		m.Blind++
		m.ConsecutiveBlind++
		if m.BlindSince.IsZero() {
			m.BlindSince = outcome.StartedAt
		}
		return
	}
	m.Count++
	m.ConsecutiveBlind, m.BlindSince = 0, time.Time{}
	switch outcome.Phase {
	case Successful:
		m.Successful++
		m.ConsecutiveSuccess++
		m.PassedAt = outcome.StartedAt
	case Failed:
		m.Failed++
	default:
		m.Inconclusive++
	}
}
