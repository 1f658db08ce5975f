package lint

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// rateFunctions turn counters into what happened in a window.
func rateFunctions() []string {
	return []string{"rate", "irate", "increase", "xrate", "xincrease"}
}

// counterFunctions may be applied to a raw counter: they look at its steps, or whether
// it is there.
func counterFunctions() []string {
	return append(rateFunctions(), "resets", "changes", "delta", "idelta", "absent", "absent_over_time", "present_over_time", "count_over_time", "timestamp", "deriv", "last_over_time", "group", "count")
}

// checkQuery applies the rules about one query. repeated says how often it is asked.
func (m *metric) checkQuery(q *query) {
	walk(q.expr, nil, func(n parser.Node, above []parser.Node) {
		switch n := n.(type) {
		case *parser.BinaryExpr:
			m.checkBinary(q, n, above)
		case *parser.Call:
			m.checkCall(q, n)
		case *parser.AggregateExpr:
			m.checkAggregate(q, n)
		case *parser.VectorSelector:
			m.checkSelector(q, n, above)
		case *parser.MatrixSelector:
			m.checkWindow(q, n, n.Range, above)
		case *parser.SubqueryExpr:
			if n.Timestamp != nil || n.OriginalOffset >= time.Hour {
				m.fixedTime(q, n)
			}
		}
	})
	m.checkVersions(q)
}

// walk visits the nodes of an expression, each with those above it, the nearest last.
func walk(n parser.Node, above []parser.Node, visit func(n parser.Node, above []parser.Node)) {
	if n == nil {
		return
	}
	visit(n, above)
	above = append(slices.Clone(above), n)
	for child := range parser.ChildrenIter(n) {
		walk(child, above, visit)
	}
}

// bare takes the parentheses off.
func bare(expr parser.Expr) parser.Expr {
	for {
		paren, is := expr.(*parser.ParenExpr)
		if !is {
			return expr
		}
		expr = paren.Expr
	}
}

// checkBinary looks at divisions, comparisons and or.
func (m *metric) checkBinary(q *query, n *parser.BinaryExpr, above []parser.Node) {
	at := q.operatorAt(n)
	switch {
	case n.Op == parser.DIV && isPropped(n.RHS):
		m.report(at, "hidden-no-data", "without traffic this divides by a number that stands in for 0, and the answer looks healthy; divide by the rate itself: it is then NaN, and Serin holds the release until there are requests")
	case n.Op == parser.DIV && mayVanish(n.RHS):
		m.report(at, "zero-traffic", "without traffic this divides by 0, and the answer is NaN: the measurement is blind, and Serin holds the release until there are requests; "+
			"to count requests rather than minutes, use judge.proportion or judge.objective with bad and total")
	case n.Op.IsComparisonOperator() && !n.ReturnBool && n.Type() == parser.ValueTypeVector && kept(n, above):
		m.report(at, "filtered", "when this comparison is false there is no series, and the measurement is blind; write %s bool, or move the limit into the condition", n.Op)
	case n.Op == parser.LOR && isConstant(n.RHS) && atTop(above):
		m.report(at, "hidden-no-data", "without data the query answers a constant, so that nothing measured cannot be told from nothing wrong; divide by the rate of all requests, without which Serin holds the release, or judge counters: judge.objective or judge.proportion")
	}
}

// mayVanish says whether an expression is a rate, or a sum of rates: 0 without traffic.
func mayVanish(expr parser.Expr) bool {
	switch e := bare(expr).(type) {
	case *parser.AggregateExpr:
		return e.Op != parser.COUNT && e.Op != parser.GROUP && mayVanish(e.Expr)
	case *parser.Call:
		return slices.Contains(rateFunctions(), e.Func.Name)
	case *parser.BinaryExpr:
		// More than 0 when something is added, or filtered by > 0.
		return e.Op != parser.ADD && e.Op != parser.GTR && e.Op != parser.LOR && mayVanish(e.LHS)
	default:
		return false
	}
}

// isPropped says whether an expression is a rate with something that stands in for 0:
// clamp_min(rate, 1), or rate or vector(1).
func isPropped(expr parser.Expr) bool {
	switch e := bare(expr).(type) {
	case *parser.Call:
		return e.Func.Name == "clamp_min" && len(e.Args) == 2 && mayVanish(e.Args[0])
	case *parser.BinaryExpr:
		return e.Op == parser.LOR && isConstant(e.RHS) && mayVanish(e.LHS)
	default:
		return false
	}
}

// isConstant says whether an expression does not depend on what is scraped.
func isConstant(expr parser.Expr) bool {
	return len(parser.ExtractSelectors(expr)) == 0
}

// atTop says whether only parentheses and scalars stand above.
func atTop(above []parser.Node) bool {
	return !slices.ContainsFunc(above, func(n parser.Node) bool {
		_, is := n.(*parser.ParenExpr)
		return !is
	})
}

// kept says whether the series that a comparison filters away are missed in the answer:
// not where they are counted, where something stands in for them, or where they only
// select others.
func kept(n *parser.BinaryExpr, above []parser.Node) bool {
	var below parser.Node = n
	for i := len(above) - 1; i >= 0; i-- {
		switch e := above[i].(type) {
		case *parser.AggregateExpr:
			if e.Op == parser.COUNT || e.Op == parser.GROUP {
				return false
			}
		case *parser.Call:
			if strings.HasPrefix(e.Func.Name, "absent") || strings.HasSuffix(e.Func.Name, "_over_time") {
				return false
			}
		case *parser.BinaryExpr:
			if e.Op == parser.LOR && e.LHS == below || e.Op.IsSetOperator() && e.RHS == below || e.Op == parser.DIV && e.RHS == below {
				return false
			}
		}
		below = above[i]
	}
	return true
}

// checkCall looks at what functions are applied to.
func (m *metric) checkCall(q *query, n *parser.Call) {
	switch {
	case slices.Contains(rateFunctions(), n.Func.Name):
		m.checkRate(q, n)
	case n.Func.Name == "histogram_quantile":
		m.checkQuantile(q, n)
	case n.Func.Name == "avg_over_time" || n.Func.Name == "max_over_time" || n.Func.Name == "min_over_time" || n.Func.Name == "sum_over_time":
		for _, arg := range n.Args {
			m.checkQuantiles(q, n.Func.Name, arg)
		}
	}
}

// checkRate looks at what a rate is taken of.
func (m *metric) checkRate(q *query, n *parser.Call) {
	if len(n.Args) == 0 {
		return
	}
	switch arg := bare(n.Args[0]).(type) {
	case *parser.SubqueryExpr:
		if inner, is := bare(arg.Expr).(*parser.AggregateExpr); is {
			m.report(q.at(inner), "rate-of-sum", "%s() of a %s: when a pod restarts, the %s falls, which is taken for a reset and shows a peak that never was; write %s(%s(…[window]))", n.Func.Name, inner.Op, inner.Op, inner.Op, n.Func.Name)
		}
	case *parser.MatrixSelector:
		selector, is := arg.VectorSelector.(*parser.VectorSelector)
		if is && looksLikeGauge(selector.Name) {
			m.report(q.at(n), "rate-of-gauge", "%s looks like a gauge, and %s() takes each fall of it for a reset; use deriv() or delta(), or a counter", selector.Name, n.Func.Name)
		}
	}
}

// looksLikeGauge goes by the conventions of names: https://prometheus.io/docs/practices/naming/.
func looksLikeGauge(name string) bool {
	if looksLikeCounter(name) || strings.Contains(name, ":") {
		return false
	}
	for _, suffix := range []string{"_bytes", "_ratio", "_percent", "_celsius", "_info", "_timestamp_seconds", "_limit", "_usage", "_current", "_size", "_length", "_max", "_replicas", "_threads", "_goroutines"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return name == "up"
}

// looksLikeCounter goes by the same conventions.
func looksLikeCounter(name string) bool {
	if strings.Contains(name, ":") { // A recording rule, which says in its name what it did.
		return false
	}
	for _, suffix := range []string{"_total", "_bucket", "_count", "_sum"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// checkSelector looks at counters without a rate.
func (m *metric) checkSelector(q *query, n *parser.VectorSelector, above []parser.Node) {
	if n.Timestamp != nil || n.OriginalOffset >= time.Hour {
		m.fixedTime(q, n)
	}
	m.checkErrors(q, n, above)
	// _count and _sum are ends of gauges' names, too.
	if !looksLikeCounter(n.Name) || strings.HasSuffix(n.Name, "_count") || strings.HasSuffix(n.Name, "_sum") {
		return
	}
	for _, node := range above {
		switch e := node.(type) {
		case *parser.Call:
			if slices.Contains(counterFunctions(), e.Func.Name) {
				return
			}
		case *parser.AggregateExpr:
			if e.Op == parser.COUNT || e.Op == parser.GROUP {
				return
			}
		}
	}
	m.report(q.at(n), "raw-counter", "%s counts since each pod has started, so it tells the age of pods rather than what is going on; write rate(%s…[1m])", n.Name, n.Name)
}

// statusLabels are the labels that tell good requests from bad ones.
func statusLabels() []string {
	return []string{"code", "status", "status_code", "response_code", "http_status", "http_status_code", "http_response_status_code", "grpc_code", "grpc_status", "grpc_response_status", "envoy_response_code_class", "response_code_class"}
}

// checkErrors reports a counter of bad requests alone: it begins with the first of them.
func (m *metric) checkErrors(q *query, n *parser.VectorSelector, above []parser.Node) {
	var below parser.Node = n
	for i := len(above) - 1; i >= 0; i-- {
		switch e := above[i].(type) {
		case *parser.Call:
			if strings.HasPrefix(e.Func.Name, "absent") {
				return
			}
		case *parser.BinaryExpr:
			if e.Op == parser.LOR || e.Op.IsSetOperator() && e.RHS == below {
				return
			}
		}
		below = above[i]
	}
	for _, matcher := range n.LabelMatchers {
		good := slices.ContainsFunc([]string{"200", "201", "204", "2xx", "2", "301", "OK", "0"}, matcher.Matches)
		bad := slices.ContainsFunc([]string{"500", "502", "503", "504", "400", "404", "429", "5xx", "5", "Internal", "Unavailable", "13", "14"}, matcher.Matches)
		if slices.Contains(statusLabels(), matcher.Name) && bad && !good {
			m.report(q.at(n), "absent-errors", "before the first bad request there is no series with %s, so of a good version the query answers nothing, and the release holds; "+
				"write (… or vector(0)) / the rate of all requests, or judge counters: judge.objective or judge.proportion", matcher)
			return
		}
	}
}

// fixedTime reports a query that does not look at the release.
func (m *metric) fixedTime(q *query, n parser.Node) {
	m.report(q.at(n), "fixed-time", "this looks at another time than that of the release (@ or a long offset); remove it, and compare with the stable version: provider.prometheus.baseline")
}

// checkWindow compares a window with the interval, the steps and the scrapes.
func (m *metric) checkWindow(q *query, n parser.Node, window time.Duration, above []parser.Node) {
	call, is := parser.Node(nil), false
	if len(above) > 0 {
		call = above[len(above)-1]
		_, is = call.(*parser.Call)
	}
	if !is || !slices.Contains(rateFunctions(), call.(*parser.Call).Func.Name) || window <= 0 || q.text.guessed {
		return
	}
	at := q.at(n)
	if text := q.text.String(); int(n.PositionRange().End) <= len(text) {
		if i := strings.LastIndexByte(text[:n.PositionRange().End], '['); i >= 0 {
			at = q.text.atByte(i)
		}
	}
	step, where := m.shortestStep()
	scrape := m.options.ScrapeInterval
	switch {
	case window < 2*scrape:
		m.report(at, "short-window", "a rate needs two samples, and in %s there is often only one of a scrape every %s: the measurement is then blind; write [%s] or more, or say how often is scraped: --scrape-interval", short(window), short(scrape), short(4*scrape))
	case step > 0 && window > 2*step:
		m.report(at, "long-window", "the window of %s sees mostly what was before the step of %s in %s: a regression is diluted, and a good version pays for what was before; write [%s] or less", short(window), short(step), where, short(max(step, 2*scrape)))
	case m.interval > 0 && window > 2*m.interval && m.count != 1:
		m.report(at, "overlapping-window", "looks come every %s, and each sees the last %s: one bad moment counts at %d looks, which uses up failureLimit; write [%s], or a longer interval", short(m.interval), short(window), int(window/m.interval), short(max(m.interval, 2*scrape)))
	}
}

// shortestStep is the shortest time that a weight stays, in the Rollouts that use the
// metric.
func (m *metric) shortestStep() (shortest time.Duration, where string) {
	for _, u := range m.uses {
		if u.step >= 0 { // A step waits for its analysis, as long as that takes.
			continue
		}
		if pause := shortestPause(u.rollout); pause > 0 && (shortest == 0 || pause < shortest) {
			shortest, where = pause, u.rollout.title()
		}
	}
	return shortest, where
}

// short writes a duration without zeros at its end.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// checkAggregate looks at what is aggregated.
func (m *metric) checkAggregate(q *query, n *parser.AggregateExpr) {
	if n.Op == parser.AVG || n.Op == parser.SUM || n.Op == parser.QUANTILE || n.Op == parser.STDDEV {
		m.checkQuantiles(q, n.Op.String(), n.Expr)
	}
}

// checkQuantiles reports quantiles that are aggregated: those of a histogram, and those
// that a summary has as a label.
func (m *metric) checkQuantiles(q *query, what string, expr parser.Expr) {
	switch e := bare(expr).(type) {
	case *parser.SubqueryExpr:
		m.checkQuantiles(q, what, e.Expr)
	case *parser.Call:
		if e.Func.Name == "histogram_quantile" {
			m.report(q.at(e), "quantile-of-quantiles", "the %s of quantiles is no quantile of the requests; aggregate the buckets first: histogram_quantile(φ, sum by (le) (rate(…)))", what)
		}
	case *parser.MatrixSelector:
		m.checkQuantiles(q, what, e.VectorSelector)
	case *parser.VectorSelector:
		for _, matcher := range e.LabelMatchers {
			if matcher.Name == "quantile" {
				m.report(q.at(e), "quantile-of-quantiles", "the %s of a summary's quantiles is no quantile of the requests, and summaries cannot be aggregated; use a histogram", what)
				return
			}
		}
	}
}

// checkQuantile looks for the label le, without which there are no buckets.
func (m *metric) checkQuantile(q *query, n *parser.Call) {
	if len(n.Args) != 2 {
		return
	}
	aggregate, is := bare(n.Args[1]).(*parser.AggregateExpr)
	if !is || !bucketsIn(aggregate) {
		return
	}
	if dropped := aggregate.Without == slices.Contains(aggregate.Grouping, "le"); dropped {
		by := append([]string{"le"}, aggregate.Grouping...)
		fix := aggregate.Op.String() + " by (" + strings.Join(by, ", ") + ")"
		if aggregate.Without {
			fix = "remove le from without (…)"
		}
		m.report(q.at(aggregate), "missing-le", "without the label le there are no buckets, and histogram_quantile answers nothing; write %s", fix)
	}
}

// bucketsIn says whether an expression reads the buckets of a classic histogram.
func bucketsIn(expr parser.Expr) bool {
	found := false
	walk(expr, nil, func(n parser.Node, _ []parser.Node) {
		selector, is := n.(*parser.VectorSelector)
		found = found || is && strings.HasSuffix(selector.Name, "_bucket")
	})
	return found
}

// checkVersions notes a query that looks at both versions alike.
func (m *metric) checkVersions(q *query) {
	if len(q.text.filled) > 0 || len(parser.ExtractSelectors(q.expr)) == 0 || m.kind == kindRun {
		return
	}
	if !m.words.version.MatchString(q.text.String()) {
		m.report(q.text.atRune(0), "both-versions", "the query names no argument and no version, so it measures the old version along with the new one; select the new one by an argument with valueFrom.podTemplateHashValue: Latest")
	}
}
