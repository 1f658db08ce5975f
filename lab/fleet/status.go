package fleet

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The functions below make a pod's status from what it was, as a kubelet does.

// running is the status of a pod whose server answers.
func running(pod *corev1.Pod, ip string, now time.Time) corev1.PodStatus {
	status := started(pod, now)
	status.PodIP = ip
	status.PodIPs = []corev1.PodIP{{IP: ip}}
	status.ContainerStatuses = containers(pod, func(status *corev1.ContainerStatus) {
		status.Ready = true
		if status.State.Running == nil {
			status.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: seconds(now)}}
		}
	})
	setReady(&status, corev1.ConditionTrue, "", now)
	return status
}

// waiting is the status of a pod whose container cannot start.
func waiting(pod *corev1.Pod, reason, message string) corev1.PodStatus {
	status := *pod.Status.DeepCopy()
	status.Phase = corev1.PodPending
	status.ContainerStatuses = containers(pod, func(status *corev1.ContainerStatus) {
		status.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
	})
	return status
}

// crashed is the status of a pod whose container has just ended once more.
func crashed(pod *corev1.Pod, now time.Time) corev1.PodStatus {
	status := started(pod, now)
	status.ContainerStatuses = containers(pod, func(status *corev1.ContainerStatus) {
		if status.LastTerminationState.Terminated != nil {
			status.RestartCount++
		}
		status.LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			ExitCode: 1, Reason: "Error", StartedAt: seconds(now), FinishedAt: seconds(now),
		}}
		status.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{
			Reason: "CrashLoopBackOff", Message: "the application ended with exit code 1",
		}}
	})
	setReady(&status, corev1.ConditionFalse, "ContainersNotReady", now)
	return status
}

// backOff is for how long a pod that has crashed is not started again: a second,
// and twice as long each time.
func backOff(pod *corev1.Pod, now time.Time) time.Duration {
	const first, longest = time.Second, time.Minute
	var left time.Duration
	for _, status := range pod.Status.ContainerStatuses {
		if ended := status.LastTerminationState.Terminated; ended != nil && status.State.Running == nil {
			wait := min(first<<min(status.RestartCount, 10), longest)
			left = max(left, ended.FinishedAt.Add(wait).Sub(now))
		}
	}
	return left
}

// started is the status of a pod that is on its node.
func started(pod *corev1.Pod, now time.Time) corev1.PodStatus {
	status := *pod.Status.DeepCopy()
	status.Phase = corev1.PodRunning
	if status.StartTime == nil {
		at := seconds(now)
		status.StartTime = &at
	}
	setCondition(&status, corev1.PodInitialized, corev1.ConditionTrue, "", now)
	return status
}

// containers are the statuses of all containers, each changed in the same way.
func containers(pod *corev1.Pod, change func(*corev1.ContainerStatus)) []corev1.ContainerStatus {
	before := map[string]corev1.ContainerStatus{}
	for _, status := range pod.Status.ContainerStatuses {
		before[status.Name] = status
	}
	statuses := make([]corev1.ContainerStatus, 0, len(pod.Spec.Containers))
	for _, container := range pod.Spec.Containers {
		status := before[container.Name]
		status.Name, status.Image = container.Name, container.Image
		change(&status)
		statuses = append(statuses, status)
	}
	return statuses
}

func setReady(status *corev1.PodStatus, value corev1.ConditionStatus, reason string, now time.Time) {
	setCondition(status, corev1.ContainersReady, value, reason, now)
	setCondition(status, corev1.PodReady, value, reason, now)
}

// setCondition sets a condition. Its time changes only with its value.
func setCondition(status *corev1.PodStatus, kind corev1.PodConditionType, value corev1.ConditionStatus, reason string, now time.Time) {
	for i := range status.Conditions {
		if condition := &status.Conditions[i]; condition.Type == kind {
			if condition.Status != value {
				condition.LastTransitionTime = seconds(now)
			}
			condition.Status, condition.Reason = value, reason
			return
		}
	}
	status.Conditions = append(status.Conditions, corev1.PodCondition{
		Type: kind, Status: value, Reason: reason, LastTransitionTime: seconds(now),
	})
}

// seconds is a time as the API server stores it.
func seconds(now time.Time) metav1.Time { return metav1.NewTime(now.Truncate(time.Second)) }
