package gatewayapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/traffic"
	"github.com/serin-dev/serin/providers/traffic/gatewayapi"
	"github.com/serin-dev/serin/providers/traffic/traffictest"
)

// TestOwnership checks what the first write takes over, and what not.
func TestOwnership(t *testing.T) {
	world{}.Create(t, "ownership", traffictest.Percent(0))
	router := world{}.Router(t, "shop/web", "ownership")
	must(t, router.SetWeight(t.Context(), 0))
	if owner, found := get(t, "ownership").GetAnnotations()[v1alpha1.AnnotationManagedBy]; found {
		t.Errorf("the route is marked as %s's, and nothing was written", owner)
	}
	must(t, router.SetWeight(t.Context(), 5))
	route := get(t, "ownership")
	if owner := route.GetAnnotations()[v1alpha1.AnnotationManagedBy]; owner != "shop/web" {
		t.Errorf("the route is marked as %q's, want shop/web's", owner)
	}
	ours, theirs := owned(t, route, gatewayapi.FieldManager), owned(t, route, "kubectl")
	want := `{"f:metadata":{"f:annotations":{"f:serin.dev/managed-by":{}}},"f:spec":{"f:rules":{}}}`
	if ours != want {
		t.Errorf("Serin owns %s, want %s", ours, want)
	}
	if strings.Contains(theirs, "f:rules") || !strings.Contains(theirs, "f:parentRefs") || !strings.Contains(theirs, "f:hostnames") {
		t.Errorf("who made the route owns %s, want all but the rules", theirs)
	}
}

// owned are the fields of a manager, as canonical JSON.
func owned(t *testing.T, route *unstructured.Unstructured, manager string) string {
	t.Helper()
	for _, entry := range route.GetManagedFields() {
		if entry.Manager != manager || manager == gatewayapi.FieldManager && entry.Operation != metav1.ManagedFieldsOperationApply {
			continue
		}
		var fields any
		must(t, json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields))
		text, err := json.Marshal(fields)
		must(t, err)
		return string(text)
	}
	t.Fatalf("%s owns nothing of %v", manager, route.GetManagedFields())
	return ""
}

// calls counts what goes to the API server.
type calls struct{ gets, applies, others int }

func (c *calls) client(inner client.WithWatch) client.Client {
	return interceptor.NewClient(inner, interceptor.Funcs{
		Get: func(ctx context.Context, inner client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			c.gets++
			return inner.Get(ctx, key, object, options...)
		},
		Apply: func(ctx context.Context, inner client.WithWatch, object runtime.ApplyConfiguration, options ...client.ApplyOption) error {
			c.applies++
			return inner.Apply(ctx, object, options...)
		},
		Update: func(ctx context.Context, inner client.WithWatch, object client.Object, options ...client.UpdateOption) error {
			c.others++
			return inner.Update(ctx, object, options...)
		},
		Patch: func(ctx context.Context, inner client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
			c.others++
			return inner.Patch(ctx, object, patch, options...)
		},
	})
}

func TestRequests(t *testing.T) {
	world{}.Create(t, "requests-a", traffictest.Percent(0))
	world{}.Create(t, "requests-b", traffictest.Percent(0))
	var counted calls
	router := gatewayapi.New(counted.client(cluster(t)), config("shop/web", "requests-a", "requests-b"))
	for _, step := range []struct {
		reason string
		do     func() error
		want   calls
	}{
		{"a split reads each route once", func() error { _, err := router.Split(t.Context()); return err }, calls{gets: 2}},
		{"a change writes each route once", func() error { return router.SetWeight(t.Context(), 5) }, calls{gets: 2, applies: 2}},
		{"no change writes nothing", func() error { return router.SetWeight(t.Context(), 5) }, calls{gets: 2}},
	} {
		counted = calls{}
		must(t, step.do())
		if counted != step.want {
			t.Errorf("%s: %+v, want %+v", step.reason, counted, step.want)
		}
	}
}

// TestPassingFaults checks that faults which are nobody's mistake are of no kind,
// and keep the API server's own error.
func TestPassingFaults(t *testing.T) {
	world{}.Create(t, "passing", traffictest.Percent(0))
	t.Run("conflict", func(t *testing.T) {
		err := world{}.EditDuringWrite(t, "shop/web", "passing").SetWeight(t.Context(), 5)
		wantPassing(t, err, apierrors.IsConflict, "passing", "at the same time")
	})
	t.Run("made anew during the write", func(t *testing.T) {
		between := interceptor.NewClient(cluster(t), interceptor.Funcs{
			Apply: func(ctx context.Context, inner client.WithWatch, object runtime.ApplyConfiguration, options ...client.ApplyOption) error {
				world{}.Delete(t, "passing")
				world{}.Create(t, "passing", traffictest.Percent(0))
				return inner.Apply(ctx, object, options...)
			},
		})
		err := gatewayapi.New(between, config("shop/web", "passing")).SetWeight(t.Context(), 5)
		wantPassing(t, err, apierrors.IsConflict, "passing")
		if owner := get(t, "passing").GetAnnotations()[v1alpha1.AnnotationManagedBy]; owner != "" {
			t.Errorf("the new route was written, for %s", owner)
		}
	})
	t.Run("deleted during the write", func(t *testing.T) {
		world{}.Create(t, "passing-deleted", traffictest.Percent(0))
		between := interceptor.NewClient(cluster(t), interceptor.Funcs{
			Apply: func(ctx context.Context, inner client.WithWatch, object runtime.ApplyConfiguration, options ...client.ApplyOption) error {
				world{}.Delete(t, "passing-deleted")
				return inner.Apply(ctx, object, options...)
			},
		})
		if err := gatewayapi.New(between, config("shop/web", "passing-deleted")).SetWeight(t.Context(), 5); err == nil {
			t.Error("no error, though the route was gone")
		}
		err := cluster(t).Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "passing-deleted"}, newRoute("passing-deleted"))
		if !apierrors.IsNotFound(err) {
			t.Errorf("the route was made again: %v", err)
		}
	})
	t.Run("canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := world{}.Router(t, "shop/web", "passing").Split(ctx)
		wantPassing(t, err, func(err error) bool { return errors.Is(err, context.Canceled) }, "passing")
	})
}

func wantPassing(t *testing.T, err error, is func(error) bool, words ...string) {
	t.Helper()
	if err == nil || !is(err) {
		t.Fatalf("error %v is another, or hides the API server's", err)
	}
	for _, kind := range []error{traffic.ErrNotFound, traffic.ErrInvalid, traffic.ErrConflict} {
		if errors.Is(err, kind) {
			t.Errorf("error %v is of the kind %v, which needs a person", err, kind)
		}
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %q", err, word)
		}
	}
}

// TestRights checks the words for rights that are missing, with a user who may
// read routes and no more.
func TestRights(t *testing.T) {
	world{}.Create(t, "rights", traffictest.Percent(0))
	reader := impersonate(t, "reader")
	must(t, cluster(t).Create(t.Context(), object("rbac.authorization.k8s.io/v1", "ClusterRole", "route-reader", map[string]any{
		"rules": []any{map[string]any{"apiGroups": []any{"gateway.networking.k8s.io"}, "resources": []any{"httproutes"}, "verbs": []any{"get"}}},
	})))
	must(t, cluster(t).Create(t.Context(), object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "route-reader", map[string]any{
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "route-reader"},
		"subjects": []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "reader"}},
	})))
	_, err := gatewayapi.New(impersonate(t, "stranger"), config("shop/web", "rights")).Split(t.Context())
	wantPassing(t, err, apierrors.IsForbidden, "rights", "stranger")
	err = gatewayapi.New(reader, config("shop/web", "rights")).SetWeight(t.Context(), 5)
	wantPassing(t, err, apierrors.IsForbidden, "rights", "patch httproutes")
}

func impersonate(t *testing.T, user string) client.Client {
	t.Helper()
	copied := rest.CopyConfig(settings(t))
	copied.Impersonate = rest.ImpersonationConfig{UserName: user}
	made, err := client.New(copied, client.Options{Mapper: cluster(t).RESTMapper()})
	must(t, err)
	return made
}

func object(apiVersion, kind, name string, fields map[string]any) *unstructured.Unstructured {
	made := &unstructured.Unstructured{Object: fields}
	made.SetAPIVersion(apiVersion)
	made.SetKind(kind)
	made.SetName(name)
	return made
}

// TestNoGatewayAPI checks the words for a cluster(t) without the CRDs.
func TestNoGatewayAPI(t *testing.T) {
	bare := interceptor.NewClient(cluster(t), interceptor.Funcs{
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return &meta.NoKindMatchError{GroupKind: schema.GroupKind{Group: "gateway.networking.k8s.io", Kind: "HTTPRoute"}, SearchedVersions: []string{"v1"}}
		},
	})
	_, err := gatewayapi.New(bare, config("shop/web", "web")).Split(t.Context())
	if !errors.Is(err, traffic.ErrNotFound) || !strings.Contains(err.Error(), "install its CRDs") {
		t.Errorf("error %v, want %v and what to install", err, traffic.ErrNotFound)
	}
}

// TestBadConfig checks that a Config that cannot work asks nobody.
func TestBadConfig(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*gatewayapi.Config)
		want   string
	}{
		{"no routes", func(c *gatewayapi.Config) { c.Routes = nil }, "httpRoutes"},
		{"no stable Service", func(c *gatewayapi.Config) { c.StableService = "" }, "stableService"},
		{"no canary Service", func(c *gatewayapi.Config) { c.CanaryService = "" }, "canaryService"},
		{"one Service for both", func(c *gatewayapi.Config) { c.CanaryService = c.StableService }, "both web"},
		{"no owner", func(c *gatewayapi.Config) { c.Owner = "" }, "Rollout"},
		{"no namespace", func(c *gatewayapi.Config) { c.Namespace = "" }, "Rollout"},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := config("shop/web", "web")
			test.change(&changed)
			var counted calls
			router := gatewayapi.New(counted.client(cluster(t)), changed)
			_, errSplit := router.Split(t.Context())
			for _, err := range []error{errSplit, router.SetWeight(t.Context(), 5)} {
				if !errors.Is(err, traffic.ErrInvalid) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want %v that says %q", err, traffic.ErrInvalid, test.want)
				}
			}
			if counted != (calls{}) {
				t.Errorf("the API server was asked: %+v", counted)
			}
		})
	}
}
