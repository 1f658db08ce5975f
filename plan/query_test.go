package plan

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/providers/metrics/recorded"
)

// TestSelectorsSayWhatTheyAreAbout: errors, requests that were given up, and routers.
func TestSelectorsSayWhatTheyAreAbout(t *testing.T) {
	for selector, want := range map[string]struct{ errors, router bool }{
		`http_requests_total{code=~"5.."}`:                                     {true, false},
		`nginx_ingress_controller_requests{canary!="", status=~"5.."}`:         {true, true},
		`nginx_ingress_controller_requests{canary!="", status="499"}`:          {false, true},
		`istio_requests_total{reporter="destination", response_code=~"0|499"}`: {false, false},
		`istio_requests_total{reporter="source", response_code=~"5.."}`:        {true, true},
		`envoy_cluster_upstream_rq_xx{envoy_response_code_class="5"}`:          {true, true},
		`envoy_cluster_upstream_rq_timeout{envoy_cluster_name="a"}`:            {false, true},
		`grpc_server_handled_total{grpc_code=~"Internal|Unknown"}`:             {true, false},
		`orders_failed_total`: {true, false},
		`this is no selector`: {true, false},
	} {
		if got := isErrors(selector); got != want.errors {
			t.Errorf("isErrors(%s) = %v", selector, got)
		}
		if got := isRouters(selector); got != want.router {
			t.Errorf("isRouters(%s) = %v", selector, got)
		}
	}
}

// TestQueriesThatCannotBeSimulated say why.
func TestQueriesThatCannotBeSimulated(t *testing.T) {
	for query, why := range map[string]string{
		`max(container_memory_working_set_bytes)`: "is not known",
		`job:errors:ratio5m{app="web"}`:           "recording rule",
		`rate(queue_messages_total[5m])`:          "is not known",
		`sum(rate(http_timeouts_total[5m]))`:      "given up",
		`rate(http_requests_total[5m`:             "cannot be read",
		`vector(1)`:                               "reads no metric",
		`{__name__=~"a|b"}`:                       "names no metric",
	} {
		if _, err := families(query); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("families(%s): %v, want %q", query, err, why)
		}
	}
}

// TestMadeUpSeries evaluates queries over a release in its second hour: what each version
// shows is what it was made to do.
func TestMadeUpSeries(t *testing.T) {
	regressions, err := ParseRegressions("errors=10%")
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		reason, query string
		want, give    float64
	}{
		{"a share by status", `sum(rate(http_requests_total{hash="cafe51cafe", code=~"5.."}[5m])) / sum(rate(http_requests_total{hash="cafe51cafe"}[5m]))`, .1, .02},
		{"success by negation", `sum(rate(http_requests_total{hash="cafe51cafe", code!~"5.."}[5m])) / sum(rate(http_requests_total{hash="cafe51cafe"}[5m]))`, .9, .02},
		{"the stable version", `sum(rate(http_requests_total{hash="57ab1e57ab", code=~"5.."}[5m])) / sum(rate(http_requests_total{hash="57ab1e57ab"}[5m]))`, .001, .001},
		{"both versions", `sum(rate(http_requests_total{job="web"}[5m]))`, 200, 8},
		{"classes", `sum(rate(x_requests{hash="cafe51cafe", class="5xx"}[5m])) / sum(rate(x_requests{hash="cafe51cafe"}[5m]))`, .1, .02},
		{"a counter of errors", `sum(rate(http_errors_total{hash="cafe51cafe"}[5m])) / sum(rate(http_requests_total{hash="cafe51cafe"}[5m]))`, .1, .02},
		{"by Service", `sum(rate(http_requests_total{service="web-canary"}[5m]))`, 100, 8},
		{"by a pattern of pods", `sum(rate(http_requests_total{pod=~"web-cafe51cafe-.+"}[5m]))`, 100, 8},
		{"pods", `count(count by (pod) (rate(http_requests_total{hash="cafe51cafe"}[5m])))`, 5, 0},
		{"a median", `histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket{hash="cafe51cafe"}[5m])))`, .04, .005},
		{"a median in milliseconds", `histogram_quantile(0.5, sum by (le) (rate(istio_request_duration_milliseconds_bucket{hash="cafe51cafe"}[5m])))`, 40, 5},
		{"a mean", `sum(rate(http_request_duration_seconds_sum[5m])) / sum(rate(http_request_duration_seconds_count[5m]))`, .0582, .0001},
		{"an edge of its own", `sum(rate(http_request_duration_seconds_bucket{le="0.3"}[5m])) / sum(rate(http_request_duration_seconds_bucket{le="+Inf"}[5m]))`, .99, .003},
		{"a router", `sum(rate(traefik_service_requests_total{service=~"shop-web-canary-80@kubernetes.+", code=~"5.."}[5m])) / sum(rate(traefik_service_requests_total{service=~"shop-web-canary-80@kubernetes.+"}[5m]))`, .1, .02},
	} {
		setup := around(t, "golden-signals-app", Defaults(), shortSteps())
		var about Metric
		if err := setup.signals.readQuery(one.query, setup.assumed, versions{"web-canary", "web-stable"}, &about); err != nil {
			t.Errorf("%s: %v", one.reason, err)
			continue
		}
		setup.versions = versions{"web-canary", "web-stable"}
		setup.assumed.Edges = slices.Compact(slices.Sorted(slices.Values(slices.Concat(DefaultEdges(), setup.signals.edges))))
		c := newCluster(setup, seed{1, 2}, setup.behaviour(regressions[0]))
		c.scale(canaryHash, canaryHash, 5)
		c.canary, c.weight, c.inForce = canaryHash, 50, 50
		c.advance(c.now.Add(setup.assumed.Startup))
		c.advance(c.now.Add(20 * time.Minute))
		s := synthetic{cluster: c, known: newFeed(c, &liveRun{analysis: setup.background}, "").synthetic.known}
		provider, err := recorded.New(&s, recorded.Config{Name: "made up", From: c.now.Add(-time.Hour), To: c.now})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := provider.Query(context.Background(), one.query, c.now)
		if err != nil || len(answer.Values) != 1 || answer.Values[0] < one.want-one.give || answer.Values[0] > one.want+one.give {
			t.Errorf("%s: %v, %v, want %v ± %v", one.reason, answer.Values, err, one.want, one.give)
		}
	}
}

// TestValuesOfArguments: those that nobody gives are guessed by their names.
func TestValuesOfArguments(t *testing.T) {
	got := map[string]string{}
	for _, name := range []string{"canary-hash", "latest", "stable", "baseline-hash", "namespace", "namespace-label", "rollout", "port", "reporter"} {
		argument := guessed(name)
		switch from := argument.ValueFrom; {
		case argument.Value != nil:
			got[name] = *argument.Value
		case from.PodTemplateHashValue != nil:
			got[name] = string(*from.PodTemplateHashValue)
		default:
			got[name] = from.FieldRef.FieldPath
		}
	}
	want := map[string]string{"canary-hash": "Latest", "latest": "Latest", "stable": "Stable", "baseline-hash": "Stable", "namespace": "metadata.namespace",
		"namespace-label": "namespace_label", "rollout": "metadata.name", "port": "80", "reporter": "reporter"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzAssumptions: whatever is typed is refused, or can be simulated.
func FuzzAssumptions(f *testing.F) {
	for _, text := range []string{"200/s", "12k/min", "0.1%,unanswered=0.05%", "p50=40ms,p99=300ms", "errors=0.5%,+50%,2x", "5,25,50", "5ms,0.1,1s", "p99.9=1s,p1=1ns", "-1", "NaN", "1e999x", "=,=", "errors="} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if rate, err := ParseTraffic(text); err == nil && !(rate > 0) {
			t.Errorf("ParseTraffic(%q) = %v", text, rate)
		}
		if _, rates, err := ParseRates(text); err == nil {
			for name, rate := range rates {
				if !(rate >= 0 && rate < 1) {
					t.Errorf("ParseRates(%q): %s %v", text, name, rate)
				}
			}
		}
		if latency, err := ParseLatency(text); err == nil {
			falls(t, text, latency)
		}
		if edges, err := ParseEdges(text); err == nil {
			assumed := Defaults()
			if assumed.Edges = edges; assumed.validate() != nil {
				t.Errorf("ParseEdges(%q) = %v: %v", text, edges, assumed.validate())
			}
		}
		regressions, _ := ParseRegressions(text)
		for _, r := range regressions {
			if !(r.worse(.001) > 0) {
				t.Errorf("ParseRegressions(%q): %+v", text, r)
			}
		}
		_, _ = ParseWeights(text)
		_, _ = ParseSpread(text)
	})
}

// falls makes sure that fewer requests are slower than a higher edge.
func falls(t *testing.T, text string, latency Latency) {
	t.Helper()
	above := 1.0
	for _, edge := range DefaultEdges() {
		next := latency.above(edge, 2)
		if !(next >= 0 && next <= above+1e-12) {
			t.Errorf("ParseLatency(%q): %v above %v s, after %v", text, next, edge, above)
		}
		above = next
	}
}

// FuzzQueries: whatever a query is, it is refused, or its labels can be made up.
func FuzzQueries(f *testing.F) {
	for _, query := range []string{`rate(http_requests_total{code!~"5..", pod=~"web-cafe51cafe-.+"}[2m])`, `a{b=~"(x|y)+"}`, `rate(http_errors_total{hash!="cafe51cafe"}[1m])`, `sum(`, `{__name__="up"}`} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		found, err := families(query)
		if err != nil {
			return
		}
		for _, one := range found {
			if one.findStatus() != nil {
				return
			}
			if labels, err := one.labelsOf(versions{}, canaryHash, "web-cafe51cafe-1"); err == nil && labels.Get("__name__") != one.name {
				t.Errorf("%s: %s for %s", query, labels, one.name)
			}
		}
	})
}
