package lint

import (
	"path"
	"slices"
	"strings"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// use is an analysis of a Rollout: where, what for, and which templates.
type use struct {
	rollout *object
	// node is the analysis in the Rollout.
	node     *node
	analysis v1alpha1.RolloutAnalysis
	// step is the index of the step, -1 in the background.
	step int
	// weight that the canary has there; of a background analysis, 0.
	weight int32
	// templates are all that are named and included; missing those that are not there.
	templates []*object
	missing   []v1alpha1.TemplateReference
}

// checkAll checks the objects of all files together.
func (l *linter) checkAll() {
	l.checkNames()
	l.findIncluders()
	uses := l.uses()
	for _, o := range l.objects {
		c := &checker{linter: l, object: o, uses: usesOf(uses, o)}
		switch {
		case o.kind == kindRollout:
			c.checkRollout(uses)
		case o.kind == kindRun:
			c.checkRun()
		default:
			c.checkTemplate()
		}
	}
	for _, u := range uses {
		l.checkUse(u)
	}
	for _, o := range l.objects {
		o.reportRules()
	}
}

// checker checks one object.
type checker struct {
	*linter
	*object
	// uses are the analyses that use the template.
	uses []*use
	args map[string]*argument
}

// checkNames reports objects that replace each other: those of one folder are applied
// together, those of several may be for different places.
func (l *linter) checkNames() {
	first := map[string]*object{}
	for _, o := range l.objects {
		if o.name == "" {
			continue
		}
		key := path.Dir(o.source.name) + " " + o.kind + "/" + o.namespace + "/" + o.name
		if other, taken := first[key]; taken {
			o.report(o.root.path("metadata", "name").place(), "duplicate-object", "%s is in %s, line %d, too, and whichever is applied last replaces the other; rename or remove one",
				o.title(), other.source.name, other.root.at.line)
			continue
		}
		first[key] = o
	}
}

// findTemplate finds the template that a Rollout or a template names: of several, the one
// of the same namespace, and then the nearest. A namespace that is not written may be any.
func (l *linter) findTemplate(ref v1alpha1.TemplateReference, from *object) *object {
	kind := kindTemplate
	if ref.ClusterScope {
		kind = kindClusterTemplate
	}
	var found *object
	best := 0
	for _, o := range l.named[ref.TemplateName] {
		if o.kind != kind || !ref.ClusterScope && o.namespace != from.namespace && o.namespace != "" && from.namespace != "" {
			continue
		}
		score := 1 + 2*shared(o.source.name, from.source.name)
		if ref.ClusterScope || o.namespace == from.namespace {
			score++
		}
		if score > best {
			found, best = o, score
		}
	}
	return found
}

// shared is how much two files have in common: their folders, from the root, and more when
// they are one file.
func shared(a, b string) int {
	if a == b {
		return 1 << 20
	}
	count := 0
	others := strings.Split(path.Dir(b), "/")
	for i, folder := range strings.Split(path.Dir(a), "/") {
		if i >= len(others) || others[i] != folder {
			return count
		}
		count++
	}
	if len(others) == count {
		count += 100 // The same folder.
	}
	return count
}

// closure is all templates that are reached from some references, each once, and those
// that are not among the files.
func (l *linter) closure(refs []v1alpha1.TemplateReference, from *object) (found []*object, missing []v1alpha1.TemplateReference) {
	for queue := slices.Clone(refs); len(queue) > 0; queue = queue[1:] {
		o := l.findTemplate(queue[0], from)
		switch {
		case o == nil:
			if !slices.Contains(missing, queue[0]) {
				missing = append(missing, queue[0])
			}
		case !slices.Contains(found, o):
			found = append(found, o)
			if o.template != nil {
				queue = append(queue, o.template.Templates...)
			}
		}
	}
	return found, missing
}

// family is a template and all that it includes.
func (l *linter) family(o *object) (found []*object, missing []v1alpha1.TemplateReference) {
	if o.template == nil {
		return []*object{o}, nil
	}
	found, missing = l.closure(o.template.Templates, o)
	if !slices.Contains(found, o) {
		found = append([]*object{o}, found...)
	}
	return found, missing
}

// findIncluders finds the templates that include others, directly or not.
func (l *linter) findIncluders() {
	l.includers = map[*object][]*object{}
	for _, o := range l.objects {
		if o.template == nil || len(o.template.Templates) == 0 {
			continue
		}
		reached, _ := l.closure(o.template.Templates, o)
		for _, included := range reached {
			if included != o {
				l.includers[included] = append(l.includers[included], o)
			}
		}
	}
}

// uses finds the analyses of all Rollouts.
func (l *linter) uses() []*use {
	var uses []*use
	add := func(u *use) {
		if u.node == nil {
			return
		}
		u.templates, u.missing = l.closure(u.analysis.Templates, u.rollout)
		uses = append(uses, u)
	}
	for _, o := range l.objects {
		if o.rollout == nil || o.rollout.Spec.Strategy.Canary == nil {
			continue
		}
		canary, node := o.rollout.Spec.Strategy.Canary, o.spec().path("strategy", "canary")
		weight := int32(0)
		for i, step := range canary.Steps {
			if step.SetWeight != nil {
				weight = *step.SetWeight
			}
			if steps := node.get("steps"); step.Analysis != nil && steps != nil && i < len(steps.items) {
				add(&use{rollout: o, node: steps.items[i].get("analysis"), analysis: *step.Analysis, step: i, weight: weight})
			}
		}
		if canary.Analysis != nil {
			add(&use{rollout: o, node: node.get("analysis"), analysis: canary.Analysis.RolloutAnalysis, step: -1})
		}
	}
	return uses
}

// usesOf are the analyses that use a template.
func usesOf(uses []*use, o *object) []*use {
	var found []*use
	for _, u := range uses {
		if slices.Contains(u.templates, o) {
			found = append(found, u)
		}
	}
	return found
}

// reportRules reports the rules of the schema that are broken, unless something else has
// said it more exactly.
func (o *object) reportRules() {
	for _, broken := range o.ruled {
		said := slices.ContainsFunc(o.told, func(n *node) bool {
			return n.within(broken.node) && (n != broken.node && strings.Contains(broken.message, n.name) || n == broken.node)
		})
		if !said {
			o.report(mentioned(broken.node, broken.message).place(), "schema", "%s", broken.message)
		}
	}
}

// mentioned is the field that a message speaks of first.
func mentioned(n *node, message string) *node {
	best, at := n, len(message)
	for _, entry := range n.entries {
		if i := strings.Index(message, entry.name); i >= 0 && i < at && len(entry.name) > 2 {
			best, at = entry, i
		}
	}
	return best
}
