package analysisrun

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lab/controlplane"
	"github.com/serin-dev/serin/providers/metrics"
)

// The API server of all tests, and an administrator's client to it.
var (
	apiServer *rest.Config
	admin     client.WithWatch
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(withAPIServer(m.Run))
}

// withAPIServer runs tests with a real API server.
func withAPIServer(run func() int) int {
	plane, err := controlplane.Start(controlplane.Options{CRDs: []string{"../../crds/bases"}})
	if err != nil {
		log.Print(err)
		return 1
	}
	defer func() {
		if err := plane.Stop(); err != nil {
			log.Print(err)
		}
	}()
	apiServer = plane.Config
	admin, err = client.NewWithWatch(plane.Config, client.Options{Scheme: newScheme()})
	if err != nil {
		log.Print(err)
		return 1
	}
	return run()
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return scheme
}

// bench is a namespace and a controller of its AnalysisRuns, of which the test is
// the clock and the source of metrics.
type bench struct {
	t          *testing.T
	namespace  string
	clock      *clocktesting.FakeClock
	source     *fakeSource
	recorder   *events.FakeRecorder
	registry   *prometheus.Registry
	reconciler *Reconciler
	// interceptor, when set before start, meddles with the controller's requests.
	interceptor interceptor.Funcs
	// statusWrites counts what the controller wrote.
	statusWrites int
}

// newBench makes a namespace with a controller that is not run by a manager: the
// test calls Reconcile.
func newBench(t *testing.T, meddle interceptor.Funcs) *bench {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if err := admin.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	b := &bench{
		t: t, namespace: namespace.Name, interceptor: meddle,
		clock:  clocktesting.NewFakeClock(time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)),
		source: newFakeSource(),
	}
	b.start()
	return b
}

// start starts a controller; again, it is a restart: nothing is left of the last one.
func (b *bench) start() {
	b.t.Helper()
	if b.reconciler != nil {
		b.reconciler.Close()
	}
	b.recorder = events.NewFakeRecorder(1000)
	b.registry = prometheus.NewRegistry()
	counting := interceptor.NewClient(admin, interceptor.Funcs{
		SubResourceUpdate: func(ctx context.Context, inner client.Client, subresource string, object client.Object, options ...client.SubResourceUpdateOption) error {
			b.statusWrites++
			if b.interceptor.SubResourceUpdate != nil {
				return b.interceptor.SubResourceUpdate(ctx, inner, subresource, object, options...)
			}
			return inner.SubResource(subresource).Update(ctx, object, options...)
		},
		Get: b.interceptor.Get,
	})
	reconciler, err := New(counting, admin, b.recorder, Options{
		Constructors: map[string]Constructor{"prometheus": b.source.construct},
		Checks:       translate.Checks{PrometheusAddress: "http://default"},
		Registry:     b.registry, Clock: b.clock,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.reconciler = reconciler
	b.t.Cleanup(reconciler.Close)
}

// create makes an AnalysisRun.
func (b *bench) create(name string, spec v1alpha1.AnalysisRunSpec) *v1alpha1.AnalysisRun {
	b.t.Helper()
	object := &v1alpha1.AnalysisRun{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: b.namespace}, Spec: spec}
	if err := admin.Create(b.t.Context(), object); err != nil {
		b.t.Fatal(err)
	}
	return object
}

// get reads an AnalysisRun.
func (b *bench) get(name string) *v1alpha1.AnalysisRun {
	b.t.Helper()
	object := &v1alpha1.AnalysisRun{}
	if err := admin.Get(b.t.Context(), client.ObjectKey{Namespace: b.namespace, Name: name}, object); err != nil {
		b.t.Fatal(err)
	}
	return object
}

// reconcile looks at a run once.
func (b *bench) reconcile(name string) ctrl.Result {
	b.t.Helper()
	result, err := b.reconciler.Reconcile(b.t.Context(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: b.namespace, Name: name}})
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// await waits until a measurement has come back, and says of which run.
func (b *bench) await() string {
	b.t.Helper()
	select {
	case wakeup := <-b.reconciler.wakeups:
		return wakeup.Object.GetName()
	case <-time.After(20 * time.Second):
		b.t.Fatal("no measurement came back within 20 s")
		return ""
	}
}

// underway is how many metrics of a run are being measured.
func (b *bench) underway(name string) int {
	b.reconciler.jobs.mu.Lock()
	job := b.reconciler.jobs.byName[client.ObjectKey{Namespace: b.namespace, Name: name}]
	b.reconciler.jobs.mu.Unlock()
	if job == nil {
		return 0
	}
	job.mu.Lock()
	defer job.mu.Unlock()
	return len(job.underway)
}

// settle looks at a run until nothing is under way, and says when it is to be
// looked at next.
func (b *bench) settle(name string) time.Duration {
	b.t.Helper()
	for range 100 {
		result := b.reconcile(name)
		if b.underway(name) == 0 {
			again := b.reconcile(name)
			if b.underway(name) == 0 && again == result {
				return result.RequeueAfter
			}
			continue
		}
		b.await()
	}
	b.t.Fatal("the run does not settle")
	return 0
}

// play settles a run, and lets time pass until it is to be looked at again, until
// it has ended or so many times.
func (b *bench) play(name string, times int) *v1alpha1.AnalysisRun {
	b.t.Helper()
	for range times {
		next := b.settle(name)
		if next == 0 {
			break
		}
		b.clock.Step(next)
	}
	return b.get(name)
}

// events are the events until now.
func (b *bench) events() []string {
	var list []string
	for {
		select {
		case event := <-b.recorder.Events:
			list = append(list, event)
		default:
			return list
		}
	}
}

// fakeSource stands for all servers; what they answer is told by the test. It
// counts what it is asked.
type fakeSource struct {
	mu      sync.Mutex
	asked   int
	opened  []Source
	closed  int
	query   func(ctx context.Context, address, expression string, at time.Time) (metrics.Answer, error)
	samples func(selector string, from, to time.Time) (metrics.Samples, error)
}

func newFakeSource() *fakeSource {
	s := &fakeSource{samples: func(string, time.Time, time.Time) (metrics.Samples, error) {
		return metrics.Samples{}, metrics.ErrNoData
	}}
	s.answer(1)
	return s
}

// answer makes every query answer a vector of one number.
func (s *fakeSource) answer(value float64) {
	s.set(func(context.Context, string, string, time.Time) (metrics.Answer, error) {
		return metrics.Answer{Kind: metrics.Vector, Values: []float64{value}}, nil
	})
}

// fail makes every query fail.
func (s *fakeSource) fail(err error) {
	s.set(func(context.Context, string, string, time.Time) (metrics.Answer, error) { return metrics.Answer{}, err })
}

func (s *fakeSource) set(query func(context.Context, string, string, time.Time) (metrics.Answer, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.query = query
}

// count is how often anything was asked.
func (s *fakeSource) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *fakeSource) construct(source Source) (metrics.Provider, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = append(s.opened, source)
	return &fakeProvider{source: s, address: source.Prometheus.Address}, nil
}

// fakeProvider is a connection to one server of a fakeSource.
type fakeProvider struct {
	source  *fakeSource
	address string
}

func (p *fakeProvider) Query(ctx context.Context, expression string, at time.Time) (metrics.Answer, error) {
	p.source.mu.Lock()
	p.source.asked++
	query := p.source.query
	p.source.mu.Unlock()
	return query(ctx, p.address, expression, at)
}

func (p *fakeProvider) Samples(_ context.Context, selector string, from, to time.Time) (metrics.Samples, error) {
	p.source.mu.Lock()
	p.source.asked++
	samples := p.source.samples
	p.source.mu.Unlock()
	return samples(selector, from, to)
}

func (p *fakeProvider) Close() {
	p.source.mu.Lock()
	defer p.source.mu.Unlock()
	p.source.closed++
}

// counters answers selectors such as "canary_bad" with counters that grow by so
// much a second since a time, scraped every 5 s.
func counters(since time.Time, rates map[string]float64) func(string, time.Time, time.Time) (metrics.Samples, error) {
	return func(selector string, from, to time.Time) (metrics.Samples, error) {
		rate, exists := rates[selector]
		if !exists {
			return metrics.Samples{}, fmt.Errorf("%s: %w", selector, metrics.ErrNoData)
		}
		line := series.Series{Labels: selector}
		for at := since; !at.After(to); at = at.Add(5 * time.Second) {
			if at.After(from) {
				line.Samples = append(line.Samples, series.Sample{At: at, Value: float64(int(rate * at.Sub(since).Seconds()))})
			}
		}
		return metrics.Samples{Series: []series.Series{line}}, nil
	}
}

// threshold is a metric that passes while the query answers at least 0.95.
func threshold(name string) v1alpha1.Metric {
	return v1alpha1.Metric{
		Name: name, Interval: "10s", SuccessCondition: "result[0] >= 0.95",
		Provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{Query: name}},
	}
}

// compared is a metric with a judge.
func compared(name string) v1alpha1.Metric {
	return v1alpha1.Metric{
		Name: name, Interval: "10s", Judge: &v1alpha1.MetricJudge{Proportion: &v1alpha1.ProportionJudge{}},
		Provider: v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{
			Canary:   &v1alpha1.VersionMetrics{Bad: "canary_bad", Total: "canary_total"},
			Baseline: &v1alpha1.VersionMetrics{Bad: "stable_bad", Total: "stable_total"},
		}},
	}
}

// at is a metric at another address.
func at(metric v1alpha1.Metric, address string, timeout int64) v1alpha1.Metric {
	metric.Provider.Prometheus.Address, metric.Provider.Prometheus.Timeout = address, &timeout
	return metric
}

func specOf(metrics ...v1alpha1.Metric) v1alpha1.AnalysisRunSpec {
	return v1alpha1.AnalysisRunSpec{Metrics: metrics}
}

// conditionsText writes conditions as Ready=True(reason).
func conditionsText(object *v1alpha1.AnalysisRun) string {
	var parts []string
	for _, condition := range object.Status.Conditions {
		if condition.ObservedGeneration != object.Generation {
			parts = append(parts, "outdated:")
		}
		parts = append(parts, fmt.Sprintf("%s=%s(%s)", condition.Type, condition.Status, condition.Reason))
	}
	return strings.Join(parts, " ")
}

// whole is everything that an object shows.
func whole(t *testing.T, object *v1alpha1.AnalysisRun) string {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
