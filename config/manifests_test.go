package config

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestInstallations applies both installations, and asks what the controller may
// do in them.
func TestInstallations(t *testing.T) {
	shop := &corev1.Namespace{}
	shop.Name = namespace
	if err := server.Create(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	t.Run("are accepted for all namespaces", func(t *testing.T) { apply(t, objects(t, clusterWide, strings.NewReplacer())) })
	t.Run("are accepted for one namespace", func(t *testing.T) { apply(t, objects(t, singleNamespace, into(namespace))) })
	t.Run("give the controller what is declared", controllerMay)
}

// apply creates objects. Only namespaces and rights stay; the rest is looked at by
// the API server and not written.
func apply(t *testing.T, all []*unstructured.Unstructured) {
	for _, object := range all {
		var options []client.CreateOption
		if !stays(object) {
			options = append(options, client.DryRunAll)
		}
		if err := server.Create(t.Context(), object, options...); err != nil {
			t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
		}
	}
}

// into puts the manifests of one namespace into another, as the Makefile does.
func into(namespace string) *strings.Replacer {
	return strings.NewReplacer("serin-system", namespace)
}

// stays tells namespaces and rights from what would make pods.
func stays(object *unstructured.Unstructured) bool {
	return object.GetKind() == "Namespace" || object.GroupVersionKind().Group == "rbac.authorization.k8s.io"
}

// TestControllerIsConfined checks what a security review asks of both Deployments.
func TestControllerIsConfined(t *testing.T) {
	for _, file := range []string{"manager/deployment.yaml", "namespaced/deployment.yaml"} {
		t.Run(file, func(t *testing.T) {
			deployment := &appsv1.Deployment{}
			content := objects(t, []string{file}, strings.NewReplacer())[0].Object
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, deployment); err != nil {
				t.Fatal(err)
			}
			for _, complaint := range complaints(&deployment.Spec.Template.Spec) {
				t.Error(complaint)
			}
		})
	}
}

// complaints are what is not confined about a pod.
func complaints(pod *corev1.PodSpec) []string {
	var found []string
	want := func(fulfilled bool, complaint string) {
		if !fulfilled {
			found = append(found, complaint)
		}
	}
	security := pod.SecurityContext
	want(security != nil && security.RunAsNonRoot != nil && *security.RunAsNonRoot, "the pod may run as root")
	want(security != nil && security.SeccompProfile != nil && security.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault, "the pod has no seccomp profile")
	for _, container := range pod.Containers {
		security := container.SecurityContext
		want(security != nil && security.ReadOnlyRootFilesystem != nil && *security.ReadOnlyRootFilesystem, "the root filesystem can be written")
		want(security != nil && security.AllowPrivilegeEscalation != nil && !*security.AllowPrivilegeEscalation, "privileges can be escalated")
		want(security != nil && security.Capabilities != nil && slices.Contains(security.Capabilities.Drop, "ALL"), "capabilities are kept")
		for _, resource := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			want(!container.Resources.Requests.Name(resource, "").IsZero(), "no request of "+string(resource))
			want(!container.Resources.Limits.Name(resource, "").IsZero(), "no limit of "+string(resource))
		}
		want(probes(container.LivenessProbe, "/healthz"), "no liveness probe")
		want(probes(container.ReadinessProbe, "/readyz"), "no readiness probe")
	}
	return found
}

// probes says whether a probe asks for a path.
func probes(probe *corev1.Probe, path string) bool {
	return probe != nil && probe.HTTPGet != nil && probe.HTTPGet.Path == path
}

// TestComplaintsCanBeMade shows that a pod without any confinement is not accepted.
func TestComplaintsCanBeMade(t *testing.T) {
	if got := complaints(&corev1.PodSpec{Containers: []corev1.Container{{}}}); len(got) != 11 {
		t.Errorf("got %d complaints, want 11: %v", len(got), got)
	}
}
