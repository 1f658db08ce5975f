package prometheus

import (
	"errors"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/parser/posrange"
)

// CheckQuery tells whether an expression can be asked by Query: that it is
// PromQL, and that its answer is a scalar or an instant vector. The error wraps
// metrics.ErrInvalidQuery and gives line and column. What only some servers
// have (experimental functions) is let pass; what only other languages have
// (MetricsQL) is refused. Arguments must be filled in before.
func CheckQuery(expression string) error {
	parsed, err := parser.NewParser(parser.Options{
		EnableExperimentalFunctions: true, ExperimentalDurationExpr: true,
		EnableExtendedRangeSelectors: true, EnableBinopFillModifiers: true,
	}).ParseExpr(expression)
	if err != nil {
		return refused("query", expression, err)
	}
	switch parsed.Type() {
	case parser.ValueTypeScalar, parser.ValueTypeVector:
		return nil
	case parser.ValueTypeMatrix:
		return refusedAt("query", expression, parsed.PositionRange(), "it answers a range of samples, and a scalar or an instant vector is wanted; apply a function such as rate() or drop the range")
	}
	return refusedAt("query", expression, parsed.PositionRange(), "it answers a "+string(parsed.Type())+", and a scalar or an instant vector is wanted; ask for a number")
}

// CheckSelector tells whether a text can be asked by Samples: that it is one
// selector, without range, function, offset or @. The error wraps
// metrics.ErrInvalidQuery and gives line and column.
func CheckSelector(selector string) error {
	_, err := parseSelector(selector)
	return err
}

// parseSelector returns the selector in its canonical form: without comments,
// to which no range could be added.
func parseSelector(text string) (string, error) {
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return "", refused("selector", text, err)
	}
	const wanted = `, and a plain selector is wanted, such as http_requests_total{code=~"5.."}`
	switch parsed := parsed.(type) {
	case *parser.VectorSelector:
		if parsed.OriginalOffset != 0 || parsed.Timestamp != nil || parsed.StartOrEnd != 0 {
			return "", refusedAt("selector", text, parsed.PositionRange(), "it has an offset or an @, and the samples of the release itself are wanted; leave it out")
		}
		return parsed.String(), nil
	case *parser.MatrixSelector:
		return "", refusedAt("selector", text, parsed.PositionRange(), "it has a range"+wanted+"; leave out the range, it follows from the interval")
	case *parser.SubqueryExpr:
		return "", refusedAt("selector", text, parsed.PositionRange(), "it is a subquery"+wanted)
	case *parser.Call:
		return "", refusedAt("selector", text, parsed.PositionRange(), "it calls "+parsed.Func.Name+"()"+wanted+"; the differences of counters are taken here")
	}
	return "", refusedAt("selector", text, parsed.PositionRange(), "it is an expression"+wanted)
}

// refused makes an error of what the parser says, which begins with line and column.
func refused(what, text string, err error) error {
	message := err.Error()
	var all parser.ParseErrors
	if errors.As(err, &all) && len(all) > 0 {
		message = all[0].PositionRange.StartPosInput(all[0].Query, 0) + ": " + all[0].Err.Error()
	}
	if strings.TrimSpace(text) == "" {
		message = "it is empty"
	}
	return invalid("checking %s %q: %s", what, shorten(text, 200), shorten(message, maxMessage))
}

// refusedAt makes an error about a place in the text.
func refusedAt(what, text string, where posrange.PositionRange, message string) error {
	return invalid("checking %s %q: %s: %s", what, shorten(text, 200), where.StartPosInput(text, 0), message)
}
