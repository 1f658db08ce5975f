package fleet_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/serin-dev/serin/lab/controlplane"
	"github.com/serin-dev/serin/lab/fleet"
)

func TestFleetRunsPods(t *testing.T) {
	log.SetLogger(logr.Discard())
	plane, err := controlplane.Start(controlplane.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	}()
	cluster, err := client.New(plane.Config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	nodes := fleet.New("default", "lab")
	stop := start(t, plane.Config, nodes)

	t.Run("a pod is served until it is deleted", func(t *testing.T) { served(t, cluster, nodes) })
	t.Run("a deleted pod is drained first", func(t *testing.T) { drained(t, cluster, nodes) })
	t.Run("a pod that crashes is restarted", func(t *testing.T) { crashing(t, cluster) })
	t.Run("a pod that crashes under traffic is restarted", func(t *testing.T) { crashingLate(t, cluster, nodes) })
	t.Run("a pod with senseless settings waits and says why", func(t *testing.T) { senseless(t, cluster) })
	t.Run("pods of another namespace or node are left alone", func(t *testing.T) { foreign(t, cluster, nodes) })
	t.Run("nothing answers after the end", func(t *testing.T) {
		address := create(t, cluster, nodes, pod("last", map[string]string{"APP_VERSION": "v1", "APP_DRAIN": "1h"}))
		begin := time.Now()
		stop()
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("the fleet took %s to stop", took)
		}
		if version, code := get(address); code != 0 {
			t.Errorf("the server of %s still answers %d", version, code)
		}
		if pods := nodes.Registry().Pods(); len(pods) != 0 {
			t.Errorf("the registry still has %v", pods)
		}
	})
}

// served checks the status of a running pod, its registry entry and its end.
func served(t *testing.T, cluster client.Client, nodes *fleet.Fleet) {
	var seen [][]string
	nodes.Registry().Observe(func(pods []fleet.Pod) {
		names := []string{}
		for _, pod := range pods {
			names = append(names, pod.Name+" "+pod.Labels["app"])
		}
		seen = append(seen, names)
	})
	wanted := pod("one", map[string]string{"APP_VERSION": "v7", "APP_DRAIN": "0s"})
	address := create(t, cluster, nodes, wanted)
	if version, code := get(address); version != "v7" || code != http.StatusOK {
		t.Errorf("the pod's server answers %d as %q, want 200 as v7", code, version)
	}
	running := read(t, cluster, "one")
	got := []string{running.Spec.NodeName, string(running.Status.Phase), condition(running, corev1.PodReady), condition(running, corev1.ContainersReady),
		fmt.Sprint(running.Status.StartTime != nil), fmt.Sprint(running.Status.ContainerStatuses[0].Ready), fmt.Sprint(strings.HasPrefix(running.Status.PodIP, "10.20."))}
	if difference := cmp.Diff([]string{"lab", "Running", "True", "True", "true", "true", "true"}, got); difference != "" {
		t.Errorf("the pod differs (-want +got):\n%s", difference)
	}
	if err := cluster.Delete(t.Context(), wanted); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the pod is gone", func() bool { return gone(t, cluster, "one") })
	if _, found := nodes.Registry().Address("default", "one"); found {
		t.Error("the registry still has the pod")
	}
	if cmp.Diff([][]string{{}, {"one web"}, {}}, seen) != "" {
		t.Errorf("observers saw %v, want nothing, the pod, nothing", seen)
	}
}

// drained checks that a pod under deletion still answers while it drains.
func drained(t *testing.T, cluster client.Client, nodes *fleet.Fleet) {
	wanted := pod("slow", map[string]string{"APP_VERSION": "v1", "APP_DRAIN": "2s"})
	address := create(t, cluster, nodes, wanted)
	begin := time.Now()
	if err := cluster.Delete(t.Context(), wanted); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the pod is under deletion", func() bool { return read(t, cluster, "slow").DeletionTimestamp != nil })
	if _, code := get(address); code != http.StatusOK {
		t.Errorf("the server answers %d during the drain, want 200", code)
	}
	waitUntil(t, "the pod is gone", func() bool { return gone(t, cluster, "slow") })
	if took := time.Since(begin); took < 2*time.Second {
		t.Errorf("the pod was gone after %s, before its drain", took)
	}
	if _, code := get(address); code != 0 {
		t.Errorf("the server answers %d after its pod is gone", code)
	}
}

// crashing checks the status of a pod whose application ends at once.
func crashing(t *testing.T, cluster client.Client) {
	broken := pod("broken", map[string]string{"APP_VERSION": "v1", "APP_CRASH": "1"})
	if err := cluster.Create(t.Context(), broken); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the pod was restarted", func() bool {
		statuses := read(t, cluster, "broken").Status.ContainerStatuses
		return len(statuses) == 1 && statuses[0].RestartCount >= 1
	})
	status := read(t, cluster, "broken")
	if got := status.Status.ContainerStatuses[0].State.Waiting; got == nil || got.Reason != "CrashLoopBackOff" {
		t.Errorf("the container's state is %v, want CrashLoopBackOff", got)
	}
	if got := condition(status, corev1.PodReady); got != "False" {
		t.Errorf("the pod's readiness is %q, want False", got)
	}
	remove(t, cluster, broken)
}

// crashingLate checks that a server that ends by itself is not ready, and comes back.
func crashingLate(t *testing.T, cluster client.Client, nodes *fleet.Fleet) {
	fragile := pod("fragile", map[string]string{"APP_VERSION": "v1", "APP_CRASH_AFTER": "2", "APP_DRAIN": "0s"})
	address := create(t, cluster, nodes, fragile)
	get(address)
	get(address)
	waitUntil(t, "the pod is in its crash loop", func() bool {
		waiting := read(t, cluster, "fragile").Status.ContainerStatuses[0].State.Waiting
		return waiting != nil && waiting.Reason == "CrashLoopBackOff"
	})
	waitUntil(t, "the pod is back", func() bool {
		again, found := nodes.Registry().Address("default", "fragile")
		return found && again != address && condition(read(t, cluster, "fragile"), corev1.PodReady) == "True"
	})
	remove(t, cluster, fragile)
}

// senseless checks the status of a pod whose settings are wrong.
func senseless(t *testing.T, cluster client.Client) {
	wrong := pod("wrong", map[string]string{"APP_VERSION": "v1", "APP_ERROR_SHARE": "many"})
	if err := cluster.Create(t.Context(), wrong); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the pod says why", func() bool {
		statuses := read(t, cluster, "wrong").Status.ContainerStatuses
		return len(statuses) == 1 && statuses[0].State.Waiting != nil && strings.Contains(statuses[0].State.Waiting.Message, `"many" is no number`)
	})
	remove(t, cluster, wrong)
}

// foreign checks that the fleet runs only what is its own.
func foreign(t *testing.T, cluster client.Client, nodes *fleet.Fleet) {
	elsewhere := pod("elsewhere", map[string]string{"APP_VERSION": "v1"})
	elsewhere.Spec.NodeName = "other"
	outside := pod("outside", map[string]string{"APP_VERSION": "v1"})
	outside.Namespace = "kube-public"
	for _, pod := range []*corev1.Pod{elsewhere, outside} {
		if err := cluster.Create(t.Context(), pod); err != nil {
			t.Fatal(err)
		}
	}
	// Created after them, so it comes after them in the fleet's queue too.
	later := pod("later", map[string]string{"APP_VERSION": "v1", "APP_DRAIN": "0s"})
	create(t, cluster, nodes, later)
	if pods := nodes.Registry().Pods(); len(pods) != 1 || pods[0].Name != "later" {
		t.Errorf("the fleet runs %v, want only pod later", pods)
	}
	remove(t, cluster, later)
}

// start runs the fleet in a manager; the function that it returns ends it.
func start(t *testing.T, cluster *rest.Config, nodes *fleet.Fleet) (stop func()) {
	t.Helper()
	mgr, err := ctrl.NewManager(cluster, ctrl.Options{
		Metrics:    server.Options{BindAddress: "0"},
		Controller: config.Controller{SkipNameValidation: new(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := nodes.Add(mgr); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// create makes a pod and waits until it is ready; it returns its address.
func create(t *testing.T, cluster client.Client, nodes *fleet.Fleet, pod *corev1.Pod) (address string) {
	t.Helper()
	if err := cluster.Create(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "pod "+pod.Name+" is ready", func() bool { return condition(read(t, cluster, pod.Name), corev1.PodReady) == "True" })
	address, found := nodes.Registry().Address(pod.Namespace, pod.Name)
	if !found {
		t.Fatalf("the registry does not have pod %s", pod.Name)
	}
	return address
}

func remove(t *testing.T, cluster client.Client, pod *corev1.Pod) {
	t.Helper()
	if err := cluster.Delete(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "pod "+pod.Name+" is gone", func() bool { return gone(t, cluster, pod.Name) })
}

func read(t *testing.T, cluster client.Client, name string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{}
	if err := cluster.Get(t.Context(), client.ObjectKey{Namespace: "default", Name: name}, pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

func gone(t *testing.T, cluster client.Client, name string) bool {
	t.Helper()
	err := cluster.Get(t.Context(), client.ObjectKey{Namespace: "default", Name: name}, &corev1.Pod{})
	return apierrors.IsNotFound(err)
}

func condition(pod *corev1.Pod, kind corev1.PodConditionType) string {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == kind {
			return string(condition.Status)
		}
	}
	return ""
}

func get(address string) (version string, code int) {
	answer, err := http.Get("http://" + address)
	if err != nil {
		return "", 0
	}
	defer answer.Body.Close()
	return answer.Header.Get("X-Version"), answer.StatusCode
}

func pod(name string, environment map[string]string) *corev1.Pod {
	container := corev1.Container{Name: "web", Image: "lab.example/web:v1"}
	for name, value := range environment {
		container.Env = append(container.Env, corev1.EnvVar{Name: name, Value: value})
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, Labels: map[string]string{"app": "web"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{container}},
	}
}

// waitUntil polls a condition for at most twenty seconds.
func waitUntil(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
