package lint

import (
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"github.com/serin-dev/serin/analysis/criteria"
)

// condition is a success or failure condition of a metric.
type condition struct {
	name string
	text filledText
	// tree is its syntax; nil when it has none.
	tree ast.Node
}

// conditions reads and compiles the conditions of a metric. Broken says that one of them
// cannot be used.
func (m *metric) conditions() (found []condition, broken bool) {
	for _, name := range []string{"successCondition", "failureCondition"} {
		n := m.node.get(name)
		if n.string() == "" {
			continue
		}
		c := condition{name: name, text: m.fill(n)}
		if err := m.compile(c); err != nil {
			broken = true
			m.told = append(m.told, n)
			if !c.text.unknown && !c.text.guessed {
				m.report(c.text.atLine(err.Line, err.Column), "condition-syntax", "%s cannot be compiled: %s%s", name, err.Message, m.conditionHint(n, err.Message))
			}
			continue
		}
		if tree, err := parser.Parse(c.text.String()); err == nil {
			c.tree = tree.Node
		}
		found = append(found, c)
	}
	return found, broken
}

// compile compiles one condition alone.
func (m *metric) compile(c condition) *criteria.SyntaxError {
	success, failure := c.text.String(), ""
	if c.name == "failureCondition" {
		success, failure = failure, success
	}
	var err error
	if m.compares() {
		_, err = criteria.CompileComparison(success, failure)
	} else {
		_, err = criteria.Compile(success, failure)
	}
	var syntax *criteria.SyntaxError
	if err == nil || errors.As(err, &syntax) {
		return syntax
	}
	return &criteria.SyntaxError{Line: 1, Column: 1, Message: err.Error()}
}

// conditionHint is what to write instead of some common mistakes.
func (m *metric) conditionHint(n *node, message string) string {
	text := n.text
	switch {
	case n.style == 0 && strings.Contains(strings.TrimPrefix(m.source.line(n.at.line), string([]rune(m.source.line(n.at.line))[:n.at.column-1])), text+" #"):
		return "; in YAML, # begins a comment: put the condition in quotes"
	case strings.Contains(text, "isNaN(result)"):
		return "; result is a list: write isNaN(result[0]), or leave it out, for Serin holds on NaN by itself"
	case strings.Contains(message, "unknown name"):
		return "; the answer of the query is called result: result[0] of a vector, result of a scalar"
	case strings.Contains(message, "bool, but got") || strings.Contains(message, "expected bool"):
		return "; compare it, as in result[0] < 0.01"
	default:
		return ""
	}
}

// compares says whether conditions of the metric are about canary and baseline.
func (m *metric) compares() bool {
	prometheus := m.prometheus()
	return m.node.get("judge") == nil && prometheus.get("query") == nil && (prometheus.get("canary") != nil || prometheus.get("baseline") != nil)
}

// prometheus is the source of the metric.
func (m *metric) prometheus() *node { return m.node.path("provider", "prometheus") }

// checkConditions checks the conditions against what the query answers.
func (m *metric) checkConditions(query *query) {
	found, broken := m.conditions()
	if len(found) == 0 || broken {
		return
	}
	if m.compares() {
		m.checkComparison(found)
		return
	}
	success, failure := "", ""
	for _, c := range found {
		if c.name == "successCondition" {
			success = c.text.String()
		} else {
			failure = c.text.String()
		}
	}
	compiled, err := criteria.Compile(success, failure)
	if err != nil { // Each compiles alone, so it is about both.
		m.report(m.node.get("failureCondition").place(), "condition-shape", "%s", messageOf(err))
		return
	}
	if m.checkShape(found, compiled, query) && !slices.ContainsFunc(found, func(c condition) bool { return c.text.unknown }) {
		m.checkOutcomes(found, compiled, query)
	}
	for _, c := range found {
		m.checkItems(c, query)
	}
}

// messageOf is what a syntax error says, without its place.
func messageOf(err error) string {
	var syntax *criteria.SyntaxError
	if errors.As(err, &syntax) {
		return syntax.Message
	}
	return err.Error()
}

// checkShape compares what the conditions read with what the query answers: one number,
// or a list. It says whether they fit.
func (m *metric) checkShape(found []condition, compiled *criteria.Conditions, q *query) bool {
	if q == nil || q.answer.unknown {
		return true
	}
	finding := compiled.Judge(criteria.Result{Scalar: q.answer.scalar, Values: []float64{1}})
	if finding.Reason != criteria.ConditionError || !strings.Contains(finding.Message, "reads result as") {
		return true
	}
	for _, c := range found {
		at := c.text.atRune(0)
		if first := resultOf(c.tree); first != nil {
			at = c.text.atRune(first.Location().From)
		}
		if q.answer.scalar {
			m.report(at, "condition-shape", "it reads result as a list, and the query answers one number: every measurement would be blind; write result instead of result[0]")
		} else {
			m.report(at, "condition-shape", "it reads result as one number, and the query answers a list of series: every measurement would be blind; write result[0] instead of result")
		}
	}
	return false
}

// nodes are all nodes of a syntax tree, from the left.
type nodes []ast.Node

// Visit adds a node.
func (n *nodes) Visit(node *ast.Node) { *n = append(*n, *node) }

// nodesOf are all nodes of a syntax tree.
func nodesOf(tree ast.Node) nodes {
	var all nodes
	if tree != nil {
		ast.Walk(&tree, &all)
	}
	return all
}

// resultOf is the first use of result.
func resultOf(tree ast.Node) ast.Node {
	var first ast.Node
	for _, n := range nodesOf(tree) {
		if isResult(n) && (first == nil || n.Location().From < first.Location().From) {
			first = n
		}
	}
	return first
}

func isResult(n ast.Node) bool {
	name, is := n.(*ast.IdentifierNode)
	return is && name.Value == "result"
}

// checkItems looks at the items of the result that a condition reads.
func (m *metric) checkItems(c condition, q *query) {
	if q == nil || q.answer.scalar || q.answer.unknown {
		return
	}
	for _, n := range nodesOf(c.tree) {
		index, is := itemOfResult(n)
		if !is {
			continue
		}
		at := c.text.atRune(n.Location().From)
		if member, is := n.(*ast.MemberNode); is {
			at = c.text.atRune(member.Node.Location().From)
		}
		switch {
		case q.answer.many():
			m.report(at, "first-of-many", "the query may answer several series%s, and which one is result[%d] is up to the server; aggregate it to one, or judge all: all(result, # < 1)", q.answer.because(), index)
			return
		case index > 0 || index < -1:
			m.report(at, "condition-index", "there is no result[%d]: the query answers one series at most; write result[0]", index)
		}
	}
}

// itemOfResult is the index of result[i], first(result) or last(result).
func itemOfResult(n ast.Node) (index int, is bool) {
	switch n := n.(type) {
	case *ast.MemberNode:
		number, constant := n.Property.(*ast.IntegerNode)
		if unary, is := n.Property.(*ast.UnaryNode); is && unary.Operator == "-" {
			if number, constant = unary.Node.(*ast.IntegerNode); constant {
				return -number.Value, isResult(n.Node)
			}
		}
		if constant && isResult(n.Node) {
			return number.Value, true
		}
	case *ast.BuiltinNode:
		if (n.Name == "first" || n.Name == "last") && len(n.Arguments) == 1 && isResult(n.Arguments[0]) {
			return 0, true
		}
	}
	return 0, false
}

// checkOutcomes asks the conditions what they make of nothing, of NaN, and of many
// numbers.
func (m *metric) checkOutcomes(found []condition, compiled *criteria.Conditions, q *query) {
	scalar := q != nil && q.answer.scalar
	if q == nil || q.answer.unknown {
		// Whichever of the two the conditions can read.
		scalar = compiled.Judge(criteria.Result{Values: []float64{1}}).Reason == criteria.ConditionError
	}
	m.checkBlind(found, compiled, scalar)
	if slices.ContainsFunc(found, func(c condition) bool { return c.text.guessed || c.readsOthers() }) {
		return // The limits are not known, or the samples are too few for several numbers.
	}
	var outcomes []criteria.Outcome
	for _, value := range samples(found) {
		values := []float64{value}
		if !scalar {
			values = slices.Repeat(values, 3)
		}
		outcome := compiled.Judge(criteria.Result{Scalar: scalar, Values: values})
		if outcome.Reason != "" && outcome.Reason != criteria.NotANumber {
			return
		}
		outcomes = append(outcomes, outcome.Outcome)
	}
	passes, fails := slices.Contains(outcomes, criteria.Pass), slices.Contains(outcomes, criteria.Fail)
	first := found[0]
	switch {
	case slices.ContainsFunc(found, func(c condition) bool { return resultOf(c.tree) == nil }):
		m.report(first.text.atRune(0), "condition-constant", "it does not read result, so it comes to the same whatever was measured; compare result with a limit")
	case !passes:
		m.report(first.text.atRune(0), "condition-constant", "no result was found that could pass; failureCondition wins over successCondition: correct the limits")
	case !fails && len(found) == 1:
		m.report(first.text.atRune(0), "condition-constant", "no result was found that could fail; correct the limit")
	}
}

// readsOthers says whether a condition reads other items of the result than the first.
func (c condition) readsOthers() bool {
	return slices.ContainsFunc(nodesOf(c.tree), func(n ast.Node) bool {
		index, is := itemOfResult(n)
		return is && index != 0
	})
}

// checkBlind asks the conditions what they make of nothing and of NaN.
func (m *metric) checkBlind(found []condition, compiled *criteria.Conditions, scalar bool) {
	for _, data := range []struct {
		what   string
		values []float64
	}{{"an empty answer", nil}, {"NaN, the answer without traffic,", []float64{math.NaN()}}} {
		if scalar && len(data.values) == 0 {
			continue
		}
		outcome := compiled.Judge(criteria.Result{Scalar: scalar, Values: data.values}).Outcome
		at := emptinessOf(found, outcome == criteria.Fail)
		switch outcome {
		case criteria.Pass:
			m.report(at, "no-data-passes", "%s passes this condition, so that a metric that disappears is as good as a healthy one; leave this part out: Serin holds the release until there are data", data.what)
		case criteria.Fail:
			m.report(at, "no-data-fails", "%s fails this condition, so that a restart of Prometheus takes the release back; leave this part out: Serin holds the release, and onBlind.abortAfter ends a long wait", data.what)
		}
	}
}

// emptinessOf is where conditions speak of what is not there; the failure condition
// first when it decides.
func emptinessOf(found []condition, failure bool) place {
	ordered := slices.Clone(found)
	if failure {
		slices.Reverse(ordered)
	}
	for _, c := range ordered {
		for _, n := range nodesOf(c.tree) {
			named := false
			switch n := n.(type) {
			case *ast.CallNode:
				callee, is := n.Callee.(*ast.IdentifierNode)
				if named = is && slices.Contains([]string{"isNaN", "isInf", "isNil", "default"}, callee.Value); named {
					return c.text.atRune(callee.Location().From)
				}
			case *ast.BuiltinNode:
				named = n.Name == "len"
			case *ast.BinaryNode:
				named = n.Operator == "??"
			}
			if named {
				return c.text.atRune(n.Location().From)
			}
		}
	}
	return ordered[0].text.atRune(0)
}

// samples are numbers at which conditions may change: beside each number in their
// texts, and far away.
func samples(found []condition) []float64 {
	values := []float64{0, 1e-9, 0.5, 1, -1, 1e300, -1e300}
	for _, c := range found {
		for _, n := range nodesOf(c.tree) {
			limit := 0.0
			switch n := n.(type) {
			case *ast.IntegerNode:
				limit = float64(n.Value)
			case *ast.FloatNode:
				limit = n.Value
			default:
				continue
			}
			for _, v := range []float64{limit, limit * 0.999, limit * 1.001, limit / 3, limit / 100, limit * 100} {
				values = append(values, v, -v)
			}
		}
	}
	return values
}
