package rollout_test

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/serin-dev/serin/controller/rollout"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lab/controlplane"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/providers/traffic"
)

// admin is an administrator of the API server that all tests share.
var admin client.WithWatch

func TestMain(m *testing.M) {
	flag.Parse()
	plane, err := controlplane.Start(controlplane.Options{CRDs: []string{"../../crds/bases"}})
	if err != nil {
		log.Fatal(err)
	}
	scheme := runtime.NewScheme()
	if err := clientscheme.AddToScheme(scheme); err != nil {
		log.Fatal(err)
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		log.Fatal(err)
	}
	admin, err = client.NewWithWatch(plane.Config, client.Options{Scheme: scheme})
	if err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	if err := plane.Stop(); err != nil {
		log.Print(err)
	}
	os.Exit(code)
}

// cluster is a namespace with a Rollout and its controller, of which the test is
// the clock, the router and the kubelet.
type cluster struct {
	t         *testing.T
	namespace string
	client    client.WithWatch
	clock     *clocktesting.FakeClock
	router    *fakeRouter
	recorder  *events.FakeRecorder
	writes    []string
	failAt    int // the write that fails, from 1; 0 for none
	mutex     sync.Mutex
}

// newCluster makes a namespace with the two Services.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "rollout-"}}
	must(t, admin.Create(t.Context(), namespace))
	c := &cluster{
		t: t, namespace: namespace.Name, router: &fakeRouter{},
		clock:    clocktesting.NewFakeClock(time.Date(2026, 1, 5, 3, 0, 0, 0, time.UTC)),
		recorder: events.NewFakeRecorder(1000),
	}
	c.client = interceptor.NewClient(admin, c.interceptors())
	for _, name := range []string{"web", "web-canary"} {
		must(t, admin.Create(t.Context(), &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: c.namespace},
			Spec:       corev1.ServiceSpec{Selector: map[string]string{"app": "web"}, Ports: []corev1.ServicePort{{Port: 80}}},
		}))
	}
	return c
}

// interceptors note every write, and let one fail on request. A dry run is no write.
func (c *cluster) interceptors() interceptor.Funcs {
	return interceptor.Funcs{
		Create: func(ctx context.Context, inner client.WithWatch, object client.Object, options ...client.CreateOption) error {
			applied := (&client.CreateOptions{}).ApplyOptions(options)
			if len(applied.DryRun) == 0 {
				if err := c.note("create", object); err != nil {
					return err
				}
			}
			return inner.Create(ctx, object, options...)
		},
		Patch: func(ctx context.Context, inner client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
			if err := c.note("patch", object); err != nil {
				return err
			}
			return inner.Patch(ctx, object, patch, options...)
		},
		Delete: func(ctx context.Context, inner client.WithWatch, object client.Object, options ...client.DeleteOption) error {
			if err := c.note("delete", object); err != nil {
				return err
			}
			return inner.Delete(ctx, object, options...)
		},
		SubResourceUpdate: func(ctx context.Context, inner client.Client, subresource string, object client.Object, options ...client.SubResourceUpdateOption) error {
			if err := c.note(subresource, object); err != nil {
				return err
			}
			return inner.SubResource(subresource).Update(ctx, object, options...)
		},
	}
}

// note remembers a write, or lets it fail.
func (c *cluster) note(verb string, object client.Object) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.writes = append(c.writes, fmt.Sprintf("%s %T %s", verb, object, object.GetName()))
	if c.failAt == len(c.writes) {
		return fmt.Errorf("the test lets write %d fail", c.failAt)
	}
	return nil
}

// reconciler is a controller that has just been started: it remembers nothing.
func (c *cluster) reconciler() *rollout.Reconciler {
	return &rollout.Reconciler{Options: rollout.Options{
		Client: c.client, Reader: c.client, Clock: c.clock, Recorder: c.recorder,
		Routers: func(object *v1alpha1.Rollout) (traffic.Router, error) {
			if object.Spec.Strategy.Canary.TrafficRouting == nil {
				return nil, nil
			}
			return c.router, nil
		},
		Checks: translate.Checks{Query: prometheus.CheckQuery, Selector: prometheus.CheckSelector, PrometheusAddress: "http://prometheus.invalid"},
	}}
}

// round does one round of a controller that has just been started.
func (c *cluster) round() (reconcile.Result, error) {
	c.mutex.Lock()
	c.writes = nil
	c.mutex.Unlock()
	return c.reconciler().Reconcile(c.t.Context(), reconcile.Request{NamespacedName: client.ObjectKey{Namespace: c.namespace, Name: "web"}})
}

// rounds does rounds, with the pods and the router following, until nothing is
// written any more.
func (c *cluster) rounds() {
	c.t.Helper()
	for range 50 {
		_, err := c.round()
		must(c.t, err)
		if len(c.writes) == 0 && !c.router.takeWrites() && !c.kubelet() {
			return
		}
	}
	c.t.Fatalf("the controller does not come to rest; its last writes: %v", c.writes)
}

// kubelet makes as many pods available as are wanted, and says whether it had to.
func (c *cluster) kubelet() (changed bool) {
	c.t.Helper()
	for _, replicaSet := range c.replicaSets() {
		wanted := *replicaSet.Spec.Replicas
		if replicaSet.Status.AvailableReplicas == wanted && replicaSet.Status.Replicas == wanted {
			continue
		}
		replicaSet.Status.Replicas, replicaSet.Status.ReadyReplicas, replicaSet.Status.AvailableReplicas = wanted, wanted, wanted
		must(c.t, admin.Status().Update(c.t.Context(), &replicaSet))
		changed = true
	}
	return changed
}

// replicaSets are the ReplicaSets of the namespace.
func (c *cluster) replicaSets() []appsv1.ReplicaSet {
	c.t.Helper()
	var list appsv1.ReplicaSetList
	must(c.t, admin.List(c.t.Context(), &list, client.InNamespace(c.namespace)))
	return list.Items
}

// pods are the numbers of wanted pods by image, as text: "web:1=4 web:2=1".
func (c *cluster) pods() string {
	c.t.Helper()
	var texts []string
	for _, replicaSet := range c.replicaSets() {
		texts = append(texts, fmt.Sprintf("%s=%d", replicaSet.Spec.Template.Spec.Containers[0].Image, *replicaSet.Spec.Replicas))
	}
	return sorted(texts)
}

// get reads the Rollout.
func (c *cluster) get() *v1alpha1.Rollout {
	c.t.Helper()
	object := &v1alpha1.Rollout{}
	must(c.t, admin.Get(c.t.Context(), client.ObjectKey{Namespace: c.namespace, Name: "web"}, object))
	return object
}

// edit changes the Rollout, as a user would.
func (c *cluster) edit(change func(*v1alpha1.Rollout)) {
	c.t.Helper()
	object := c.get()
	before := object.DeepCopy()
	change(object)
	must(c.t, admin.Patch(c.t.Context(), object, client.MergeFrom(before)))
}

// image makes the Rollout release another image.
func (c *cluster) image(name string) {
	c.t.Helper()
	c.edit(func(object *v1alpha1.Rollout) { object.Spec.Template.Spec.Containers[0].Image = name })
}

// selected says which image a Service's pods run.
func (c *cluster) selected(name string) string {
	c.t.Helper()
	service := &corev1.Service{}
	must(c.t, admin.Get(c.t.Context(), client.ObjectKey{Namespace: c.namespace, Name: name}, service))
	for _, replicaSet := range c.replicaSets() {
		if hash := service.Spec.Selector[v1alpha1.LabelPodTemplateHash]; hash != "" && hash == replicaSet.Labels[v1alpha1.LabelPodTemplateHash] {
			return replicaSet.Spec.Template.Spec.Containers[0].Image
		}
	}
	return ""
}

// condition is "True Reason: message" of a condition.
func (c *cluster) condition(kind string) string {
	c.t.Helper()
	for _, condition := range c.get().Status.Conditions {
		if condition.Type == kind {
			return fmt.Sprintf("%s %s: %s", condition.Status, condition.Reason, condition.Message)
		}
	}
	return ""
}

// web is a Rollout with a router, and steps 25 %, pause, 50 %.
func (c *cluster) web(change ...func(*v1alpha1.Rollout)) {
	c.t.Helper()
	four, quarter, half := int32(4), int32(25), int32(50)
	object := &v1alpha1.Rollout{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: c.namespace},
		Spec: v1alpha1.RolloutSpec{
			Replicas: &four,
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "web:1"}}},
			},
			Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{
				StableService: "web", CanaryService: "web-canary",
				TrafficRouting: &v1alpha1.TrafficRouting{GatewayAPI: &v1alpha1.GatewayAPIRouting{HTTPRoutes: []v1alpha1.HTTPRouteReference{{Name: "web"}}}},
				Steps:          []v1alpha1.CanaryStep{{SetWeight: &quarter}, {Pause: &v1alpha1.PauseStep{}}, {SetWeight: &half}, {Pause: &v1alpha1.PauseStep{}}},
			}},
		},
	}
	for _, f := range change {
		f(object)
	}
	must(c.t, admin.Create(c.t.Context(), object))
}

// fakeRouter is a router that follows at once, unless it is told not to.
type fakeRouter struct {
	mutex   sync.Mutex
	weight  int32
	slow    bool
	written bool
	err     error
}

func (f *fakeRouter) Split(context.Context) (traffic.Split, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return traffic.Split{CanaryWeight: f.weight, Uniform: true, Verified: !f.slow}, f.err
}

func (f *fakeRouter) SetWeight(_ context.Context, weight int32) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.weight, f.written = weight, true
	return nil
}

// takeWrites says whether the weight was set since the last call.
func (f *fakeRouter) takeWrites() bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	written := f.written
	f.written = false
	return written
}

// must ends a test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sorted joins texts in order.
func sorted(texts []string) string {
	return strings.Join(sortedTexts(texts), " ")
}

// requestFor asks for a round for a Rollout.
func requestFor(object client.Object) reconcile.Request {
	return reconcile.Request{NamespacedName: client.ObjectKeyFromObject(object)}
}
