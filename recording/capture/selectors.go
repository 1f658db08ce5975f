package capture

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Selection is series and the time in which their samples are wanted, both ends
// included.
type Selection struct {
	Matchers []*labels.Matcher
	From, To time.Time
}

// Selector writes the matchers as PromQL. Example: up{job="web"}.
func (s Selection) Selector() string {
	selector := parser.VectorSelector{LabelMatchers: s.Matchers}
	for _, matcher := range s.Matchers {
		// Other names stay a matcher: {__name__="a name"}.
		if matcher.Name == "__name__" && matcher.Type == labels.MatchEqual && model.LegacyValidation.IsValidMetricName(matcher.Value) {
			selector.Name = matcher.Value
		}
	}
	return selector.String()
}

// lookback is how far back an instant selector looks for a sample: Prometheus' default.
const lookback = 5 * time.Minute

// Any stands in a query for a text that is not known. A matcher with it is widened to
// match any such text, or left out.
const Any = "\x01any\x01"

// OfSelector is the selection of a selector, without a range, in a window.
func OfSelector(text string, from, to time.Time) (Selection, error) {
	expression, err := newParser().ParseExpr(text)
	if err != nil {
		return Selection{}, fmt.Errorf("parsing selector %s: %w", text, err)
	}
	selector, is := expression.(*parser.VectorSelector)
	switch {
	case !is:
		return Selection{}, fmt.Errorf("%s is not a selector but a %s; write one such as up{job=\"web\"}", text, parser.DocumentedType(expression.Type()))
	case selector.OriginalOffset != 0 || selector.Timestamp != nil || selector.StartOrEnd != 0:
		return Selection{}, fmt.Errorf("selector %s has an offset or an @; the window says which samples are wanted", text)
	}
	return Selection{Matchers: widened(selector.LabelMatchers), From: from, To: to}, nil
}

// OfQuery are the selections that an expression touches when it is evaluated at any
// time of a window: ranges, offsets, subqueries and @ widen or move it.
func OfQuery(query string, from, to time.Time) ([]Selection, error) {
	expression, err := newParser().ParseExpr(query)
	if err != nil {
		return nil, fmt.Errorf("parsing query %s: %w", strings.ReplaceAll(query, Any, "…"), err)
	}
	var found []Selection
	parser.Inspect(expression, func(node parser.Node, path []parser.Node) error {
		if selector, is := node.(*parser.VectorSelector); is {
			begin, end := touched(selector, path, from, to)
			found = append(found, Selection{Matchers: widened(selector.LabelMatchers), From: begin, To: end})
		}
		return nil
	})
	return found, nil
}

func newParser() parser.Parser { return parser.NewParser(parser.Options{}) }

// touched is the time in which a selector reads samples, as the engine of Prometheus
// computes it (promql.(*Engine).getTimeRangesForSelector).
func touched(selector *parser.VectorSelector, path []parser.Node, from, to time.Time) (begin, end time.Time) {
	var offset, span time.Duration
	for _, node := range path {
		subquery, is := node.(*parser.SubqueryExpr)
		if !is {
			continue
		}
		offset, span = offset+subquery.OriginalOffset, span+subquery.Range
		if subquery.Timestamp != nil { // What is outside of it does not matter any more.
			from, to = time.UnixMilli(*subquery.Timestamp), time.UnixMilli(*subquery.Timestamp)
			offset, span = subquery.OriginalOffset, subquery.Range
		}
	}
	if selector.Timestamp != nil {
		from, to = time.UnixMilli(*selector.Timestamp), time.UnixMilli(*selector.Timestamp)
		offset, span = 0, 0
	}
	offset += selector.OriginalOffset
	reach := lookback
	if len(path) > 0 {
		if ranged, is := path[len(path)-1].(*parser.MatrixSelector); is {
			reach = ranged.Range
		}
	}
	return from.Add(-offset - span - reach), to.Add(-offset)
}

// widened replaces what is not known in matchers: by any text where it is wanted, and
// where it is not wanted the matcher says nothing.
func widened(matchers []*labels.Matcher) []*labels.Matcher {
	kept := make([]*labels.Matcher, 0, len(matchers))
	for _, matcher := range matchers {
		if !strings.Contains(matcher.Value, Any) {
			kept = append(kept, matcher)
			continue
		}
		pattern := matcher.Value
		switch matcher.Type {
		case labels.MatchEqual:
			parts := strings.Split(matcher.Value, Any)
			for i := range parts {
				parts[i] = regexp.QuoteMeta(parts[i])
			}
			pattern = strings.Join(parts, ".+")
		case labels.MatchRegexp:
			pattern = strings.ReplaceAll(pattern, Any, ".+")
		default:
			continue
		}
		if wider, err := labels.NewMatcher(labels.MatchRegexp, matcher.Name, pattern); err == nil {
			kept = append(kept, wider)
		}
	}
	return kept
}

// Unite joins selections of the same series to one over the time of both, and leaves
// out those that lie in another one: a server is not asked twice. They come in order of
// their selectors.
func Unite(all []Selection) []Selection {
	bySelector := map[string]Selection{}
	for _, selection := range all {
		matchers := slices.Clone(selection.Matchers)
		slices.SortFunc(matchers, func(one, other *labels.Matcher) int { return cmp.Compare(one.String(), other.String()) })
		selection.Matchers = slices.CompactFunc(matchers, func(one, other *labels.Matcher) bool { return one.String() == other.String() })
		key := selection.Selector()
		if before, known := bySelector[key]; known {
			selection.From, selection.To = earlier(before.From, selection.From), later(before.To, selection.To)
		}
		bySelector[key] = selection
	}
	var kept []Selection
	for key, selection := range bySelector {
		contained := false
		for otherKey, other := range bySelector {
			contained = contained || key != otherKey && selection.inside(other)
		}
		if !contained {
			kept = append(kept, selection)
		}
	}
	slices.SortFunc(kept, func(one, other Selection) int { return cmp.Compare(one.Selector(), other.Selector()) })
	return kept
}

// inside tells that another selection has all series and all of the time of this one.
func (s Selection) inside(other Selection) bool {
	if other.From.After(s.From) || other.To.Before(s.To) {
		return false
	}
	return !slices.ContainsFunc(other.Matchers, func(wanted *labels.Matcher) bool {
		return !slices.ContainsFunc(s.Matchers, func(has *labels.Matcher) bool { return has.String() == wanted.String() })
	})
}

// Check refuses a selection that a server would refuse: one that would select
// everything, or a time that is none.
func (s Selection) Check() error {
	if !slices.ContainsFunc(s.Matchers, func(matcher *labels.Matcher) bool { return !matcher.Matches("") }) {
		return fmt.Errorf("selector %s would select everything; name a metric or a label", s.Selector())
	}
	switch {
	case s.To.Before(s.From):
		return fmt.Errorf("the window of %s ends at %s, before it begins at %s; swap them", s.Selector(), s.To.UTC().Format(time.RFC3339), s.From.UTC().Format(time.RFC3339))
	case s.From.UnixMilli() < math.MinInt32*int64(1000):
		return fmt.Errorf("the window of %s begins at %s, before any clock", s.Selector(), s.From.UTC().Format(time.RFC3339))
	}
	return nil
}

func earlier(one, other time.Time) time.Time {
	if other.Before(one) {
		return other
	}
	return one
}

func later(one, other time.Time) time.Time {
	if other.After(one) {
		return other
	}
	return one
}
