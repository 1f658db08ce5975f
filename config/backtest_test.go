package config

import (
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestBacktest: the API server takes the manifests of a back-test, and the number of
// shards stands in three places.
func TestBacktest(t *testing.T) {
	for _, object := range objects(t, []string{"backtest/claims.yaml", "backtest/job.yaml", "backtest/merge.yaml"}, strings.NewReplacer()) {
		object.SetNamespace("default")
		if err := server.Create(t.Context(), object, client.DryRunAll); err != nil {
			t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
		}
	}
	var job batchv1.Job
	content := objects(t, []string{"backtest/job.yaml"}, strings.NewReplacer())[0].Object
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, &job); err != nil {
		t.Fatal(err)
	}
	if *job.Spec.Completions != *job.Spec.Parallelism || *job.Spec.Completions != 8 {
		t.Errorf("%d completions, %d at a time, want 8", *job.Spec.Completions, *job.Spec.Parallelism)
	}
	if !slices.Contains(job.Spec.Template.Spec.Containers[0].Args, "--shard=index/8") {
		t.Errorf("the arguments are %v", job.Spec.Template.Spec.Containers[0].Args)
	}
}
