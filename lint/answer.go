package lint

import (
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// answer is what is known of a query's answer without asking anybody.
type answer struct {
	// scalar: it is one number, and no vector.
	scalar bool
	// any: its series may differ in any label.
	any bool
	// by are the labels in which its series may differ, when any is not set. Without any
	// there is at most one series.
	by map[string]bool
	// sure: there always is a series, whatever is scraped.
	sure bool
	// unknown: nothing is known.
	unknown bool
}

// many says whether there may be more than one series.
func (a answer) many() bool { return !a.unknown && !a.scalar && (a.any || len(a.by) > 0) }

// because says in which labels series may differ.
func (a answer) because() string {
	if a.any {
		return " (nothing aggregates it)"
	}
	return " (one for each " + strings.Join(slices.Sorted(maps.Keys(a.by)), ", ") + ")"
}

// answerOf finds out what an expression answers.
//
// Complex: a case for each kind of expression.
func answerOf(expr parser.Expr) answer {
	switch e := expr.(type) {
	case *parser.NumberLiteral, *parser.StringLiteral:
		return answer{scalar: true, sure: true}
	case *parser.ParenExpr:
		return answerOf(e.Expr)
	case *parser.UnaryExpr:
		return answerOf(e.Expr)
	case *parser.StepInvariantExpr:
		return answerOf(e.Expr)
	case *parser.MatrixSelector:
		return answerOf(e.VectorSelector)
	case *parser.SubqueryExpr:
		return answerOf(e.Expr)
	case *parser.VectorSelector:
		return answer{any: true}
	case *parser.AggregateExpr:
		return aggregated(e)
	case *parser.Call:
		return called(e)
	case *parser.BinaryExpr:
		return combined(e)
	}
	return answer{unknown: true}
}

// aggregated is the answer of sum by (…) and the like.
func aggregated(e *parser.AggregateExpr) answer {
	inner := answerOf(e.Expr)
	switch {
	case e.Op == parser.COUNT_VALUES:
		return answer{any: true}
	case e.Op == parser.TOPK || e.Op == parser.BOTTOMK || e.Op == parser.LIMITK || e.Op == parser.LIMIT_RATIO:
		if number, is := e.Param.(*parser.NumberLiteral); !is || number.Val != 1 || e.Op == parser.LIMIT_RATIO {
			return inner
		}
	}
	switch {
	case e.Without:
		if inner.any {
			return answer{any: true}
		}
		return answer{by: except(inner.by, e.Grouping)}
	case inner.any:
		by := map[string]bool{}
		for _, label := range e.Grouping {
			by[label] = !pinned(e.Expr, label)
		}
		return answer{by: except(by, nil)}
	default:
		by := map[string]bool{}
		for _, label := range e.Grouping {
			by[label] = inner.by[label]
		}
		return answer{by: except(by, nil)}
	}
}

// except are the labels that are set, without some.
func except(by map[string]bool, without []string) map[string]bool {
	kept := map[string]bool{}
	for label, set := range by {
		if set && !slices.Contains(without, label) {
			kept[label] = true
		}
	}
	return kept
}

// pinned says whether all selectors of an expression give a label one value.
func pinned(expr parser.Expr, label string) bool {
	selectors := parser.ExtractSelectors(expr)
	for _, matchers := range selectors {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return m.Name == label && m.Type == labels.MatchEqual }) {
			return false
		}
	}
	return len(selectors) > 0
}

// called is the answer of a function.
func called(e *parser.Call) answer {
	switch e.Func.Name {
	case "time", "pi", "scalar":
		return answer{scalar: true, sure: e.Func.Name != "scalar"}
	case "vector":
		return answer{sure: true}
	case "absent", "absent_over_time":
		return answer{}
	case "label_replace", "label_join", "info":
		if len(e.Args) > 0 {
			if inner := answerOf(e.Args[0]); !inner.any && len(inner.by) == 0 {
				return inner
			}
		}
		return answer{any: true}
	case "histogram_quantile", "histogram_fraction":
		inner := answerOf(e.Args[len(e.Args)-1])
		inner.by = except(inner.by, []string{"le"})
		return inner
	case "histogram_quantiles":
		return answer{any: true}
	}
	if e.Func.ReturnType == parser.ValueTypeScalar {
		return answer{scalar: true}
	}
	for _, arg := range e.Args {
		if t := arg.Type(); t == parser.ValueTypeVector || t == parser.ValueTypeMatrix {
			return answerOf(arg)
		}
	}
	return answer{sure: len(e.Args) == 0, any: false}
}

// combined is the answer of a binary expression.
func combined(e *parser.BinaryExpr) answer {
	left, right := answerOf(e.LHS), answerOf(e.RHS)
	filters := e.Op.IsComparisonOperator() && !e.ReturnBool
	switch {
	case left.unknown || right.unknown:
		return answer{unknown: true}
	case left.scalar && right.scalar:
		return answer{scalar: true, sure: true}
	case left.scalar:
		right.sure = right.sure && !filters
		return right
	case right.scalar:
		left.sure = left.sure && !filters
		return left
	}
	switch e.Op {
	case parser.LOR:
		return answer{any: left.any || right.any, by: union(left.by, right.by), sure: left.sure || right.sure}
	case parser.LAND, parser.LUNLESS:
		return answer{any: left.any, by: left.by}
	}
	return matched(e, left, right)
}

func union(a, b map[string]bool) map[string]bool {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]bool{}
	}
	maps.Copy(all, b)
	return all
}

// matched is the answer of arithmetic between two vectors.
func matched(e *parser.BinaryExpr, left, right answer) answer {
	matching := e.VectorMatching
	switch {
	case matching == nil:
		return answer{unknown: true}
	case matching.Card == parser.CardManyToOne:
		return answer{any: left.any, by: left.by}
	case matching.Card == parser.CardOneToMany:
		return answer{any: right.any, by: right.by}
	case matching.On:
		by := map[string]bool{}
		for _, label := range matching.MatchingLabels {
			by[label] = left.differs(e.LHS, label) && right.differs(e.RHS, label)
		}
		return answer{by: except(by, nil)}
	case left.any && right.any:
		return answer{any: true}
	}
	by := map[string]bool{}
	for label := range except(union(left.by, right.by), matching.MatchingLabels) {
		by[label] = left.differs(e.LHS, label) && right.differs(e.RHS, label)
	}
	return answer{by: except(by, nil)}
}

// differs says whether the series of an expression may differ in a label.
func (a answer) differs(expr parser.Expr, label string) bool {
	return a.by[label] || a.any && !pinned(expr, label)
}
