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
	// Past are times before this look at which the baseline's gauge is wanted, too.
	Past Past
}

// Past are times at equal distances, both ends included. The zero value is none.
type Past struct {
	From, To time.Time
	Every    time.Duration
}

// Before are as many times, as far apart, that end one step before a look that is taken at
// a time: a little later than it was due. So they follow from that time alone.
func (p Past) Before(at time.Time) Past {
	if p.Every <= 0 {
		return Past{}
	}
	to := at.Add(-p.Every)
	return Past{From: to.Add(p.From.Sub(p.To)), To: to, Every: p.Every}
}

// past is Look.Past: the first look of a judge of points learns from it what the
// baseline's points are like before there is a canary.
func past(metric Metric, state MetricState, now time.Time) Past {
	if metric.History <= 0 || metric.Interval <= 0 || state.JudgeState != "" || !metric.points() {
		return Past{}
	}
	points := min(metric.History, mostBaseline)
	return Past{From: now.Add(-time.Duration(points) * metric.Interval), To: now.Add(-metric.Interval), Every: metric.Interval}
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
			looks = append(looks, Look{
				Metric: metric.Name, Number: state.Metrics[i].number(),
				From: windowFrom(spec, metric, state.Metrics[i], state.StartedAt, now), Past: past(metric, state.Metrics[i], now),
			})
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
		from, wait = last.FinishedAt, gap(metric, last.Blind() && !metric.broughtPoint(last))
	}
	if from.After(now.Add(max(wait, shortestGap))) {
		return now
	}
	return from.Add(wait)
}

// broughtPoint reports whether a measurement that brought no verdict brought points: the
// same value of a gauge, read again before its time, would be taken for a second point.
func (m Metric) broughtPoint(last Outcome) bool {
	switch last.Reason {
	case TooFewPoints, EvidenceMounting, Undecided, SpreadIncreased, NotKnownYet:
		return m.points()
	default:
		return false
	}
}

// gap is from the end of a measurement to the beginning of the next one.
func gap(metric Metric, blind bool) time.Duration {
	interval := metric.Interval
	if interval <= 0 || blind && interval > blindRetry {
		interval = blindRetry
	}
	return max(interval, shortestGap)
}
