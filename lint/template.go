package lint

import (
	"strings"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// checkTemplate checks a template by itself: whoever uses it, its metrics must be right.
func (c *checker) checkTemplate() {
	c.checkArguments()
	if c.template == nil {
		return
	}
	c.checkIncludes()
	spec := v1alpha1.AnalysisRunSpec{Metrics: c.template.Metrics, FalseAlarmBudget: c.template.FalseAlarmBudget, Score: c.template.Score}
	if len(spec.Metrics) > 0 {
		c.parseRun(spec, translate.Background)
	}
	c.checkMetrics()
	c.checkBudget()
	c.checkGroups()
}

// checkRun checks an AnalysisRun, in which all arguments are filled in.
func (c *checker) checkRun() {
	c.checkArguments()
	if c.run == nil {
		return
	}
	c.parseRun(c.run.Spec, translate.KindOf(c.run.ObjectMeta))
	c.checkMetrics()
	c.checkBudget()
	c.checkGroups()
}

// parseRun reports what the controller would refuse. Conditions and queries are checked
// where they stand, with their columns.
func (c *checker) parseRun(spec v1alpha1.AnalysisRunSpec, kind translate.Kind) {
	_, problems := translate.ParseRun(spec, kind, c.checks())
	for _, problem := range problems {
		c.problem(c.spec(), problem.Field, problem.Message)
	}
}

// checkIncludes follows the templates that are included.
func (c *checker) checkIncludes() {
	self := v1alpha1.TemplateReference{TemplateName: c.name, ClusterScope: c.kind == kindClusterTemplate}
	_, problems, err := translate.ResolveTemplates(c.fetch(&use{rollout: c.object}), []v1alpha1.TemplateReference{self})
	if err != nil {
		return // No fetch of ours fails.
	}
	for _, problem := range problems {
		origin, path, inTemplate := strings.Cut(problem.Field, " ")
		kind, name, _ := strings.Cut(origin, "/")
		if o := c.findTemplate(v1alpha1.TemplateReference{TemplateName: name, ClusterScope: kind == kindClusterTemplate}, c.object); inTemplate && o != nil {
			o.problem(o.spec(), path, problem.Message)
		}
	}
	included := c.spec().get("templates")
	if included == nil {
		return
	}
	for i, ref := range c.template.Templates {
		if c.findTemplate(ref, c.object) == nil && i < len(included.items) {
			c.report(included.items[i].place(), "missing-template", "%s is not among the files, so this template is checked without it; lint them together, and see that it is in the cluster", refName(ref))
		}
	}
}
