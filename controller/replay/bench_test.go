package replay_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/providers/metrics/recorded"
	"github.com/serin-dev/serin/recording"
)

// The day that is played: a service of two versions, ten pods each, scraped every 15 s.
const (
	dayPods    = 10
	daySamples = 24 * 60 * 4
)

// day is the recording.
func day(start time.Time) *recording.Recording {
	var all []recording.Series
	add := func(perScrape int, pairs ...string) {
		series := recording.Series{Labels: labels.FromStrings(pairs...)}
		for i := range daySamples {
			series.Floats = append(series.Floats, recording.Point{T: start.Add(time.Duration(i) * 15 * time.Second).UnixMilli(), V: float64(i * perScrape)})
		}
		all = append(all, series)
	}
	for _, hash := range []string{"aaa", "bbb"} {
		for pod := range dayPods {
			name := fmt.Sprintf("%s-%d", hash, pod)
			for _, code := range []string{"200", "404", "500"} {
				add(map[string]int{"200": 300, "404": 3, "500": 1}[code], "__name__", "requests_total", "hash", hash, "pod", name, "code", code)
			}
			for i, le := range []string{"0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "+Inf"} {
				add(250+5*i, "__name__", "latency_bucket", "hash", hash, "pod", name, "le", le)
			}
		}
	}
	return recording.FromSeries(all)
}

// dayTemplate is three metrics, each looked at every minute.
const dayTemplate = `apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: day}
spec:
  metrics:
  - name: success-rate
    interval: 1m
    successCondition: result[0] >= 0.9
    provider: {prometheus: {query: 'sum(rate(requests_total{hash="bbb",code="200"}[1m]))/sum(rate(requests_total{hash="bbb"}[1m]))'}}
  - name: p99
    interval: 1m
    successCondition: result[0] <= 5
    provider: {prometheus: {query: 'histogram_quantile(0.99,sum by(le)(rate(latency_bucket{hash="bbb"}[1m])))'}}
  - name: errors
    interval: 1m
    judge: {proportion: {worse: higher}}
    provider:
      prometheus:
        canary: {bad: 'requests_total{hash="bbb",code="500"}', total: 'requests_total{hash="bbb"}'}
        baseline: {bad: 'requests_total{hash="aaa",code="500"}', total: 'requests_total{hash="aaa"}'}
`

// BenchmarkDay plays three metrics over a day, from opened samples to the result.
func BenchmarkDay(b *testing.B) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	opened := day(start)
	from, to := opened.Bounds()
	looks := 0
	for b.Loop() {
		var manifests replay.Manifests
		if err := manifests.Read("day.yaml", []byte(dayTemplate)); err != nil {
			b.Fatal(err)
		}
		in, err := manifests.Prepare(replay.Options{}, replay.Recording{Start: from, End: to}, checks)
		if err != nil {
			b.Fatal(err)
		}
		provider, err := recorded.New(opened, recorded.Config{Name: "day", From: from, To: to})
		if err != nil {
			b.Fatal(err)
		}
		in.Provider = provider
		result, err := replay.Play(b.Context(), in)
		if err != nil {
			b.Fatal(err)
		}
		if result.Verdict.Outcome != replay.Unfinished || strings.Contains(result.Verdict.Message, "NoData") {
			b.Fatalf("%+v", result.Verdict)
		}
		looks = 0
		for _, metric := range result.Runs[0].Metrics {
			looks += len(metric.Points)
		}
	}
	b.ReportMetric(float64(looks), "looks")
}
