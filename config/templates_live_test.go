package config

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	api "github.com/prometheus/client_golang/api"
	apiv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lab/app"
	"github.com/serin-dev/serin/lab/monitoring"
)

// tenth of all answers are errors.
const tenth = app.Share(100_000)

// TestTheAppTemplateFindsWhatAnApplicationExposes scrapes the lab's application by
// a real Prometheus, with the labels that the template's comment asks for, and counts.
func TestTheAppTemplateFindsWhatAnApplicationExposes(t *testing.T) {
	prometheus := startPrometheus(t)
	old := podOf(t, "web-aaaa-x", map[string]string{"pod_template_hash": "aaaa"})
	fresh := podOf(t, "web-aaaa-fresh-2-1-x", map[string]string{"pod_template_hash": "aaaa", "baseline": "fresh"})
	canary := podOf(t, "web-bbbb-x", map[string]string{"pod_template_hash": "bbbb"})
	stranger := podOf(t, "api-bbbb-x", map[string]string{"pod_template_hash": "bbbb", "namespace": "other"})
	old.request(t, 40)
	fresh.request(t, 30)
	canary.request(t, 20)
	stranger.request(t, 10)
	prometheus.server.SetTargets([]monitoring.Target{old.target, fresh.target, canary.target, stranger.target})
	prometheus.settle(t, fmt.Sprintf(`sum(http_requests_total) == %d`, 40+30+20+10))

	app := examples[1]
	without := resolve(t, app, app.given(t), release)
	prometheus.expect(t, without, seen{"errors": {"2 of 20", "4 of 40"}, "latency": {"20", "40"}})
	beside := release
	beside.FreshBaseline = true
	label := v1alpha1.BaselineLabelValue
	with := append(app.given(t), v1alpha1.AnalysisArgument{Name: "baseline", ValueFrom: &v1alpha1.ArgumentValueFrom{Baseline: &label}})
	prometheus.expect(t, resolve(t, app, with, beside), seen{"errors": {"2 of 20", "3 of 30"}, "latency": {"20", "30"}})
}

// TestSaturationIsTheMemoryOfAPod asks for what a kubelet exposes: series of
// containers, of their sandboxes, and sums of whole pods, which must not be counted twice.
func TestSaturationIsTheMemoryOfAPod(t *testing.T) {
	const kubelet = `# TYPE container_memory_working_set_bytes gauge
container_memory_working_set_bytes{container="",id="/kubepods/a",image="",name="",namespace="shop",pod="web-aaaa-1"} 171
container_memory_working_set_bytes{container="",id="/kubepods/a/s",image="pause:3",name="s",namespace="shop",pod="web-aaaa-1"} 1
container_memory_working_set_bytes{container="web",id="/kubepods/a/w",image="web:1",name="w",namespace="shop",pod="web-aaaa-1"} 100
container_memory_working_set_bytes{container="proxy",id="/kubepods/a/p",image="proxy:1",name="p",namespace="shop",pod="web-aaaa-1"} 70
container_memory_working_set_bytes{container="web",id="/kubepods/b/w",image="web:1",name="w",namespace="shop",pod="web-aaaa-2"} 130
container_memory_working_set_bytes{container="web",id="/kubepods/c/w",image="web:1",name="w",namespace="shop",pod="web-aaaa-fresh-2-1-1"} 90
container_memory_working_set_bytes{container="web",id="/kubepods/d/w",image="web:2",name="w",namespace="shop",pod="web-bbbb-1"} 300
container_memory_working_set_bytes{container="web",id="/kubepods/e/w",image="web:2",name="w",namespace="other",pod="web-bbbb-1"} 7
`
	prometheus := startPrometheus(t)
	exposed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = io.WriteString(w, kubelet)
	}))
	t.Cleanup(exposed.Close)
	prometheus.server.SetTargets([]monitoring.Target{{Address: strings.TrimPrefix(exposed.URL, "http://")}})
	prometheus.settle(t, `count(container_memory_working_set_bytes) == 8`)

	beside := release
	beside.FreshBaseline = true
	label := v1alpha1.BaselineLabelValue
	saturation := examples[0]
	with := append(saturation.given(t), v1alpha1.AnalysisArgument{Name: "baseline", ValueFrom: &v1alpha1.ArgumentValueFrom{Baseline: &label}})
	prometheus.expect(t, resolve(t, saturation, with, beside), seen{"saturation": {"300", "90"}})

	// Without fresh pods: 170 and 130, and in this exposition the fresh pod's 90 beside them.
	prometheus.expect(t, resolve(t, saturation, saturation.given(t), release), seen{"saturation": {"300", "130"}})
}

// seen is what the canary's and the baseline's queries of each metric find: bad of
// total, the observations of a histogram, or a gauge.
type seen map[string][2]string

// pod is an application that is scraped.
type pod struct {
	url    string
	target monitoring.Target
}

// podOf starts a pod of the namespace, with more labels.
func podOf(t *testing.T, name string, labels map[string]string) pod {
	t.Helper()
	application, err := app.New(app.Settings{Version: name, ErrorShare: tenth})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(application)
	t.Cleanup(server.Close)
	all := map[string]string{"namespace": namespace, "pod": name}
	for key, value := range labels {
		all[key] = value
	}
	return pod{url: server.URL, target: monitoring.Target{Address: strings.TrimPrefix(server.URL, "http://"), Labels: all}}
}

// request sends requests.
func (p pod) request(t *testing.T, number int) {
	t.Helper()
	for range number {
		answer, err := http.Get(p.url)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
}

// watcher is a Prometheus, and how to ask it.
type watcher struct {
	server *monitoring.Server
	api    apiv1.API
}

func startPrometheus(t *testing.T) watcher {
	t.Helper()
	server, err := monitoring.Start(200 * time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	connection, err := api.NewClient(api.Config{Address: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return watcher{server, apiv1.NewAPI(connection)}
}

// value is the only value of an instant query; found is false without one.
func (w watcher) value(t *testing.T, query string) (value float64, found bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	answer, _, _, err := w.api.Query(ctx, query, time.Now())
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	vector, is := answer.(model.Vector)
	if !is || len(vector) > 1 {
		t.Fatalf("%s: the answer is %v, want one number", query, answer)
	}
	if len(vector) == 0 {
		return 0, false
	}
	return float64(vector[0].Value), true
}

// settle waits until a condition has an answer.
func (w watcher) settle(t *testing.T, condition string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if _, found := w.value(t, condition); found {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", condition)
		}
	}
}

// expect checks what the queries of the metrics find; those that are not wanted may
// find nothing.
func (w watcher) expect(t *testing.T, spec v1alpha1.AnalysisRunSpec, want seen) {
	t.Helper()
	got := seen{}
	for _, metric := range spec.Metrics {
		if _, wanted := want[metric.Name]; wanted {
			source := metric.Provider.Prometheus
			got[metric.Name] = [2]string{w.found(t, source.Canary), w.found(t, source.Baseline)}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("canary and baseline (-want +got):\n%s", diff)
	}
}

// found is what one arm's queries find.
func (w watcher) found(t *testing.T, arm *v1alpha1.VersionMetrics) string {
	t.Helper()
	sum := func(query string) string {
		value, found := w.value(t, query)
		if !found {
			return "nothing"
		}
		return fmt.Sprint(value)
	}
	switch {
	case arm.Total != "":
		return sum("sum("+arm.Bad+")") + " of " + sum("sum("+arm.Total+")")
	case arm.Histogram != "":
		// A histogram without le="+Inf" does not say how many observations it has.
		return sum(`sum(` + strings.TrimSuffix(strings.TrimSpace(arm.Histogram), "}") + `, le="+Inf"})`)
	default:
		return sum(arm.Query)
	}
}
