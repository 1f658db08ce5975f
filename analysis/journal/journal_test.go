package journal

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/analysis/criteria"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/analysis/series"
)

var began = time.Date(2026, time.March, 1, 3, 0, 0, 0, time.UTC)

// drawEntry draws an entry as Of makes them.
func drawEntry(t *rapid.T) Entry {
	at := began.Add(time.Duration(rapid.Int64Range(-1e12, 1e12).Draw(t, "at")) * time.Microsecond)
	if rapid.IntRange(0, 9).Draw(t, "kind") == 0 {
		return Entry{Metric: ByHand, StartedAt: at}
	}
	measurement := run.Measurement{StartedAt: at, FinishedAt: at.Add(time.Duration(rapid.Int64Range(0, 1e8).Draw(t, "took")) * time.Microsecond)}
	if rapid.Bool().Draw(t, "from") {
		measurement.From = at.Add(-time.Duration(rapid.Int64Range(1, 1e10).Draw(t, "before")) * time.Microsecond)
	}
	if rapid.Bool().Draw(t, "warns") {
		measurement.Warnings = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", ""}), 1, 3).Draw(t, "warnings")
	}
	values := rapid.SliceOfN(rapid.SampledFrom([]float64{0, 1.5, math.NaN(), math.Inf(1), -2}), 1, 6)
	switch rapid.IntRange(0, 2).Draw(t, "what") {
	case 0:
		measurement.Failure = &run.Failure{Reason: run.NoData, Message: rapid.SampledFrom([]string{"nothing", "still nothing", ""}).Draw(t, "message")}
	case 1:
		measurement.Result = &criteria.Result{Scalar: rapid.Bool().Draw(t, "scalar"), Values: values.Draw(t, "values")}
	default:
		measurement.Samples = &run.Samples{}
		for part := range Parts {
			if rapid.Bool().Draw(t, "asked") {
				setPart(measurement.Samples, part, at, values.Draw(t, "samples"))
			}
		}
	}
	var weight Weight
	if rapid.Bool().Draw(t, "weighs") {
		weight = Weight{Known: true, Percent: rapid.Int32Range(0, 100).Draw(t, "weight"), Since: began}
	}
	return Of(rapid.IntRange(0, 63).Draw(t, "metric"), measurement, weight)
}

// setPart fills one part of what a look saw.
func setPart(samples *run.Samples, part Part, at time.Time, values []float64) {
	var points []series.Sample
	for i, value := range values {
		points = append(points, series.Sample{At: at.Add(time.Duration(i) * time.Second), Value: value})
	}
	one := []series.Series{{Labels: `{a="b"}`, Samples: points}}
	switch part {
	case CanaryBad:
		samples.CanaryBad = one
	case BaselineBad:
		samples.BaselineBad = one
	case CanaryTotal:
		samples.CanaryTotal = one
	case BaselineTotal:
		samples.BaselineTotal = one
	case CanaryHistogram:
		samples.CanaryHistogram.Classic = one
	case BaselineHistogram:
		samples.BaselineHistogram.Native = []series.HistogramSeries{{Labels: "n", Samples: []series.Histogram{{At: at, Count: values[0]}}}}
	case CanaryPoints:
		samples.CanaryPoints = points
	case BaselinePoints:
		samples.BaselinePoints = points
	}
}

// TestWhatIsAppendedIsRead: a journal says what was written into it, entry by entry.
func TestWhatIsAppendedIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOfN(rapid.Custom(drawEntry), 0, 20).Draw(t, "entries")
		text := ""
		for len(entries) > 0 && text == "" {
			text = Append(text, entries...)
		}
		for _, entry := range entries {
			text = Append(text, entry)
		}
		got, err := Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		want := Journal{Entries: append(append([]Entry(nil), entries...), entries...)}
		if diff := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	})
}

// TestFingerprints: whatever changes in what a look saw changes its part's fingerprint,
// and no other; how "not a number" is written does not.
func TestFingerprints(t *testing.T) {
	whole := func() run.Samples {
		var samples run.Samples
		for part := range Parts {
			setPart(&samples, part, began, []float64{1, 2})
		}
		return samples
	}
	before := SeenSamples(whole())
	for part := range Parts {
		samples := whole()
		setPart(&samples, part, began, []float64{3, 2})
		after := SeenSamples(samples)
		if after.Whole == before.Whole {
			t.Errorf("part %d: another value, and the same fingerprint of all", part)
		}
		for other := range Parts {
			if same := after.Part[other] == before.Part[other]; same != (other != part) {
				t.Errorf("part %d changed; the fingerprint of part %d is the same: %v", part, other, same)
			}
			if after.Part[other] != SeenPart(samples, other) {
				t.Errorf("part %d has two fingerprints", other)
			}
		}
	}
	one, another := math.Float64frombits(0x7ff8000000000001), math.Float64frombits(0x7ff8000000000099)
	if SeenResult(criteria.Result{Values: []float64{one}}) != SeenResult(criteria.Result{Values: []float64{another}}) {
		t.Error("two ways to write NaN differ")
	}
	if SeenResult(criteria.Result{Values: []float64{1}}) == SeenResult(criteria.Result{Scalar: true, Values: []float64{1}}) {
		t.Error("a scalar is no vector")
	}
	if seen := SeenSamples(run.Samples{}); seen.Part != [Parts]uint16{} {
		t.Errorf("nothing has fingerprints %v", seen.Part)
	}
}

// TestFull: a journal that is full keeps what it has, says so, and fits into the status.
func TestFull(t *testing.T) {
	text, looks := "", 0
	for ; looks < 5000; looks++ {
		var samples run.Samples
		for _, part := range []Part{CanaryBad, BaselineBad, CanaryTotal, BaselineTotal} {
			setPart(&samples, part, began, []float64{float64(looks)})
		}
		at := began.Add(time.Duration(looks)*15*time.Second + time.Duration(looks*7919%1000003)*time.Microsecond)
		longer := Append(text, Of(0, run.Measurement{From: at.Add(-30 * time.Second), StartedAt: at, FinishedAt: at.Add(4321 * time.Microsecond), Samples: &samples}, Weight{}))
		if longer == text {
			break
		}
		text = longer
	}
	if len(text) > MaxLength {
		t.Errorf("%d bytes, more than %d", len(text), MaxLength)
	}
	journal, err := Decode(text)
	if err != nil || !journal.Full || len(journal.Entries) != looks-1 {
		t.Errorf("after %d looks: %d entries, full: %v, %v", looks, len(journal.Entries), journal.Full, err)
	}
	t.Logf("%d looks of four counters fit, %d bytes each", len(journal.Entries), len(text)/len(journal.Entries))
	if len(journal.Entries) < 1500 {
		t.Errorf("only %d looks fit", len(journal.Entries))
	}
}

func TestDecodeErrors(t *testing.T) {
	good := Append("", Of(0, run.Measurement{StartedAt: began, FinishedAt: began, Failure: &run.Failure{Reason: run.NoData, Message: "nothing"}}, Weight{}))
	for _, test := range []struct{ reason, text, want string }{
		{"another version", "2:AAAA", `it does not begin with "1:"`},
		{"no base64", "1:!", "illegal base64"},
		{"nothing at all", "1:", "it ends in the middle of an entry"},
		{"cut off", good[:len(good)-4], "reading entry 1 of the journal of a run: it ends in the middle"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			if _, err := Decode(test.text); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if text := Append(test.text, Entry{Metric: ByHand, StartedAt: began}); text != test.text {
				t.Errorf("what cannot be read became %q", text)
			}
		})
	}
}

// FuzzDecode: any text is a journal, which is written as it was read, or an error.
func FuzzDecode(f *testing.F) {
	f.Add("")
	f.Add(Append("", Entry{Metric: ByHand, StartedAt: began}))
	f.Add(Append("", Of(1, run.Measurement{StartedAt: began, FinishedAt: began, Result: &criteria.Result{Values: []float64{1}}}, Weight{Known: true, Percent: 5, Since: began})))
	f.Fuzz(func(t *testing.T, text string) {
		journal, err := Decode(text)
		if err != nil || text == "" {
			return
		}
		again, err := Decode(encode(journal))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(journal, again, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%q: (-want +got)\n%s", text, diff)
		}
	})
}
