package convert

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Source is a system that configurations come from.
type Source string

// The sources. Detect takes each object for what it looks like.
const (
	Detect  Source = ""
	Argo    Source = "argo"
	Flagger Source = "flagger"
	Kayenta Source = "kayenta"
)

// Sources are the names that people can type.
func Sources() []Source { return []Source{Argo, Flagger, Kayenta} }

// Input is one text: YAML with any number of documents, or JSON.
type Input struct {
	// Name says where it is from, for people. Example: rollouts/web.yaml.
	Name string
	Text []byte
}

// Options say what the texts themselves do not.
type Options struct {
	// From is what objects are taken for that do not say what they are; objects of
	// other sources are then passed on as they are.
	From Source
	// MeshProvider is Flagger's flag -mesh-provider, for Canaries without
	// spec.provider. Default: what the Canary's fields tell, else istio, as in Flagger.
	MeshProvider string
}

// Result is what became of the inputs.
type Result struct {
	// Outputs are in the order of the inputs.
	Outputs []Output
	// Findings are by place in the inputs.
	Findings []Finding
}

// Output is one object.
type Output struct {
	Kind, Namespace, Name string
	// From is where its source stands. Example: canary.yaml:3.
	From string
	// Kept says that it is not an object of a source, and is passed on as it is.
	Kept bool
	// YAML is the object with its comments, ending in a line break.
	YAML []byte
	root *yaml.Node
}

// Convert converts all inputs together, because objects refer to each other: a Canary
// to a Deployment and to MetricTemplates, a Rollout to AnalysisTemplates. The error is
// a *ReadError; then there is no result.
func Convert(inputs []Input, options Options) (Result, error) {
	c := newConversion(options)
	for _, input := range inputs {
		documents, err := read(input, options.From)
		if err != nil {
			return Result{}, err
		}
		c.documents = append(c.documents, documents...)
	}
	return c.result()
}

// conversion is the work on all inputs.
type conversion struct {
	options   Options
	documents []*document
	findings  []Finding
	// outputs of each document, in order.
	outputs map[*document][]Output
	// dead are templates of which nothing could be converted.
	dead map[templateKey]bool
	// consumed are documents that became part of another one's output.
	consumed map[*document]bool
	trace    trace
	// unchecked leaves out the last look by lint, for tests of many inputs.
	unchecked bool
	// current is the document at hand.
	current *document
}

func newConversion(options Options) *conversion {
	return &conversion{
		options: options, outputs: map[*document][]Output{}, dead: map[templateKey]bool{}, consumed: map[*document]bool{}, trace: newTrace(),
	}
}

// result converts document by document: what is referred to first.
func (c *conversion) result() (Result, error) {
	c.findDeadTemplates()
	for _, rank := range []func(*document) bool{isCanary, isReferrer, func(*document) bool { return true }} {
		for _, d := range c.documents {
			if _, done := c.outputs[d]; !done && !c.consumed[d] && rank(d) {
				c.outputs[d] = nil
				c.convert(d)
			}
		}
	}
	result := Result{}
	var from []*document
	for _, d := range c.documents {
		c.coverage(d)
		for _, output := range c.outputs[d] {
			text, err := write(output.root)
			if err != nil {
				return Result{}, fmt.Errorf("writing %s %s from %s: %w", output.Kind, output.Name, output.From, err)
			}
			output.YAML = text
			result.Outputs = append(result.Outputs, output)
			from = append(from, d)
		}
	}
	if !c.unchecked {
		if err := c.lint(&result, from); err != nil {
			return Result{}, err
		}
	}
	slices.SortStableFunc(c.findings, c.byPlace())
	result.Findings = c.findings
	return result, nil
}

// convert converts one document.
func (c *conversion) convert(d *document) {
	previous := c.current
	c.current = d
	defer func() { c.current = previous }()
	switch d.source {
	case Argo:
		c.argo(d)
	case Flagger:
		c.flagger(d)
	case Kayenta:
		c.kayenta(d)
	default:
		c.keepDocument(d)
	}
}

// emit adds an object to the output of the document at hand.
func (c *conversion) emit(root *yaml.Node) {
	d := c.current
	c.outputs[d] = append(c.outputs[d], Output{
		Kind: text(child(root, "kind")), Name: text(child(root, "metadata", "name")), Namespace: text(child(root, "metadata", "namespace")),
		From: fmt.Sprintf("%s:%d", d.file, d.root.Line), root: root,
	})
}
