package run

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/analysis/criteria"
)

// sequenceRows are the sequences of measurements that were executed against Argo
// Rollouts' evaluation code (S success, F failed, I inconclusive, E error), with
// its verdict and ours. A verdict is a phase and after how many measurements it
// fell; "terminated" is the phase when a run that goes on is told to end. Where
// serin is "same" the verdicts agree; else why says what is different.
var sequenceRows = []struct{ config, sequence, argo, serin, why string }{
	{"none", "S", "Successful after 1", "same", ""},
	{"none", "F", "Failed after 1", "same", ""},
	{"none", "I", "Inconclusive after 1", "same", ""},
	{"none", "EEES", "Successful after 4", "same", ""},
	{"none", "EEEEE", "Error after 5", "Running, terminated Inconclusive", "nothing was seen: errors hold the release, they do not end the run"},
	{"interval", "SSSS", "Running, terminated Successful", "same", ""},
	{"interval", "SSF", "Failed after 3", "same", ""},
	{"interval, failureLimit 3", "FFFSSS", "Running, terminated Successful", "same", ""},
	{"interval, failureLimit 3", "FSFSFSF", "Failed after 7", "same", ""},
	{"count 3, failureLimit 3", "FFF", "Successful after 3", "Inconclusive after 3", "nothing succeeded: every measurement failed"},
	{"count 3, failureLimit 2", "FFF", "Failed after 3", "same", ""},
	{"count 5, failureLimit 1", "SFSFS", "Failed after 4", "same", ""},
	{"count 3, inconclusiveLimit 3", "III", "Successful after 3", "Inconclusive after 3", "nothing succeeded: every measurement was in the grey zone"},
	{"count 3, inconclusiveLimit 2", "III", "Inconclusive after 3", "same", ""},
	{"count 2, failureLimit 1, inconclusiveLimit 1", "FI", "Successful after 2", "Inconclusive after 2", "nothing succeeded"},
	{"count 3", "EEEES EEEES EEEES", "Successful after 15", "same", ""},
	{"count 3, failureLimit 3", "FEEEEFEEEEF", "Successful after 11", "Inconclusive after 11", "nothing succeeded: 3 failed, 8 saw nothing"},
	{"count 3, consecutiveErrorLimit 0", "SE", "Error after 2", "Running, terminated Successful", "an error holds the release, whatever the limit: the limit is for reporting"},
	{"csl 3, failureLimit -1", "FFFFFFSSFSSS", "Successful after 12", "same", ""},
	{"csl 3, failureLimit -1, count 5", "SSFSS", "Failed after 5", "same", ""},
	{"csl 3, failureLimit 2, count 5", "SSFSS", "Inconclusive after 5", "same", ""},
	{"csl 3, failureLimit 2, count 5", "SFFF", "Failed after 4", "same", ""},
	{"csl 3, failureLimit 2, count 5", "FSSS", "Successful after 4", "same", ""},
	{"csl 3, failureLimit -1", "SSESSS", "Successful after 6", "same", ""},
	{"interval, failureLimit 2", "FF", "Running, terminated Successful", "Running, terminated Inconclusive", "nothing succeeded: cut short with 2 of 2 failed"},
	{"interval", "", "Running, terminated Successful", "Running, terminated Inconclusive", "nothing was measured: a run that was cut short is no evidence"},
}

func TestSequencesOfArgoRollouts(t *testing.T) {
	for _, row := range sequenceRows {
		t.Run(row.config+" "+row.sequence, func(t *testing.T) {
			want := row.serin
			if want == "same" {
				want = row.argo
			}
			if (row.serin != "same") != (row.why != "") {
				t.Fatalf("a row that differs says why, and no other does: %+v", row)
			}
			if got := playSequence(t, row.config, row.sequence); got != want {
				t.Errorf("%s: %s: got %q, want %q (Argo Rollouts: %q)", row.config, row.sequence, got, want, row.argo)
			}
		})
	}
}

// playSequence measures a metric until the run ends or the sequence does.
func playSequence(t *testing.T, config, sequence string) string {
	t.Helper()
	spec := Spec{Metrics: []Metric{sequenceMetric(t, config)}}
	now := epoch
	state := Start(spec, now)
	made := 0
	for _, letter := range strings.ReplaceAll(sequence, " ", "") {
		looks, next := Due(spec, state, now)
		if len(looks) == 0 {
			now = next
			looks, _ = Due(spec, state, now)
		}
		if len(looks) != 1 {
			t.Fatalf("after %d measurements, at %s: %d looks are due", made, now.Sub(epoch), len(looks))
		}
		state = Record(spec, state, letterMeasurement(looks[0], letter, now))
		made++
		if !state.Phase.Live() {
			return fmt.Sprintf("%s after %d", state.Phase, made)
		}
	}
	return fmt.Sprintf("Running, terminated %s", Terminate(spec, state, now).Phase)
}

// epoch is when tests begin.
var epoch = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)

// sequenceMetric reads a config of the table.
func sequenceMetric(t *testing.T, config string) Metric {
	t.Helper()
	metric := greyMetric(t, "m")
	metric.Interval = 30 * time.Second
	for _, setting := range strings.Split(config, ", ") {
		key, value, _ := strings.Cut(setting, " ")
		number, _ := strconv.Atoi(value)
		switch key {
		case "none":
			metric.Interval, metric.Count = 0, 1
		case "interval":
		case "count":
			metric.Count = number
		case "failureLimit":
			metric.FailureLimit = number
		case "inconclusiveLimit":
			metric.InconclusiveLimit = number
		case "consecutiveErrorLimit":
			metric.ConsecutiveErrorLimit = number
		case "csl":
			metric.ConsecutiveSuccessLimit = number
		default:
			t.Fatalf("unknown setting %q", setting)
		}
	}
	return metric
}

// greyMetric is a metric for which 1 is a success, 0 a failure and 0.5 neither.
func greyMetric(t testing.TB, name string) Metric {
	t.Helper()
	metric := Metric{Name: name, SuccessCondition: "result[0] >= 0.9", FailureCondition: "result[0] < 0.1", ConsecutiveErrorLimit: 4}
	conditions, err := criteria.Compile(metric.SuccessCondition, metric.FailureCondition)
	if err != nil {
		t.Fatal(err)
	}
	metric.Conditions = conditions
	return metric
}

// letterMeasurement is a measurement of a greyMetric that takes 100 ms.
func letterMeasurement(look Look, letter rune, now time.Time) Measurement {
	measurement := Measurement{Metric: look.Metric, Number: look.Number, StartedAt: now, FinishedAt: now.Add(100 * time.Millisecond)}
	switch letter {
	case 'S':
		measurement.Result = &criteria.Result{Values: []float64{1}}
	case 'F':
		measurement.Result = &criteria.Result{Values: []float64{0}}
	case 'I':
		measurement.Result = &criteria.Result{Values: []float64{0.5}}
	case 'N':
		measurement.Result = &criteria.Result{}
	default:
		measurement.Failure = &Failure{Reason: Unavailable, Message: "connection refused"}
	}
	return measurement
}
