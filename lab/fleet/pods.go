package fleet

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/lab/app"
)

// Reconcile brings one pod one stage on: bound, running, ended, gone.
func (f *Fleet) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	if request.Namespace != f.namespace {
		return ctrl.Result{}, nil
	}
	pod := &corev1.Pod{}
	err := f.client.Get(ctx, request.NamespacedName, pod)
	switch {
	case apierrors.IsNotFound(err):
		f.forget(request.NamespacedName)
		return ctrl.Result{}, nil
	case err != nil:
		return ctrl.Result{}, err
	case pod.Spec.NodeName == "" && pod.DeletionTimestamp == nil:
		return ctrl.Result{}, f.bind(ctx, pod)
	case pod.Spec.NodeName != f.node:
		return ctrl.Result{}, nil
	case pod.DeletionTimestamp != nil:
		return ctrl.Result{}, f.end(ctx, pod)
	}
	return f.run(ctx, pod)
}

// bind gives the pod to the node, as the scheduler does.
func (f *Fleet) bind(ctx context.Context, pod *corev1.Pod) error {
	binding := &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: f.node},
	}
	err := f.client.SubResource("binding").Create(ctx, pod, binding)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return nil // The cache was stale: the pod is bound or gone, and its event is on the way.
	}
	return err
}

// run starts the pod's server, unless it runs, and reports what became of it.
func (f *Fleet) run(ctx context.Context, pod *corev1.Pod) (ctrl.Result, error) {
	settings, err := settingsOf(pod)
	if err != nil {
		return ctrl.Result{}, f.report(ctx, pod, waiting(pod, "CreateContainerConfigError", err.Error()))
	}
	if f.died(podName(pod)) {
		return ctrl.Result{}, f.report(ctx, pod, crashed(pod, time.Now()))
	}
	if left := backOff(pod, time.Now()); left > 0 {
		return ctrl.Result{RequeueAfter: left}, nil
	}
	if settings.Crash {
		return ctrl.Result{}, f.report(ctx, pod, crashed(pod, time.Now()))
	}
	ip, err := f.serve(pod, settings)
	if err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{}, f.report(ctx, pod, running(pod, ip, time.Now()))
}

// report writes the pod's status, when it differs.
func (f *Fleet) report(ctx context.Context, pod *corev1.Pod, status corev1.PodStatus) error {
	if equality.Semantic.DeepEqual(pod.Status, status) {
		return nil
	}
	changed := pod.DeepCopy()
	changed.Status = status
	err := f.client.Status().Patch(ctx, changed, client.MergeFrom(pod))
	return client.IgnoreNotFound(err)
}

// end drains the pod's server; when it has ended, it removes the pod.
func (f *Fleet) end(ctx context.Context, pod *corev1.Pod) error {
	if !f.drained(podName(pod)) {
		return nil // The end of the server will be an event.
	}
	err := f.client.Delete(ctx, pod, client.GracePeriodSeconds(0), client.Preconditions{UID: &pod.UID})
	return client.IgnoreNotFound(err)
}

// settingsOf reads what the pod's application is to do.
func settingsOf(pod *corev1.Pod) (app.Settings, error) {
	environment := map[string]string{}
	for _, container := range pod.Spec.Containers {
		for _, variable := range container.Env {
			environment[variable.Name] = variable.Value
		}
	}
	settings, err := app.FromEnvironment(func(name string) string { return environment[name] })
	if err != nil {
		return settings, fmt.Errorf("starting pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	return settings, nil
}

// podName is the name of a pod with its namespace.
func podName(pod *corev1.Pod) types.NamespacedName { return client.ObjectKeyFromObject(pod) }
