package lint

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// The kinds that are linted.
const (
	kindTemplate        = "AnalysisTemplate"
	kindClusterTemplate = "ClusterAnalysisTemplate"
	kindRun             = "AnalysisRun"
	kindRollout         = "Rollout"
)

// kinds are the kinds that are linted.
func kinds() []string {
	return []string{kindTemplate, kindClusterTemplate, kindRun, kindRollout}
}

// object is one of ours in a file.
type object struct {
	source *source
	// root of the object, which may be an item of a List.
	root            *node
	kind            string
	name, namespace string
	// typed is the object as the controller reads it, as far as it could be read.
	rollout  *v1alpha1.Rollout
	template *v1alpha1.AnalysisTemplateSpec
	run      *v1alpha1.AnalysisRun
	// ruled are rules of the schema that it breaks.
	ruled []ruled
	// refused are the nodes that its schema refuses, and told those about which something
	// has been said.
	refused, told []*node
}

// title names the object for people.
func (o *object) title() string {
	if o.name == "" {
		return o.kind
	}
	return o.kind + "/" + o.name
}

// report adds a diagnostic about the object.
func (o *object) report(at place, rule, format string, values ...any) {
	o.source.report(at, rule, o.title(), format, values...)
}

// linter reads all files first and checks them together.
type linter struct {
	options Options
	sources []*source
	objects []*object
	// named are the objects by their names.
	named map[string][]*object
	// includers are the templates that include one, directly or not.
	includers map[*object][]*object
	schemas   map[string]*schema
	rules     *celRules
	// patterns of the schemas, compiled once.
	patterns map[string]*regexp.Regexp
	words    words
}

// words are the patterns by which a file is looked at before it is parsed.
type words struct{ ours, helm, line, role, version, secret *regexp.Regexp }

func newLinter(options Options) *linter {
	if options.ScrapeInterval <= 0 {
		options.ScrapeInterval = defaultScrapeInterval
	}
	return &linter{options: options, schemas: map[string]*schema{}, named: map[string][]*object{}, rules: newRules(), patterns: map[string]*regexp.Regexp{}, words: words{
		ours:    regexp.MustCompile(`serin\.dev/|(?m)^[\s\-"{]*"?kind"?:\s*"?(` + strings.Join(kinds(), "|") + `)\b`),
		helm:    regexp.MustCompile(`\{\{-?\s*(/\*|(\.|\$|if|else|end|range|with|include|template|define|block|toYaml|printf|default|quote|required|tpl|lookup)\b|[.$][A-Za-z])`),
		line:    regexp.MustCompile(`line (\d+): `),
		role:    regexp.MustCompile(`canary|stable|baseline|primary|preview`),
		version: regexp.MustCompile(`hash|version|revision|release|canary|stable|baseline|primary|preview`),
		secret:  regexp.MustCompile(`(?i)^(authorization|proxy-authorization|cookie)$|token|secret|password|api-?key`),
	}}
}

// read finds the objects of a file.
func (l *linter) read(file File, report *Report) {
	// Most files of a repository are not ours, and need not be looked at further.
	if !l.words.ours.Match(file.Content) {
		for text := range strings.SplitSeq(string(file.Content), "\n---") {
			if strings.TrimSpace(text) != "" {
				report.Foreign++
			}
		}
		return
	}
	s := newSource(file.Name, file.Content)
	l.sources = append(l.sources, s)
	s.comments = suppressions(s)
	for _, document := range s.documents() {
		text := document.text()
		if !l.words.ours.MatchString(text) {
			report.Foreign++
			continue
		}
		if at := l.words.helm.FindStringIndex(text); at != nil {
			s.report(placeIn(document, text, at[0]), "helm-template", "", "this is a Helm template that has not been rendered, so it is not checked; "+
				"render it first: helm template CHART | serin lint -")
			return
		}
		root, twice, err := parse(document)
		if err != nil {
			s.report(l.errorPlace(document, err), "yaml", "", "this is not YAML: %s; correct it, nothing else of this document was checked", l.yamlMessage(err))
			continue
		}
		for _, n := range twice {
			s.report(n.key, "duplicate-key", "", "%s is there twice, and only one of the two would be used; remove one", quoted(n.name))
		}
		if root != nil {
			l.add(s, root, report)
		}
	}
}

// placeIn is the place of a byte of a document's text.
func placeIn(d document, text string, offset int) place {
	before := text[:offset]
	line := strings.Count(before, "\n")
	return place{d.first + line, len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1}
}

// errorPlace is the line that an error of the YAML library names, or the document's first.
func (l *linter) errorPlace(d document, err error) place {
	match := l.words.line.FindStringSubmatch(err.Error())
	if match == nil {
		return place{d.first, 1}
	}
	line, err := strconv.Atoi(match[1])
	if err != nil {
		return place{d.first, 1}
	}
	line = min(d.first+line-1, d.first+len(d.lines)-1)
	text := string(d.lines[line-d.first])
	return place{line, len([]rune(text)) - len([]rune(strings.TrimLeft(text, " \t"))) + 1}
}

// yamlMessage is the library's message without its own line.
func (l *linter) yamlMessage(err error) string {
	return l.words.line.ReplaceAllString(strings.TrimPrefix(err.Error(), "yaml: "), "")
}

// add looks at what kind of object a document is.
func (l *linter) add(s *source, root *node, report *Report) {
	apiVersion, kind := root.get("apiVersion").string(), root.get("kind").string()
	group, version, _ := strings.Cut(apiVersion, "/")
	ours, known := slices.Contains(kinds(), kind), group == v1alpha1.GroupVersion.Group
	switch {
	case strings.HasSuffix(kind, "List") && root.get("items") != nil:
		for _, item := range root.get("items").items {
			item.name, item.parent = "", nil
			l.add(s, item, report)
		}
	case group == "argoproj.io" && ours:
		report.Foreign++
		s.report(root.get("apiVersion").place(), "argo-kind", kind, "this %s is one of Argo Rollouts, and is left alone; `serin convert` turns it into Serin's, "+
			"with a comment at everything whose meaning changes", kind)
	case known && ours && version == v1alpha1.GroupVersion.Version:
		report.Objects++
		l.addObject(s, root, kind)
	case known || ours && (apiVersion == "" || nearest(apiVersion, []string{v1alpha1.GroupVersion.String()}) != ""):
		report.Objects++
		s.unknownKind(root, apiVersion, kind)
	default:
		report.Foreign++
	}
}

// unknownKind says what is wrong with an object's apiVersion or kind.
func (s *source) unknownKind(root *node, apiVersion, kind string) {
	const rule = "unknown-kind"
	if slices.Contains(kinds(), kind) {
		s.report(placeOf(root, "apiVersion"), rule, "", "%s has no %s; write apiVersion: %s", orNothing(apiVersion), kind, v1alpha1.GroupVersion)
		return
	}
	fix := "known are " + strings.Join(kinds(), ", ")
	if meant := nearest(kind, kinds()); meant != "" {
		fix = "did you mean " + meant + "?"
	}
	s.report(placeOf(root, "kind"), rule, "", "%s has no kind %s; %s", apiVersion, quoted(kind), fix)
}

// orNothing names an apiVersion that may be missing.
func orNothing(apiVersion string) string {
	if apiVersion == "" {
		return "without an apiVersion, the API server"
	}
	return quoted(apiVersion)
}

// placeOf is where a field stands, or else what it should be in.
func placeOf(root *node, field string) place {
	if n := root.get(field); n != nil {
		return n.place()
	}
	return root.at
}

// addObject checks an object against its schema, and keeps it for the other checks.
func (l *linter) addObject(s *source, root *node, kind string) {
	o := &object{
		source: s, root: root, kind: kind,
		name: root.path("metadata", "name").string(), namespace: root.path("metadata", "namespace").string(),
	}
	l.objects, l.named[o.name] = append(l.objects, o), append(l.named[o.name], o)
	known, err := l.schemaOf(kind)
	if err != nil {
		o.report(root.at, "schema", "%v", err)
		return
	}
	if o.name == "" && root.path("metadata", "generateName").string() == "" {
		o.report(placeOf(root, "metadata"), "schema", "metadata.name is missing; add a name")
	}
	before := len(s.found)
	c := &structure{source: s, object: o.title(), rules: l.rules, patterns: l.patterns}
	c.check(root, known)
	o.ruled = c.ruled
	for _, d := range s.found[before:] {
		if n := nodeAt(root, place{d.Line, d.Column}); n != nil && n != root {
			o.refused = append(o.refused, n)
		}
	}
	o.told = slices.Clone(o.refused)
	o.decode()
}

// nodeAt is the innermost node at a place.
func nodeAt(n *node, at place) *node {
	if n.place() == at || n.key == at {
		return n
	}
	for _, child := range n.children() {
		if found := nodeAt(child, at); found != nil {
			return found
		}
	}
	return nil
}

// schemaOf reads the schema of a kind, once.
func (l *linter) schemaOf(kind string) (*schema, error) {
	if known, is := l.schemas[kind]; is {
		return known, nil
	}
	loaded, err := loadSchema(kind)
	if err != nil {
		return nil, err
	}
	l.schemas[kind] = loaded
	return loaded, nil
}

// decode reads the object as the controller does. What has a wrong type was reported
// and is left out.
func (o *object) decode() {
	text, err := json.Marshal(o.root.plain())
	if err != nil {
		return
	}
	read := func(into any) bool {
		err := json.Unmarshal(text, into)
		if err != nil && !slices.ContainsFunc(o.root.children(), (*node).anyBroken) {
			o.report(o.root.at, "schema", "it cannot be read: %s; correct that field", strings.TrimPrefix(err.Error(), "json: "))
		}
		return err == nil
	}
	switch o.kind {
	case kindRollout:
		if into := (&v1alpha1.Rollout{}); read(into) {
			o.rollout = into
		}
	case kindRun:
		if into := (&v1alpha1.AnalysisRun{}); read(into) {
			o.run = into
		}
	default:
		if into := (&v1alpha1.AnalysisTemplate{}); read(into) {
			o.template = &into.Spec
		}
	}
}

// spec of the object; nil when it has none.
func (o *object) spec() *node {
	return o.root.get("spec")
}

// metrics are the metrics of a template or of a run, as nodes.
func (o *object) metrics() []*node {
	metrics := o.spec().get("metrics")
	if metrics == nil {
		return nil
	}
	return metrics.items
}
