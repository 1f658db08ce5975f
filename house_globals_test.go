package serin_test

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// globals finds package-level variables that could change: all but errors, compiled
// regular expressions, embedded files, assertions (var _ = …), and tables that
// nothing in their package assigns to.
func globals(all []source) []finding {
	changed := map[string]map[string]bool{}
	for _, file := range all {
		if !file.test {
			collectChanges(file, changed)
		}
	}
	var found []finding
	for _, file := range all {
		if file.test || file.generated() {
			continue
		}
		for _, declaration := range file.syntax.Decls {
			if general, is := declaration.(*ast.GenDecl); is && general.Tok == token.VAR {
				found = append(found, mutable(file, general, changed[file.folder])...)
			}
		}
	}
	return found
}

// mutable finds the variables of one declaration that could change.
func mutable(file source, declaration *ast.GenDecl, changed map[string]bool) []finding {
	var found []finding
	for _, spec := range declaration.Specs {
		variable := spec.(*ast.ValueSpec)
		if embedded(declaration.Doc) || embedded(variable.Doc) {
			continue
		}
		for i, name := range variable.Names {
			switch {
			case name.Name == "_":
			case len(variable.Values) == 0 && !changed[name.Name] && plain(variable.Type):
			case len(variable.Values) != len(variable.Names):
				found = append(found, file.at(name.Pos(), "global %s has no value of its own, so something must change it; pass it as an argument", name.Name))
			case changed[name.Name]:
				found = append(found, file.at(name.Pos(), "global %s is changed; pass it as an argument", name.Name))
			case !constant(variable.Values[i]):
				found = append(found, file.at(name.Pos(), "global %s may have a state; pass it as an argument, or add an exception to house_test.go", name.Name))
			}
		}
	}
	return found
}

// embedded tells a go:embed directive.
func embedded(comment *ast.CommentGroup) bool {
	return comment != nil && slices.ContainsFunc(comment.List, func(line *ast.Comment) bool { return strings.HasPrefix(line.Text, "//go:embed ") })
}

// plain tells types whose zero value is a constant that Go cannot write as one.
func plain(of ast.Expr) bool {
	selector, is := of.(*ast.SelectorExpr)
	if !is {
		return false
	}
	left, is := selector.X.(*ast.Ident)
	return is && left.Name+"."+selector.Sel.Name == "time.Time"
}

// makers are the calls whose results do not change.
var makers = []string{"errors.New", "fmt.Errorf", "regexp.MustCompile", "time.Date"}

// constant tells values that stay what they are if nobody assigns to them.
func constant(value ast.Expr) bool {
	switch value := value.(type) {
	case *ast.CompositeLit, *ast.BasicLit, *ast.FuncLit:
		return true
	case *ast.CallExpr:
		selector, is := value.Fun.(*ast.SelectorExpr)
		if !is {
			return false
		}
		left, is := selector.X.(*ast.Ident)
		return is && slices.Contains(makers, left.Name+"."+selector.Sel.Name)
	}
	return false
}

// collectChanges notes, by folder, the names that a file assigns to, takes the
// address of, deletes from or clears. Names of local variables are noted, too: a
// global that shares one is reported for nothing, and better renamed.
func collectChanges(file source, changed map[string]map[string]bool) {
	names := changed[file.folder]
	if names == nil {
		names = map[string]bool{}
		changed[file.folder] = names
	}
	note := func(target ast.Expr) {
		if name := root(target); name != nil {
			names[name.Name] = true
		}
	}
	ast.Inspect(file.syntax, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.AssignStmt:
			if node.Tok != token.DEFINE {
				for _, target := range node.Lhs {
					note(target)
				}
			}
		case *ast.IncDecStmt:
			note(node.X)
		case *ast.UnaryExpr:
			if node.Op == token.AND {
				note(node.X)
			}
		case *ast.CallExpr:
			if function, is := node.Fun.(*ast.Ident); is && (function.Name == "delete" || function.Name == "clear") && len(node.Args) > 0 {
				note(node.Args[0])
			}
		}
		return true
	})
}

// root is the variable that an expression such as a.b[i] belongs to, or nil.
func root(target ast.Expr) *ast.Ident {
	for {
		switch inner := target.(type) {
		case *ast.Ident:
			return inner
		case *ast.SelectorExpr:
			target = inner.X
		case *ast.IndexExpr:
			target = inner.X
		case *ast.StarExpr:
			target = inner.X
		case *ast.ParenExpr:
			target = inner.X
		default:
			return nil
		}
	}
}
