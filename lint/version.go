package lint

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// selector is a text that selects the raw series of one version.
type selector struct {
	node *node
	text filledText
	// parsed is nil when it cannot be used.
	parsed *parser.VectorSelector
}

// checkArms checks what is read of canary and baseline.
func (m *metric) checkArms() {
	prometheus := m.prometheus()
	canary, baseline := prometheus.get("canary"), prometheus.get("baseline")
	for _, field := range []string{"bad", "total", "histogram", "query"} {
		of, with := canary.get(field), baseline.get(field)
		m.checkNamed(of, v1alpha1.HashLatest)
		m.checkNamed(with, v1alpha1.HashStable)
		if of != nil && with != nil && m.sameText(of, with) {
			m.report(with.place(), "same-selectors", "canary and baseline read the same, so the version is compared with itself and always passes; select each by the argument with its hash")
		}
	}
	for _, arm := range []*node{canary, baseline} {
		m.checkArm(arm)
	}
}

// checkArm checks what is read of one version.
func (m *metric) checkArm(arm *node) {
	bad, total := m.parseSelector(arm.get("bad")), m.parseSelector(arm.get("total"))
	if bad.parsed != nil && total.parsed != nil {
		m.checkShare(bad, total)
	}
	if histogram := m.parseSelector(arm.get("histogram")); histogram.parsed != nil {
		m.checkBuckets(histogram)
	}
	if q := m.parseQuery(arm.get("query")); q != nil {
		m.checkGauge(q)
		m.checkQuery(q)
	}
}

// parseSelector parses a selector of raw series, and reports what is none.
func (m *metric) parseSelector(n *node) selector {
	if n.string() == "" {
		return selector{}
	}
	s := selector{node: n, text: m.fill(n)}
	if s.text.unknown {
		return s
	}
	q := &query{text: s.text}
	before := len(m.source.found)
	defer func() {
		if len(m.source.found) > before { // The schema's pattern need not say it once more.
			m.told = append(m.told, n)
		}
	}()
	expr, err := newParser().ParseExpr(s.text.String())
	if err != nil {
		if !s.text.guessed {
			at, message := q.syntaxError(err)
			m.report(at, "promql-syntax", "the selector cannot be parsed: %s", message)
		}
		return s
	}
	const fix = `write the plain selector, such as http_requests_total{code=~"5.."}: Serin takes the differences itself, so that each request counts once`
	switch e := bare(expr).(type) {
	case *parser.VectorSelector:
		if e.OriginalOffset != 0 || e.Timestamp != nil || e.StartOrEnd != 0 {
			m.report(q.at(e), "raw-selector", "it has an offset or an @, and the samples of the release itself are wanted; leave it out")
			return s
		}
		s.parsed = e
	case *parser.MatrixSelector:
		m.report(q.at(e), "raw-selector", "it has a range, which follows from the interval; leave out the range")
	case *parser.Call:
		m.report(q.at(e), "raw-selector", "it calls %s(); %s", e.Func.Name, fix)
	case *parser.AggregateExpr:
		m.report(q.at(e), "raw-selector", "it aggregates by %s, which hides resets and pods; %s", e.Op, fix)
	default:
		m.report(q.at(expr), "raw-selector", "it is an expression; %s", fix)
	}
	return s
}

// sameText says whether two fields read the same series, in whatever order their
// matchers are written.
func (m *metric) sameText(a, b *node) bool {
	left, right := m.fill(a), m.fill(b)
	if left.unknown || right.unknown {
		return a.text == b.text
	}
	return canonical(left.String()) == canonical(right.String())
}

// canonical is an expression in one way of writing it.
func canonical(text string) string {
	expr, err := newParser().ParseExpr(text)
	if err != nil {
		return text
	}
	walk(expr, nil, func(n parser.Node, _ []parser.Node) {
		if selector, is := n.(*parser.VectorSelector); is {
			slices.SortFunc(selector.LabelMatchers, func(a, b *labels.Matcher) int { return strings.Compare(a.String(), b.String()) })
		}
	})
	return expr.String()
}

// checkNamed looks at the arguments that select a version.
func (m *metric) checkNamed(n *node, wanted v1alpha1.PodTemplateHashValue) {
	if n.string() == "" || m.kind == kindRun {
		return
	}
	uses := m.references(n)
	if len(uses) == 0 && m.words.role.MatchString(n.text) {
		return // A label of the role, such as the Service of the canary, follows the release by itself.
	}
	if len(uses) == 0 {
		m.report(n.place(), "unnamed-version", "the selector names no argument, so it does not follow the release: after a promotion it selects the wrong pods, or both; select by the argument with valueFrom.podTemplateHashValue: %s", wanted)
		return
	}
	right := slices.ContainsFunc(uses, func(use reference) bool { return m.args[use.name] != nil && m.args[use.name].version == wanted })
	for _, use := range uses {
		if argument := m.args[use.name]; argument != nil && argument.version != "" && argument.version != wanted && !right && !excluded(n.text, use) {
			m.report(use.at, "swapped-versions", "{{args.%s}} is the hash of the %s version, and here the %s one is selected; exchange the two, here or in the Rollout", use.name, versionName(argument.version), versionName(wanted))
			return
		}
	}
}

// excluded says whether an argument is in a matcher that leaves it out: hash!="{{args.x}}".
func excluded(text string, use reference) bool {
	before, _, _ := strings.Cut(text, "{{"+use.raw+"}}")
	matcher := strings.LastIndexByte(before, '"')
	if matcher < 0 {
		return false
	}
	before = strings.TrimSpace(before[:matcher])
	return strings.HasSuffix(before, "!=") || strings.HasSuffix(before, "!~")
}

func versionName(version v1alpha1.PodTemplateHashValue) string {
	if version == v1alpha1.HashStable {
		return "stable"
	}
	return "new"
}

// checkShare compares bad with total, of which it must be a part.
func (m *metric) checkShare(bad, total selector) {
	if bad.parsed.Name != total.parsed.Name || bad.parsed.Name == "" {
		return
	}
	if canonical(bad.parsed.String()) == canonical(total.parsed.String()) {
		m.report(bad.text.atRune(0), "bad-outside-total", "bad and total select the same, so that every request is bad; select the bad ones, as by code=~\"5..\"")
		return
	}
	for _, matcher := range total.parsed.LabelMatchers {
		if !slices.ContainsFunc(bad.parsed.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == matcher.Name }) {
			m.report(bad.text.atRune(0), "bad-outside-total", "total selects %s, and bad does not, so that bad counts requests that are not in total; add it to bad", matcher)
			return
		}
	}
}

// checkBuckets looks whether all buckets of a histogram are selected.
func (m *metric) checkBuckets(s selector) {
	name := s.parsed.Name
	q := &query{text: s.text}
	for _, suffix := range []string{"_sum", "_count", "_total"} {
		if base, is := strings.CutSuffix(name, suffix); is {
			m.report(q.at(s.parsed), "not-buckets", "%s are not the buckets of a histogram; write %s_bucket, or the name of a native histogram", name, base)
			return
		}
	}
	for _, matcher := range s.parsed.LabelMatchers {
		if matcher.Name == labels.BucketLabel {
			m.report(q.at(s.parsed), "not-buckets", "%s selects some of the buckets, and all are needed, the +Inf one included; remove it", matcher)
			return
		}
	}
}

// checkGauge looks whether a gauge's query answers one point.
func (m *metric) checkGauge(q *query) {
	if q.answer.many() {
		m.report(q.text.atRune(0), "many-series", "the query may answer several series%s, and a measurement is one point of each version: with several it is blind; aggregate it by avg or sum", q.answer.because())
	}
}
