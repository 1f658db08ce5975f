package unittest

import (
	"cmp"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// expectation reads what must hold in the end.
func (r *reader) expectation(node *yaml.Node) Expectation {
	e := Expectation{place: placeOf(node)}
	r.mapping(node, "expect", append(r.expected(&e, true), r.times(&e.Times)...)...)
	r.checkTimes(node, "expect", e.Times, e.Verdict)
	return e
}

// checkpoint reads what must hold at a time.
func (r *reader) checkpoint(node *yaml.Node) Checkpoint {
	c := Checkpoint{Expectation: Expectation{place: placeOf(node)}}
	var at *time.Duration
	before := len(r.problems)
	r.mapping(node, "a checkpoint", append(r.expected(&c.Expectation, false), field{"at", func(node *yaml.Node) { at = r.moment(node, "at") }})...)
	switch {
	case len(r.problems) > before:
	case at == nil:
		r.wrong(node, "a checkpoint needs its time; write at: 5m, counted from the beginning of the run")
	case !c.expects():
		r.wrong(node, "a checkpoint expects nothing; write verdict: Holding, or metrics: {errors: Blind}")
	default:
		c.At = *at
	}
	return c
}

// expected are the fields of what must hold at a time or in the end.
func (r *reader) expected(e *Expectation, times bool) []field {
	return []field{
		{"verdict", func(node *yaml.Node) {
			verdict, _ := r.oneOf(node, "verdict", slices.Concat(runVerdicts, releaseVerdicts[:3]))
			e.Verdict = Verdict(verdict)
		}},
		{"weight", func(node *yaml.Node) {
			if weight, ok := r.percent(node, "weight"); ok {
				e.Weight = &weight
			}
		}},
		{"message", func(node *yaml.Node) { e.Messages = r.texts(node, "message") }},
		{"metrics", func(node *yaml.Node) {
			r.each(node, "metrics", func(key, value *yaml.Node) { e.Metrics = append(e.Metrics, r.metric(key, value, times)) })
			slices.SortStableFunc(e.Metrics, func(a, b MetricExpectation) int { return cmp.Compare(a.line, b.line) })
		}},
	}
}

// metric reads what must hold of a metric: its verdict alone, or fields.
func (r *reader) metric(key, node *yaml.Node, times bool) MetricExpectation {
	m := MetricExpectation{Name: key.Value, place: placeOf(key)}
	what := "metrics." + key.Value
	verdict := func(node *yaml.Node) {
		text, _ := r.oneOf(node, what, metricVerdicts)
		m.Verdict = Verdict(text)
	}
	if target, ok := r.follow(node); ok && target.Kind == yaml.ScalarNode {
		verdict(target)
		return m
	}
	fields := []field{
		{"verdict", verdict},
		{"message", func(node *yaml.Node) { m.Messages = r.texts(node, what+".message") }},
		{"reason", func(node *yaml.Node) { m.Reason, _ = r.oneOf(node, what+".reason", reasons) }},
	}
	if times {
		fields = append(fields, r.times(&m.Times)...)
	}
	before := len(r.problems)
	r.mapping(node, what, fields...)
	if len(r.problems) == before && m.Verdict == "" && m.Messages == nil && m.Reason == "" {
		r.wrong(node, "%s expects nothing; write a verdict, a message or a reason", what)
	}
	r.checkTimes(node, what, m.Times, m.Verdict)
	return m
}

func (r *reader) times(t *Times) []field {
	return []field{
		{"at", func(node *yaml.Node) { t.At = r.moment(node, "at") }},
		{"within", func(node *yaml.Node) { t.Within = r.moment(node, "within") }},
		{"after", func(node *yaml.Node) { t.After = r.moment(node, "after") }},
		{"tolerance", func(node *yaml.Node) { t.Tolerance, _ = r.duration(node, "tolerance") }},
	}
}

// checkTimes refuses times that nothing is said of, or that contradict each other.
func (r *reader) checkTimes(node *yaml.Node, what string, t Times, verdict Verdict) {
	switch {
	case (t.At != nil || t.Within != nil || t.After != nil) && verdict == "":
		r.wrong(node, "%s has a time without a verdict that is reached then; write a verdict, too", what)
	case t.At != nil && (t.Within != nil || t.After != nil):
		r.wrong(node, "%s has at beside within or after; write at and tolerance, or after and within", what)
	case t.At == nil && t.Tolerance != 0:
		r.wrong(node, "%s has a tolerance without at; write at, too", what)
	case t.Within != nil && t.After != nil && *t.Within < *t.After:
		r.wrong(node, "%s is within %s and after %s, which is never; write a within of more", what, *t.Within, *t.After)
	}
}
