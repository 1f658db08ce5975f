package view

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// podTroubles says what is wrong with the pods of a version, its own or the fresh
// baseline pods, the same trouble of many pods in one line. Example: 2 pods CrashLoopBackOff: back-off 40s restarting …
func podTroubles(pods []corev1.Pod, hash string, baseline bool) []string {
	count := map[string]int{}
	example := map[string]string{}
	for i := range pods {
		if pods[i].Labels[v1alpha1.LabelPodTemplateHash] != hash || fresh(pods[i].Labels) != baseline {
			continue
		}
		reason, message := podTrouble(&pods[i])
		if reason == "" {
			continue
		}
		count[reason]++
		if example[reason] == "" || message < example[reason] {
			example[reason] = message
		}
	}
	var lines []string
	for reason, n := range count {
		line := fmt.Sprintf("%s %s", plural(n, "pod"), reason)
		if example[reason] != "" {
			line += ": " + strings.Join(strings.Fields(example[reason]), " ")
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// podTrouble says what keeps one pod from serving; nothing while it merely starts.
func podTrouble(pod *corev1.Pod) (reason, message string) {
	if pod.Status.Phase == corev1.PodFailed {
		return "Failed", strings.TrimSpace(pod.Status.Reason + " " + pod.Status.Message)
	}
	for _, statuses := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for _, status := range statuses {
			if reason, message := containerTrouble(status); reason != "" {
				return reason, message
			}
		}
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			return condition.Reason, condition.Message
		}
	}
	return "", ""
}

// containerTrouble says why a container does not run.
func containerTrouble(status corev1.ContainerStatus) (reason, message string) {
	waiting := status.State.Waiting
	if waiting != nil && waiting.Reason != "" && waiting.Reason != "ContainerCreating" && waiting.Reason != "PodInitializing" {
		message = waiting.Message
		if last := status.LastTerminationState.Terminated; last != nil {
			message = fmt.Sprintf("container %s ended with exit code %d (%s), %s", status.Name, last.ExitCode, last.Reason, plural(int(status.RestartCount), "restart"))
		}
		return waiting.Reason, message
	}
	if ended := status.State.Terminated; ended != nil && ended.ExitCode != 0 {
		return ended.Reason, fmt.Sprintf("container %s ended with exit code %d, %s", status.Name, ended.ExitCode, plural(int(status.RestartCount), "restart"))
	}
	return "", ""
}
