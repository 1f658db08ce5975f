package lint

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// anyAddress stands for the controller's default address, which lint cannot know.
const anyAddress = "http://prometheus"

// checks are what translate asks about queries. An error is reported where the query is,
// and not by it.
func (l *linter) checks() translate.Checks {
	return translate.Checks{PrometheusAddress: anyAddress}
}

// filledChecks are the same for texts with the arguments of a Rollout.
func (l *linter) filledChecks() translate.Checks {
	parse := func(text string) error {
		if _, err := newParser().ParseExpr(text); err != nil {
			return errors.New(noPromQL + err.Error())
		}
		return nil
	}
	return translate.Checks{PrometheusAddress: anyAddress, Query: parse, Selector: parse}
}

// problem reports what translate found at a path of the object. Its rule follows from
// what it says.
func (o *object) problem(base *node, path, message string) {
	if base == nil {
		base = o.root
	}
	at, exact := base.find(path)
	if elsewhere(message) || o.refusedAt(at, message) || !exact && o.ruledOn(at, path) {
		return
	}
	o.told = append(o.told, at)
	last := path[strings.LastIndexByte(path, '.')+1:]
	switch {
	case !exact && !strings.Contains(message, last):
		message = path + ": " + message
	case strings.HasPrefix(message, "is ") || strings.HasPrefix(message, "are ") || strings.HasPrefix(message, "must "):
		message = last + " " + message
	}
	o.report(at.place(), ruleOf(message), "%s", message)
}

// elsewhere says whether a problem is found where it stands, with its column.
func elsewhere(message string) bool {
	return strings.HasPrefix(message, "line ") || strings.HasPrefix(message, "failed to resolve {{") || strings.Contains(message, "comes from a Secret and would be shown here")
}

// refusedAt says whether the schema has refused a node, so that the problem follows from it.
func (o *object) refusedAt(at *node, message string) bool {
	return slices.ContainsFunc(o.refused, func(refused *node) bool {
		return at.within(refused) || refused.parent == at && (refused.broken || strings.HasPrefix(message, "duplicate name"))
	})
}

// ruledOn says whether a broken rule of the schema is about a field that is missing: rules
// about fields that belong together say it better.
func (o *object) ruledOn(at *node, path string) bool {
	missing := path[strings.LastIndexByte(path, '.')+1:]
	return slices.ContainsFunc(o.ruled, func(broken ruled) bool { return broken.node == at && strings.Contains(broken.message, missing) })
}

// ruleOf is the rule that a problem of translate belongs to.
func ruleOf(message string) string {
	for _, known := range []struct{ text, rule string }{
		{"runs indefinitely, and a step waits", "endless-step"},
		{"at a weight of 100 the stable version gets no traffic", "nothing-to-compare"},
		{"templates include each other", "include-cycle"},
		{"was not supplied", "missing-arg"},
		{"is declared by no template", "undeclared-arg"},
	} {
		if strings.Contains(message, known.text) {
			return known.rule
		}
	}
	return "invalid-spec"
}

// stable and latest stand for the hashes of a release.
const (
	stableHash = "5ab1e00000"
	latestHash = "ca4a400000"
)

// checkUse checks an analysis as the controller does before a release.
func (l *linter) checkUse(u *use) {
	for _, ref := range u.missing {
		if i := slices.Index(u.analysis.Templates, ref); i >= 0 {
			at, _ := u.node.find("templates[" + strconv.Itoa(i) + "].templateName")
			u.rollout.report(at.place(), "missing-template", "%s is not among the files, so this analysis is checked without it; lint them together, and see that it is in the cluster", refName(ref))
		}
	}
	kind := translate.Step
	if u.step < 0 {
		kind = translate.Background
	}
	release := translate.Release{
		Rollout: u.rollout.rollout.ObjectMeta, StableHash: stableHash, LatestHash: latestHash,
		FreshBaseline: u.rollout.rollout.Spec.Strategy.Canary.Baseline != nil, Alone: u.weight == 100,
	}
	_, problems, err := translate.ResolveAnalysis(l.fetch(u), u.analysis, kind, release, l.filledChecks())
	if err != nil {
		return // No fetch of ours fails.
	}
	for _, problem := range problems {
		l.useProblem(u, problem)
	}
}

// useProblem reports a problem of an analysis, in the template or in the Rollout.
func (l *linter) useProblem(u *use, problem translate.Problem) {
	depends := strings.Contains(problem.Message, "is declared by no template") || strings.Contains(problem.Message, "no metrics specified")
	if depends && len(u.missing) > 0 {
		return
	}
	origin, path, inTemplate := strings.Cut(problem.Field, " ")
	if !inTemplate {
		u.rollout.problem(u.node, argumentPath(u.node, problem), problem.Message)
		return
	}
	kind, name, _ := strings.Cut(origin, "/")
	if o := l.findTemplate(v1alpha1.TemplateReference{TemplateName: name, ClusterScope: kind == kindClusterTemplate}, u.rollout); o != nil {
		if o.filledProblem(u, path, problem.Message) {
			return
		}
		message := problem.Message
		if rule := ruleOf(message); rule == "endless-step" || rule == "nothing-to-compare" {
			message += " (used by " + u.rollout.title() + ", step " + strconv.Itoa(u.step+1) + ")"
		}
		o.problem(o.spec(), path, message)
	}
}

// noPromQL marks what the parser says.
const noPromQL = "no PromQL: "

// filledProblem reports a condition or a query that is right by itself, and is not with the
// values that a Rollout gives to its arguments.
func (o *object) filledProblem(u *use, path, message string) bool {
	rule, syntax := "condition-syntax", message
	if text, is := strings.CutPrefix(message, noPromQL); is {
		rule, syntax = "promql-syntax", text
	} else if !strings.HasPrefix(message, "line ") {
		return false
	}
	at, exact := o.spec().find(path)
	if exact && !slices.Contains(o.told, at) {
		o.told = append(o.told, at)
		o.report(at.place(), rule, "with the arguments of %s, line %d, this cannot be used: %s", u.rollout.title(), u.node.key.line, syntax)
	}
	return true
}

// argumentPath is the path of the very argument that a problem of all arguments is about.
func argumentPath(analysis *node, problem translate.Problem) string {
	if problem.Field != "args" {
		return problem.Field
	}
	if args := analysis.get("args"); args != nil {
		for i, item := range args.items {
			if name := item.get("name").string(); name != "" && strings.Contains(problem.Message, `"`+name+`"`) {
				return "args[" + strconv.Itoa(i) + "].name"
			}
		}
		return "args"
	}
	return "templates"
}

// fetch reads templates from the files. A missing one is empty: what is there is checked.
func (l *linter) fetch(u *use) translate.Fetch {
	return func(ref v1alpha1.TemplateReference) (*v1alpha1.AnalysisTemplateSpec, error) {
		if o := l.findTemplate(ref, u.rollout); o != nil && o.template != nil {
			return o.template, nil
		}
		return &v1alpha1.AnalysisTemplateSpec{}, nil
	}
}

// refName names a template.
func refName(ref v1alpha1.TemplateReference) string {
	if ref.ClusterScope {
		return kindClusterTemplate + "/" + ref.TemplateName
	}
	return kindTemplate + "/" + ref.TemplateName
}
