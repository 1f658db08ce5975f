package translate

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/serin-dev/serin/analysis/criteria"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

const (
	// shortestInterval keeps a source from being asked all the time.
	shortestInterval = time.Second
	// defaultErrorLimit is Argo Rollouts' consecutiveErrorLimit.
	defaultErrorLimit = 4
	// The longest texts after arguments were filled in, as in the CRDs.
	maxQuery     = 8192
	maxSelector  = 4096
	maxCondition = 2048
)

// metricParser reads one metric.
type metricParser struct {
	metric v1alpha1.Metric
	field  string
	kind   Kind
	checks Checks
	// budget is that of all judged metrics, and shares how many parts of it there are.
	budget, shares float64
	problems       *Problems
}

// parse reads the metric.
func (p metricParser) parse() run.Metric {
	metric := run.Metric{
		Name:         p.metric.Name,
		Interval:     p.problems.parseDuration(p.field+".interval", p.metric.Interval, shortestInterval),
		InitialDelay: p.problems.parseDuration(p.field+".initialDelay", p.metric.InitialDelay, 0),
		Groups:       p.metric.Groups,
	}
	p.parseLimits(&metric)
	p.checkEnd(metric)
	p.parseConditions(&metric)
	p.parseJudge(&metric)
	p.checkProvider()
	return metric
}

// parseLimits reads the numbers, and refuses those that contradict each other.
func (p metricParser) parseLimits(metric *run.Metric) {
	number := p.problems.parseNumber
	metric.Count = number(p.field+".count", p.metric.Count, 0, 0)
	metric.FailureLimit = number(p.field+".failureLimit", p.metric.FailureLimit, -1, 0)
	metric.InconclusiveLimit = number(p.field+".inconclusiveLimit", p.metric.InconclusiveLimit, 0, 0)
	metric.ConsecutiveErrorLimit = number(p.field+".consecutiveErrorLimit", p.metric.ConsecutiveErrorLimit, 0, defaultErrorLimit)
	metric.ConsecutiveSuccessLimit = number(p.field+".consecutiveSuccessLimit", p.metric.ConsecutiveSuccessLimit, 0, 0)

	if metric.Count > 1 && p.metric.Interval == "" {
		p.problems.add(p.field+".interval", "interval must be specified when count > 1; write it as 30s")
	}
	if wanted := metric.FailureLimit + metric.ConsecutiveSuccessLimit; metric.Count > 0 && metric.FailureLimit >= 0 && metric.Count < wanted {
		p.problems.add(p.field+".count", "count (%d) must be >= failureLimit + consecutiveSuccessLimit (%d + %d); raise count, or lower a limit",
			metric.Count, metric.FailureLimit, metric.ConsecutiveSuccessLimit)
	}
	if metric.Count > 0 && metric.Count < metric.InconclusiveLimit {
		p.problems.add(p.field+".count", "count (%d) must be >= inconclusiveLimit (%d); raise count, or lower the limit", metric.Count, metric.InconclusiveLimit)
	}
	if metric.FailureLimit == -1 && metric.ConsecutiveSuccessLimit == 0 {
		p.problems.add(p.field+".failureLimit", "failureLimit and consecutiveSuccessLimit cannot both be disabled; write a consecutiveSuccessLimit of at least 1, or a failureLimit of at least 0")
	}
	if metric.Count == 0 && p.metric.Interval == "" {
		metric.Count = 1
	}
}

// checkEnd refuses a metric that a step would wait for without end.
func (p metricParser) checkEnd(metric run.Metric) {
	if p.kind == Step && metric.Count == 0 && metric.ConsecutiveSuccessLimit == 0 {
		p.problems.add(p.field+".count", "metric %q runs indefinitely, and a step waits for its end; set count, or use the template in the background (strategy.canary.analysis)", p.metric.Name)
	}
}

// parseConditions compiles the conditions.
func (p metricParser) parseConditions(metric *run.Metric) {
	success, failure := p.metric.SuccessCondition, p.metric.FailureCondition
	switch {
	case p.metric.Judge != nil && (success != "" || failure != ""):
		p.problems.add(p.field+".judge", "a metric has either a judge or conditions, not both; remove one")
		return
	case p.metric.Judge != nil:
		return
	case success == "" && failure == "":
		p.problems.add(p.field+".successCondition", "nothing could ever pass or fail; write a successCondition, a failureCondition or a judge")
		return
	}
	p.checkLength("successCondition", success, maxCondition)
	p.checkLength("failureCondition", failure, maxCondition)
	compile := func(success, failure string) (err error) {
		metric.Conditions, err = criteria.Compile(success, failure)
		return err
	}
	if p.compares() {
		p.prepareComparison(metric)
		compile = func(success, failure string) (err error) {
			metric.Comparison, err = criteria.CompileComparison(success, failure)
			return err
		}
	}
	if p.compile(success, failure, compile) {
		metric.SuccessCondition, metric.FailureCondition = success, failure
	}
}

// prepareComparison sets what keeps the counts that conditions compare.
func (p metricParser) prepareComparison(metric *run.Metric) {
	if p.metric.Interval == "" {
		p.problems.add(p.field+".interval", "conditions on canary and baseline need an interval, such as 15s: they compare what was counted from one look to the next")
	}
	switch canary := p.metric.Provider.Prometheus.Canary; {
	case canary == nil || canary.Query != "":
	case canary.Histogram != "":
		metric.Histogram = run.KeptHistogram()
	default:
		metric.Proportion = run.KeptCounts()
	}
}

// compile compiles both conditions, and reports whether they can be used.
func (p metricParser) compile(success, failure string, compile func(success, failure string) error) bool {
	// Each is compiled alone first, so that the problems of both are reported.
	broken := false
	for _, condition := range []struct{ name, success, failure string }{{"successCondition", success, ""}, {"failureCondition", "", failure}} {
		if condition.success+condition.failure == "" {
			continue
		}
		if err := compile(condition.success, condition.failure); err != nil {
			broken = true
			p.problems.add(p.field+"."+condition.name, "%s", syntaxText(err))
		}
	}
	if broken {
		return false
	}
	if err := compile(success, failure); err != nil {
		p.problems.add(p.field, "%v", err)
		return false
	}
	return true
}

// syntaxText says what is wrong with a condition, and points at it.
func syntaxText(err error) string {
	var syntax *criteria.SyntaxError
	if !errors.As(err, &syntax) {
		return err.Error()
	}
	return fmt.Sprintf("line %d, column %d: %s\n%s", syntax.Line, syntax.Column, syntax.Message, syntax.Snippet)
}

// checkProvider refuses a source that cannot be asked.
func (p metricParser) checkProvider() {
	source := p.metric.Provider.Prometheus
	if source == nil {
		p.problems.add(p.field+".provider", "no provider specified, or an unknown one; write provider.prometheus")
		return
	}
	field := "provider.prometheus"
	p.checkAddress(field+".address", source.Address)
	if source.Timeout != nil && *source.Timeout < 1 {
		p.problems.add(p.field+"."+field+".timeout", "must be at least 1 second, and is %d", *source.Timeout)
	}
	switch {
	case p.metric.Judge != nil:
		p.checkVersions(field, *source)
	case p.compares():
		p.checkCompared(field, *source)
	case source.Query == "" || source.Canary != nil || source.Baseline != nil:
		p.problems.add(p.field+"."+field, "conditions need the result of a query, or canary and baseline; write one of them")
	default:
		p.checkText(field+".query", source.Query, maxQuery, p.checks.Query)
	}
}

// checkText asks the provider whether a text can be used.
func (p metricParser) checkText(field, text string, longest int, check func(string) error) {
	switch {
	case strings.TrimSpace(text) == "":
		p.problems.add(p.field+"."+field, "is empty; write PromQL")
	case !p.checkLength(field, text, longest) || check == nil:
	default:
		if err := check(text); err != nil {
			p.problems.add(p.field+"."+field, "%v", err)
		}
	}
}

// checkLength refuses a text that the API server would.
func (p metricParser) checkLength(field, text string, longest int) bool {
	if len(text) > longest {
		p.problems.add(p.field+"."+field, "is %d bytes long with its arguments filled in; at most %d are allowed", len(text), longest)
	}
	return len(text) <= longest
}

// checkAddress refuses an address that no request could be sent to.
func (p metricParser) checkAddress(field, address string) {
	if address == "" {
		if p.checks.PrometheusAddress == "" {
			p.problems.add(p.field+"."+field, "is empty, and the controller has no default; write it, or start the controller with --prometheus-address")
		}
		return
	}
	if strings.Contains(address, "{{") {
		return
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		p.problems.add(p.field+"."+field, "is not the URL of a server; write it as http://prometheus.monitoring:9090")
	}
}
