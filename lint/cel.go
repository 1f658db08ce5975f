package lint

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// celRules evaluates the rules of the schemas, which are written in the Common Expression
// Language. Its library would make the program a tenth larger. What our rules use of its syntax
// expr-lang's parser, which is there anyway, reads to the same tree; the meaning is in
// celValue. A test holds both against the library.
type celRules struct {
	trees    map[string]ast.Node
	patterns map[string]*regexp.Regexp
}

func newRules() *celRules {
	return &celRules{trees: map[string]ast.Node{}, patterns: map[string]*regexp.Regexp{}}
}

// parse parses a rule, once.
func (r *celRules) parse(rule string) (ast.Node, error) {
	if tree, known := r.trees[rule]; known {
		return tree, nil
	}
	parsed, err := parser.Parse(rule)
	if err != nil {
		return nil, fmt.Errorf("parsing the rule %q: %w", rule, err)
	}
	r.trees[rule] = parsed.Node
	return parsed.Node, nil
}

// broken says whether a value breaks a rule. A rule that cannot be evaluated on it is
// broken, too: that is what the API server makes of it.
func (r *celRules) broken(rule string, self any) (bool, error) {
	tree, err := r.parse(rule)
	if err != nil {
		return false, err
	}
	result, err := (&celValue{rules: r, names: map[string]any{"self": self, "string": "string"}}).of(tree)
	return err != nil || result != true, nil
}

// pattern compiles a regular expression, once.
func (r *celRules) pattern(text string) (*regexp.Regexp, error) {
	if known, is := r.patterns[text]; is {
		return known, nil
	}
	compiled, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	r.patterns[text] = compiled
	return compiled, nil
}

// applyRules evaluates the rules of a schema, unless something in the value is broken
// anyway.
func (c *structure) applyRules(n *node, s *schema) {
	if len(s.Validations) == 0 || n.anyBroken() {
		return
	}
	var self any
	for _, validation := range s.Validations {
		if strings.Contains(validation.Rule, "oldSelf") { // About a change, and there is none.
			continue
		}
		if self == nil {
			self = s.defaulted(n.plain())
		}
		if is, err := c.rules.broken(validation.Rule, self); err == nil && is {
			c.ruled = append(c.ruled, ruled{node: n, message: validation.Message})
		}
	}
}

// anyBroken says whether a value, or something in it, has the wrong type.
func (n *node) anyBroken() bool {
	if n.broken {
		return true
	}
	for _, child := range n.children() {
		if child.anyBroken() {
			return true
		}
	}
	return false
}

// children are the entries or the items.
func (n *node) children() []*node {
	if n.shape == sequence {
		return n.items
	}
	return n.entries
}
