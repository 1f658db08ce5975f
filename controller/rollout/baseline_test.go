package rollout_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// besideFresh compares the canary with fresh pods of the stable version.
func besideFresh(object *v1alpha1.Rollout) {
	object.Spec.Strategy.Canary.Baseline = &v1alpha1.Baseline{Fresh: &v1alpha1.FreshBaseline{}}
}

// fresh are the ReplicaSets of fresh baseline pods.
func (c *cluster) fresh() []appsv1.ReplicaSet {
	c.t.Helper()
	var sets []appsv1.ReplicaSet
	for _, replicaSet := range c.replicaSets() {
		if replicaSet.Labels[v1alpha1.LabelBaseline] != "" {
			sets = append(sets, replicaSet)
		}
	}
	return sets
}

// TestFreshBaseline follows a release that is compared with fresh pods.
func TestFreshBaseline(t *testing.T) {
	c := newCluster(t)
	c.analysisTemplate("errors", v1alpha1.AnalysisTemplateSpec{
		Args: []v1alpha1.Argument{{Name: "baseline"}}, Metrics: []v1alpha1.Metric{threshold("result[0] >= 0.9")},
	})
	label := v1alpha1.BaselineLabelValue
	c.web(besideFresh, func(object *v1alpha1.Rollout) {
		object.Spec.Strategy.Canary.Analysis = &v1alpha1.BackgroundAnalysis{RolloutAnalysis: v1alpha1.RolloutAnalysis{
			Templates: []v1alpha1.TemplateReference{{TemplateName: "errors"}},
			Args:      []v1alpha1.AnalysisArgument{{Name: "baseline", ValueFrom: &v1alpha1.ArgumentValueFrom{Baseline: &label}}},
		}}
	})
	c.rounds()
	c.expect("the first version needs no baseline", "web:1=4", 0, "web:1", "web:1", v1alpha1.PhaseHealthy)
	c.image("web:2")
	c.rounds()
	c.expect("at the first pause", "web:1=1 web:1=4 web:2=1", 25, "web:1", "web:2", v1alpha1.PhasePaused)
	c.isStableButFresh(c.fresh()[0])
	if args := c.run().Spec.Args; len(args) != 1 || args[0].Value == nil || *args[0].Value != "fresh" {
		t.Errorf("the run does not ask for the fresh pods: %+v", args)
	}
	if spec := c.run().Spec; spec.BaselineSince == nil || !spec.BaselineSince.Equal(spec.CanarySince) {
		t.Errorf("the run does not know that the baseline is as young as the canary: %+v", spec.BaselineSince)
	}
	if weight := c.run().Spec.Weight; weight != nil {
		t.Errorf("fresh pods serve a part of the stable share only, and the run is told to expect %d %%", *weight)
	}
	status := c.get().Status
	if got := fmt.Sprintf("%d %d %s %d", status.Replicas, status.AvailableReplicas, status.Ready, status.HPAReplicas); got != "5 5 5/4 6" {
		t.Errorf("replicas, available, ready and HPAReplicas are %s, want 5 5 5/4 6: fresh pods are no capacity, but the autoscaler sees them", got)
	}
	for range 2 { // The pause, and the weight that waits for evidence.
		c.intend(v1alpha1.ActionPromote, 2)
		c.rounds()
	}
	c.expect("at the second pause", "web:1=2 web:1=4 web:2=2", 50, "web:1", "web:2", v1alpha1.PhasePaused)
	c.intend(v1alpha1.ActionAbort, 2)
	_, err := c.round()
	must(t, err)
	c.expect("taken back", "web:1=4 web:2=2", 0, "web:1", "web:2", v1alpha1.PhaseDegraded)
}

// isStableButFresh checks a ReplicaSet of fresh pods against that of their version.
func (c *cluster) isStableButFresh(set appsv1.ReplicaSet) {
	c.t.Helper()
	var stable appsv1.ReplicaSet
	hash := c.get().Status.StableRS
	must(c.t, admin.Get(c.t.Context(), client.ObjectKey{Namespace: c.namespace, Name: "web-" + hash}, &stable))
	if set.Name != "web-"+hash+"-fresh-2-0" || !metav1.IsControlledBy(&set, c.get()) {
		c.t.Errorf("the set is called %s, its owners are %v", set.Name, set.OwnerReferences)
	}
	own, err := metav1.LabelSelectorAsSelector(set.Spec.Selector)
	must(c.t, err)
	if own.Matches(labels.Set(stable.Spec.Template.Labels)) || !own.Matches(labels.Set(set.Spec.Template.Labels)) {
		c.t.Errorf("the selector %s does not tell the fresh pods from the stable version's own", own)
	}
	service := map[string]string{"app": "web", v1alpha1.LabelPodTemplateHash: hash}
	if !labels.SelectorFromSet(service).Matches(labels.Set(set.Spec.Template.Labels)) {
		c.t.Errorf("the stable Service does not select the fresh pods, whose labels are %v", set.Spec.Template.Labels)
	}
	fresh := set.Spec.Template.DeepCopy()
	delete(fresh.Labels, v1alpha1.LabelBaseline)
	if got, want := fmt.Sprint(fresh), fmt.Sprint(&stable.Spec.Template); got != want {
		c.t.Errorf("the fresh pods run another template:\n%s\n%s", got, want)
	}
}

// TestFreshPodsThatDoNotStart hold the release, are no verdict on it, and it says so.
func TestFreshPodsThatDoNotStart(t *testing.T) {
	c := newCluster(t)
	c.web(besideFresh)
	c.rounds()
	c.image("web:2")
	for range 5 {
		_, err := c.round()
		must(t, err)
		for _, replicaSet := range c.replicaSets() {
			if replicaSet.Spec.Template.Spec.Containers[0].Image == "web:2" {
				replicaSet.Status = appsv1.ReplicaSetStatus{Replicas: 1, ReadyReplicas: 1, AvailableReplicas: 1}
				must(t, admin.Status().Update(t.Context(), &replicaSet))
			}
		}
	}
	c.expect("without its baseline", "web:1=1 web:1=4 web:2=1", 0, "web:1", "web:2", v1alpha1.PhaseProgressing)
	if message := c.get().Status.Message; !strings.Contains(message, "waiting for fresh baseline pods: 0 of 1 available") {
		t.Errorf("the message is %q", message)
	}
	c.clock.Step(11 * time.Minute)
	_, err := c.round()
	must(t, err)
	c.expect("past the deadline", "web:1=1 web:1=4 web:2=1", 0, "web:1", "web:2", v1alpha1.PhaseDegraded)
	if release := c.get().Status.Release; release.Phase != v1alpha1.ReleaseProgressing || release.Abort != nil {
		t.Errorf("the release is %s: %+v", release.Phase, release.Abort)
	}
	c.rounds()
	c.expect("when they have started", "web:1=1 web:1=4 web:2=1", 25, "web:1", "web:2", v1alpha1.PhasePaused)
}

// TestLeftFreshPods: those of a release that nobody remembers are removed, also when
// they lost their owner; what belongs to somebody else is left alone.
func TestLeftFreshPods(t *testing.T) {
	c := newCluster(t)
	c.web(besideFresh)
	c.rounds()
	c.image("web:2")
	c.rounds()
	left := c.fresh()[0].DeepCopy()
	c.image("web:1")
	c.rounds()
	if sets := c.fresh(); len(sets) != 0 {
		t.Fatalf("going back to the stable version leaves %s", sets[0].Name)
	}
	hash := c.get().Status.StableRS
	for name, owners := range map[string][]metav1.OwnerReference{
		"web-" + hash + "-fresh-7-0": left.OwnerReferences, "web-" + hash + "-fresh-7-1": nil, "other-" + hash + "-fresh-7-0": nil,
		"web-" + hash + "-fresh-7-2": {{APIVersion: "v1", Kind: "ConfigMap", Name: "x", UID: "x", Controller: new(bool)}},
		"web-" + hash + "-fresh-7-3": {{APIVersion: "v1", Kind: "ConfigMap", Name: "x", UID: "x", Controller: yes()}},
	} {
		set := left.DeepCopy()
		set.ObjectMeta = metav1.ObjectMeta{Name: name, Namespace: c.namespace, Labels: left.Labels, OwnerReferences: owners}
		must(t, admin.Create(t.Context(), set))
	}
	c.rounds()
	var names []string
	for _, set := range c.fresh() {
		names = append(names, set.Name)
	}
	if got, want := sorted(names), "other-"+hash+"-fresh-7-0 web-"+hash+"-fresh-7-3"; got != want {
		t.Errorf("left are %s, want %s", got, want)
	}
}

// yes is a pointer to true.
func yes() *bool {
	holds := true
	return &holds
}

// TestEveryWriteMayFailBesideFreshPods: the process dies at every write of a release
// with a baseline, one after another, and nothing is left of it.
func TestEveryWriteMayFailBesideFreshPods(t *testing.T) {
	for failAt := 1; failAt <= 6; failAt++ {
		c := newCluster(t)
		c.web(besideFresh, func(object *v1alpha1.Rollout) {
			ten := int32(10)
			object.Spec.Strategy.Canary.Steps = []v1alpha1.CanaryStep{{SetWeight: &ten}}
		})
		created := false
		for _, image := range []string{"web:1", "web:2"} {
			c.image(image)
			for range 14 {
				c.failAt = failAt
				_, _ = c.round() // One that fails is what is tested.
				created = created || len(c.fresh()) > 0
				c.failAt = 0
				_, err := c.round()
				must(t, err)
				c.kubelet()
				c.clock.Step(4 * time.Second)
			}
		}
		c.expect("in the end", "web:1=0 web:2=4", 0, "web:2", "web:2", v1alpha1.PhaseHealthy)
		if !created {
			t.Errorf("there were no fresh pods at all: the test tests nothing")
		}
	}
}
