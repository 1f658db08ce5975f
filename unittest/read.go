package unittest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/controller/translate"
)

// Read reads a file of tests, strictly. The error is a Problems, and tells of all
// mistakes with their places.
func Read(path string, content []byte) (*Suite, error) {
	r := &reader{path: path}
	root, ok := r.document(content)
	if !ok {
		return nil, r.problems
	}
	s := &Suite{Path: path}
	var defaults, tests *yaml.Node
	r.mapping(root, "the file",
		field{"files", func(node *yaml.Node) { r.list(node, "files", func(one *yaml.Node) { s.addFile(r, one) }) }},
		field{"defaults", func(node *yaml.Node) { defaults = node }},
		field{"tests", func(node *yaml.Node) { tests = node }},
	)
	if len(r.problems) == 0 && len(s.Files) == 0 {
		r.wrong(root, "no files: name those that hold the templates, as files: [template.yaml]")
	}
	if len(r.problems) == 0 && tests == nil {
		r.wrong(root, "no tests; %s", example)
	}
	shared := Test{Kind: translate.Background, Interval: defaultInterval}
	if defaults != nil {
		r.mapping(defaults, "defaults", r.setting(&shared)...)
	}
	if tests != nil {
		r.list(tests, "tests", func(node *yaml.Node) { s.addTest(r, shared, node) })
		if len(s.Tests) == 0 && len(r.problems) == 0 {
			r.wrong(tests, "the list of tests is empty; %s", example)
		}
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return s, nil
}

const defaultInterval = 15 * time.Second

func (s *Suite) addFile(r *reader, node *yaml.Node) {
	if path, ok := r.named(node, "a path in files"); ok {
		s.Files = append(s.Files, File{path, placeOf(node)})
	}
}

func (s *Suite) addTest(r *reader, shared Test, node *yaml.Node) {
	node, ok := r.follow(node)
	if !ok {
		return
	}
	before := len(r.problems)
	own := Test{Kind: shared.Kind, Interval: shared.Interval, place: placeOf(node)}
	set := map[string]bool{}
	fields := append(r.setting(&own),
		field{"name", func(node *yaml.Node) { own.Name, _ = r.named(node, "name") }},
		field{"expect", func(node *yaml.Node) { own.Expect = r.expectation(node) }},
		field{"checkpoints", func(node *yaml.Node) {
			r.list(node, "checkpoints", func(one *yaml.Node) { own.Checkpoints = append(own.Checkpoints, r.checkpoint(one)) })
		}},
	)
	for i, f := range fields {
		fields[i].read = func(node *yaml.Node) { set[f.name] = true; f.read(node) }
	}
	r.mapping(node, "a test", fields...)
	own.inherit(shared, set)
	own.check(r, node, before)
	for _, other := range s.Tests {
		if other.Name == own.Name && own.Name != "" {
			r.wrong(node, "there are two tests %q; give each a name of its own", own.Name)
		}
	}
	s.Tests = append(s.Tests, own)
}

// inherit takes from the defaults what a test does not set. Arguments and series are
// joined, and those of the test count; but arguments are for a template, and stay with it.
func (t *Test) inherit(shared Test, set map[string]bool) {
	if !set["template"] {
		t.Templates = shared.Templates
		args := slices.Clone(t.Args)
		for _, arg := range shared.Args {
			if !slices.ContainsFunc(t.Args, func(own Arg) bool { return own.Name == arg.Name }) {
				args = append(args, arg)
			}
		}
		t.Args = args
	}
	if !set["recording"] && !set["series"] {
		t.Recording = shared.Recording
	}
	if !set["recording"] {
		inherited := slices.Clone(shared.Series)
		for i := range inherited {
			inherited[i].Inherited = true
		}
		t.Series = append(inherited, t.Series...)
	}
	if !set["start"] {
		t.Start, t.StartAt = shared.Start, shared.StartAt
	}
	if !set["duration"] {
		t.Duration = shared.Duration
	}
	if !set["canarySince"] {
		t.CanarySince = shared.CanarySince
	}
	if !set["baselineSince"] {
		t.BaselineSince = shared.BaselineSince
	}
	if !set["weight"] {
		t.Weights = shared.Weights
	}
	if !set["unavailable"] {
		t.Unavailable = shared.Unavailable
	}
}

// check finds what is wrong with a test as a whole; only if its fields could be read.
func (t *Test) check(r *reader, node *yaml.Node, before int) {
	if len(r.problems) > before {
		return
	}
	switch {
	case t.Name == "":
		r.wrong(node, "the test has no name; write name: what it shows")
	case len(t.Templates) == 0:
		r.wrong(node, "the test %q has no template; write template: with the metadata.name of one in files", t.Name)
	case len(t.Series) == 0 && t.Recording.Path == "":
		r.wrong(node, "the test %q has no metrics; write series: in promtool's notation, or recording: with a path", t.Name)
	case len(t.Series) > 0 && t.Recording.Path != "":
		r.wrong(node, "the test %q has both series and a recording; remove one", t.Name)
	case !t.StartAt.IsZero() && t.Recording.Path == "":
		r.wrong(node, "the test %q starts at a moment, and series have none; write how long after the first sample, such as start: 5m", t.Name)
	case !t.Expect.expects() && len(t.Checkpoints) == 0:
		r.wrong(node, "the test %q expects nothing, and cannot fail; write expect: {verdict: Failed, within: 2m}", t.Name)
	}
}

// expects says whether an expectation can be missed.
func (e Expectation) expects() bool {
	return e.Verdict != "" || len(e.Messages) > 0 || len(e.Metrics) > 0
}

// setting are the fields of a test that defaults may have, too.
func (r *reader) setting(t *Test) []field {
	return []field{
		{"template", func(node *yaml.Node) { t.Templates = r.texts(node, "template") }},
		{"kind", func(node *yaml.Node) {
			kind, _ := r.oneOf(node, "kind", []string{string(translate.Step), string(translate.Background)})
			t.Kind = translate.Kind(kind)
		}},
		{"args", func(node *yaml.Node) {
			r.each(node, "args", func(key, value *yaml.Node) {
				if text, ok := r.text(value, "args."+key.Value); ok {
					t.Args = append(t.Args, Arg{key.Value, text})
				}
			})
		}},
		{"series", func(node *yaml.Node) {
			r.list(node, "series", func(one *yaml.Node) { t.Series = append(t.Series, r.series(one)) })
		}},
		{"interval", func(node *yaml.Node) {
			interval, ok := r.duration(node, "interval")
			if ok && interval < time.Millisecond {
				r.wrong(node, "interval is %s; write the time from value to value, such as 15s", node.Value)
			}
			t.Interval = interval
		}},
		{"recording", func(node *yaml.Node) {
			path, _ := r.named(node, "recording")
			t.Recording = File{path, placeOf(node)}
		}},
		{"start", func(node *yaml.Node) { r.start(node, t) }},
		{"duration", func(node *yaml.Node) {
			duration, ok := r.duration(node, "duration")
			if ok && duration == 0 {
				r.wrong(node, "duration is 0; write how long to play the run, or remove it to play to the end of the metrics")
			}
			t.Duration = duration
		}},
		{"canarySince", func(node *yaml.Node) { t.CanarySince = r.moment(node, "canarySince") }},
		{"baselineSince", func(node *yaml.Node) { t.BaselineSince = r.moment(node, "baselineSince") }},
		{"weight", func(node *yaml.Node) { t.Weights = r.weights(node) }},
		{"unavailable", func(node *yaml.Node) {
			r.list(node, "unavailable", func(one *yaml.Node) { t.Unavailable = append(t.Unavailable, r.outage(one)) })
		}},
	}
}

func (r *reader) series(node *yaml.Node) Series {
	one := Series{place: placeOf(node)}
	before := len(r.problems)
	r.mapping(node, "a series",
		field{"series", func(node *yaml.Node) { one.Labels, _ = r.named(node, "series") }},
		field{"values", func(node *yaml.Node) { one.Values, _ = r.named(node, "values") }},
	)
	if len(r.problems) == before && (one.Labels == "" || one.Values == "") {
		r.wrong(node, `a series needs its labels and its values; write {series: 'requests_total{code="200"}', values: '0+10x60'}`)
	}
	return one
}

// start reads a time after the first sample, or a moment.
func (r *reader) start(node *yaml.Node, t *Test) {
	text, ok := r.text(node, "start")
	if !ok {
		return
	}
	if moment, err := time.Parse(time.RFC3339, text); err == nil {
		t.StartAt = moment.UTC()
		return
	}
	if strings.Contains(text, "-") && strings.Contains(text, ":") {
		r.wrong(node, "start is %q; write a moment with its time zone, such as 2026-03-01T12:00:00Z, or a time after the first sample, such as 5m", text)
		return
	}
	t.Start, _ = r.duration(node, "start")
}

// moment is a duration that may be absent.
func (r *reader) moment(node *yaml.Node, what string) *time.Duration {
	value, ok := r.duration(node, what)
	if !ok {
		return nil
	}
	return &value
}

// weights are one for the whole run, or a list with the times from which they are in force.
func (r *reader) weights(node *yaml.Node) []Weight {
	node, ok := r.follow(node)
	if !ok {
		return nil
	}
	if node.Kind == yaml.ScalarNode {
		weight, _ := r.percent(node, "weight")
		return []Weight{{Weight: weight}}
	}
	var all []Weight
	r.list(node, "weight", func(one *yaml.Node) {
		var next Weight
		r.mapping(one, "a weight",
			field{"from", func(node *yaml.Node) { next.From, _ = r.duration(node, "from") }},
			field{"weight", func(node *yaml.Node) { next.Weight, _ = r.percent(node, "weight") }},
		)
		if n := len(all); n > 0 && next.From <= all[n-1].From {
			r.wrong(one, "weights must come in the order of their times: this one is from %s, the one before from %s", next.From, all[n-1].From)
		}
		all = append(all, next)
	})
	return all
}

func (r *reader) outage(node *yaml.Node) Outage {
	var o Outage
	before := len(r.problems)
	r.mapping(node, "a time in unavailable",
		field{"from", func(node *yaml.Node) { o.From, _ = r.duration(node, "from") }},
		field{"for", func(node *yaml.Node) { o.For, _ = r.duration(node, "for") }},
	)
	if len(r.problems) == before && o.For == 0 {
		r.wrong(node, "a time in unavailable needs its length; write {from: 2m, for: 3m}")
	}
	return o
}

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
			verdict, _ := r.oneOf(node, "verdict", runVerdicts)
			e.Verdict = Verdict(verdict)
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
