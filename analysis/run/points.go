package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/series"
)

// mostPoints is how many points of the canary are remembered, and mostBaseline of the
// baseline: a day, at five minutes. They are most of what a metric keeps in its status.
const (
	mostPoints   = 120
	mostBaseline = 300
)

// points are the values of a gauge that were seen, in order of time.
type points struct {
	Canary   []point `json:"canary,omitempty"`
	Baseline []point `json:"baseline,omitempty"`
	// Until is the time of the newest point.
	Until time.Time `json:"until,omitzero"`
}

// point is a value at a time. It need not be a number: a judge may count what is none.
type point struct {
	At    time.Time
	Value value
}

// MarshalJSON writes [microseconds since 1970, value].
func (p point) MarshalJSON() ([]byte, error) {
	value, err := p.Value.MarshalJSON()
	if err != nil {
		return nil, err
	}
	text := strconv.AppendInt([]byte{'['}, p.At.UnixMicro(), 10)
	return append(append(append(text, ','), value...), ']'), nil
}

// UnmarshalJSON reads what MarshalJSON wrote, now or before it wrote less: {"At": time,
// "Value": value}.
func (p *point) UnmarshalJSON(text []byte) error {
	if !bytes.HasPrefix(text, []byte{'['}) {
		type named point
		return json.Unmarshal(text, (*named)(p))
	}
	at, number, cut := strings.Cut(strings.Trim(string(text), "[]"), ",")
	micro, err := strconv.ParseInt(strings.TrimSpace(at), 10, 64)
	if err != nil || !cut {
		return fmt.Errorf("reading a point: %q is not [microseconds, value]", text)
	}
	p.At = time.UnixMicro(micro).UTC()
	return p.Value.UnmarshalJSON([]byte(strings.TrimSpace(number)))
}

// value is a float64 that JSON can hold: numbers as they are, the others as texts.
type value float64

// MarshalJSON writes a number, or "NaN", "+Inf" or "-Inf".
func (v value) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
		return strconv.AppendQuote(nil, strconv.FormatFloat(float64(v), 'g', -1, 64)), nil
	}
	return json.Marshal(float64(v))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *value) UnmarshalJSON(text []byte) error {
	parsed, err := strconv.ParseFloat(strings.Trim(string(text), `"`), 64)
	if err != nil {
		return fmt.Errorf("reading a point: %w", err)
	}
	*v = value(parsed)
	return nil
}

// add adds the points that are new, and so long apart.
func (p *points) add(samples Samples, apart time.Duration) {
	p.Canary = newer(p.Canary, samples.CanaryPoints, apart, mostPoints)
	p.Baseline = newer(p.Baseline, samples.BaselinePoints, apart, mostBaseline)
	for _, arm := range [][]point{p.Canary, p.Baseline} {
		if n := len(arm); n > 0 && arm[n-1].At.After(p.Until) {
			p.Until = arm[n-1].At
		}
	}
}

// newer appends what is later than all that is there, a single point by so much, and
// forgets the oldest.
func newer(known []point, more []series.Sample, apart time.Duration, most int) []point {
	if len(more) > 1 {
		apart = 0 // Whoever sends several knows when they were measured.
	}
	more = slices.Clone(more)
	slices.SortStableFunc(more, func(a, b series.Sample) int { return a.At.Compare(b.At) })
	for _, sample := range more {
		if n := len(known); n == 0 || sample.At.After(known[n-1].At) && sample.At.Sub(known[n-1].At) >= apart {
			known = append(known, point{At: moment(sample.At), Value: value(sample.Value)})
		}
	}
	if n := len(known) - most; n > 0 {
		known = slices.Clone(known[n:])
	}
	return known
}

// apart is how long after the last point a value of the gauge is the next one. Looks are
// an interval apart, but for those that are repeated because nothing was seen: of one arm
// something may have been seen, and a gauge that is read twice between two scrapes has not
// been measured twice.
func (m Metric) apart() time.Duration { return m.Interval / 2 }

// judgePoints judges a gauge by its points.
func (m Metric) judgePoints(memory *judgeMemory, samples Samples, at moments) (finding, error) {
	if m.MannWhitney != nil && m.MannWhitney.NaN == judge.ReplaceNaN {
		// A count whose series is absent while nothing happens is a point, too.
		samples.CanaryPoints, samples.BaselinePoints = orNaN(samples.CanaryPoints, at.to), orNaN(samples.BaselinePoints, at.to)
	}
	memory.Points.add(samples, m.apart())
	p := memory.Points
	seen := fmt.Sprintf("canary %s, baseline %s", lastPoint(p.Canary), lastPoint(p.Baseline))
	if m.MannWhitney != nil {
		v := m.MannWhitney.Judge(m.Name, values(p.Canary), values(p.Baseline))
		memory.Label, memory.Critical = v.Classification, v.Critical
		return finding{judge.Verdict{Decision: v.Decision, Reason: v.Reason, Message: v.Message, Warnings: v.Warnings}, seen, pointsEvidence(v, len(p.Canary), len(p.Baseline)), "", false}, nil
	}
	state, err := judge.ParseMeanState(memory.State)
	if err != nil {
		return finding{}, err
	}
	mean := *m.Mean
	mean.Planned = at.planned
	state, verdict := mean.Observe(state, judge.MeanWindow{To: at.to, Canary: samplesOf(p.Canary), Baseline: samplesOf(p.Baseline)})
	if at.concludes(verdict.Verdict) {
		verdict = mean.Conclude(state, verdict)
	}
	memory.State = state.String()
	return finding{verdict.Verdict, seen, meanEvidence(verdict), "", false}, nil
}

// orNaN is the points of a look, or one that is no number.
func orNaN(points []series.Sample, at time.Time) []series.Sample {
	if len(points) > 0 {
		return points
	}
	return []series.Sample{{At: at, Value: math.NaN()}}
}

func values(points []point) []float64 {
	values := make([]float64, len(points))
	for i, point := range points {
		values[i] = float64(point.Value)
	}
	return values
}

func samplesOf(points []point) []series.Sample {
	samples := make([]series.Sample, len(points))
	for i, point := range points {
		samples[i] = series.Sample{At: point.At, Value: float64(point.Value)}
	}
	return samples
}

func lastPoint(points []point) string {
	if len(points) == 0 {
		return "nothing"
	}
	return number(float64(points[len(points)-1].Value))
}
