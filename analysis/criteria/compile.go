package criteria

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

const (
	// maxLength of a condition in bytes; it bounds how deep the parser recurses.
	maxLength = 4096
	// maxNodes of the syntax tree of a condition.
	maxNodes = 2000
)

// What result is, for the type check. A condition reads it as one number or as a
// list, which only the answer can tell.
type (
	numberEnvironment struct {
		Result float64 `expr:"result"`
	}
	listEnvironment struct {
		Result []float64 `expr:"result"`
	}
)

// program is a condition translated for one shape of result.
type program struct {
	evaluate  evaluator
	variables int
}

// condition is one compiled condition. On the answer of a query it has programs for
// the shapes of result that it fits, at least one of them; else one for a comparison.
type condition struct {
	name, source string
	number, list *program
	comparison   *program
}

// compile type-checks a condition against both shapes of result, and accepts it
// if one fits.
func compile(name, source string) (*condition, error) {
	if len(source) > maxLength {
		return nil, newSyntaxError(name, source, fmt.Errorf("the condition is longer than %d bytes", maxLength))
	}
	number, numberErr := translate(source, numberEnvironment{}, &translator{})
	list, listErr := translate(source, listEnvironment{}, &translator{})
	if numberErr != nil && listErr != nil {
		if readsList(source) {
			return nil, newSyntaxError(name, source, listErr)
		}
		return nil, newSyntaxError(name, source, numberErr)
	}
	return &condition{name: name, source: source, number: number, list: list}, nil
}

// translate compiles a condition for one shape of result.
func translate(source string, environment any, t *translator, more ...expr.Option) (p *program, err error) {
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("the condition cannot be read: %v", r)
		}
	}()
	checked, err := expr.Compile(source, append(options(environment), more...)...)
	if err != nil {
		return nil, err
	}
	t.known = map[ast.Node]kind{}
	evaluate := t.node(checked.Node())
	if t.err != nil {
		return nil, t.err.Bind(checked.Source())
	}
	return &program{evaluate: evaluate, variables: t.variables}, nil
}

// options of the type check. The functions are never called: the translator has
// its own, with three values.
func options(environment any) []expr.Option {
	notCalled := func(...any) (any, error) { return nil, errNotCalled }
	return []expr.Option{
		expr.Env(environment),
		expr.AsBool(),
		expr.Optimize(false),
		expr.MaxNodes(maxNodes),
		expr.Function("asInt", notCalled, new(func(any) int)),
		expr.Function("asFloat", notCalled, new(func(any) float64)),
		expr.Function("isNaN", notCalled, new(func(float64) bool)),
		expr.Function("isInf", notCalled, new(func(float64) bool)),
		expr.Function("isNil", notCalled, new(func(any) bool)),
		expr.Function("default", notCalled, new(func(any, any) any)),
	}
}

// readsList reports whether a condition uses result as a list, so that an error
// about lists helps its author more than one about numbers.
func readsList(source string) bool {
	tree, err := parser.Parse(source)
	if err != nil {
		return false
	}
	var finder listFinder
	ast.Walk(&tree.Node, &finder)
	return finder.found
}

// listFinder finds uses of result as a list.
type listFinder struct{ found bool }

// Visit looks at one node.
func (f *listFinder) Visit(n *ast.Node) {
	switch n := (*n).(type) {
	case *ast.MemberNode:
		f.found = f.found || isResult(n.Node)
	case *ast.SliceNode:
		f.found = f.found || isResult(n.Node)
	case *ast.BuiltinNode:
		f.found = f.found || len(n.Arguments) > 0 && isResult(n.Arguments[0])
	}
}

func isResult(n ast.Node) bool {
	name, is := n.(*ast.IdentifierNode)
	return is && name.Value == "result"
}

// newSyntaxError is the library's error in our words: where, and a caret.
func newSyntaxError(name, source string, err error) *SyntaxError {
	e := &SyntaxError{Condition: name, Line: 1, Column: 1, Message: err.Error()}
	var located *file.Error
	if errors.As(err, &located) {
		e.Message = located.Message
		e.Line, e.Column = max(located.Line, 1), located.Column+1
	}
	e.Snippet = snippet(source, e.Line, e.Column)
	return e
}
