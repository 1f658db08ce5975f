// Package journal is what an analysis was told while it ran: when it looked, what failed,
// which weight it knew, and fingerprints of the samples that it saw. With the recorded
// metrics beside it a run can be played again, look by look, and replay can prove that it
// saw the same. It is written into the status of an AnalysisRun, so it is small: a look
// of a judged metric takes about 30 bytes.
//
// It is pure. What may come in: analysis/run, criteria and series.
package journal

import (
	"time"

	"github.com/serin-dev/serin/analysis/criteria"
	"github.com/serin-dev/serin/analysis/run"
)

// MaxLength is how long a journal's text becomes, in bytes. What does not fit is left
// out, and Full says so.
const MaxLength = 64 << 10

// Entry is something that a run was told, in the order in which it heard of it.
type Entry struct {
	// Metric is the place of the measured metric in the spec; -1 for the end by hand, which
	// was at StartedAt.
	Metric int
	// From is the look's; StartedAt and FinishedAt are the measurement's. To the microsecond.
	From, StartedAt, FinishedAt time.Time
	// Weight and WeightSince are those of the spec when the measurement was taken in.
	Weight Weight
	// Failure says why nothing was seen; nil when something was.
	Failure *run.Failure
	// Result is what a query answered; nil when it answered more values than MaxValues,
	// and for metrics with a judge.
	Result *criteria.Result
	// Seen are the fingerprints of what was seen.
	Seen Seen
	// CanaryPoints and BaselinePoints are the last values of the gauges that this look saw, at
	// most MaxValues: those before them are of the past, and have long arrived.
	CanaryPoints, BaselinePoints []float64
	// Warnings are the source's.
	Warnings []string
}

// MaxValues is how many values of an answer are kept as they are.
const MaxValues = 4

// Weight is the share of traffic that a run knew of.
type Weight struct {
	// Known says that the spec has a weight, and Percent is it.
	Known   bool
	Percent int32
	// Since is the spec's weightSince; zero when it has none.
	Since time.Time
}

// Journal is what a run was told.
type Journal struct {
	Entries []Entry
	// Full says that entries after the last one were left out.
	Full bool
}

// ByHand marks the end of a run by hand.
const ByHand = -1

// Of is the entry of a measurement that a run has taken in.
func Of(metric int, measurement run.Measurement, weight Weight) Entry {
	entry := Entry{
		Metric: metric, From: moment(measurement.From), StartedAt: moment(measurement.StartedAt), FinishedAt: moment(measurement.FinishedAt),
		Weight: weight, Failure: measurement.Failure, Warnings: measurement.Warnings,
	}
	entry.Weight.Since = moment(weight.Since)
	switch {
	case measurement.Failure != nil:
	case measurement.Result != nil:
		entry.Seen = SeenResult(*measurement.Result)
		if len(measurement.Result.Values) <= MaxValues {
			entry.Result = measurement.Result
		}
	case measurement.Samples != nil:
		entry.Seen = SeenSamples(*measurement.Samples)
		entry.CanaryPoints, entry.BaselinePoints = valuesOf(measurement.Samples.CanaryPoints), valuesOf(measurement.Samples.BaselinePoints)
	}
	return entry
}

// Append adds entries to a journal's text; the text of a journal without entries is empty.
// A text that cannot be read, or that is full, stays as it is.
func Append(text string, entries ...Entry) string {
	if len(entries) == 0 {
		return text
	}
	known, err := Decode(text)
	if err != nil || known.Full {
		return text
	}
	longer := encode(Journal{Entries: append(known.Entries, entries...)})
	if len(longer) <= MaxLength {
		return longer
	}
	known.Full = true
	return encode(known)
}

// moment is a time as the API keeps it.
func moment(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
