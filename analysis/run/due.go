package run

import "time"

const (
	// blindRetry is when a measurement that saw nothing is repeated, at the
	// latest: a long interval must not leave a release without eyes.
	blindRetry = 10 * time.Second
	// shortestGap is between two measurements of a metric, at least.
	shortestGap = time.Second
	// Grace is how long after it is due a measurement may be finished without
	// being overdue.
	Grace = 5 * time.Second
)

// Look is a metric that is to be measured now.
type Look struct {
	Metric string
	// Number counts the measurements of this metric; the Measurement brings it
	// back, so that each look is recorded once.
	Number int
	// From is where the window of a judged metric begins: raw samples after it
	// are wanted, and earlier ones as far as a lookback goes. Zero without a judge.
	From time.Time
}

// Due says which metrics are to be measured now, in the order of the spec, and
// when to look again; zero when nothing more will be due without a measurement.
// A driver leaves out the looks that it is already at.
func Due(spec Spec, state State, now time.Time) (looks []Look, next time.Time) {
	if !state.Phase.Live() || state.StartedAt.IsZero() {
		return nil, time.Time{}
	}
	for i, metric := range spec.Metrics {
		if i >= len(state.Metrics) || !state.Metrics[i].Phase.Live() {
			continue
		}
		at := dueAt(metric, state.Metrics[i], state.StartedAt, now)
		if !now.Before(at) {
			looks = append(looks, Look{Metric: metric.Name, Number: state.Metrics[i].number(), From: windowFrom(spec, metric, state.Metrics[i], state.StartedAt, now)})
			continue
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return looks, next
}

// dueAt is when a metric is to be measured next. A last measurement that lies
// further in the future than the next one should means that the clock was set
// back: the metric is due at once, instead of when the clock has caught up.
func dueAt(metric Metric, state MetricState, startedAt, now time.Time) time.Time {
	last, measured := state.last()
	from, wait := startedAt, metric.InitialDelay
	if measured {
		from, wait = last.FinishedAt, gap(metric, last.Blind())
	}
	if from.After(now.Add(max(wait, shortestGap))) {
		return now
	}
	return from.Add(wait)
}

// gap is from the end of a measurement to the beginning of the next one.
func gap(metric Metric, blind bool) time.Duration {
	interval := metric.Interval
	if interval <= 0 || blind && interval > blindRetry {
		interval = blindRetry
	}
	return max(interval, shortestGap)
}
