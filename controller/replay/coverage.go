package replay

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/serin-dev/serin/recording"
)

// Series are where a Catalogue looks: a recording.
type Series interface {
	Select(ctx context.Context, from, to time.Time, matchers ...*labels.Matcher) ([]recording.Series, error)
}

// Catalogue finds out which selectors of an expression match no series between two
// times, and what there is instead: a sentence each, sorted. It reads every sample of
// the names in question, so ask it about metrics that saw nothing.
func Catalogue(source Series, from, to time.Time) func(ctx context.Context, expression string) ([]string, error) {
	return func(ctx context.Context, expression string) ([]string, error) {
		parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expression)
		if err != nil {
			return nil, fmt.Errorf("reading %q: %w", expression, err)
		}
		var missing []string
		for _, matchers := range parser.ExtractSelectors(parsed) {
			text, err := missingSeries(ctx, source, from, to, matchers)
			if err != nil {
				return nil, err
			}
			if text != "" {
				missing = append(missing, text)
			}
		}
		slices.Sort(missing)
		return slices.Compact(missing), nil
	}
}

// HashLabels are the labels of a recording that look like the hash of a version, with
// their values: a sentence such as hash="5f6d", "7c9b"; empty when there is none.
func HashLabels(ctx context.Context, source Series, from, to time.Time) string {
	all, err := source.Select(ctx, from, to)
	if err != nil {
		return ""
	}
	var parts []string
	for _, name := range namesOf(all) {
		if strings.Contains(strings.ToLower(name), "hash") {
			parts = append(parts, name+"="+listed(valuesOf(all, name)))
		}
	}
	return strings.Join(parts, "; ")
}

// missingSeries says that a selector matches nothing, and which of its matchers is at
// fault; empty when it matches.
func missingSeries(ctx context.Context, source Series, from, to time.Time, matchers []*labels.Matcher) (string, error) {
	found, err := source.Select(ctx, from, to, matchers...)
	if err != nil || len(found) > 0 {
		return "", err
	}
	var name []*labels.Matcher
	for _, matcher := range matchers {
		if matcher.Name == model.MetricNameLabel {
			name = append(name, matcher)
		}
	}
	text := selectorText(matchers) + " matches no series of the recording"
	candidates, err := source.Select(ctx, from, to, name...)
	if err != nil {
		return "", err
	}
	if len(name) == 0 || len(candidates) == 0 {
		all, err := source.Select(ctx, from, to)
		if err != nil {
			return "", err
		}
		return text + "; its metrics are " + listed(valuesOf(all, model.MetricNameLabel)), nil
	}
	for _, matcher := range matchers {
		values := valuesOf(candidates, matcher.Name)
		if matcher.Name != model.MetricNameLabel && !slices.ContainsFunc(values, matcher.Matches) && !matcher.Matches("") {
			if len(values) == 0 {
				return fmt.Sprintf("%s; %s has no label %s, it has %s", text, name[0].Value, matcher.Name, listed(namesOf(candidates))), nil
			}
			return fmt.Sprintf("%s; %s has %s=%s", text, name[0].Value, matcher.Name, listed(values)), nil
		}
	}
	return text + "; each of its labels matches some, and no series has them all", nil
}

// selectorText writes a selector as people do.
func selectorText(matchers []*labels.Matcher) string {
	selector := parser.VectorSelector{LabelMatchers: matchers}
	for _, matcher := range matchers {
		if matcher.Name == model.MetricNameLabel && matcher.Type == labels.MatchEqual {
			selector.Name = matcher.Value
		}
	}
	return selector.String()
}

// valuesOf are the values of a label, sorted, each once.
func valuesOf(all []recording.Series, name string) []string {
	var values []string
	for _, series := range all {
		if value := series.Labels.Get(name); value != "" {
			values = append(values, value)
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// namesOf are the names of the labels, sorted, each once.
func namesOf(all []recording.Series) []string {
	var names []string
	for _, series := range all {
		series.Labels.Range(func(label labels.Label) {
			if label.Name != model.MetricNameLabel {
				names = append(names, label.Name)
			}
		})
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// mostListed is how many values are named.
const mostListed = 6

// listed writes values for people: "a", "b" and 7 more.
func listed(values []string) string {
	quoted := make([]string, 0, mostListed)
	for _, value := range values[:min(len(values), mostListed)] {
		quoted = append(quoted, fmt.Sprintf("%q", value))
	}
	if more := len(values) - mostListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(quoted, ", "), more)
	}
	return cmp.Or(strings.Join(quoted, ", "), "none")
}
