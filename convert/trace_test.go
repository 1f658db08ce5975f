package convert

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

// traced converts inputs and keeps what the conversion knows.
func traced(t rapid.TB, inputs ...Input) (*conversion, Result) {
	c := newConversion(Options{})
	c.unchecked = true
	for _, input := range inputs {
		documents, err := read(input, Detect)
		if err != nil {
			t.Fatalf("%v", err)
		}
		c.documents = append(c.documents, documents...)
	}
	result, err := c.result()
	if err != nil {
		t.Fatalf("%v", err)
	}
	return c, result
}

// TestEveryFieldLeavesATrace walks every value of every example: it stands in the
// output, or a finding names it or something around it.
func TestEveryFieldLeavesATrace(t *testing.T) {
	leaves := 0
	for _, path := range examples(t) {
		c, result := traced(t, load(t, path))
		leaves += checkTraces(t, c, result)
	}
	if leaves < 600 {
		t.Errorf("%d values in the examples, want more", leaves)
	}
}

// checkTraces checks all values of all documents, and says how many there are.
func checkTraces(t rapid.TB, c *conversion, result Result) int {
	written := map[*yaml.Node]bool{}
	for _, output := range result.Outputs {
		collect(output.root, written)
	}
	count := 0
	for _, d := range c.documents {
		for _, leaf := range c.trace.leaves(d.root, "", "", nil) {
			count++
			where := fmt.Sprintf("%s:%d %s %s", d.file, leaf.node.Line, d.object(), leaf.path)
			switch {
			case leaf.fate != "":
				if !named(result.Findings, d, leaf.path) {
					t.Errorf("%s is said to be %q, and no finding says so", where, leaf.fate)
				}
			case leaf.to == nil:
				t.Errorf("%s left no trace", where)
			case !written[leaf.to] && !named(result.Findings, d, leaf.path):
				t.Errorf("%s became something that is not in the output", where)
			}
		}
	}
	return count
}

// collect finds all nodes of a tree.
func collect(node *yaml.Node, into map[*yaml.Node]bool) {
	into[node] = true
	for _, content := range node.Content {
		collect(content, into)
	}
}

// named says whether a finding is about a field or something around it.
func named(findings []Finding, d *document, path string) bool {
	for _, finding := range findings {
		if finding.File != d.file || finding.Object != d.object() {
			continue
		}
		rest, around := strings.CutPrefix(path, finding.Field)
		if finding.Field == "" && finding.Fate != Hint || around && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// TestUnknownFieldsAreReported puts fields that nobody knows at random places: their
// names must stand in the output or in the report. It does not look at the trace, but
// at the texts alone.
func TestUnknownFieldsAreReported(t *testing.T) {
	paths := examples(t)
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.SampledFrom(paths).Draw(t, "example")
		documents, err := read(readExample(t, path), Detect)
		if err != nil {
			t.Fatalf("%v", err)
		}
		var mappings []*yaml.Node
		for _, d := range documents {
			findMappings(d.root, &mappings)
		}
		names := map[string]bool{}
		for i := range rapid.IntRange(1, 6).Draw(t, "fields") {
			name := fmt.Sprintf("zzUnknown%d", i)
			value := rapid.SampledFrom([]*yaml.Node{str("a"), integer(7), truth(true), mapping(), list(), mapping("inner", str("b")), list(str("c"))}).Draw(t, "value")
			put(rapid.SampledFrom(mappings).Draw(t, "place"), name, clone(value))
			names[name] = true
		}
		var inputs []Input
		for i, d := range documents {
			text, err := write(clone(d.root))
			if err != nil {
				t.Fatalf("%v", err)
			}
			inputs = append(inputs, Input{Name: fmt.Sprintf("%s#%d", path, i), Text: text})
		}
		c, result := traced(t, inputs...)
		checkTraces(t, c, result)
		report := result.Stream()
		for _, finding := range result.Findings {
			report += finding.String() + "\n"
		}
		for name := range names {
			if !strings.Contains(report, name) && !insideFinding(inputs, result.Findings, name) {
				var places []string
				for _, d := range documents {
					places = append(places, pathsOf(d.root, "", name)...)
				}
				t.Errorf("field %s of %s (%s) is neither in the output nor in the report", name, path, places)
			}
		}
	})
}

func readExample(t rapid.TB, path string) Input {
	text := exampleTexts(t)[path]
	return Input{Name: path, Text: []byte(text)}
}

// findMappings finds all objects of a tree.
func findMappings(node *yaml.Node, into *[]*yaml.Node) {
	if node.Kind == yaml.MappingNode {
		*into = append(*into, node)
	}
	for _, content := range node.Content {
		findMappings(content, into)
	}
}

// insideFinding says whether a field is below one that a finding is about: what is
// refused, or replaced, is so with all that it has.
func insideFinding(inputs []Input, findings []Finding, name string) bool {
	for _, input := range inputs {
		documents, err := read(input, Detect)
		if err != nil || len(documents) == 0 {
			continue
		}
		for _, path := range pathsOf(documents[0].root, "", name) {
			if named(withoutNotes(findings), documents[0], path) {
				return true
			}
		}
	}
	return false
}

// withoutNotes are the findings after which a field is gone.
func withoutNotes(findings []Finding) []Finding {
	var gone []Finding
	for _, finding := range findings {
		if finding.Fate == Refused || finding.Fate == Omitted || finding.Fate == Changed && whole.MatchString(finding.Why) {
			gone = append(gone, finding)
		}
	}
	return gone
}

// whole finds what says that a field is gone with all that it has.
var whole = regexp.MustCompile(`(is|are) left out|becomes a pause|are described here|is part of|are part of|has to scale|looked for|are read from|is read from|is released at once|not Kayenta's`)

// pathsOf are the paths of all fields of a name.
func pathsOf(node *yaml.Node, path, name string) []string {
	var found []string
	for i, content := range node.Content {
		switch {
		case node.Kind == yaml.SequenceNode:
			found = append(found, pathsOf(content, fmt.Sprintf("%s[%d]", path, i), name)...)
		case i%2 == 1:
			sub := join(path, node.Content[i-1].Value)
			if node.Content[i-1].Value == name {
				found = append(found, sub)
			}
			found = append(found, pathsOf(content, sub, name)...)
		}
	}
	return found
}

// TestCommentsReachTheOutput: what a finding says of a field that has a place in the
// output is said there, too.
func TestCommentsReachTheOutput(t *testing.T) {
	for _, path := range examples(t) {
		result := converted(t, path)
		text := plain(result.Stream())
		missing := 0
		for _, finding := range result.Findings {
			if finding.Fate == Changed && !strings.Contains(text, plain(finding.Why)) {
				missing++
				t.Logf("%s: no comment says: %s", path, finding)
			}
		}
		// What becomes part of another object is said there in other words.
		if missing > 3 {
			t.Errorf("%s: %d changes are in no comment", path, missing)
		}
	}
}

// plain is a text without the line breaks of comments.
func plain(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "#", " ")), " ")
}
