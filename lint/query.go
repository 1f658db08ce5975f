package lint

import (
	"errors"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/parser/posrange"
)

// query is a PromQL expression in a manifest.
type query struct {
	text filledText
	expr parser.Expr
	// answer is what the server makes of it.
	answer answer
}

// parseQuery parses a query and reports what is wrong with it; nil when it cannot be
// used.
func (m *metric) parseQuery(n *node) *query {
	if n == nil || n.string() == "" {
		return nil
	}
	text := m.fill(n)
	if text.unknown {
		return nil
	}
	q := &query{text: text}
	var err error
	q.expr, err = newParser().ParseExpr(text.String())
	if err != nil {
		m.told = append(m.told, n)
		if !text.guessed {
			at, message := q.syntaxError(err)
			m.report(at, "promql-syntax", "the query cannot be parsed: %s%s", message, queryHint(text.String(), message))
		}
		return nil
	}
	switch q.expr.Type() {
	case parser.ValueTypeScalar, parser.ValueTypeVector:
	case parser.ValueTypeMatrix:
		m.report(q.at(q.expr), "promql-syntax", "the query answers a range of samples, and a scalar or an instant vector is wanted; apply a function such as rate(), or drop the range")
		return nil
	default:
		m.report(q.at(q.expr), "promql-syntax", "the query answers a %s, and a scalar or an instant vector is wanted; ask for a number", q.expr.Type())
		return nil
	}
	q.answer = answerOf(q.expr)
	return q
}

// newParser lets through what only some servers have.
func newParser() parser.Parser {
	return parser.NewParser(parser.Options{
		EnableExperimentalFunctions: true, ExperimentalDurationExpr: true, EnableExtendedRangeSelectors: true, EnableBinopFillModifiers: true,
	})
}

// syntaxError is the place and the text of the parser's first error.
func (q *query) syntaxError(err error) (place, string) {
	var all parser.ParseErrors
	if errors.As(err, &all) && len(all) > 0 {
		return q.text.atByte(int(all[0].PositionRange.Start)), all[0].Err.Error()
	}
	return q.text.atRune(0), err.Error()
}

// queryHint is what to write instead of some common mistakes.
func queryHint(text, message string) string {
	switch {
	case strings.Contains(message, "unknown function"):
		return "; functions of MetricsQL and other dialects are not PromQL"
	case strings.Contains(text, "$__") || strings.Contains(text, "${"):
		return "; variables of Grafana are not filled in: write the value, or {{args.name}}"
	case strings.Contains(message, "expected type range vector"):
		return "; give the selector a range, such as [1m]"
	case strings.Contains(message, "expected type instant vector"):
		return "; drop the range"
	default:
		return ""
	}
}

// at is where an expression begins in the file.
func (q *query) at(expr parser.Node) place { return q.atPos(expr.PositionRange().Start) }

func (q *query) atPos(pos posrange.Pos) place { return q.text.atByte(int(pos)) }

// operatorAt is where the operator of a binary expression stands.
func (q *query) operatorAt(n *parser.BinaryExpr) place {
	from := int(n.LHS.PositionRange().End)
	text := q.text.String()
	if from > len(text) {
		return q.at(n)
	}
	gap := text[from:]
	if i := strings.Index(gap, n.Op.String()); i >= 0 {
		return q.text.atByte(from + i)
	}
	return q.at(n)
}
