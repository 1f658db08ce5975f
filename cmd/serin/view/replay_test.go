package view

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// replayed is a replay over midnight, with more of everything than fits.
func replayed() *replay.Result {
	at := time.Date(2026, 3, 1, 23, 59, 0, 0, time.UTC)
	weight := int32(5)
	said := `Metric "errors" Failed: bad requests 1 % -> 9 %`
	run := &v1alpha1.AnalysisRun{
		Spec: v1alpha1.AnalysisRunSpec{Metrics: []v1alpha1.Metric{{Name: "errors", Judge: &v1alpha1.MetricJudge{Proportion: &v1alpha1.ProportionJudge{}}}}},
		Status: v1alpha1.AnalysisRunStatus{Phase: v1alpha1.AnalysisFailed, MetricResults: []v1alpha1.MetricResult{{
			Name: "errors", Phase: v1alpha1.AnalysisFailed, Message: said,
			Evidence: &v1alpha1.Evidence{CanaryBad: "9", CanaryTotal: "100", BaselineBad: "10", BaselineTotal: "1000", EValue: "250", Limit: "100"},
		}}},
	}
	pods := []replay.Pod{{Arm: "baseline", Name: "a-1", Bad: 10, Total: 1000}}
	for i, bad := range []float64{0, 1, 6, 2} {
		pods = append(pods, replay.Pod{Arm: "canary", Name: "b-" + string(rune('1'+i)), Bad: bad, Total: 25})
	}
	return &replay.Result{
		Subject:   replay.Subject{Kind: "Rollout", Name: "web", Namespace: "shop"},
		Recording: replay.Recording{Path: "friday"},
		Window:    replay.Window{Start: at, End: at.Add(time.Hour)},
		Verdict:   replay.Verdict{Outcome: replay.RolledBack, At: at.Add(95*time.Second + 500*time.Millisecond), Reason: "AnalysisFailed", Message: said, WouldHaveChanged: []string{"Another day."}},
		Timeline: []replay.Event{
			{At: at, Kind: replay.EventRelease, Reason: "ReleaseStarted", Weight: &weight, Message: "revision 2 (bbb) is released beside the stable version aaa"},
			{At: at.Add(30 * time.Second), Kind: replay.EventBlind, Run: "run", Metric: "errors", Reason: "NoData", Weight: &weight, Warning: true, Message: "nothing\x1b[2J there"},
			{At: at.Add(60 * time.Second), Kind: replay.EventMetric, Run: "run", Metric: "errors", Phase: "Successful", Weight: &weight, Message: "no evidence of harm"},
			{At: at.Add(95*time.Second + 500*time.Millisecond), Kind: replay.EventMetricEnded, Run: "run", Metric: "errors", Phase: "Failed", Weight: &weight, Warning: true, Message: said},
			{At: at.Add(95*time.Second + 500*time.Millisecond), Kind: replay.EventRelease, Reason: "ReleaseAborted", Weight: &weight, Warning: true, Message: "revision 2 is taken back: " + said},
		},
		Runs: []replay.Run{{Name: "run", Kind: "Background", Object: run, Metrics: []replay.Metric{{Name: "errors", Pods: pods, Points: []replay.Point{
			{At: at.Add(30 * time.Second), Phase: "Inconclusive", Reason: "NoData", Message: "nothing there"},
			{At: at.Add(45 * time.Second), Phase: "Inconclusive", Reason: "NoData", Message: "still nothing there"},
			{At: at.Add(60 * time.Second), Phase: "Successful", Message: "no evidence of harm"},
		}}}}},
		Assumptions: []string{"pods are available at once"},
		Warnings:    []string{"the recording has no staleness markers"},
	}
}

// TestReplay writes a replay for a wide log and for a narrow terminal without UTF-8.
func TestReplay(t *testing.T) {
	const wide = `✗ Rolled back (AnalysisFailed) 2026-03-02 00:00:35.5Z (1m35s after the start)
  Metric "errors" Failed: bad requests 1 % -> 9 %
  Rollout shop/web over friday, 2026-03-01 23:59:00Z to 2026-03-02 00:59:00Z
! the recording has no staleness markers

Timeline
    2026-03-01 23:59:00Z    5%  revision 2 (bbb) is released beside the stable version aaa
  ? 2026-03-01 23:59:30Z    5%  errors holds: NoData: nothing[2J there
  ✓ 2026-03-02 00:00:00Z    5%  errors Successful: no evidence of harm
  ✗ 2026-03-02 00:00:35.5Z  5%  revision 2 is taken back: see above

Analysis
  run (background)  Failed
    ✗ errors  Failed  bad 1% → 9%  evidence 250 of 100 ██████████; canary 100 requests, stable 1,000
        errors by pod of the canary: b-3 24%, b-4 8%, b-2 4%, and 1 more

Would have changed it
  Another day.

Assumed
  pods are available at once
`
	if diff := cmp.Diff(wide, Text(Replay(replayed(), false, Settings{}), Style{})); diff != "" {
		t.Errorf("wide (-want +got)\n%s", diff)
	}
	const narrow = `Timeline
    2026-03-01 23:59:00Z    5%  revision 2 (bbb) is released
                                beside the stable version
                                aaa
  ? 2026-03-01 23:59:30Z    5%  errors holds: NoData:
                                nothing[2J there
  ? 2026-03-01 23:59:45Z        errors holds: NoData: still
                                nothing there
  + 2026-03-02 00:00:00Z    5%  errors Successful: no
                                evidence of harm
  x 2026-03-02 00:00:35.5Z  5%  revision 2 is taken back:
                                see above
`
	s := Settings{Width: 60, Style: Style{ASCII: true}}
	if text := Text(Replay(replayed(), true, s), s.Style); !strings.Contains(text, narrow) {
		t.Errorf("narrow (-want +got)\n%s", cmp.Diff(narrow, text))
	}
}
