package rollout_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

func sortedTexts(texts []string) []string {
	slices.Sort(texts)
	return texts
}

// TestReleaseByHand follows a release through its steps, and looks at the cluster
// after each.
func TestReleaseByHand(t *testing.T) {
	c := newCluster(t)
	c.web()
	c.rounds()
	if got := c.pods() + " stable=" + c.selected("web") + " canary=" + c.selected("web-canary"); got != "web:1=4 stable=web:1 canary=web:1" {
		t.Fatalf("after the first version: %s", got)
	}
	if got := c.get().Status; got.Phase != v1alpha1.PhaseHealthy || got.Release.Revision != 1 {
		t.Fatalf("after the first version the status is %s, revision %d: %s", got.Phase, got.Release.Revision, got.Message)
	}

	c.image("web:2")
	c.rounds()
	c.expect("at the first pause", "web:1=4 web:2=1", 25, "web:1", "web:2", v1alpha1.PhasePaused)
	c.intend(v1alpha1.ActionPromote, 2)
	c.rounds()
	c.expect("at the second pause", "web:1=4 web:2=2", 50, "web:1", "web:2", v1alpha1.PhasePaused)
	c.intend(v1alpha1.ActionPromote, 2)
	c.rounds()
	c.expect("promoted", "web:1=4 web:2=4", 0, "web:2", "web:2", v1alpha1.PhaseHealthy)
	c.clock.Step(31 * time.Second)
	c.rounds()
	c.expect("after the delay", "web:1=0 web:2=4", 0, "web:2", "web:2", v1alpha1.PhaseHealthy)

	status := c.get().Status
	want := map[string]string{"Available": "True", "Ready": "True", "Reconciling": "False", "Stalled": "False"}
	got := map[string]string{}
	for _, condition := range status.Conditions {
		got[condition.Type] = string(condition.Status)
		if condition.ObservedGeneration != c.get().Generation {
			t.Errorf("condition %s is about generation %d", condition.Type, condition.ObservedGeneration)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
	if len(status.Release.Overrides) != 2 || status.Release.Overrides[0].By != "ann" {
		t.Errorf("the status does not say who promoted which steps: %+v", status.Release.Overrides)
	}
}

// expect compares the cluster with what it should be.
func (c *cluster) expect(when, pods string, weight int32, stable, canary string, phase v1alpha1.RolloutPhase) {
	c.t.Helper()
	type state struct {
		Pods, Stable, Canary string
		Weight               int32
		Phase                v1alpha1.RolloutPhase
	}
	want := state{pods, stable, canary, weight, phase}
	got := state{c.pods(), c.selected("web"), c.selected("web-canary"), c.router.weight, c.get().Status.Phase}
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Fatalf("%s (-want +got):\n%s\nmessage: %s", when, diff, c.get().Status.Message)
	}
}

// intend writes what a user asks for.
func (c *cluster) intend(action string, revision int64) {
	c.t.Helper()
	c.edit(func(object *v1alpha1.Rollout) {
		if object.Annotations == nil {
			object.Annotations = map[string]string{}
		}
		object.Annotations[v1alpha1.AnnotationIntent] = `{"id":"` + c.clock.Now().String() + action + time.Now().String() + `","action":"` + action + `","revision":` +
			map[int64]string{1: "1", 2: "2", 3: "3"}[revision] + `,"by":"ann","at":"2026-01-05T03:00:00.000000Z"}`
	})
}

// TestNothingToDo: a round that changes nothing makes no write.
func TestNothingToDo(t *testing.T) {
	c := newCluster(t)
	c.web()
	c.rounds()
	for range 3 {
		_, err := c.round()
		must(t, err)
		if len(c.writes) > 0 || c.router.takeWrites() {
			t.Fatalf("a round with nothing to do wrote %v", c.writes)
		}
	}
	c.image("web:2")
	c.rounds()
	_, err := c.round()
	must(t, err)
	if len(c.writes) > 0 {
		t.Fatalf("a round in a pause wrote %v", c.writes)
	}
}

// TestFailedAnalysis: the round that sees the verdict sets the weight to 0.
func TestFailedAnalysis(t *testing.T) {
	c := newCluster(t)
	c.template("errors", "result[0] >= 0.9")
	c.web(func(object *v1alpha1.Rollout) {
		object.Spec.Strategy.Canary.Analysis = &v1alpha1.BackgroundAnalysis{RolloutAnalysis: v1alpha1.RolloutAnalysis{Templates: []v1alpha1.TemplateReference{{TemplateName: "errors"}}}}
	})
	c.rounds()
	c.image("web:2")
	c.rounds()
	run := c.run()
	if run.Spec.CanarySince == nil || run.Spec.WeightSince == nil {
		t.Errorf("the run does not know since when canary and weight are there: %+v", run.Spec)
	}
	if run.Spec.Weight == nil || *run.Spec.Weight != 25 {
		t.Errorf("the run does not know the weight that the router holds: %v", run.Spec.Weight)
	}
	run.Status = v1alpha1.AnalysisRunStatus{Phase: v1alpha1.AnalysisFailed, Message: "half of the answers are errors", CompletedAt: &metav1.MicroTime{Time: c.clock.Now()}}
	must(t, admin.Status().Update(t.Context(), run))
	_, err := c.round()
	must(t, err)
	status := c.get().Status
	if c.router.weight != 0 || status.Phase != v1alpha1.PhaseDegraded || !strings.Contains(status.Message, "half of the answers are errors") {
		t.Fatalf("weight %d, phase %s: %s", c.router.weight, status.Phase, status.Message)
	}
	c.clock.Step(31 * time.Second)
	c.rounds()
	c.expect("taken back", "web:1=4 web:2=0", 0, "web:1", "web:1", v1alpha1.PhaseDegraded)
	if !meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionStalled) {
		t.Errorf("an aborted release is not Stalled: %v", status.Conditions)
	}
}

// template makes an AnalysisTemplate with one threshold.
func (c *cluster) template(name, condition string) {
	c.t.Helper()
	c.analysisTemplate(name, v1alpha1.AnalysisTemplateSpec{Metrics: []v1alpha1.Metric{threshold(condition)}})
}

// judged is a metric with a judge.
func judged() v1alpha1.Metric {
	count := intstr.FromInt32(3)
	return v1alpha1.Metric{
		Name: "errors", Interval: "10s", Count: &count, Judge: &v1alpha1.MetricJudge{Proportion: &v1alpha1.ProportionJudge{}},
		Provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{
			Address:  "http://prometheus:9090",
			Canary:   &v1alpha1.VersionMetrics{Bad: "canary_bad", Total: "canary_total"},
			Baseline: &v1alpha1.VersionMetrics{Bad: "stable_bad", Total: "stable_total"},
		}},
	}
}

// analysisTemplate makes an AnalysisTemplate.
func (c *cluster) analysisTemplate(name string, spec v1alpha1.AnalysisTemplateSpec) {
	c.t.Helper()
	must(c.t, admin.Create(c.t.Context(), &v1alpha1.AnalysisTemplate{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: c.namespace}, Spec: spec}))
}

// threshold is a metric that never ends by itself.
func threshold(condition string) v1alpha1.Metric {
	return v1alpha1.Metric{
		Name: "success-rate", Interval: "10s", SuccessCondition: condition,
		Provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{Query: "up"}},
	}
}

// run is the one AnalysisRun of the namespace.
func (c *cluster) run() *v1alpha1.AnalysisRun {
	c.t.Helper()
	var list v1alpha1.AnalysisRunList
	must(c.t, admin.List(c.t.Context(), &list, client.InNamespace(c.namespace)))
	if len(list.Items) != 1 {
		c.t.Fatalf("there are %d AnalysisRuns", len(list.Items))
	}
	return &list.Items[0]
}

// TestEveryWriteMayFail: the process dies at every write of a whole release, one
// after another, and the release ends as it would have.
func TestEveryWriteMayFail(t *testing.T) {
	for failAt := 1; failAt <= 4; failAt++ {
		c := newCluster(t)
		c.web(func(object *v1alpha1.Rollout) {
			ten := int32(10)
			object.Spec.Strategy.Canary.Steps = []v1alpha1.CanaryStep{{SetWeight: &ten}}
		})
		failures := 0
		for _, image := range []string{"web:1", "web:2"} {
			c.image(image)
			for range 30 {
				c.failAt = failAt
				_, err := c.round()
				if err != nil {
					failures++
				}
				c.failAt = 0
				_, err = c.round()
				must(t, err)
				c.kubelet()
				c.clock.Step(2 * time.Second)
			}
		}
		c.expect("in the end", "web:1=0 web:2=4", 0, "web:2", "web:2", v1alpha1.PhaseHealthy)
		if failAt <= 2 && failures == 0 {
			t.Errorf("no write %d has failed: the test tests nothing", failAt)
		}
	}
}

// TestBadInput: what cannot be released is said, with field and fix, before a pod
// of it is started, and what runs stays as it is.
//
// Long: a table of specs that cannot be released, each with its own preparation.
func TestBadInput(t *testing.T) {
	analysis := func(template string) func(*v1alpha1.Rollout) {
		return func(object *v1alpha1.Rollout) {
			object.Spec.Strategy.Canary.Analysis = &v1alpha1.BackgroundAnalysis{RolloutAnalysis: v1alpha1.RolloutAnalysis{Templates: []v1alpha1.TemplateReference{{TemplateName: template}}}}
		}
	}
	cases := map[string]struct {
		prepare func(*cluster)
		change  func(*v1alpha1.Rollout)
		want    []string
	}{
		"missing Service": {
			change: func(object *v1alpha1.Rollout) { object.Spec.Strategy.Canary.CanaryService = "nobody" },
			want:   []string{"spec.strategy.canary.canaryService", `"nobody" does not exist`, "create it"},
		},
		"missing template": {change: analysis("nobody"), want: []string{"spec.strategy.canary.analysis", "nobody"}},
		"condition that does not compile": {
			prepare: func(c *cluster) { c.template("typo", "reslut[0] >= 0.9") },
			change:  analysis("typo"), want: []string{"successCondition", "reslut"},
		},
		"templates that include each other": {
			prepare: func(c *cluster) {
				c.analysisTemplate("a", v1alpha1.AnalysisTemplateSpec{Templates: []v1alpha1.TemplateReference{{TemplateName: "b"}}})
				c.analysisTemplate("b", v1alpha1.AnalysisTemplateSpec{Templates: []v1alpha1.TemplateReference{{TemplateName: "a"}}})
			},
			change: analysis("a"), want: []string{"spec.strategy.canary.analysis", "a -> ", "b -> "},
		},
		"argument without a value": {
			prepare: func(c *cluster) {
				c.analysisTemplate("args", v1alpha1.AnalysisTemplateSpec{Args: []v1alpha1.Argument{{Name: "service"}}, Metrics: []v1alpha1.Metric{threshold("result[0] >= 0.9")}})
			},
			change: analysis("args"), want: []string{"spec.strategy.canary.analysis", `"service"`},
		},
		"metric of a step that never ends": {
			prepare: func(c *cluster) { c.template("endless", "result[0] >= 0.9") },
			change: func(object *v1alpha1.Rollout) {
				object.Spec.Strategy.Canary.Steps = append(object.Spec.Strategy.Canary.Steps, v1alpha1.CanaryStep{
					Analysis: &v1alpha1.RolloutAnalysis{Templates: []v1alpha1.TemplateReference{{TemplateName: "endless"}}},
				})
			},
			want: []string{"spec.strategy.canary.steps[4].analysis", "count"},
		},
		"judge of a step that has nothing to compare with": {
			prepare: func(c *cluster) {
				c.analysisTemplate("alone", v1alpha1.AnalysisTemplateSpec{Metrics: []v1alpha1.Metric{judged()}})
			},
			change: func(object *v1alpha1.Rollout) {
				all := int32(100)
				object.Spec.Strategy.Canary.Steps = append(object.Spec.Strategy.Canary.Steps, v1alpha1.CanaryStep{SetWeight: &all}, v1alpha1.CanaryStep{
					Analysis: &v1alpha1.RolloutAnalysis{Templates: []v1alpha1.TemplateReference{{TemplateName: "alone"}}},
				})
			},
			want: []string{"spec.strategy.canary.steps[5].analysis", "metrics[0].judge", "before setWeight: 100"},
		},
		"pod template that the API server refuses": {
			change: func(object *v1alpha1.Rollout) { object.Spec.Template.Spec.Containers[0].Image = "" },
			want:   []string{"spec.template", "image"},
		},
		"analysis without traffic": {
			prepare: func(c *cluster) { c.template("errors", "result[0] >= 0.9") },
			change: func(object *v1alpha1.Rollout) {
				analysis("errors")(object)
				object.Spec.Strategy.Canary.Steps = nil
			},
			want: []string{"spec.strategy.canary.analysis", "setWeight"},
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			c.web()
			c.rounds()
			if test.prepare != nil {
				test.prepare(c)
			}
			c.edit(func(object *v1alpha1.Rollout) {
				object.Spec.Template.Spec.Containers[0].Image = "web:2"
				test.change(object)
			})
			c.rounds()
			stalled := c.condition(v1alpha1.ConditionStalled)
			for _, want := range append(test.want, "True InvalidSpec") {
				if !strings.Contains(stalled, want) {
					t.Errorf("the condition Stalled does not say %q: %s", want, stalled)
				}
			}
			if pods := c.pods(); pods != "web:1=4" {
				t.Errorf("the pods are %s", pods)
			}
		})
	}
}

// TestRivals: of two Rollouts that claim the same things, the older one keeps them.
func TestRivals(t *testing.T) {
	c := newCluster(t)
	c.web()
	c.rounds()
	older := c.get()
	rival := older.DeepCopy()
	rival.ObjectMeta = metav1.ObjectMeta{Name: "zweb", Namespace: c.namespace}
	must(t, admin.Create(t.Context(), rival))
	request := c.get()
	_, err := c.reconciler().Reconcile(t.Context(), requestFor(rival))
	must(t, err)
	must(t, admin.Get(t.Context(), client.ObjectKeyFromObject(rival), rival))
	stalled := meta.FindStatusCondition(rival.Status.Conditions, v1alpha1.ConditionStalled)
	for _, want := range []string{"spec.selector", "stableService", "canaryService", "httpRoutes[0]", `"web"`} {
		if stalled == nil || !strings.Contains(stalled.Message, want) {
			t.Errorf("the younger Rollout is not told about %s: %v", want, stalled)
		}
	}
	if got := c.pods(); got != "web:1=4" {
		t.Errorf("the pods are %s", got)
	}
	_, err = c.round()
	must(t, err)
	if diff := cmp.Diff(request.Status, c.get().Status); diff != "" {
		t.Errorf("the older Rollout was disturbed:\n%s", diff)
	}
}

// TestCrashLoop: pods that keep ending take the release back, and the message says how.
func TestCrashLoop(t *testing.T) {
	c := newCluster(t)
	c.web()
	c.rounds()
	c.image("web:2")
	_, err := c.round()
	must(t, err)
	var canary appsv1.ReplicaSet
	for _, replicaSet := range c.replicaSets() {
		if replicaSet.Spec.Template.Spec.Containers[0].Image == "web:2" {
			canary = replicaSet
		}
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "web-2", Namespace: c.namespace, Labels: canary.Spec.Template.Labels,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(&canary, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))},
		},
		Spec: canary.Spec.Template.Spec,
	}
	must(t, admin.Create(t.Context(), pod))
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
		Name: "web", Image: "web:2", RestartCount: 3, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
		LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 7, ContainerID: "x://y"}},
	}}
	must(t, admin.Status().Update(t.Context(), pod))
	_, err = c.round()
	must(t, err)
	if got := c.get().Status; got.Release.Abort == nil || !strings.Contains(got.Message, "container web: CrashLoopBackOff, exit code 7") {
		t.Errorf("the status is %s: %s", got.Phase, got.Message)
	}
}

// TestStaleIntent: what was asked of a release that is over does not hit the next.
func TestStaleIntent(t *testing.T) {
	c := newCluster(t)
	c.web()
	c.rounds()
	c.image("web:2")
	c.rounds()
	c.intend(v1alpha1.ActionAbort, 1)
	c.rounds()
	intent := c.get().Status.LastIntent
	if intent == nil || intent.Accepted || !strings.Contains(intent.Message, "about revision 1") || c.router.weight != 25 {
		t.Errorf("the intent %+v was not refused; the weight is %d", intent, c.router.weight)
	}
	c.edit(func(object *v1alpha1.Rollout) { object.Annotations[v1alpha1.AnnotationIntent] = "{not json" })
	c.rounds()
	if intent = c.get().Status.LastIntent; intent.Accepted || !strings.Contains(intent.Message, "unknown action") {
		t.Errorf("malformed text was not refused: %+v", intent)
	}
}

// TestAdoption: a Rollout that was deleted with its pods kept, and created anew,
// takes them over.
func TestAdoption(t *testing.T) {
	c := newCluster(t)
	c.web()
	c.rounds()
	old := c.replicaSets()[0]
	must(t, admin.Delete(t.Context(), c.get(), client.PropagationPolicy(metav1.DeletePropagationBackground)))
	orphan := old.DeepCopy()
	orphan.OwnerReferences = nil
	must(t, admin.Update(t.Context(), orphan))
	c.web()
	c.rounds()
	now := c.replicaSets()
	if len(now) != 1 || now[0].UID != old.UID || !metav1.IsControlledBy(&now[0], c.get()) {
		t.Errorf("the ReplicaSet was not adopted: %v", now)
	}
}

// TestHistory: old ReplicaSets are kept up to the limit.
func TestHistory(t *testing.T) {
	c := newCluster(t)
	one := int32(1)
	c.web(func(object *v1alpha1.Rollout) {
		object.Spec.RevisionHistoryLimit = &one
		object.Spec.Strategy.Canary.Steps = nil
	})
	for _, image := range []string{"web:1", "web:2", "web:3", "web:4"} {
		c.image(image)
		c.rounds()
		c.clock.Step(time.Minute)
		c.rounds()
	}
	if got := c.pods(); got != "web:3=0 web:4=4" {
		t.Errorf("the ReplicaSets are %s", got)
	}
}
