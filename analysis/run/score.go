package run

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/serin-dev/serin/analysis/judge"
)

// Score is what the metrics come to together, by the rules of judge.Scoring. A run
// with a score is decided by it, and no more by the worst of its metrics: it ends when
// all metrics have, or when the score is certain to fail whatever the others say.
type Score struct {
	// Verdict is what the score comes to now, with the last look of each metric.
	Verdict judge.Decision
	// Score is from 0 to 100; Lowest and Highest are what it becomes if all that is open
	// fails, or passes. All are decimal strings.
	Score, Lowest, Highest string
	Message                string
}

// ungrouped is the group of all metrics that name none.
const ungrouped = "ungrouped"

// scored scores the metrics. One that is still measured counts by its last look when
// looking is set, and is open otherwise: what is certain must hold at the end, too.
func (s *State) scored(spec Spec, looking bool) judge.ScoreVerdict {
	metrics := make([]judge.ScoredMetric, 0, len(spec.Metrics))
	for i, metric := range spec.Metrics {
		if i >= len(s.Metrics) {
			break
		}
		groups := metric.Groups
		if len(groups) == 0 {
			groups = []string{ungrouped}
		}
		metrics = append(metrics, judge.ScoredMetric{Name: metric.Name, Groups: groups, Verdict: s.Metrics[i].vote(metric, looking)})
	}
	return spec.Score.Score(metrics)
}

// vote is what a metric says. A metric that nothing was seen of is open: only a
// mannWhitney that need not have data may be left out, as in Kayenta.
func (m MetricState) vote(metric Metric, looking bool) judge.PointsVerdict {
	vote := judge.PointsVerdict{Classification: judge.Errored, Decision: judge.Inconclusive, Message: m.Message}
	phase := m.Phase
	if last, measured := m.last(); phase.Live() && looking && measured && last.Phase == Successful {
		phase = Successful
	}
	switch phase {
	case Successful:
		vote.Classification, vote.Decision = judge.Passed, judge.Pass
	case Failed:
		vote.Classification, vote.Decision = judge.High, judge.Fail
	}
	var memory judgeMemory
	if metric.MannWhitney == nil || m.JudgeState == "" || json.Unmarshal([]byte(m.JudgeState), &memory) != nil {
		return vote
	}
	vote.Critical = memory.Critical
	if vote.Decision == judge.Inconclusive && memory.Label == judge.Nodata && (looking || !m.Phase.Live()) {
		vote.Classification = judge.Nodata
	}
	return vote
}

// assessScore decides a run by its score.
func (s *State) assessScore(spec Spec, now time.Time) {
	s.Phase = Running
	open := false
	for _, metric := range s.Metrics {
		open = open || metric.Phase.Live()
	}
	if certain := s.scored(spec, false); !open || certain.Decision == judge.Fail {
		s.close(spec, now)
	} else {
		s.Score, s.BlindSince = s.keepScore(spec, true), blindSince(s.Metrics)
	}
	s.Message = scoreMessage(spec, *s)
}

// keepScore is the score for the state.
func (s *State) keepScore(spec Spec, looking bool) *Score {
	v := s.scored(spec, looking)
	message := v.Message
	if len(v.Warnings) > 0 {
		message += "; doubts: " + strings.Join(v.Warnings, "; ")
	}
	return &Score{Verdict: v.Decision, Score: number(v.Score), Lowest: number(v.Worst), Highest: number(v.Best), Message: bounded(message, messageLimit)}
}

// scorePhase is the phase of a run that ends with a score.
func scorePhase(verdict judge.Decision) Phase {
	switch verdict {
	case judge.Pass:
		return Successful
	case judge.Fail:
		return Failed
	default:
		return Inconclusive
	}
}

// scoreMessage is the score, and the metric that matters most.
func scoreMessage(spec Spec, state State) string {
	begin := "So far "
	if !state.Phase.Live() {
		begin = fmt.Sprintf("Run %s: ", state.Phase)
	}
	return begin + state.Score.Message + "; " + urgentMessage(spec, state)
}

// passedScore is passedAt for a run with a score: the oldest of the last successes that
// the score rests on now. Metrics that have ended count only when no other does, and
// none does while a metric cannot be seen.
func (s State) passedScore(now time.Time) time.Time {
	if s.Score.Verdict != judge.Pass || !s.BlindSince.IsZero() {
		return time.Time{}
	}
	var live, ended time.Time
	for _, metric := range s.Metrics {
		oldest := &ended
		if last, measured := metric.last(); metric.Phase.Live() {
			if oldest = &live; !measured || last.Phase != Successful {
				continue
			}
		}
		if at := metric.PassedAt; !at.IsZero() && !at.After(now) && (oldest.IsZero() || at.Before(*oldest)) {
			*oldest = at
		}
	}
	if live.IsZero() {
		return ended
	}
	return live
}
