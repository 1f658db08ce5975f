package progression

import (
	"fmt"
	"time"

	"github.com/serin-dev/serin/analysis/run"
)

// zeroTime is no time.
var zeroTime time.Time

// guard takes a release back as soon as it is known to be bad, whatever it waits for.
func (d *decision) guard() {
	if !d.Releasing() {
		return
	}
	for _, check := range []func() (reason, message string){d.failedRun, d.deadPods, d.blindTooLong, d.pastDeadline} {
		if reason, message := check(); reason != "" {
			d.abort(reason, message, "")
			return
		}
	}
	d.askPerson()
}

// abort takes the release back.
func (d *decision) abort(reason, message, by string) {
	d.Abort = &Abort{At: d.o.Now, Reason: reason, Message: message, By: by}
	d.end(Aborted, WasAborted)
	if by != "" {
		message += ", by " + by
	}
	d.announce(true, "ReleaseAborted", "revision %d is taken back: %s", d.Revision, message)
}

// failedRun: an analysis has found the new version to be bad.
func (d *decision) failedRun() (reason, message string) {
	for _, key := range d.liveRuns() {
		if seen := d.o.Runs[key]; seen.Phase == run.Failed {
			return ReasonAnalysisFailed, seen.Message
		}
	}
	return "", ""
}

// deadPods: the new version's pods keep ending, and none can serve.
func (d *decision) deadPods() (reason, message string) {
	version := d.o.Versions[d.Current]
	if version.Wanted > 0 && version.Available == 0 && version.Crashing > 0 {
		return ReasonPodsCrashing, fmt.Sprintf("%d of %d canary pods keep crashing and none is available: %s", version.Crashing, version.Wanted, version.Trouble)
	}
	return "", ""
}

// blindTooLong: the policy turns a long blindness into an abort.
func (d *decision) blindTooLong() (reason, message string) {
	for _, key := range d.liveRuns() {
		since, limit := d.blindFrom(key), d.abortAfter(key)
		if limit > 0 && !since.IsZero() && !d.o.Now.Before(since.Add(limit)) {
			return ReasonBlindTooLong, fmt.Sprintf("the analysis cannot see since %s, and onBlind.abortAfter is %s: %s", clock(since), limit, d.o.Runs[key].Message)
		}
	}
	return "", ""
}

// blindFrom is since when a run should see and cannot; zero when it can. Before
// there is traffic, the background analysis has nothing to see; before its step,
// the analysis of a step has not.
func (d *decision) blindFrom(key string) time.Time {
	since, from := d.o.blindSince(d.o.Runs[key]), d.StepStartedAt
	if key == d.BackgroundRun {
		from = d.WeightSince
	}
	if since.IsZero() || from.IsZero() {
		return zeroTime
	}
	if from.After(since) {
		return from
	}
	return since
}

// abortAfter is the policy of the analysis behind a run.
func (d *decision) abortAfter(key string) time.Duration {
	if key == d.BackgroundRun {
		if d.o.Spec.Background == nil {
			return 0
		}
		return d.o.Spec.Background.AbortAfter
	}
	if d.Step < int32(len(d.o.Spec.Steps)) && d.o.Spec.Steps[d.Step].Analysis != nil {
		return d.o.Spec.Steps[d.Step].Analysis.AbortAfter
	}
	return 0
}

// pastDeadline: pods or router have made no progress for too long. Pods of the stable
// version that do not start say nothing about the new one: the release holds.
func (d *decision) pastDeadline() (reason, message string) {
	missing := d.missing()
	if !d.o.Spec.ProgressDeadlineAbort || missing.what == missingBaseline || !overdue(d.State, d.o, missing) {
		return "", ""
	}
	return ReasonProgressDeadline, fmt.Sprintf("no progress for %s, %s", d.o.Spec.ProgressDeadline, missing.text)
}

// askPerson waits for a person when an analysis could not decide. Meanwhile a new
// background analysis takes over: a release that waits must not be without eyes.
func (d *decision) askPerson() {
	for _, key := range d.liveRuns() {
		if d.o.Runs[key].Phase != run.Inconclusive {
			continue
		}
		if !d.waits(WaitInconclusive) {
			d.wait(WaitInconclusive, "")
			d.announce(true, "AnalysisInconclusive", "the analysis could not decide, a person must: %s", d.o.Runs[key].Message)
		}
		if key == d.BackgroundRun {
			d.BackgroundRun = ""
		}
	}
}

// liveRuns are the keys of the runs that count now and exist.
func (d *decision) liveRuns() []string {
	var keys []string
	for _, key := range []string{d.BackgroundRun, d.StepRun} {
		if _, exists := d.o.Runs[key]; key != "" && exists {
			keys = append(keys, key)
		}
	}
	return keys
}

// blindSince is since when a run cannot see; zero when it can. A measurement that
// is overdue is one that hangs.
func (o Observation) blindSince(seen Run) time.Time {
	switch {
	case !seen.Phase.Live():
		return zeroTime
	case !seen.BlindSince.IsZero():
		return seen.BlindSince
	case !seen.OverdueAt.IsZero() && !o.Now.Before(seen.OverdueAt):
		return seen.OverdueAt
	default:
		return zeroTime
	}
}

// clock writes a time for people: without a date, in UTC.
func clock(t time.Time) string {
	return t.UTC().Format("15:04:05Z")
}
