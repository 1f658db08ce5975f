package run

import "time"

// View is what a release needs to know of a run.
type View struct {
	// Phase is the verdict, or Pending or Running.
	Phase Phase
	// Message explains it.
	Message string
	// PassedAt is the oldest beginning of the metrics' last measurements, when
	// each of these was Successful; zero otherwise. A metric that has already
	// passed for good (its count or streak is reached) is not measured any more
	// and left out; when all have, Phase is Successful, and PassedAt is the oldest
	// of their last successes.
	PassedAt time.Time
	// Proven says that every metric has had a Successful measurement at some time.
	Proven bool
	// BlindSince is since when a metric cannot be seen; zero when all can.
	BlindSince time.Time
	// BlindReported says that a metric has been blind for more measurements in a
	// row than its consecutiveErrorLimit: people should know.
	BlindReported bool
	// OverdueAt is when the first of the next measurements should be finished;
	// zero when none is expected. Overdue says that this time is past.
	OverdueAt time.Time
	Overdue   bool
}

// Look at a run from outside, at a time.
func (s State) View(spec Spec, now time.Time) View {
	view := View{Phase: s.Phase, Message: s.Message, BlindSince: s.BlindSince}
	if view.Phase == "" {
		view.Phase, view.Message = Pending, "The analysis has not begun"
	}
	view.PassedAt = passedAt(s, now)
	view.Proven = proven(s)
	if !s.Phase.Live() || s.StartedAt.IsZero() {
		return view
	}
	for i, metric := range spec.Metrics {
		if i >= len(s.Metrics) || !s.Metrics[i].Phase.Live() {
			continue
		}
		at := dueAt(metric, s.Metrics[i], s.StartedAt, now).Add(Grace)
		if view.OverdueAt.IsZero() || at.Before(view.OverdueAt) {
			view.OverdueAt = at
		}
		view.BlindReported = view.BlindReported || reported(metric, s.Metrics[i])
	}
	view.Overdue = !view.OverdueAt.IsZero() && now.After(view.OverdueAt)
	return view
}

// proven is View.Proven.
func proven(state State) bool {
	for _, metric := range state.Metrics {
		// A score may bear metrics that have failed.
		if metric.Successful == 0 && (state.Score == nil || metric.Phase.Live()) {
			return false
		}
	}
	return len(state.Metrics) > 0
}

// reported says whether people should know that a metric is blind.
func reported(metric Metric, state MetricState) bool {
	return state.Phase.Live() && state.ConsecutiveBlind > metric.ConsecutiveErrorLimit
}

// passedAt is View.PassedAt. A success that lies in the future is none: the clock
// was set back, and nobody knows whether it is older than the weight in force.
func passedAt(state State, now time.Time) time.Time {
	if !state.Phase.Live() && state.Phase != Successful {
		return time.Time{}
	}
	if state.Score != nil {
		return state.passedScore(now)
	}
	var oldest time.Time
	for _, metric := range state.Metrics {
		if state.Phase.Live() && !metric.Phase.Live() {
			continue
		}
		last, measured := metric.last()
		if state.Phase.Live() && (!measured || last.Phase != Successful) || metric.PassedAt.IsZero() || metric.PassedAt.After(now) {
			return time.Time{}
		}
		if oldest.IsZero() || metric.PassedAt.Before(oldest) {
			oldest = metric.PassedAt
		}
	}
	return oldest
}
