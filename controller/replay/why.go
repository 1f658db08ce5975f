package replay

import (
	"time"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Why is why something live or recorded is as it is. Times are in UTC.
type Why struct {
	// Subject is what it is about, and State its phase or outcome, in one word.
	Subject Subject `json:"subject"`
	State   string  `json:"state"`
	// At is as of when.
	At time.Time `json:"at"`
	// Message is its own.
	Message string `json:"message"`
	// Runs are the AnalysisRuns that count, those with a bad verdict first.
	Runs []Explanation `json:"runs"`
	// Warnings are doubts.
	Warnings []string `json:"warnings,omitempty"`
}

// BlindPeriod is looks in a row that saw nothing for one reason.
type BlindPeriod struct {
	// From and To are the first and the last of these looks.
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Looks int       `json:"looks"`
	// Reason and Message are those of the last look.
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// Why explains a replay.
func (r *Result) Why() Why {
	why := Why{Subject: r.Subject, State: string(r.Verdict.Outcome), At: r.Verdict.At, Message: r.Verdict.Message, Runs: []Explanation{}, Warnings: r.Warnings}
	for _, run := range r.Runs {
		explanation := Explain(run.Object, r.Verdict.At)
		for i := range explanation.Metrics {
			if i < len(run.Metrics) {
				explanation.Metrics[i].BlindPeriods = run.Metrics[i].BlindPeriods
			}
		}
		why.Runs = append(why.Runs, explanation)
	}
	why.worstFirst()
	return why
}

// WhyRun explains an AnalysisRun that is live or was exported.
func WhyRun(object *v1alpha1.AnalysisRun, now time.Time) Why {
	explanation := Explain(object, now)
	return Why{
		Subject: Subject{Kind: "AnalysisRun", Name: object.Name, Namespace: object.Namespace},
		State:   explanation.Phase, At: now.UTC(), Message: explanation.Message, Runs: []Explanation{explanation},
	}
}

// LastLook is when the last look of a run was over; when it began, if there was none.
func LastLook(object *v1alpha1.AnalysisRun) time.Time {
	last := timeOf(object.Status.StartedAt)
	for _, result := range object.Status.MetricResults {
		for _, measurement := range result.Measurements {
			if at := measurement.FinishedAt.UTC(); at.After(last) {
				last = at
			}
		}
	}
	return last
}

// WhyRollout explains a live Rollout with the runs that count.
func WhyRollout(rollout *v1alpha1.Rollout, runs []*v1alpha1.AnalysisRun, now time.Time) Why {
	why := Why{
		Subject: Subject{Kind: "Rollout", Name: rollout.Name, Namespace: rollout.Namespace},
		State:   string(rollout.Status.Phase), At: now.UTC(), Message: rollout.Status.Message, Runs: []Explanation{},
	}
	for _, run := range runs {
		why.Runs = append(why.Runs, Explain(run, now))
	}
	why.worstFirst()
	return why
}

// worstFirst orders runs by how much they need to be heard of, and leaves the order
// among equals.
func (w *Why) worstFirst() {
	var bad, rest []Explanation
	for _, run := range w.Runs {
		switch v1alpha1.AnalysisPhase(run.Phase) {
		case v1alpha1.AnalysisFailed, v1alpha1.AnalysisError, v1alpha1.AnalysisInconclusive:
			bad = append(bad, run)
		default:
			rest = append(rest, run)
		}
	}
	w.Runs = append(append([]Explanation{}, bad...), rest...)
}

// blindPeriods are the looks that saw nothing, in a row and for one reason.
func blindPeriods(points []Point) []BlindPeriod {
	var periods []BlindPeriod
	last := ""
	for _, point := range points {
		if point.Reason != "" {
			if point.Reason != last {
				periods = append(periods, BlindPeriod{From: point.At, Reason: point.Reason})
			}
			period := &periods[len(periods)-1]
			period.To, period.Message = point.At, point.Message
			period.Looks++
		}
		last = point.Reason
	}
	return periods
}
