package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/serin-dev/serin/cmd/serin-demo/screen"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lab/load"
)

// moment is everything that can be seen of a release at one moment.
type moment struct {
	rollout v1alpha1.Rollout
	run     *v1alpha1.AnalysisRun
	pods    []corev1.Pod
	weight  int32
	load    load.Snapshot
}

// look reads the moment.
func (w *world) look(ctx context.Context) (moment, error) {
	var m moment
	if err := w.client.Get(ctx, route(), &m.rollout); err != nil {
		return m, err
	}
	httpRoute := &gatewayv1.HTTPRoute{}
	if err := w.client.Get(ctx, route(), httpRoute); err != nil {
		return m, err
	}
	m.weight = canaryWeight(httpRoute)
	pods := &corev1.PodList{}
	if err := w.client.List(ctx, pods, client.InNamespace(namespace)); err != nil {
		return m, err
	}
	m.pods = pods.Items
	m.load = w.load.Snapshot()
	var err error
	m.run, err = w.run(ctx, m.rollout)
	return m, err
}

// run is the background analysis, if there is one.
func (w *world) run(ctx context.Context, rollout v1alpha1.Rollout) (*v1alpha1.AnalysisRun, error) {
	if rollout.Status.Canary == nil || rollout.Status.Canary.BackgroundAnalysis == nil {
		return nil, nil
	}
	run := &v1alpha1.AnalysisRun{}
	err := w.client.Get(ctx, types.NamespacedName{Namespace: namespace, Name: rollout.Status.Canary.BackgroundAnalysis.Name}, run)
	if err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return run, nil
}

// canaryWeight is the share of requests that the route gives the new version, in
// percent.
func canaryWeight(route *gatewayv1.HTTPRoute) int32 {
	var canary, total int32
	for _, rule := range route.Spec.Rules {
		for _, backend := range rule.BackendRefs {
			weight := int32(1)
			if backend.Weight != nil {
				weight = *backend.Weight
			}
			total += weight
			if backend.Name == "web-canary" {
				canary += weight
			}
		}
	}
	if total == 0 {
		return 0
	}
	return 100 * canary / total
}

// answers says whether the router has a version that answers.
func answers(url string) bool {
	probe := http.Client{Timeout: time.Second}
	answer, err := probe.Get(url)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// scene turns a moment into what is drawn.
func (w *watch) scene(m moment, elapsed time.Duration) screen.Scene {
	scene := screen.Scene{
		Elapsed: elapsed, Title: w.release.title, Weight: m.weight, Step: m.rollout.Status.CurrentStep,
		Phase: string(m.rollout.Status.Phase), Message: m.rollout.Status.Message,
	}
	if m.promoted() {
		scene.Weight = 100 // The route names Services: the stable one is the new version's now.
	}
	for _, name := range []string{w.release.previous, w.release.version} {
		scene.Versions = append(scene.Versions, m.version(name))
	}
	if m.run != nil {
		w.lastRun = m.run
	}
	if w.lastRun != nil {
		for _, metric := range w.lastRun.Status.MetricResults {
			scene.Evidence = append(scene.Evidence, evidence(metric))
		}
	}
	return scene
}

// promoted says that the newest template is the one that users trust.
func (m moment) promoted() bool {
	status := m.rollout.Status
	return status.Phase == v1alpha1.PhaseHealthy && status.StableRS == status.CurrentPodHash
}

// version counts what one version has: pods and answers.
func (m moment) version(name string) screen.Version {
	answers := m.load.Versions[name]
	version := screen.Version{Name: name, Requests: answers.Requests, Bad: answers.Bad}
	for _, pod := range m.pods {
		if pod.Labels["version"] != name {
			continue
		}
		version.Pods++
		for _, condition := range pod.Status.Conditions {
			if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
				version.Ready++
			}
		}
		switch hash := pod.Labels[v1alpha1.LabelPodTemplateHash]; hash {
		case m.rollout.Status.StableRS:
			version.Role = "stable"
		case m.rollout.Status.CurrentPodHash:
			version.Role = "canary"
		}
	}
	return version
}

// evidence is what one metric of a run says.
func evidence(metric v1alpha1.MetricResult) screen.Evidence {
	result := screen.Evidence{Metric: metric.Name, State: string(metric.Phase)}
	if judged := metric.Evidence; judged != nil {
		result.Value, _ = strconv.ParseFloat(judged.EValue, 64)
		result.Limit, _ = strconv.ParseFloat(judged.Limit, 64)
	}
	if number := len(metric.Measurements); number > 0 {
		last := metric.Measurements[number-1]
		result.State = string(last.Phase)
		if last.Message != "" {
			result.State += ": " + last.Message
		}
	}
	return result
}
