package unittest

import (
	"slices"
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
	own.checkKind(r, before, set)
	for _, other := range s.Tests {
		if other.Name == own.Name && own.Name != "" {
			r.wrong(node, "there are two tests %q; give each a name of its own", own.Name)
		}
	}
	s.Tests = append(s.Tests, own)
}

// inherit takes from the defaults what a test does not set. Arguments and series are
// joined, and those of the test count; but arguments are for a template, and stay with it.
//
// Complex: a line for each field.
func (t *Test) inherit(shared Test, set map[string]bool) {
	if !set["template"] && !set["rollout"] {
		t.Templates, t.Rollout = shared.Templates, shared.Rollout
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
	if !set["release"] {
		t.Release = shared.Release
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
	case len(t.Templates) == 0 && t.Rollout == "":
		r.wrong(node, "the test %q has no template; write template: or rollout: with the metadata.name of one in files", t.Name)
	case len(t.Templates) > 0 && t.Rollout != "":
		r.wrong(node, "the test %q has both a template and a rollout; remove one", t.Name)
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

// checkKind refuses what a Rollout has and a run has not, or the other way round.
func (t *Test) checkKind(r *reader, before int, set map[string]bool) {
	if len(r.problems) > before {
		return
	}
	at := func(p place) *yaml.Node { return &yaml.Node{Line: p.line, Column: p.column} }
	verdicts, other := runVerdicts, "a Rollout"
	if t.Rollout != "" {
		verdicts, other = releaseVerdicts, "templates"
	}
	for _, name := range []string{"kind", "canarySince", "baselineSince", "weight", "release"} {
		if set[name] && (t.Rollout != "") != (name == "release") {
			r.wrong(at(t.place), "the test %q has the field %s, which is for %s; remove it", t.Name, name, other)
		}
	}
	all := []Expectation{t.Expect}
	for _, c := range t.Checkpoints {
		all = append(all, c.Expectation)
	}
	for _, e := range all {
		if e.Verdict != "" && !slices.Contains(verdicts, string(e.Verdict)) {
			r.wrong(at(e.place), "the verdict %s is one of %s; write one of %s", e.Verdict, other, listed(verdicts))
		}
		if e.Weight != nil && t.Rollout == "" {
			r.wrong(at(e.place), "a weight is expected, and templates set none; name a Rollout, or remove it")
		}
	}
}

// expects says whether an expectation can be missed.
func (e Expectation) expects() bool {
	return e.Verdict != "" || e.Weight != nil || len(e.Messages) > 0 || len(e.Metrics) > 0
}
