package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Assumptions are what is assumed of a service. The zero value of a field that says so
// is its default.
type Assumptions struct {
	// Traffic is the requests per second of both versions together.
	Traffic float64
	// ErrorRate is the share of requests that fail, in the stable version.
	ErrorRate float64
	// Rates are the shares of bad requests of single metrics, by name, where they
	// are not ErrorRate: requests that were given up, for example.
	Rates map[string]float64
	// Latency is how long the stable version's requests take.
	Latency Latency
	// Edges are the upper edges of the histograms' buckets, in seconds. Default:
	// DefaultEdges.
	Edges []float64
	// Pods is how many pods carry the whole traffic. 0: as many as the Rollout says.
	Pods int32
	// PodSpread is by how much pods of one version differ, for as long as they live: the
	// standard deviation of the logarithms of their error rates and latencies.
	PodSpread float64
	// Scrape is how often each pod is scraped.
	Scrape time.Duration
	// Jitter is by how much a scrape may be late, as a share of Scrape. Pods are scraped
	// at different times in any case, as Prometheus does it.
	Jitter float64
	// Startup is from the creation of a pod to its first request.
	Startup time.Duration
	// GaugeNoise is by how much the points of a gauge scatter about its level, as a
	// share of the level, which is the same in both versions but for a regression.
	GaugeNoise float64
	// Person is after how long somebody promotes a step that waits for a person.
	Person time.Duration
	// Exact looks as often as the templates say. Otherwise no metric is looked at more often
	// than its pods are scraped: a verdict comes up to a scrape interval later, and a simulation
	// takes a fraction of the time.
	Exact bool
	// Patience is for how long a release is watched; one that has not ended by
	// then was held. 0: three times its pauses, and 30 minutes.
	Patience time.Duration
}

// routerLag is from a write of the weight to its being in force.
const routerLag = time.Second

// Defaults are assumptions about an ordinary service.
func Defaults() Assumptions {
	return Assumptions{
		Traffic: 200, ErrorRate: 0.001,
		Latency: Latency{{P: .5, At: 40 * time.Millisecond}, {P: .99, At: 300 * time.Millisecond}},
		Scrape:  15 * time.Second, Jitter: .02, Startup: 10 * time.Second, GaugeNoise: .03,
	}
}

// The largest and smallest assumptions that can be simulated.
const (
	mostTraffic    = 1e6
	mostPods       = 500
	shortestScrape = time.Second
	longestScrape  = 2 * time.Minute
	longestTime    = 7 * 24 * time.Hour
)

// validate returns an error for what cannot be simulated.
func (a Assumptions) validate() error {
	switch {
	case !(a.Traffic > 0 && a.Traffic <= mostTraffic):
		return mistake("traffic", "%g requests per second cannot be simulated; write more than 0 and at most %g/s", a.Traffic, float64(mostTraffic))
	case !(a.ErrorRate >= 0 && a.ErrorRate < 1):
		return mistake("error-rate", "%g%% is no share of the requests; write at least 0%% and less than 100%%", 100*a.ErrorRate)
	case a.Pods < 0 || a.Pods > mostPods:
		return mistake("pods", "%d pods cannot be simulated; write 1 to %d", a.Pods, mostPods)
	case a.Scrape < shortestScrape || a.Scrape > longestScrape:
		return mistake("scrape", "%s is no scrape interval; write %s to %s", a.Scrape, shortestScrape, longestScrape)
	case !(a.PodSpread >= 0 && a.PodSpread <= 2):
		return mistake("pod-spread", "%g%% cannot be simulated; write 0%% to 200%%", 100*a.PodSpread)
	}
	if err := a.Latency.validate(); err != nil {
		return mistake("latency", "%v", err)
	}
	return a.validateTimes()
}

// validateTimes is validate for what takes a time.
func (a Assumptions) validateTimes() error {
	for _, one := range []struct {
		flag  string
		value time.Duration
	}{{"startup", a.Startup}, {"person", a.Person}, {"patience", a.Patience}} {
		if one.value < 0 || one.value > longestTime {
			return mistake(one.flag, "%s cannot be simulated; write at least 0s, and at most %s", one.value, short(longestTime))
		}
	}
	for i := 1; i < len(a.Edges); i++ {
		if !(a.Edges[i] > a.Edges[i-1]) {
			return mistake("buckets", "%g s comes after %g s; write the edges in ascending order", a.Edges[i], a.Edges[i-1])
		}
	}
	return nil
}

// Mistake is an assumption that cannot be used. Flag is the name of the flag that it
// comes from, without dashes.
type Mistake struct{ Flag, Message string }

// Error says which flag, and what to write.
func (m *Mistake) Error() string { return "--" + m.Flag + ": " + m.Message }

func mistake(flag, format string, args ...any) error {
	return &Mistake{Flag: flag, Message: fmt.Sprintf(format, args...)}
}

// ParseTraffic reads a rate such as 200/s, 12000/min or 5M/d; a plain number is per
// second.
func ParseTraffic(text string) (float64, error) {
	number, unit, _ := strings.Cut(strings.ReplaceAll(text, " ", ""), "/")
	seconds, known := map[string]float64{"": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "day": 86400}[unit]
	factor := 1.0
	for suffix, value := range map[string]float64{"k": 1e3, "M": 1e6} {
		if rest, found := strings.CutSuffix(number, suffix); found {
			number, factor = rest, value
		}
	}
	value, err := parseNumber(number)
	if err != nil || !known || value <= 0 {
		return 0, mistake("traffic", "%q is no rate of requests; write for example 200/s or 12000/min", text)
	}
	return value * factor / seconds, nil
}

// ParseRates reads a share such as 0.1%, with those of single metrics after it:
// 0.1%,unanswered=0.01%.
func ParseRates(text string) (all float64, byMetric map[string]float64, err error) {
	all = -1
	for part := range strings.SplitSeq(text, ",") {
		name, value, named := strings.Cut(strings.TrimSpace(part), "=")
		if !named {
			value = name
		}
		share, err := parseShare(value)
		if err != nil || share >= 1 {
			return 0, nil, mistake("error-rate", "%q is no share of the requests; write for example 0.1%%", value)
		}
		switch {
		case named:
			if byMetric == nil {
				byMetric = map[string]float64{}
			}
			byMetric[strings.TrimSpace(name)] = share
		case all >= 0:
			return 0, nil, mistake("error-rate", "%q has two rates without the name of a metric; write for example 0.1%%,unanswered=0.01%%", text)
		default:
			all = share
		}
	}
	return all, byMetric, nil
}

// parseShare reads 0.1%, or 0.001.
func parseShare(text string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	value, err := parseNumber(number)
	if percent {
		value /= 100
	}
	if err != nil || value < 0 || value > 1 {
		return 0, fmt.Errorf("%q is no share; write for example 0.1%%", text)
	}
	return value, nil
}

// ParseEdges reads the upper edges of buckets: 5ms,10ms,25ms,0.1,1s; a plain number is
// in seconds.
func ParseEdges(text string) ([]float64, error) {
	var edges []float64
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		value, err := parseNumber(part)
		if duration, asDuration := time.ParseDuration(part); err != nil && asDuration == nil {
			value, err = duration.Seconds(), nil
		}
		if err != nil || value <= 0 {
			return nil, mistake("buckets", "%q is no edge of a bucket; write for example 50ms or 0.05", part)
		}
		edges = append(edges, value)
	}
	slices.Sort(edges)
	return slices.Compact(edges), nil
}

// parseNumber reads a finite number.
func parseNumber(text string) (float64, error) {
	value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err == nil && (math.IsNaN(value) || math.IsInf(value, 0)) {
		err = strconv.ErrRange
	}
	return value, err
}

// ParseSpread reads by how much pods differ: 10%, or 0.1.
func ParseSpread(text string) (float64, error) {
	number, isPercent := strings.CutSuffix(strings.TrimSpace(text), "%")
	value, err := parseNumber(number)
	if isPercent {
		value /= 100
	}
	if err != nil {
		return 0, mistake("pod-spread", "%q says not by how much pods differ; write for example 20%%", text)
	}
	return value, nil
}
