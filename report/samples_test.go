package report

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/backtest"
	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/plan"
)

func night() time.Time { return time.Date(2026, 3, 1, 3, 1, 0, 0, time.UTC) }

// replaySample is a release that is taken back after some looks, ten seconds apart, at some
// metrics: a share, a level, and the answer of a query, in turn.
func replaySample(looks, metrics int) *replay.Result {
	at := func(look int) time.Time { return night().Add(time.Duration(look) * 10 * time.Second) }
	end, weight := at(looks-1), int32(20)
	message := `Metric "errors" Failed: bad requests 0.33 % -> 1.19 %, evidence 860 of 100`
	run := replay.Run{Name: "web-bbb-2-0-1-background", Kind: "Background", Object: &v1alpha1.AnalysisRun{
		ObjectMeta: metav1.ObjectMeta{Name: "web-bbb-2-0-1-background"},
		Status:     v1alpha1.AnalysisRunStatus{Phase: v1alpha1.AnalysisFailed, Message: message},
	}}
	names := []string{"errors", "queue", "p99"}
	for i := range metrics {
		metric := replay.Metric{Name: names[i%3], Quantity: []replay.Quantity{replay.Share, replay.Level, replay.Value}[i%3]}
		for look := range looks {
			metric.Points = append(metric.Points, pointSample(metric.Quantity, at(look), look, looks))
		}
		metric.BlindPeriods = []replay.BlindPeriod{{From: at(0), To: at(1), Looks: 2, Reason: "NoData", Message: "the canary has served no request"}}
		if metric.Quantity == replay.Share {
			metric.Pods = []replay.Pod{{Arm: "canary", Name: "web-bbb-1", Bad: 12, Total: 840}, {Arm: "baseline", Name: "web-aaa-1", Bad: 9, Total: 2810}, {Arm: "baseline", Name: "web-aaa-2"}}
		}
		run.Metrics = append(run.Metrics, metric)
		run.Object.Status.MetricResults = append(run.Object.Status.MetricResults, v1alpha1.MetricResult{Name: metric.Name, Phase: v1alpha1.AnalysisFailed, Message: message})
	}
	for look := range looks {
		evidence, limit := float64(look), 100.0
		run.Together = append(run.Together, replay.Together{At: at(look), EValue: &evidence, Limit: &limit})
	}
	return &replay.Result{
		Format: replay.Format, Subject: replay.Subject{Kind: "Rollout", Name: "web", Files: []string{"rollout.yaml"}, Arguments: []replay.Argument{{Name: "service", Value: "web"}}},
		Recording:    replay.Recording{Path: "night.om", Format: "OpenMetrics", Source: "prometheus", Start: night().Add(-time.Minute), End: end.Add(time.Hour), Series: 12, Samples: 34567},
		Window:       replay.Window{Start: night(), End: end.Add(time.Hour)},
		Verdict:      replay.Verdict{Outcome: replay.RolledBack, At: end, Reason: "AnalysisFailed", Message: message, WouldHaveChanged: []string{"a tolerance of 11 % or more would have let it go on"}},
		Reproduction: &replay.Reproduction{Looks: looks, Same: looks},
		Timeline: []replay.Event{
			{At: at(0), Kind: replay.EventRelease, Reason: "ReleaseStarted", Weight: new(int32), Message: "revision 2 is released"},
			{At: at(1), Kind: replay.EventWeight, Weight: &weight, Message: "the canary gets 20 % of the traffic"},
			{At: at(2), Kind: replay.EventBlind, Metric: "errors", Reason: "NoData", Weight: &weight, Warning: true, Message: "no request"},
			{At: at(3), Kind: replay.EventMetric, Metric: "errors", Phase: "Successful", Weight: &weight, Message: "no evidence of harm"},
			{At: end, Kind: replay.EventRunEnded, Run: run.Name, Phase: "Failed", Weight: &weight, Warning: true, Message: message},
			{At: end, Kind: replay.EventEnd, Message: "nothing is known after that"},
		},
		Weights:     []replay.Weight{{At: at(0), Weight: 0}, {At: at(1), Weight: 20}, {At: end, Weight: 0}},
		Runs:        []replay.Run{run},
		Assumptions: []string{"the recorded requests are what they were, at whatever weight"},
		Warnings:    []string{"the recording has a gap of two minutes"},
	}
}

// pointSample is one look: the first two see nothing, and the canary gets worse.
func pointSample(quantity replay.Quantity, at time.Time, look, looks int) replay.Point {
	if look < 2 {
		return replay.Point{At: at, Phase: "Error", Reason: "NoData", Message: "the canary has served no request"}
	}
	done := float64(look) / float64(looks)
	canary, baseline, evidence, limit := 0.003+0.01*done*done, 0.003, 0.5+1000*done*done*done*done, 100.0
	p := replay.Point{At: at, Phase: "Successful", Message: "no evidence of harm", Canary: &canary}
	if quantity == replay.Value {
		return p
	}
	p.Baseline, p.EValue, p.Limit = &baseline, &evidence, &limit
	return p
}

// backtestSample is two datasets with some wrong cases.
func backtestSample() *backtest.Result {
	shop := backtest.Dataset{
		Name: "shop", Templates: []string{"errors", "latency"}, Rollback: backtest.Tally{RolledBack: 48, Promoted: 2, Inconclusive: 3}, Promote: backtest.Tally{RolledBack: 1, Promoted: 38, Inconclusive: 1},
		Shared: backtest.Tally{RolledBack: 1, Promoted: 9}, Recall: backtest.NewRate(48, 53), False: backtest.NewRate(1, 40), Inconclusive: backtest.NewRate(4, 93),
		Detection: backtest.Detection{Median: 65, P90: 346, Early: 1, Times: []backtest.Time{{Seconds: 20, Cases: 12}, {Seconds: 65, Cases: 20}, {Seconds: 200, Cases: 8}, {Seconds: 346, Cases: 7}}},
		Metrics:   []backtest.Metric{{Name: "errors", Rightly: 40, Falsely: 1, Together: 2}, {Name: "latency", Rightly: 8, Otherwise: 1}},
	}
	jobs := backtest.Dataset{
		Name: "jobs", Templates: []string{"queue"}, Rollback: backtest.Tally{RolledBack: 1}, Recall: backtest.NewRate(1, 1),
		Detection: backtest.Detection{Median: 65, P90: 65, Times: []backtest.Time{{Seconds: 65, Cases: 1}}}, Inconclusive: backtest.NewRate(0, 1),
	}
	all := shop
	all.Name, all.Templates, all.Rollback.RolledBack, all.Recall, all.Inconclusive = "", nil, 49, backtest.NewRate(49, 54), backtest.NewRate(4, 94)
	all.Detection.Times = []backtest.Time{{Seconds: 20, Cases: 12}, {Seconds: 65, Cases: 21}, {Seconds: 200, Cases: 8}, {Seconds: 346, Cases: 7}}
	r := &backtest.Result{
		Format: backtest.Format, Corpus: backtest.Identity{Name: "corpus", Digest: "cc294a34"}, Templates: backtest.Identity{Name: "errors, latency, queue", Digest: "35abf0db"},
		Cases: 105, All: all, Datasets: []backtest.Dataset{jobs, shop}, WrongLeftOut: 3, Broken: []backtest.Broken{{Case: "shop/torn", Problem: "case.json: line 3: unexpected end"}},
	}
	reasons := []backtest.Reason{
		{Metric: "errors", Text: "no evidence of harm: bad requests 1.00 % -> 1.20 %, evidence 0.308 of 200", Evidence: "0.308", Limit: "200"}, {Metric: "latency", Text: "it was never measured"},
	}
	for i, ways := range [][2]string{{backtest.Promote, backtest.Rollback}, {backtest.Rollback, backtest.Promote}, {backtest.Rollback, "inconclusive"}, {backtest.Promote, "inconclusive"}} {
		for j := range []int{1, 2, openWrong + 1, 1}[i] {
			r.Wrong = append(r.Wrong, backtest.Wrong{Dataset: "shop", Case: ways[0] + "-" + string(rune('a'+j)), Expected: ways[0], Decided: ways[1], After: float64(60 * (j + 1)), Reasons: reasons})
		}
	}
	r.Wrong[0].Reasons = nil
	return r
}

// planSample is a release in two steps with three regressions.
func planSample() *plan.Result {
	share := func(count, of int, lower, upper float64) plan.Share {
		return plan.Share{Count: count, Of: of, Share: float64(count) / float64(of), Lower: lower, Upper: upper}
	}
	took := func(p50, p90 float64) plan.Distribution {
		d := plan.Distribution{Count: 20, Mean: p50, P50: p50, P90: p90}
		for i := range 21 {
			d.Quantiles = append(d.Quantiles, p50+(p90-p50)*float64(i-10)/8)
		}
		return d
	}
	caught := func(name string, share plan.Share, seconds float64) plan.Scenario {
		return plan.Scenario{
			Name: name, Releases: 20, TakenBack: share, Detection: took(seconds, 2*seconds), Requests: took(60*seconds, 120*seconds), Bad: took(seconds/2, seconds), Extra: took(seconds/3, seconds/2),
			Minimum: &plan.Minimum{Requests: 20 * seconds, Seconds: seconds / 3, Extra: seconds / 9}, Where: []plan.Place{{Step: 2, Text: "pause 2m", Weight: 20, Count: 12}, {Step: 4, Text: "pause 2m", Weight: 60, Count: 5}},
			By: []plan.Count{{Metric: "errors", Count: 17}}, Promoted: plan.Share{Of: 20}, Held: plan.Share{Of: 20},
		}
	}
	missed := plan.Scenario{Name: "errors=0.2%", Releases: 20, TakenBack: share(0, 20, 0, 0.16), Promoted: share(19, 20, 0.76, 0.99), Held: share(1, 20, 0.009, 0.24), HeldExample: "waits for evidence: 40 of 200 requests"}
	slow := caught("latency=2x", share(20, 20, 0.84, 1), 14)
	slow.Minimum = nil
	good := plan.Scenario{
		Name: "good", Releases: 50, Promoted: share(49, 50, 0.89, 0.997), TakenBack: share(1, 50, 0.003, 0.1), Held: share(0, 50, 0, 0.07), Duration: took(398, 460), Weights: []plan.WeightAt{{Seconds: 11, Weight: 20}, {Seconds: 200, Weight: 60}, {Seconds: 390, Weight: 100}},
		Waits:   []plan.Wait{{Step: 1, Text: "setWeight 20", Reason: "WaitingForPods", P50: 11, P90: 12}, {Step: 2, Text: "pause 2m", Reason: "Progressing", P50: 120, P90: 120}, {Step: 3, Text: "analysis", Reason: "WaitingForEvidence", P50: 60, P90: 180}, {Step: 4, Text: "setWeight 60", Reason: "Blind", P50: .2, P90: .3}, {Step: 6, Text: "taking over", Reason: "WaitingForPods", P50: 11, P90: 11}},
		Example: `Metric "errors" Failed: evidence 120 of 100`,
	}
	half := caught("", share(17, 20, 0.64, 0.95), 30)
	return &plan.Result{
		Version: 1, Rollout: "checkout", Steps: []string{"setWeight 20", "pause 2m", "analysis", "setWeight 60", "pause 2m"}, Budget: 0.01, Seed: 7,
		Metrics: []plan.Metric{{Name: "errors", Judge: "proportion", Interval: "30s", Reads: "bad requests"}, {Name: "saturation", Judge: "mean", Reads: "a gauge", Assumed: "the same level in both versions"}},
		Service: plan.Service{RequestsPerSecond: 300, ErrorRate: 0.002, Latency: "p50=60ms,p99=400ms", Pods: 6, PodSpread: 0.1, ScrapeSeconds: 15, StartSeconds: 10},
		Notes:   []string{"a release that has not ended after 42m30s counts as held"}, Good: good, Regressions: []plan.Scenario{missed, caught("errors=1%", share(17, 20, 0.64, 0.95), 65), slow},
		Focus: "errors=1%", Changes: []plan.Change{{Name: "first weight 20% → 40%", Good: good, Bad: half, Detection: 0.46, Extra: 0.46, Duration: 1, Sooner: 17, Later: 1, Halves: true}, {Name: "tolerance 3% → 0%", Good: good, Bad: caught("", share(17, 20, 0.64, 0.95), 60), Detection: 0.92}},
	}
}
