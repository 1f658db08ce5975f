package celtest

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// analysisRun is a valid AnalysisRun; the rows change it.
const analysisRun = `
apiVersion: serin.dev/v1alpha1
kind: AnalysisRun
metadata: {name: web-1}
spec:
  args: [{name: service, value: web}]
  metrics:
  - name: success-rate
    successCondition: result[0] >= 0.99
    provider: {prometheus: {query: up}}
`

var analysisRunRules = []rule{
	{reason: "a run is accepted"},
	{
		reason: "a run measures something",
		change: "spec: {metrics: []}",
		want:   []string{"spec.metrics: spec.metrics in body should have at least 1 items"},
	},
	{
		reason: "a budget of nothing",
		change: `spec: {falseAlarmBudget: "0%"}`,
		want:   []string{badBudget},
	},
	{
		reason: "the rules of a metric hold here, too",
		change: "spec: {metrics: [{name: a, provider: {prometheus: {query: up}}}]}",
		want:   []string{"spec.metrics[0]: a metric needs a successCondition, a failureCondition or a judge: otherwise nothing could ever pass or fail"},
	},
}

// analysisRunUpdates are changes of a run that exists and was told to end.
var analysisRunUpdates = []rule{
	{reason: "the weight in force changes", change: `spec: {weight: 20, weightSince: "2026-01-02T03:04:05.000006Z"}`},
	{
		reason: "what is measured does not change",
		change: "spec: {metrics: [{name: a, successCondition: 'true', provider: {prometheus: {query: up}}}]}",
		want:   []string{"spec: the metrics of a run cannot be changed; change the template and start a new run"},
	},
	{
		reason: "nor what it is measured with",
		change: "spec: {args: [{name: service, value: shop}]}",
		want:   []string{"spec: the args of a run cannot be changed; start a new run"},
	},
	{
		reason: "nor how sure the judge must be",
		change: `spec: {falseAlarmBudget: "50%"}`,
		want:   []string{"spec: the falseAlarmBudget of a run cannot be changed; start a new run"},
	},
	{
		reason: "nor what decides",
		change: "spec: {score: {}}",
		want:   []string{"spec: the score of a run cannot be changed; start a new run"},
	},
	{
		reason: "what has ended does not begin again",
		change: "spec: {terminate: false}",
		want:   []string{"spec: a terminated run stays terminated; start a new run"},
	},
	{
		reason: "nor by leaving the field out",
		change: "spec: {terminate: null}",
		want:   []string{"spec: a terminated run stays terminated; start a new run"},
	},
}

func TestAnalysisRun(t *testing.T) {
	check(t, analysisRun, analysisRunRules)
}

func TestAnalysisRunUpdates(t *testing.T) {
	run := created(t, analysisRun)
	run.Object = merge(run.Object, parse(t, "spec: {terminate: true}"))
	if err := server.Update(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	for _, rule := range analysisRunUpdates {
		t.Run(rule.reason, func(t *testing.T) {
			object := run.DeepCopy()
			object.Object = merge(object.Object, parse(t, rule.change))
			compare(t, refusals(t, server.Update(t.Context(), object, client.DryRunAll)), rule.want)
		})
	}
}
