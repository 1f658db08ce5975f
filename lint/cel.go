package lint

import (
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/ext"
)

// celRules evaluates the rules of the schemas, by the library that the API server
// evaluates them with. Each is compiled when it is first needed.
type celRules struct {
	environment *cel.Env
	programs    map[string]cel.Program
}

// newRules makes the environment: self, and the functions of Kubernetes that our rules
// call.
func newRules() (*celRules, error) {
	environment, err := cel.NewEnv(
		cel.Variable("self", cel.DynType),
		ext.Strings(),
		cel.Function("sum", cel.MemberOverload("list_sum", []*cel.Type{cel.ListType(cel.DynType)}, cel.DynType, cel.UnaryBinding(sum))),
	)
	if err != nil {
		return nil, fmt.Errorf("preparing the rules of the schemas: %w", err)
	}
	return &celRules{environment: environment, programs: map[string]cel.Program{}}, nil
}

// sum adds a list of numbers up, as Kubernetes' list library does.
func sum(list ref.Val) ref.Val {
	items, is := list.(traits.Lister)
	if !is {
		return types.MaybeNoSuchOverloadErr(list)
	}
	var total ref.Val = types.Int(0)
	for i := items.Iterator(); i.HasNext() == types.True; {
		adder, is := total.(traits.Adder)
		if !is {
			return types.MaybeNoSuchOverloadErr(total)
		}
		total = adder.Add(i.Next())
	}
	return total
}

// compile compiles a rule, once.
func (r *celRules) compile(rule string) (cel.Program, error) {
	if program, known := r.programs[rule]; known {
		return program, nil
	}
	checked, issues := r.environment.Compile(rule)
	if issues.Err() != nil {
		return nil, fmt.Errorf("compiling the rule %q: %w", rule, issues.Err())
	}
	program, err := r.environment.Program(checked)
	if err != nil {
		return nil, fmt.Errorf("compiling the rule %q: %w", rule, err)
	}
	r.programs[rule] = program
	return program, nil
}

// broken says whether a value breaks a rule. A rule that cannot be evaluated on it breaks
// too: that is what the API server makes of it.
func (r *celRules) broken(rule string, self any) (bool, error) {
	program, err := r.compile(rule)
	if err != nil {
		return false, err
	}
	result, _, err := program.Eval(map[string]any{"self": self})
	return err != nil || result != types.True, nil
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
