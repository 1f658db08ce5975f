package run

import (
	"fmt"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/series"
)

// mostPoints is how many points of each arm are remembered.
const mostPoints = 120

// points are the values of a gauge that were seen, in order of time.
type points struct {
	Canary   []series.Sample `json:"canary,omitempty"`
	Baseline []series.Sample `json:"baseline,omitempty"`
	// Until is the time of the newest point.
	Until time.Time `json:"until,omitzero"`
}

// add adds the points that are new.
func (p *points) add(samples Samples) {
	p.Canary, p.Baseline = newer(p.Canary, samples.CanaryPoints), newer(p.Baseline, samples.BaselinePoints)
	for _, arm := range [][]series.Sample{p.Canary, p.Baseline} {
		if n := len(arm); n > 0 && arm[n-1].At.After(p.Until) {
			p.Until = arm[n-1].At
		}
	}
}

// newer appends what is later than all that is there, and forgets the oldest.
func newer(known, more []series.Sample) []series.Sample {
	more = slices.Clone(more)
	slices.SortStableFunc(more, func(a, b series.Sample) int { return a.At.Compare(b.At) })
	for _, sample := range more {
		if n := len(known); n == 0 || sample.At.After(known[n-1].At) {
			sample.At = moment(sample.At)
			known = append(known, sample)
		}
	}
	if n := len(known) - mostPoints; n > 0 {
		known = slices.Clone(known[n:])
	}
	return known
}

// judgePoints judges a gauge by its points.
func (m Metric) judgePoints(memory *judgeMemory, samples Samples, at moments) (judge.Verdict, string, error) {
	memory.Points.add(samples)
	p := memory.Points
	seen := fmt.Sprintf("canary %s, baseline %s", lastPoint(p.Canary), lastPoint(p.Baseline))
	if m.MannWhitney != nil {
		v := m.MannWhitney.Judge(m.Name, values(p.Canary), values(p.Baseline))
		return judge.Verdict{Decision: v.Decision, Reason: v.Reason, Message: v.Message, Warnings: v.Warnings, Evidence: judge.Evidence{
			Canary: judge.Counts{Total: float64(len(p.Canary))}, Baseline: judge.Counts{Total: float64(len(p.Baseline))},
		}}, seen, nil
	}
	state, err := judge.ParseMeanState(memory.State)
	if err != nil {
		return judge.Verdict{}, "", err
	}
	state, verdict := m.Mean.Observe(state, judge.MeanWindow{To: at.to, Canary: p.Canary, Baseline: p.Baseline})
	memory.State = state.String()
	return verdict.Verdict, seen, nil
}

func values(points []series.Sample) []float64 {
	values := make([]float64, len(points))
	for i, point := range points {
		values[i] = point.Value
	}
	return values
}

func lastPoint(points []series.Sample) string {
	if len(points) == 0 {
		return "nothing"
	}
	return number(points[len(points)-1].Value)
}
