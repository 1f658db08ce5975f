package run

import "time"

// rule decides a metric, or leaves it open by the empty phase. why is the limit
// that was reached, for the message.
type rule func(metric Metric, state MetricState) (phase Phase, why string)

// assess decides a metric after a measurement. final says that a judge has spoken:
// it has a budget for false alarms of its own, and limits do not apply.
func (m *MetricState) assess(metric Metric, final bool) {
	m.Phase = Running
	if final {
		m.Phase = Failed
		m.Message = judgedMessage(metric, *m)
		return
	}
	// The first rule that decides wins.
	for _, decide := range []rule{tooManyFailures, tooManyInconclusive, enoughInARow, countReached} {
		if phase, why := decide(metric, *m); phase != "" {
			m.Phase = phase
			m.Message = decidedMessage(metric, *m, why)
			return
		}
	}
	m.Message = openMessage(metric, *m)
}

// tooManyFailures: more Failed measurements than are tolerated.
func tooManyFailures(metric Metric, state MetricState) (phase Phase, why string) {
	if metric.FailureLimit < 0 || state.Failed <= metric.FailureLimit {
		return "", ""
	}
	return Failed, counted(state.Failed, "failed measurement") + ", failureLimit " + tolerates(metric.FailureLimit)
}

// tooManyInconclusive: more Inconclusive measurements than are tolerated.
func tooManyInconclusive(metric Metric, state MetricState) (phase Phase, why string) {
	if state.Inconclusive <= metric.InconclusiveLimit {
		return "", ""
	}
	return Inconclusive, counted(state.Inconclusive, "inconclusive measurement") + ", inconclusiveLimit " + tolerates(metric.InconclusiveLimit)
}

// enoughInARow: as many successes in a row as were asked for.
func enoughInARow(metric Metric, state MetricState) (phase Phase, why string) {
	if metric.ConsecutiveSuccessLimit <= 0 || state.ConsecutiveSuccess < metric.ConsecutiveSuccessLimit {
		return "", ""
	}
	return Successful, counted(state.ConsecutiveSuccess, "successful measurement") + " in a row, as consecutiveSuccessLimit asks for"
}

// countReached: all measurements were made, and no limit was broken. That is a
// success only when something succeeded, and when no streak was asked for.
func countReached(metric Metric, state MetricState) (phase Phase, why string) {
	if metric.Count <= 0 || state.Count < metric.Count {
		return "", ""
	}
	reached := "all " + counted(metric.Count, "measurement") + " made (" + tally(state) + ")"
	if metric.Count == 1 {
		reached = "the measurement was made (" + tally(state) + ")"
	}
	switch {
	case metric.ConsecutiveSuccessLimit > 0 && metric.FailureLimit < 0:
		return Failed, reached + " without " + streak(metric)
	case metric.ConsecutiveSuccessLimit > 0:
		return Inconclusive, reached + " without " + streak(metric)
	case state.Successful == 0:
		return Inconclusive, reached + ", none successful; a metric passes with at least one"
	default:
		return Successful, reached + ", no limit broken"
	}
}

// assess decides the run after a metric was: one that did not pass ends it, and so
// does the last one that did.
func (s *State) assess(spec Spec, now time.Time) {
	if spec.Score != nil {
		s.assessScore(spec, now)
		return
	}
	s.Phase = Running
	open := false
	for _, metric := range s.Metrics {
		if metric.Phase == Failed || metric.Phase == Inconclusive {
			s.close(spec, now)
			break
		}
		open = open || metric.Phase.Live()
	}
	if s.Phase.Live() && !open {
		s.close(spec, now)
	}
	if s.Phase.Live() {
		s.BlindSince = blindSince(s.Metrics)
	}
	s.Message = runMessage(spec, *s)
}

// close ends a run with what there is.
func (s *State) close(spec Spec, now time.Time) {
	s.Phase = Successful
	for i := range s.Metrics {
		if s.Metrics[i].Phase.Live() {
			s.Metrics[i].cut()
		}
		if worse(s.Metrics[i].Phase, s.Phase) {
			s.Phase = s.Metrics[i].Phase
		}
	}
	if spec.Score != nil {
		s.Score = s.keepScore(spec, false)
		s.Phase = scorePhase(s.Score.Verdict)
	}
	s.CompletedAt, s.BlindSince = now, time.Time{}
}

// cut ends a metric that has not been decided, because its run ends.
func (m *MetricState) cut() {
	m.Phase = Inconclusive
	if m.Successful > 0 {
		m.Phase = Successful
	}
	m.Message = cutMessage(*m)
}

// worse orders the phases of metrics that have ended.
func worse(a, b Phase) bool {
	rank := func(p Phase) int {
		switch p {
		case Failed:
			return 2
		case Inconclusive:
			return 1
		default:
			return 0
		}
	}
	return rank(a) > rank(b)
}

// blindSince is since when some metric that is still measured cannot be seen.
func blindSince(metrics []MetricState) time.Time {
	var since time.Time
	for _, metric := range metrics {
		if metric.Phase.Live() && !metric.BlindSince.IsZero() && (since.IsZero() || metric.BlindSince.Before(since)) {
			since = metric.BlindSince
		}
	}
	return since
}
