package view_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/cmd/serin/view"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

func TestList(t *testing.T) {
	rollouts := []v1alpha1.Rollout{
		listed("shop", "web", v1alpha1.PhaseProgressing, "step 2/5, analysis\nat 5%", "7b4d", 5),
		listed("shop", "api", v1alpha1.PhaseHealthy, "revision 3 is released", "5d9c", 0),
		listed("billing", "jobs", v1alpha1.PhaseHealthy, "a new version\x1b[2J", "5d9c", 0),
	}
	rollouts[2].Generation = 2
	settings := view.Settings{Now: now}
	want := strings.TrimLeft(`
NAME  STATUS       STEP  WEIGHT  READY  AGE    MESSAGE
jobs  Progressing  2/5   -       10/10  49d1h  no controller has seen the latest change of the spec yet (generation 2, seen 1); is serin-controller running?
api   Healthy      2/5   -       10/10  49d1h  revision 3 is released
web   Progressing  2/5   5%      10/10  49d1h  step 2/5, analysis at 5%
`, "\n")
	if diff := cmp.Diff(want, view.List(rollouts, false, settings)); diff != "" {
		t.Errorf("one namespace (-want +got):\n%s", diff)
	}
	all := view.List(rollouts, true, settings)
	if !strings.HasPrefix(all, "NAMESPACE  NAME") || !strings.Contains(all, "\nbilling    jobs") || !strings.Contains(all, "\nshop       web") {
		t.Errorf("all namespaces:\n%s", all)
	}
}

// listed makes a Rollout for a list.
func listed(namespace, name string, phase v1alpha1.RolloutPhase, message, current string, weight int32) v1alpha1.Rollout {
	rollout := v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: name, Generation: 1,
		CreationTimestamp: metav1.NewTime(now.Add(-49*24*time.Hour - time.Hour)),
	}}
	rollout.Status = v1alpha1.RolloutStatus{
		ObservedGeneration: 1, Phase: phase, Message: message, CurrentStep: "2/5", Ready: "10/10",
		StableRS: "5d9c", CurrentPodHash: current, Canary: &v1alpha1.CanaryStatus{Weight: weight},
	}
	return rollout
}
