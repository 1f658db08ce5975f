package main

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/serin-dev/serin/controller/rollout"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/traffic"
)

// liveRollout is split by the ratio of its pods, so that no router is needed.
const liveRollout = `
apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
  strategy: {canary: {steps: [{setWeight: 25}, {pause: {}}, {setWeight: 50}, {pause: {}}]}}
`

// live is a namespace with the real reconciler, in which the test plays the kubelet.
type live struct {
	*world
	t          *testing.T
	reconciler *rollout.Reconciler
	kubeconfig string
}

// newLive makes a Rollout and lets the reconciler start its first version.
func newLive(t *testing.T, namespace string) *live {
	t.Helper()
	w, err := newWorld(namespace, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.network.down)
	l := &live{world: w, t: t, reconciler: &rollout.Reconciler{Options: rollout.Options{
		Client: plane.admin, Reader: plane.admin, Clock: clocktesting.NewFakeClock(testNow), Recorder: events.NewFakeRecorder(1000),
		Routers: func(*v1alpha1.Rollout) (traffic.Router, error) { return nil, nil },
	}}}
	if err := w.apply(liveRollout); err != nil {
		t.Fatal(err)
	}
	l.kubeconfig, err = w.kubeconfig("ana")
	if err != nil {
		t.Fatal(err)
	}
	l.rounds()
	return l
}

// rounds lets the reconciler and the pods follow each other until both are done.
func (l *live) rounds() {
	l.t.Helper()
	for range 20 {
		request := reconcile.Request{NamespacedName: client.ObjectKey{Namespace: l.namespace, Name: "web"}}
		if _, err := l.reconciler.Reconcile(l.t.Context(), request); err != nil {
			l.t.Fatal(err)
		}
		l.kubelet()
	}
}

// kubelet makes as many pods available as are wanted.
func (l *live) kubelet() {
	l.t.Helper()
	var sets appsv1.ReplicaSetList
	if err := plane.admin.List(l.t.Context(), &sets, client.InNamespace(l.namespace)); err != nil {
		l.t.Fatal(err)
	}
	for i := range sets.Items {
		set := &sets.Items[i]
		pods := *set.Spec.Replicas
		set.Status.Replicas, set.Status.ReadyReplicas, set.Status.AvailableReplicas = pods, pods, pods
		if err := plane.admin.Status().Update(l.t.Context(), set); err != nil {
			l.t.Fatal(err)
		}
	}
}

// types types a command while the controller works, and checks the exit code and
// what is printed.
func (l *live) types(code int, want string, args ...string) {
	l.t.Helper()
	p := start(l.t, l.kubeconfig, nil, []func(){l.rounds, l.rounds}, args...)
	output := p.stdout.String() + p.stderr.String()
	if p.code != code || !strings.Contains(output, want) {
		l.t.Errorf("serin %s: exit code %d, want %d and %q:\n%s", strings.Join(args, " "), p.code, code, want, output)
	}
	l.rounds()
}

// image changes the template.
func (l *live) image(image string) {
	l.merge(l.t, map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
		"containers": []any{map[string]any{"name": "web", "image": image}},
	}}}})
}

// TestWithController goes through the lives of releases with the real reconciler:
// what the CLI writes is understood, and what the status says is shown.
func TestWithController(t *testing.T) {
	l := newLive(t, "live")
	l.types(exitOK, "Healthy", "status", "web")
	l.types(exitFailed, "there is no release in progress", "promote", "web")
	l.types(exitFailed, "there is no earlier revision to go back to", "undo", "web")

	l.image("web:2")
	l.types(exitUnfinished, "no controller has seen the latest change", "status", "web")
	l.types(exitUnfinished, "Paused", "status", "web")
	l.types(exitOK, "# end the pause, and go on with step 3 (setWeight 50)", "get", "rollout", "web")
	l.types(exitOK, "pause of revision 2 was accepted", "pause", "web")
	l.types(exitOK, "paused by ana", "get", "rollout", "web")
	l.types(exitOK, "resume of revision 2 was accepted", "resume", "web")
	l.types(exitOK, "promote of revision 2 was accepted", "promote", "web")
	l.types(exitOK, "step 2 (pause until promoted) ended by ana", "get", "rollout", "web")
	l.types(exitFailed, "revision 1 is no longer current", "abort", "web", "--revision", "1")
	l.types(exitOK, "abort of revision 2 was accepted", "abort", "web", "--reason", "checkout is slow")
	l.types(exitFailed, "checkout is slow", "status", "web")
	l.types(exitOK, "UserAbort by ana", "get", "rollout", "web")
	l.types(exitOK, "retry of revision 2 was accepted", "retry", "rollout", "web")

	// Going back to the stable version is the end of the release, not a new one.
	l.types(exitOK, "the release of revision 2 ends at once", "undo", "web")
	l.types(exitOK, "Healthy", "status", "web")
	l.types(exitOK, "over by going back to the stable version", "get", "rollout", "web")

	l.image("web:3")
	l.rounds()
	l.types(exitOK, "promoteFull of revision 4 was accepted", "promote", "web", "--full")
	l.types(exitOK, "Healthy", "status", "web", "--watch")
	l.types(exitOK, "promoted by ana", "get", "rollout", "web")
	l.types(exitOK, "That is a release like any other", "undo", "web")
	l.types(exitUnfinished, "Paused", "status", "web")
	l.types(exitOK, "web:1", "get", "rollout", "web")
}
