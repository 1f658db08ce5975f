package config

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/serin-dev/serin/lab/controlplane"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestRights holds every right that an installation grants against the file that
// reviewers read. A new right is a change of that file, which somebody has to want.
func TestRights(t *testing.T) {
	const golden = "testdata/rights.golden"
	got := describe(t, "make install", clusterWide, strings.NewReplacer()) +
		describe(t, "make install-namespaced NAMESPACE=shop", singleNamespace, into(namespace))
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the rights have changed; if that is wanted, run `go test ./config -update` (-golden +manifests)\n%s", diff)
	}
}

// describe lists the roles of an installation, one line a resource.
func describe(t *testing.T, title string, files []string, replace *strings.Replacer) string {
	t.Helper()
	text := "# " + title + "\n"
	for _, object := range objects(t, files, replace) {
		if object.GetKind() == "ClusterRole" || object.GetKind() == "Role" {
			text += "\n" + heading(object) + "\n"
			granted := grants(t, object)
			for _, resource := range slices.Sorted(maps.Keys(granted)) {
				text += fmt.Sprintf("  %-42s %s\n", resource, strings.Join(granted[resource], " "))
			}
		}
	}
	return text + "\n"
}

// heading names a role.
func heading(object *unstructured.Unstructured) string {
	if object.GetNamespace() == "" {
		return object.GetKind() + " " + object.GetName()
	}
	return object.GetKind() + " " + object.GetName() + " in " + object.GetNamespace()
}

// grants are the verbs of a role by resource, as "resource.group".
func grants(t *testing.T, object *unstructured.Unstructured) map[string][]string {
	t.Helper()
	role := &rbacv1.ClusterRole{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, role); err != nil {
		t.Fatal(err)
	}
	granted := map[string][]string{}
	for _, rule := range role.Rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				name := strings.TrimSuffix(resource+"."+group, ".")
				granted[name] = slices.Compact(slices.Sorted(slices.Values(append(granted[name], rule.Verbs...))))
			}
		}
	}
	return granted
}

// controllerMay asks the API server what the controller's ServiceAccount may do:
// what the golden file lists, and nothing like the rest.
func controllerMay(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, row := range questions {
		// The API server learns of new roles a moment after it has stored them.
		err := controlplane.WaitFor(ctx, "the answer to become "+fmt.Sprint(row.want), func(ctx context.Context) (bool, error) {
			review := row.review()
			err := server.Create(ctx, review)
			return err == nil && review.Status.Allowed == row.want, err
		})
		if err != nil {
			t.Fatalf("%+v: %v", row, err)
		}
	}
}

// question is what somebody wants to do, where ("" is the whole cluster), and
// whether they may.
type question struct {
	account, verb, group, resource, subresource, namespace string
	want                                                   bool
}

// review is the question as the API server wants it.
func (q question) review() *authorizationv1.SubjectAccessReview {
	return &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:   "system:serviceaccount:" + q.account + ":serin-controller",
		Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + q.account, "system:authenticated"},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Verb: q.verb, Group: q.group, Resource: q.resource, Subresource: q.subresource, Namespace: q.namespace,
		},
	}}
}

// questions begin with what is allowed, so that the refusals are about roles that
// the API server knows.
var questions = []question{
	{"serin-system", "list", "serin.dev", "rollouts", "", "", true},
	{"serin-system", "update", "serin.dev", "rollouts", "status", "web", true},
	{"serin-system", "watch", "serin.dev", "clusteranalysistemplates", "", "", true},
	{"serin-system", "create", "apps", "replicasets", "", "web", true},
	{"serin-system", "patch", "", "services", "", "web", true},
	{"serin-system", "get", "", "secrets", "", "web", true},
	{"serin-system", "update", "coordination.k8s.io", "leases", "", "serin-system", true},
	{"shop", "update", "serin.dev", "rollouts", "status", "shop", true},
	{"shop", "get", "", "secrets", "", "shop", true},
	{"shop", "list", "serin.dev", "clusteranalysistemplates", "", "", true},
	{"shop", "update", "coordination.k8s.io", "leases", "", "shop", true},
	{"serin-system", "update", "serin.dev", "rollouts", "", "web", false},
	{"serin-system", "delete", "serin.dev", "rollouts", "", "web", false},
	{"serin-system", "update", "serin.dev", "analysistemplates", "", "web", false},
	{"serin-system", "create", "apps", "deployments", "", "web", false},
	{"serin-system", "delete", "", "pods", "", "web", false},
	{"serin-system", "create", "", "pods", "exec", "web", false},
	{"serin-system", "list", "", "secrets", "", "web", false},
	{"serin-system", "create", "", "secrets", "", "web", false},
	{"serin-system", "update", "coordination.k8s.io", "leases", "", "web", false},
	{"serin-system", "get", "", "nodes", "", "", false},
	{"shop", "get", "serin.dev", "rollouts", "", "web", false},
	{"shop", "list", "serin.dev", "rollouts", "", "", false},
	{"shop", "get", "", "secrets", "", "web", false},
	{"nobody", "list", "serin.dev", "rollouts", "", "", false},
}
