package lint

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// checkComparison checks conditions on canary and baseline.
func (m *metric) checkComparison(found []condition) {
	kind := m.versionKind()
	for _, c := range found {
		for _, n := range nodesOf(c.tree) {
			m.checkField(c, n, kind)
			m.checkPeeking(c, n)
		}
	}
}

// The kinds of what is read of a version.
const (
	countsKind    = "bad and total"
	histogramKind = "a histogram"
	pointsKind    = "the points of a query"
)

// versionKind is what the metric reads of each version.
func (m *metric) versionKind() string {
	canary := m.prometheus().get("canary")
	switch {
	case canary.get("histogram") != nil:
		return histogramKind
	case canary.get("query") != nil:
		return pointsKind
	case canary.get("bad") != nil || canary.get("total") != nil:
		return countsKind
	default:
		return ""
	}
}

// checkField reports a quantity that the metric does not read.
func (m *metric) checkField(c condition, n ast.Node, kind string) {
	member, is := n.(*ast.MemberNode)
	if !is || kind == "" {
		return
	}
	name, is := member.Property.(*ast.StringNode)
	if !is {
		return
	}
	needed := map[string][]string{
		"share": {countsKind}, "bad": {countsKind}, "ratio": {countsKind}, "difference": {countsKind},
		"quantile": {histogramKind, pointsKind}, "above": {histogramKind, pointsKind},
		"mean": {pointsKind}, "points": {pointsKind}, "total": {countsKind, histogramKind},
	}[name.Value]
	if needed == nil || slices.Contains(needed, kind) {
		return
	}
	m.report(c.text.atRune(member.Node.Location().From), "condition-source", "%s is known of %s, and this metric reads %s: the condition would never be decided; ask for what is read, or read the other",
		name.Value, needed[0], kind)
}

// oneLook are the tests that are made for one look.
func oneLook() []string {
	return []string{"mannWhitney", "kolmogorovSmirnov", "welch", "brunnerMunzel", "fisher", "poissonRatio", "twoProportions", "nonInferiority"}
}

// checkPeeking reports a test that is made for one look, and gets several.
func (m *metric) checkPeeking(c condition, n ast.Node) {
	call, is := n.(*ast.CallNode)
	if !is || m.count == 1 {
		return
	}
	if name, is := call.Callee.(*ast.IdentifierNode); is && slices.Contains(oneLook(), name.Value) {
		m.report(c.text.atRune(name.Location().From), "peeking", "%s is a test for one look, and the metric is looked at %s; write count: 1 with an initialDelay, or use pValue(result) or eValue(result), which may be looked at all the time", name.Value, m.looks())
	}
}

// looks says how often the metric is looked at.
func (m *metric) looks() string {
	if m.count > 1 {
		return "several times"
	}
	return "until the release ends"
}
