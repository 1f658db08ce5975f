package prometheus_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
)

func isKind(err, kind error) bool { return errors.Is(err, kind) }

func TestCheckQuery(t *testing.T) {
	for _, test := range []struct {
		expression string
		wantText   string
	}{
		{`sum(rate(http_requests_total{code!~"5.."}[5m])) / sum(rate(http_requests_total[5m]))`, ""},
		{"42", ""},
		{"up # a comment", ""},
		{`scalar(up)`, ""},
		{`mad_over_time(up[5m])`, ""},
		{"", "empty"},
		{"  \n", "empty"},
		{"sum(", "1:5"},
		{"sum(up)\n  + +\n) 1", "3:2: unexpected right parenthesis"},
		{"rate(up)", `1:6: expected type range vector in call to function "rate", got instant vector`},
		{"up[5m]", "1:1: it answers a range"},
		{`"up"`, "1:1: it answers a string"},
		{"rate({{args.metric}}[5m])", "1:7"},
		{"summe(up)", "summe"},
	} {
		wantCheck(t, "query", test.expression, prometheus.CheckQuery(test.expression), test.wantText)
	}
}

func TestCheckSelector(t *testing.T) {
	for _, test := range []struct{ selector, wantText string }{
		{`http_requests_total{code=~"5.."}`, ""},
		{`{__name__="up"}`, ""},
		{`{"with.dots", "a.b"="c"}`, ""},
		{"up # a comment", ""},
		{"", "empty"},
		{"up[5m]", "1:1: it has a range"},
		{"rate(up[5m])", "1:1: it calls rate()"},
		{"\n  increase(up[5m])", "2:3: it calls increase()"},
		{"up offset 5m", "1:1: it has an offset"},
		{"up @ end()", "an @"},
		{"up @ 5", "an @"},
		{"up[5m:]", "subquery"},
		{"sum(up)", "1:1: it is an expression"},
		{"(up)", "1:1: it is an expression"},
		{"{}", "at least one non-empty matcher"},
		{`up{code=5}`, "1:9"},
		{`up{code=~"("}`, "error parsing regexp"},
		{"up down", "1:4"},
	} {
		wantCheck(t, "selector", test.selector, prometheus.CheckSelector(test.selector), test.wantText)
	}
}

func wantCheck(t *testing.T, what, text string, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("%s %q: %v, want no error", what, text, err)
		}
		return
	}
	if !isKind(err, metrics.ErrInvalidQuery) {
		t.Errorf("%s %q: error %v, want %v", what, text, err, metrics.ErrInvalidQuery)
		return
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("%s %q: error %q does not say %q", what, text, err, want)
	}
}

// FuzzCheck checks that the checks end, that their errors are of one kind, and
// that what is a selector to us is one to the parser, and a query too.
func FuzzCheck(f *testing.F) {
	for _, text := range []string{"up", `{"a.b", c=~"d"}`, "up[5m]", "sum by (a) (rate(up[5m]))", "up # x", "up @ start()", "{__name__!=''}", "\x00", "up{a=\"\\xff\"}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		queryErr, selectorErr := prometheus.CheckQuery(text), prometheus.CheckSelector(text)
		wantOneKind(t, queryErr)
		wantOneKind(t, selectorErr)
		if selectorErr != nil {
			return
		}
		if queryErr != nil {
			t.Errorf("%q is a selector and no query: %v", text, queryErr)
		}
		if _, err := parser.NewParser(parser.Options{}).ParseMetricSelector(text); err != nil && !strings.Contains(text, "offset") {
			t.Errorf("%q is no selector to the parser: %v", text, err)
		}
	})
}
