package serin_test

import (
	"go/ast"
	"go/token"
	"strings"
)

// functions finds those that are too long or have too many paths, and do not say why
// in a comment above them: "Long: …" or "Complex: …". A Reconcile method reads as a
// table of contents; it may be a little longer, and has no excuse.
func functions(all []source) []finding {
	var found []finding
	for _, file := range all {
		if file.generated() {
			continue
		}
		for _, declaration := range file.syntax.Decls {
			if function, is := declaration.(*ast.FuncDecl); is && function.Body != nil {
				found = append(found, shape(file, function)...)
			}
		}
	}
	return found
}

// shape measures one function.
func shape(file source, function *ast.FuncDecl) []finding {
	var found []finding
	name := function.Name.Name
	lines := file.files.Position(function.End()).Line - file.files.Position(function.Pos()).Line + 1
	switch {
	case name == "Reconcile" && function.Recv != nil:
		if lines > longestReconcile {
			found = append(found, file.at(function.Pos(), "Reconcile has %d lines, more than %d; name its steps", lines, longestReconcile))
		}
	case lines > longestFunction && !excuse(function.Doc, "Long:"):
		found = append(found, file.at(function.Pos(), "%s has %d lines, more than %d; split it, or say why in a comment above it: // Long: …", name, lines, longestFunction))
	}
	if count := paths(function.Body); count > mostPaths && !excuse(function.Doc, "Complex:") {
		found = append(found, file.at(function.Pos(), "%s has a cyclomatic complexity of %d, more than %d; split it, or say why in a comment above it: // Complex: …", name, count, mostPaths))
	}
	return found
}

// excuse tells whether a comment has a line that begins with a word and goes on.
func excuse(comment *ast.CommentGroup, word string) bool {
	if comment == nil {
		return false
	}
	for _, line := range strings.Split(comment.Text(), "\n") {
		if reason, found := strings.CutPrefix(line, word); found && len(strings.Fields(reason)) >= 3 {
			return true
		}
	}
	return false
}

// paths is the cyclomatic complexity of a body: one, and one more for each branch,
// loop, case and short-circuit operator, those in function literals included.
func paths(body *ast.BlockStmt) int {
	count := 1
	ast.Inspect(body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			count++
		case *ast.CaseClause:
			if node.List != nil {
				count++
			}
		case *ast.CommClause:
			if node.Comm != nil {
				count++
			}
		case *ast.BinaryExpr:
			if node.Op == token.LAND || node.Op == token.LOR {
				count++
			}
		}
		return true
	})
	return count
}

// initialisers finds functions that run before main.
func initialisers(all []source) []finding {
	var found []finding
	for _, file := range all {
		for _, declaration := range file.syntax.Decls {
			if function, is := declaration.(*ast.FuncDecl); is && function.Recv == nil && function.Name.Name == "init" {
				found = append(found, file.at(function.Pos(), "init runs unasked; let main call it by a name that says what it does"))
			}
		}
	}
	return found
}

// packageDocs finds packages that do not say what they are for.
func packageDocs(all []source) []finding {
	documented := map[string]bool{}
	first := map[string]source{}
	var order []string
	for _, file := range all {
		if file.test {
			continue
		}
		if _, seen := first[file.folder]; !seen {
			first[file.folder] = file
			order = append(order, file.folder)
		}
		if text := file.syntax.Doc.Text(); strings.HasPrefix(text, "Package ") || strings.HasPrefix(text, "Command ") {
			documented[file.folder] = true
		}
	}
	var found []finding
	for _, folder := range order {
		if !documented[folder] {
			file := first[folder]
			found = append(found, file.at(file.syntax.Package, "package %s has no comment that says what it is for and what may come in", file.syntax.Name.Name))
		}
	}
	return found
}

// skips finds tests that are left out.
func skips(all []source) []finding {
	var found []finding
	for _, file := range all {
		ast.Inspect(file.syntax, func(node ast.Node) bool {
			call, is := node.(*ast.CallExpr)
			if !is || !file.test {
				return true
			}
			selector, is := call.Fun.(*ast.SelectorExpr)
			if is && (selector.Sel.Name == "Skip" || selector.Sel.Name == "Skipf" || selector.Sel.Name == "SkipNow") {
				found = append(found, file.at(call.Pos(), "a test that is left out proves nothing; make it run, or remove it"))
			}
			return true
		})
	}
	return found
}
