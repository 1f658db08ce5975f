package translate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// ErrTemplateNotFound is what a Fetch returns, wrapped or not, for a template that
// does not exist.
var ErrTemplateNotFound = errors.New("template not found")

// Fetch reads a template: an AnalysisTemplate in the namespace of the Rollout, or
// a ClusterAnalysisTemplate.
type Fetch func(v1alpha1.TemplateReference) (*v1alpha1.AnalysisTemplateSpec, error)

// The bounds of what templates may include.
const (
	maxTemplateDepth = 16
	maxTemplates     = 64
	maxMetrics       = 64
	maxArguments     = 64
)

// defaultBudget is the falseAlarmBudget of a template that names none.
const defaultBudget = "1%"

// Templates are the metrics and arguments of all templates that an analysis names
// and that these include.
type Templates struct {
	// Metrics in order: a template's own, then those of the templates it includes.
	Metrics []v1alpha1.Metric
	// Origins say, for each metric, which field of which template it is.
	// Example: AnalysisTemplate/golden-signals metrics[1].
	Origins []string
	// Args are the arguments as declared, with their defaults.
	Args []v1alpha1.Argument
	// FalseAlarmBudget is the smallest of the templates'.
	FalseAlarmBudget string
	// Score is that of the one template that has any.
	Score *v1alpha1.AnalysisScore
}

// ResolveTemplates gathers templates and what they include. Problems are the
// user's to mend; the error is a template that could not be read just now.
func ResolveTemplates(fetch Fetch, refs []v1alpha1.TemplateReference) (Templates, Problems, error) {
	gathering := &gathering{fetch: fetch, done: map[v1alpha1.TemplateReference]bool{}, declared: map[string]int{}, named: map[string]string{}}
	for i, ref := range refs {
		if err := gathering.include(ref, nil, fmt.Sprintf("templates[%d]", i)); err != nil {
			return Templates{}, nil, err
		}
	}
	result := gathering.Templates
	if result.FalseAlarmBudget == "" {
		result.FalseAlarmBudget = defaultBudget
	}
	if len(gathering.problems) == 0 && len(result.Metrics) == 0 {
		gathering.problems.add("templates", "no metrics specified; name a template that has metrics")
	}
	return result, gathering.problems.sorted(), nil
}

// gathering is the state of a walk over templates.
type gathering struct {
	Templates
	fetch    Fetch
	done     map[v1alpha1.TemplateReference]bool
	declared map[string]int    // index in Args, by name
	named    map[string]string // origin of a metric, by name
	problems Problems
}

// include adds a template and what it includes. chain is how it was reached, field
// where it is named.
func (g *gathering) include(ref v1alpha1.TemplateReference, chain []v1alpha1.TemplateReference, field string) error {
	if at := slices.Index(chain, ref); at >= 0 {
		g.problems.add(field, "templates include each other: %s; remove one of the includes", chainText(append(slices.Clone(chain[at:]), ref)))
		return nil
	}
	if g.done[ref] {
		return nil
	}
	chain = append(slices.Clone(chain), ref)
	switch {
	case len(chain) > maxTemplateDepth:
		g.problems.add(field, "templates include each other more than %d deep: %s; include them directly", maxTemplateDepth, chainText(chain))
		return nil
	case len(g.done) >= maxTemplates:
		g.problems.add(field, "more than %d templates are included; use fewer", maxTemplates)
		return nil
	}
	g.done[ref] = true
	spec, err := g.fetch(ref)
	if errors.Is(err, ErrTemplateNotFound) || err == nil && spec == nil {
		g.problems.add(field, "%s %q does not exist%s; create it, or correct the name", templateKind(ref), ref.TemplateName, reachedBy(chain))
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading %s %q: %w", templateKind(ref), ref.TemplateName, err)
	}
	g.add(*spec, origin(ref))
	for i, included := range spec.Templates {
		if err := g.include(included, chain, fmt.Sprintf("%s templates[%d]", origin(ref), i)); err != nil {
			return err
		}
	}
	return nil
}

// add adds a template's own metrics, arguments, score and budget.
func (g *gathering) add(spec v1alpha1.AnalysisTemplateSpec, origin string) {
	for i, metric := range spec.Metrics {
		field := fmt.Sprintf("%s metrics[%d]", origin, i)
		if first, taken := g.named[metric.Name]; taken {
			g.problems.add(field, "duplicate name %q, as in %s; rename one of them", metric.Name, first)
			continue
		}
		if len(g.Metrics) >= maxMetrics {
			g.problems.add(field, "more than %d metrics in one analysis; use fewer", maxMetrics)
			break
		}
		g.named[metric.Name] = field
		g.Metrics, g.Origins = append(g.Metrics, *metric.DeepCopy()), append(g.Origins, field)
	}
	for i, argument := range spec.Args {
		g.declare(argument, fmt.Sprintf("%s args[%d]", origin, i))
	}
	g.addScore(spec.Score, origin)
	g.addBudget(spec, origin)
}

// addScore keeps the score; two that differ cannot both decide.
func (g *gathering) addScore(score *v1alpha1.AnalysisScore, origin string) {
	switch {
	case score == nil:
	case g.Score == nil:
		g.Score = score.DeepCopy()
	case !equality.Semantic.DeepEqual(g.Score, score):
		g.problems.add(origin+" score", "another template has another score; keep one of them")
	}
}

// addBudget keeps the smallest budget.
func (g *gathering) addBudget(spec v1alpha1.AnalysisTemplateSpec, origin string) {
	if spec.FalseAlarmBudget == "" {
		return
	}
	budget, err := parsePercent(spec.FalseAlarmBudget)
	if err != nil || budget <= 0 || budget >= 1 {
		g.problems.add(origin+" falseAlarmBudget", "%q is not a percentage of more than 0%% and less than 100%%; write it as 1%% or 0.5%%", spec.FalseAlarmBudget)
		return
	}
	if smallest, err := parsePercent(g.FalseAlarmBudget); err != nil || budget < smallest {
		g.FalseAlarmBudget = spec.FalseAlarmBudget
	}
}

// declare adds an argument; one that several templates declare has one value, and
// whoever gives none takes it.
func (g *gathering) declare(argument v1alpha1.Argument, field string) {
	at, known := g.declared[argument.Name]
	if !known {
		if len(g.Args) >= maxArguments {
			g.problems.add(field, "more than %d arguments in one analysis; use fewer", maxArguments)
			return
		}
		g.declared[argument.Name] = len(g.Args)
		g.Args = append(g.Args, *argument.DeepCopy())
		return
	}
	first := &g.Args[at]
	switch {
	case argument.Value == nil && argument.ValueFrom == nil:
	case first.Value == nil && first.ValueFrom == nil:
		*first = *argument.DeepCopy()
	case !sameArgument(*first, argument):
		g.problems.add(field, "argument %q is specified multiple times with different values; give it one value, or give the arguments different names", argument.Name)
	}
}

// sameArgument says whether two arguments have the same value.
func sameArgument(a, b v1alpha1.Argument) bool {
	if (a.Value == nil) != (b.Value == nil) || (a.ValueFrom == nil) != (b.ValueFrom == nil) {
		return false
	}
	return (a.Value == nil || *a.Value == *b.Value) && (a.ValueFrom == nil || *a.ValueFrom == *b.ValueFrom)
}

// templateKind is the kind that a reference names.
func templateKind(ref v1alpha1.TemplateReference) string {
	if ref.ClusterScope {
		return "ClusterAnalysisTemplate"
	}
	return "AnalysisTemplate"
}

// origin names a template in the fields of problems.
func origin(ref v1alpha1.TemplateReference) string {
	return templateKind(ref) + "/" + ref.TemplateName
}

// reachedBy says through which templates one was reached.
func reachedBy(chain []v1alpha1.TemplateReference) string {
	if len(chain) < 2 {
		return ""
	}
	return " (included by " + chainText(chain[:len(chain)-1]) + ")"
}

// chainText is "a -> b -> a".
func chainText(chain []v1alpha1.TemplateReference) string {
	names := make([]string, 0, len(chain))
	for _, ref := range chain {
		names = append(names, ref.TemplateName)
	}
	return strings.Join(names, " -> ")
}
