package convert

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// series are the metrics of a mesh, by version: Flagger's builtin metrics are of them.
type series struct {
	// requests counts requests, and bad selects the failed ones of them.
	requests, bad string
	// buckets is the histogram of latencies, and factor makes milliseconds of them.
	buckets, factor string
	// selector selects a version: NAMESPACE and VERSION stand for what names it.
	selector string
	// note says what has to be so.
	note string
}

// version names the pods of a version: a Rollout's ReplicaSet, or the pods by its name.
const workloadOfVersion, podsOfVersion = "{{args.target}}-HASH", "{{args.target}}-HASH-[0-9a-z]+"

// builtinSeries are the metrics of those meshes that count by pod or workload.
func builtinSeries(provider string) (series, bool) {
	switch name, _, _ := strings.Cut(provider, ":"); name {
	case "kubernetes", "gatewayapi":
		return series{
			requests: "http_request_duration_seconds_count", bad: `status=~"5.*"`,
			buckets: "http_request_duration_seconds_bucket", factor: " * 1000",
			selector: `kubernetes_namespace="{{args.namespace}}",kubernetes_pod_name=~"` + podsOfVersion + `"`,
			note:     "the application exports these metrics, as Flagger asks for",
		}, true
	case "istio":
		return series{
			requests: "istio_requests_total", bad: `response_code=~"5.*"`, buckets: "istio_request_duration_milliseconds_bucket",
			selector: `reporter="destination",destination_workload_namespace="{{args.namespace}}",destination_workload="` + workloadOfVersion + `"`,
			note:     "Istio names the workload of a Rollout after its ReplicaSet, one for each version",
		}, true
	case "linkerd":
		return series{
			requests: "response_total", bad: `classification="failure"`, buckets: "response_latency_ms_bucket",
			selector: `namespace="{{args.namespace}}",pod=~"` + podsOfVersion + `",direction="inbound"`,
			note:     "the label deployment does not tell the versions of a Rollout apart, so the pods are selected",
		}, true
	case "appmesh":
		return series{
			requests: "envoy_cluster_upstream_rq", bad: `envoy_response_code=~"5.*"`, buckets: "envoy_cluster_upstream_rq_time_bucket",
			selector: `kubernetes_namespace="{{args.namespace}}",kubernetes_pod_name=~"` + podsOfVersion + `"`,
			note:     "the sidecars export these metrics",
		}, true
	}
	return series{}, false
}

// selectorOf selects a series of one version.
func (k *canary) selectorOf(s series, name, argument, more string) string {
	k.args.use("namespace", "", false, "")
	k.args.use("target", "", false, "")
	labels := strings.ReplaceAll(s.selector, "HASH", k.args.use(argument, "", false, ""))
	if more != "" {
		labels += "," + more
	}
	return name + "{" + labels + "}"
}

// successRate converts the builtin request-success-rate into an objective: the same
// limit, on counts instead of rates.
func (k *canary) successRate(f field, window string) *yaml.Node {
	s, known := builtinSeries(k.provider)
	if !known {
		k.refuseBuiltin(f)
		return nil
	}
	limit := strings.TrimPrefix(k.condition(field{value: f.value}, "request-success-rate"), "result[0] >= ")
	atMost, ok := objective(limit)
	if !ok {
		return k.strictRate(f, s, window)
	}
	version := func(argument string) *yaml.Node {
		return mapping("bad", str(k.selectorOf(s, s.requests, argument, s.bad)), "total", str(k.selectorOf(s, s.requests, argument, "")))
	}
	k.changed(f, "request-success-rate of at least %s %% is an objective: at most %s of the canary's requests may fail, judged on counts instead of a rate over %s (each request once, a young counter from zero, 0/0 is no answer); "+
		"it fails when the evidence suffices, not at the threshold of failed checks, passes after 100 requests, and the baseline tells an incident that hits both versions; %s", limit, atMost, window, s.note)
	return mapping(
		"judge", mapping("objective", flow(mapping("atMost", str(atMost)))),
		"provider", mapping("prometheus", mapping("address", k.address(), "canary", version("canary-hash"), "baseline", version("stable-hash"))))
}

// strictRate is a success rate that no objective can ask: 100 %, or a range.
func (k *canary) strictRate(f field, s series, window string) *yaml.Node {
	condition := k.condition(f, "request-success-rate")
	if condition == "" {
		k.refuse(f, "it has no limit that could ever be passed or broken", "write thresholdRange.min")
		return nil
	}
	good := strings.Replace(s.bad, "=~", "!~", 1)
	if good == s.bad {
		good = strings.Replace(s.bad, "=", "!=", 1)
	}
	rate := func(more string) string {
		return "sum(rate(" + k.selectorOf(s, s.requests, "canary-hash", more) + "[" + window + "]))"
	}
	k.changed(f, "of requests of the new version alone; %s", s.note)
	return mapping(
		"successCondition", str(condition), "failureLimit", integer(k.failureLimit()),
		"provider", mapping("prometheus", mapping("address", k.address(), "query", str(rate(good)+" / "+rate("")+" * 100"))))
}

// requestDuration converts the builtin request-duration: the same quantile of the same
// buckets, of the new version's pods.
func (k *canary) requestDuration(f field, window string) *yaml.Node {
	s, known := builtinSeries(k.provider)
	if !known {
		k.refuseBuiltin(f)
		return nil
	}
	k.changed(f, "the 99th percentile of the new version's pods, in milliseconds; %s", s.note)
	k.hint(f, "ClusterAnalysisTemplate %s (config/templates of Serin) compares the latencies and errors of both versions, bucket by bucket", goldenSignals(k.provider))
	expression := "histogram_quantile(0.99, sum(rate(" + k.selectorOf(s, s.buckets, "canary-hash", "") + "[" + window + "])) by (le))" + s.factor
	return mapping("provider", mapping("prometheus", mapping("address", k.address(), "query", str(expression))))
}

// refuseBuiltin says why the metrics of a router cannot be used.
func (k *canary) refuseBuiltin(f field) {
	k.refuse(f, fmt.Sprintf("with provider %s this is counted at the router's object for the canary, which only Flagger makes", k.provider),
		fmt.Sprintf("name ClusterAnalysisTemplate %s in strategy.canary.analysis.templates (config/templates of Serin): it compares errors and latency of both versions", goldenSignals(k.provider)))
}

// goldenSignals is the template of Serin's own that judges what a provider's metrics show.
func goldenSignals(provider string) string {
	switch name, _, _ := strings.Cut(provider, ":"); name {
	case "istio":
		return "golden-signals-istio"
	case "nginx":
		return "golden-signals-nginx"
	case "traefik":
		return "golden-signals-traefik"
	case "contour", "gloo", "kuma", "appmesh":
		return "golden-signals-envoy"
	}
	return "golden-signals-app"
}
