package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// source is what a metric reads of the made-up world.
type source int

const (
	// counts are bad requests and all requests of both versions.
	counts source = iota
	// histogram is how long the requests of both versions took.
	histogram
	// gauge is one number for each version.
	gauge
	// query is PromQL over the synthetic series.
	query
)

// reading is how a metric is fed.
type reading struct {
	name string
	source
	// kind is the index of the bad requests that counts count, or of the gauge.
	kind int
	// byRouter says that the series are a router's: one for each version, without
	// its pods.
	byRouter bool
	// wantsBaseline says that there is one to compare with.
	wantsBaseline bool
	// prometheus is the source of a query.
	prometheus *v1alpha1.PrometheusMetric
}

// badKind is one kind of bad requests.
type badKind struct {
	// signal is Errors, or the name of the only metric that counts these.
	signal string
	// rate is the stable version's share.
	rate float64
}

// signals are all that metrics of a setup read, without repetition.
type signals struct {
	kinds  []badKind
	gauges []string
	// histograms and routers say that any metric reads buckets, or a router's series.
	histograms, routers bool
	// families are the metrics that queries read, and errors is the index of the bad requests
	// in them.
	families []*family
	errors   int
	// edges are those that queries ask for by le, in seconds.
	edges []float64
}

// read says how a metric is fed, and adds what it reads. The error is a *notSimulated.
func (s *signals) read(metric v1alpha1.Metric, a Assumptions, v versions) (reading, Metric, error) {
	prometheus := metric.Provider.Prometheus
	r := reading{name: metric.Name, wantsBaseline: prometheus.Baseline != nil}
	about := Metric{Name: metric.Name, Judge: judgeName(metric), Interval: metric.Interval}
	switch {
	case prometheus.Query != "":
		r.source, r.prometheus = query, prometheus
		err := s.readQuery(prometheus.Query, a, v, &about)
		return r, about, err
	case prometheus.Canary.Histogram != "":
		r.source, r.byRouter, s.histograms = histogram, isRouters(prometheus.Canary.Histogram), true
		about.Signal, about.Reads = LatencySignal, "latency"
	case prometheus.Canary.Query != "":
		r.source, r.kind = gauge, s.gauge(metric.Name)
		about.Signal, about.Reads = metric.Name, "a gauge"
		about.Assumed = fmt.Sprintf("what it measures is unknown: the same level in both versions, points scattering by %s", percent(a.GaugeNoise))
	default:
		r.byRouter = isRouters(prometheus.Canary.Total)
		r.kind = s.kind(metric.Name, prometheus.Canary.Bad, a)
		kind := s.kinds[r.kind]
		about.Signal, about.Reads = kind.signal, "bad requests"
		about.Assumed = percent(kind.rate) + " bad requests in the stable version"
		if kind.signal != Errors && kind.rate == 0 {
			about.Assumed = "no such requests in either version; set --error-rate 0.1%," + metric.Name + "=0.05% if there are"
		}
	}
	if r.byRouter {
		s.routers = true
		about.Assumed = strings.TrimPrefix(about.Assumed+"; the router's series do not tell pods apart", "; ")
	}
	return r, about, nil
}

// readQuery adds what a query reads.
func (s *signals) readQuery(query string, a Assumptions, v versions, about *Metric) error {
	found, err := families(query)
	if err != nil {
		return err
	}
	for _, f := range found {
		if err := f.findStatus(); err != nil {
			return err
		}
	}
	var reads []string
	for _, f := range found {
		if f, err = s.family(f, v); err != nil {
			return err
		}
		s.routers = s.routers || f.byRouter
		reads = append(reads, f.name)
		switch {
		case f.kind == bucket || f.kind == sum:
			s.histograms, about.Signal = true, LatencySignal
		case f.status != "" || f.kind == onlyBad:
			about.Signal = Errors
		}
	}
	s.errors = s.kind(Errors, "", a)
	slices.Sort(reads)
	about.Reads = "PromQL over made-up series of " + strings.Join(slices.Compact(reads), ", ")
	return nil
}

// family adds a metric, or to one that is known what else is asked of it. Its labels must be
// such that they can be made up for both versions.
func (s *signals) family(f *family, v versions) (*family, error) {
	if at := slices.IndexFunc(s.families, func(known *family) bool { return known.name == f.name }); at >= 0 {
		s.families[at].merge(f)
		f = s.families[at]
		if err := f.findStatus(); err != nil {
			return nil, err
		}
	} else {
		s.families = append(s.families, f)
	}
	for _, hash := range []string{canaryHash, stableHash} {
		if _, err := f.labelsOf(v, hash, "web-"+hash+"-1"); err != nil {
			return nil, err
		}
	}
	for _, m := range f.matchers[labels.BucketLabel] {
		if edge, err := parseNumber(m.Value); err == nil && edge > 0 {
			if f.milliseconds {
				edge /= 1000
			}
			s.edges = append(s.edges, edge)
		}
	}
	return f, nil
}

// judgeName is by what a metric is judged, for people.
func judgeName(metric v1alpha1.Metric) string {
	switch judge := metric.Judge; {
	case judge == nil:
		return "conditions"
	case judge.Histogram != nil:
		return "histogram"
	case judge.Mean != nil:
		return "mean"
	case judge.MannWhitney != nil:
		return "mannWhitney"
	case judge.Objective != nil:
		return "objective"
	default:
		return "proportion"
	}
}

// gauge is the index of a gauge.
func (s *signals) gauge(name string) int {
	if at := slices.Index(s.gauges, name); at >= 0 {
		return at
	}
	s.gauges = append(s.gauges, name)
	return len(s.gauges) - 1
}

// kind is the index of the bad requests of a metric. Those that are errors, and are given
// no rate of their own, are the same requests.
func (s *signals) kind(name, selector string, a Assumptions) int {
	kind := badKind{signal: Errors, rate: a.ErrorRate}
	own, given := a.Rates[name]
	switch {
	case given && name != Errors:
		kind = badKind{signal: name, rate: own}
	case given:
		kind.rate = own
	case !isErrors(selector):
		kind = badKind{signal: name}
	}
	if at := slices.IndexFunc(s.kinds, func(k badKind) bool { return k.signal == kind.signal }); at >= 0 {
		return at
	}
	s.kinds = append(s.kinds, kind)
	return len(s.kinds) - 1
}

// statusLabels are labels that hold the status of a request.
var statusLabels = []string{"code", "status", "status_code", "response_code", "http_status", "http_status_code", "http_response_status_code", "envoy_response_code_class", "grpc_code", "class"}

// givenUp finds, in the name of a counter, requests that were given up.
var givenUp = regexp.MustCompile(`timeout|cancel|abandon|unanswered`)

// isErrors says whether a selector of bad requests means those that fail at the server:
// unless its status does not match any such, or its name says something else.
func isErrors(selector string) bool {
	name, matchers, err := matchersOf(selector)
	if err != nil {
		return true
	}
	for _, m := range matchers {
		if slices.Contains(statusLabels, m.Name) {
			return slices.ContainsFunc(badStatuses, m.Matches)
		}
	}
	return !givenUp.MatchString(name)
}

// badStatuses and goodStatuses are how the status of a failed and of a good request is
// written, by whoever.
var (
	badStatuses  = []string{"500", "503", "5xx", "5", "Internal", "error", "failure", "false"}
	goodStatuses = []string{"200", "200", "2xx", "2", "OK", "success", "success", "true"}
)

// routers are the beginnings of the names of metrics that a router reports, of each
// version as a whole.
var routers = []string{"envoy_cluster_", "nginx_ingress_controller_", "traefik_service_", "haproxy_backend_"}

// isRouters says whether a selector is of a router's metrics.
func isRouters(selector string) bool {
	name, matchers, err := matchersOf(selector)
	if err != nil {
		return false
	}
	for _, m := range matchers {
		if m.Name == "reporter" && m.Value != "destination" && strings.HasPrefix(name, "istio_") {
			return true
		}
	}
	return slices.ContainsFunc(routers, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// matchersOf reads a selector.
func matchersOf(selector string) (name string, matchers []*labels.Matcher, err error) {
	all, err := parser.NewParser(parser.Options{}).ParseMetricSelector(selector)
	for _, m := range all {
		if m.Name == model.MetricNameLabel {
			name = m.Value
			continue
		}
		matchers = append(matchers, m)
	}
	return name, matchers, err
}
