package rollout

import (
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// observeVersions reads the ReplicaSets of a Rollout, and what ails their pods.
func (r *Reconciler) observeVersions(ctx context.Context, rollout *v1alpha1.Rollout, w *world) error {
	w.replicaSets, w.baselines = map[string]*appsv1.ReplicaSet{}, map[string]*appsv1.ReplicaSet{}
	w.Versions, w.Baselines = map[string]progression.Version{}, map[string]progression.Baseline{}
	selector, err := metav1.LabelSelectorAsSelector(rollout.Spec.Selector)
	if err != nil || selector.Empty() {
		return nil // A problem already.
	}
	var list appsv1.ReplicaSetList
	if err := r.reader(w).List(ctx, &list, client.InNamespace(rollout.Namespace), client.MatchingLabelsSelector{Selector: selector}); err != nil {
		return fmt.Errorf("listing ReplicaSets: %w", err)
	}
	for i := range list.Items {
		replicaSet := &list.Items[i]
		hash := replicaSet.Labels[v1alpha1.LabelPodTemplateHash]
		if hash == "" || !replicaSet.DeletionTimestamp.IsZero() {
			continue
		}
		if name, fresh := baselineName(rollout, replicaSet); fresh {
			w.baselines[name] = replicaSet
		} else if metav1.IsControlledBy(replicaSet, rollout) && replicaSet.Labels[v1alpha1.LabelBaseline] == "" {
			w.replicaSets[hash] = replicaSet
		}
	}
	for hash, replicaSet := range w.replicaSets {
		version, err := r.observePods(ctx, replicaSet)
		if err != nil {
			return err
		}
		w.Versions[hash] = version
	}
	for name, replicaSet := range w.baselines {
		version, err := r.observePods(ctx, replicaSet)
		if err != nil {
			return err
		}
		w.Baselines[name] = progression.Baseline{Hash: replicaSet.Labels[v1alpha1.LabelPodTemplateHash], Version: version}
	}
	return nil
}

// observePods counts the pods of a ReplicaSet, and finds out why some of them are not
// available.
func (r *Reconciler) observePods(ctx context.Context, replicaSet *appsv1.ReplicaSet) (progression.Version, error) {
	wanted := pods(replicaSet)
	version := progression.Version{Wanted: wanted, Existing: replicaSet.Status.Replicas, Available: min(replicaSet.Status.AvailableReplicas, wanted)}
	if version.Available >= version.Wanted {
		return version, nil
	}
	var list corev1.PodList
	hash := replicaSet.Labels[v1alpha1.LabelPodTemplateHash]
	if err := r.Client.List(ctx, &list, client.InNamespace(replicaSet.Namespace), client.MatchingLabels{v1alpha1.LabelPodTemplateHash: hash}); err != nil {
		return version, fmt.Errorf("listing pods: %w", err)
	}
	var troubles []string
	for i := range list.Items {
		pod := &list.Items[i]
		if !metav1.IsControlledBy(pod, replicaSet) || !pod.DeletionTimestamp.IsZero() {
			continue
		}
		trouble, crashing := ailment(pod)
		if crashing {
			version.Crashing++
		}
		if trouble != "" && !slices.Contains(troubles, trouble) {
			troubles = append(troubles, trouble)
		}
	}
	slices.Sort(troubles)
	if len(troubles) > 0 {
		version.Trouble = troubles[0]
	}
	return version, nil
}

// ailment says what keeps a pod from serving, and whether its containers keep ending.
func ailment(pod *corev1.Pod) (trouble string, crashing bool) {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			return "not scheduled: " + condition.Message, false
		}
	}
	statuses := slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses)
	for _, status := range statuses {
		waiting := status.State.Waiting
		switch {
		case waiting != nil && waiting.Reason == "CrashLoopBackOff":
			return fmt.Sprintf("container %s: CrashLoopBackOff%s", status.Name, exitCode(status)), true
		case waiting != nil && waiting.Reason != "" && waiting.Reason != "ContainerCreating" && waiting.Reason != "PodInitializing":
			return fmt.Sprintf("container %s: %s", status.Name, waiting.Reason), false
		case status.RestartCount > 1 && status.State.Terminated != nil && status.State.Terminated.ExitCode != 0:
			return fmt.Sprintf("container %s: ended with exit code %d", status.Name, status.State.Terminated.ExitCode), true
		}
	}
	return "", false
}

// exitCode says how a container ended last.
func exitCode(status corev1.ContainerStatus) string {
	if last := status.LastTerminationState.Terminated; last != nil {
		return fmt.Sprintf(", exit code %d", last.ExitCode)
	}
	return ""
}

// pods is the number of pods that a ReplicaSet is to have.
func pods(replicaSet *appsv1.ReplicaSet) int32 {
	if replicaSet.Spec.Replicas == nil {
		return 1
	}
	return *replicaSet.Spec.Replicas
}
