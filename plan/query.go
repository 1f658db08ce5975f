package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// counterKind is what a metric of a query counts.
type counterKind int

const (
	// byStatus: requests, bad ones and good ones by a label, or all of them without one.
	byStatus counterKind = iota
	// onlyBad: the bad requests.
	onlyBad
	// bucket, count and sum are those of a histogram of the latency.
	bucket
	count
	sum
)

// family is a metric that queries read, by its name.
type family struct {
	name string
	kind counterKind
	// matchers are all that queries ask of it, by label.
	matchers map[string][]*labels.Matcher
	// status is the label that tells bad requests from good ones; empty when none does. bad and
	// good are its values.
	status, bad, good string
	// milliseconds says that its buckets are not in seconds.
	milliseconds bool
	byRouter     bool
}

// notSimulated is why a query cannot be simulated.
type notSimulated struct{ why string }

func (n *notSimulated) Error() string { return n.why }

func cannot(format string, args ...any) error { return &notSimulated{fmt.Sprintf(format, args...)} }

// families are the metrics of a query. The error is a *notSimulated.
func families(query string) ([]*family, error) {
	expression, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	if err != nil {
		return nil, cannot("its query cannot be read: %v", err)
	}
	var all []*family
	var failed error
	parser.Inspect(expression, func(node parser.Node, path []parser.Node) error {
		selector, is := node.(*parser.VectorSelector)
		if !is || failed != nil {
			return nil
		}
		var found *family
		if found, failed = familyOf(selector, path); failed == nil {
			all = append(all, found)
		}
		return nil
	})
	if failed == nil && len(all) == 0 {
		failed = cannot("its query reads no metric")
	}
	return all, failed
}

// errorNames and requestNames find counters of bad and of all requests by their names.
var (
	errorNames   = regexp.MustCompile(`err|fail|5xx|bad_`)
	requestNames = regexp.MustCompile(`req|http|rpc|call|response|handled|served|hits|` + `err|fail|5xx|bad_`)
)

// familyOf is the metric of one selector.
func familyOf(selector *parser.VectorSelector, path []parser.Node) (*family, error) {
	f := &family{name: selector.Name, matchers: map[string][]*labels.Matcher{}}
	for _, m := range selector.LabelMatchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
			f.name = m.Value
			continue
		}
		f.matchers[m.Name] = append(f.matchers[m.Name], m)
	}
	f.milliseconds = strings.Contains(f.name, "millisecond") || strings.Contains(f.name, "_ms_")
	f.byRouter = slices.ContainsFunc(routers, func(prefix string) bool { return strings.HasPrefix(f.name, prefix) })
	_, ranged := last(path).(*parser.MatrixSelector)
	return f, f.findKind(ranged)
}

// findKind finds out by its name what the metric counts. Ranged says that its samples over a
// time are read, as of a counter.
func (f *family) findKind(ranged bool) error {
	switch lower := strings.ToLower(f.name); {
	case f.name == "":
		return cannot("its query names no metric")
	case strings.Contains(f.name, ":"):
		return cannot("%s comes from a recording rule, which is not known", f.name)
	case strings.HasSuffix(f.name, "_bucket"):
		f.kind = bucket
	case strings.HasSuffix(f.name, "_sum") && ranged:
		f.kind = sum
	case strings.HasSuffix(f.name, "_count") && ranged:
		f.kind = count
	case !ranged || !requestNames.MatchString(lower):
		return cannot("what %s measures is not known; only requests, errors and latencies are made up", f.name)
	case givenUp.MatchString(lower):
		return cannot("%s counts requests that were given up, and none is made up", f.name)
	case errorNames.MatchString(lower):
		f.kind = onlyBad
	}
	return nil
}

func last(path []parser.Node) parser.Node {
	if len(path) == 0 {
		return nil
	}
	return path[len(path)-1]
}

// merge adds what another query asks of the same metric.
func (f *family) merge(other *family) {
	for name, matchers := range other.matchers {
		f.matchers[name] = append(f.matchers[name], matchers...)
	}
}

// findStatus finds the label that tells bad requests from good ones.
func (f *family) findStatus() error {
	for _, name := range sorted(f.matchers) {
		if !slices.Contains(statusLabels, name) {
			continue
		}
		tells := func(bad, good string) bool {
			return slices.ContainsFunc(f.matchers[name], func(m *labels.Matcher) bool { return m.Matches(bad) != m.Matches(good) })
		}
		for i, bad := range badStatuses {
			if good := goodStatuses[i]; tells(bad, good) {
				f.status, f.bad, f.good = name, bad, good
				break
			}
		}
		for _, m := range f.matchers[name] {
			if positive(m) && !m.Matches(f.bad) && !m.Matches(f.good) {
				return cannot("it counts requests with %s, and only successes and server errors are made up", m)
			}
		}
	}
	return nil
}

// positive says that a matcher asks for values, instead of against them.
func positive(m *labels.Matcher) bool {
	return m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp
}

// versions are how the two versions, and their pods, may be named in labels.
type versions struct{ canaryService, stableService string }

// serviceLabels finds labels that name a Service, or what a router makes of it.
var serviceLabels = regexp.MustCompile(`service|backend|upstream|cluster|destination`)

// about says which version a matcher means; empty for none, or for both. Hashes are
// unmistakable; the name of a Service may also be that of the application, so it counts in
// labels that name Services only, and the longer one of two first.
func (v versions) about(m *labels.Matcher) string {
	canary, stable := strings.Contains(m.Value, canaryHash), strings.Contains(m.Value, stableHash)
	if !canary && !stable && serviceLabels.MatchString(m.Name) {
		canary = v.canaryService != "" && strings.Contains(m.Value, v.canaryService)
		stable = v.stableService != "" && strings.Contains(m.Value, v.stableService)
		if canary && stable {
			canary = len(v.canaryService) > len(v.stableService)
			stable = !canary
		}
	}
	switch {
	case canary && !stable:
		return canaryHash
	case stable && !canary:
		return stableHash
	default:
		return ""
	}
}

// swap writes the name of the other version in a text.
func (v versions) swap(text, hash string) string {
	replacer := strings.NewReplacer(stableHash, canaryHash, orUnlikely(v.stableService), v.canaryService)
	if hash == stableHash {
		replacer = strings.NewReplacer(canaryHash, stableHash, orUnlikely(v.canaryService), v.stableService)
	}
	return replacer.Replace(text)
}

// orUnlikely is a text, or one that occurs nowhere.
func orUnlikely(text string) string {
	if text == "" {
		return "\x00"
	}
	return text
}

// value is the value of a label in the series of a target: one that is selected by what
// asks for its version, or for any, and not by what asks for the other one.
func (f *family) value(v versions, name, hash, target string) (string, error) {
	candidates, literal := []string{target, hash}, strings.NewReplacer(".+", "x", ".*", "x", `\.`, ".")
	for _, m := range f.matchers[name] {
		for _, alternative := range strings.Split(m.Value, "|") {
			plain := strings.Trim(alternative, "^$()")
			candidates = append(candidates, literal.Replace(plain), literal.Replace(v.swap(plain, hash)))
		}
	}
	candidates = append(candidates, "x", "")
	for _, candidate := range candidates {
		fits := !slices.ContainsFunc(f.matchers[name], func(m *labels.Matcher) bool {
			wanted := v.about(m) == "" || (v.about(m) == hash) == positive(m)
			return m.Matches(candidate) != wanted
		})
		if fits {
			return candidate, nil
		}
	}
	return "", cannot("no value of the label %s of %s could be made up that fits %s", name, f.name, f.matchers[name][0])
}

// labelsOf are the labels of a target's series, without those that tell status and bucket.
func (f *family) labelsOf(v versions, hash, target string) (labels.Labels, error) {
	b := labels.NewBuilder(labels.FromStrings(model.MetricNameLabel, f.name))
	if !f.byRouter {
		b.Set("pod", target)
	}
	for _, name := range sorted(f.matchers) {
		if name == f.status || name == labels.BucketLabel {
			continue
		}
		value, err := f.value(v, name, hash, target)
		if err != nil {
			return labels.EmptyLabels(), err
		}
		b.Set(name, value)
	}
	return b.Labels(), nil
}
