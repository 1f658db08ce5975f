package serin_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is a parsed Go file.
type source struct {
	// path is relative to the root, with slashes.
	path   string
	folder string
	test   bool
	// nested files belong to another module: a tool, or a program of the lab.
	nested bool
	files  *token.FileSet
	syntax *ast.File
}

// finding is a breach of a rule: where, and what to do.
type finding struct {
	path string
	line int
	what string
}

// String is the finding as a test prints it.
func (f finding) String() string { return fmt.Sprintf("%s:%d: %s", f.path, f.line, f.what) }

// at is a finding at a place in the file.
func (s source) at(position token.Pos, format string, arguments ...any) finding {
	return finding{s.path, s.files.Position(position).Line, fmt.Sprintf(format, arguments...)}
}

// generated tells files that a program has written.
func (s source) generated() bool { return ast.IsGenerated(s.syntax) }

// imports are the paths that a file imports, by the name that it uses for them.
func (s source) imports() map[string]*ast.ImportSpec {
	byPath := map[string]*ast.ImportSpec{}
	for _, spec := range s.syntax.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		byPath[imported] = spec
	}
	return byPath
}

// calls visits the selectors of a package, such as time.Now, wherever they are used.
func (s source) calls(imported string, visit func(*ast.SelectorExpr)) {
	spec, has := s.imports()[imported]
	if !has {
		return
	}
	name := path.Base(imported)
	if isVersion(name) {
		name = path.Base(path.Dir(imported))
	}
	if spec.Name != nil {
		name = spec.Name.Name
	}
	ast.Inspect(s.syntax, func(node ast.Node) bool {
		if selector, is := node.(*ast.SelectorExpr); is {
			if left, is := selector.X.(*ast.Ident); is && left.Name == name {
				visit(selector)
			}
		}
		return true
	})
}

// isVersion tells the last part of a path such as math/rand/v2.
func isVersion(name string) bool {
	number, has := strings.CutPrefix(name, "v")
	_, err := strconv.Atoi(number)
	return has && err == nil
}

// parse reads one file from text.
func parse(name, text string) (source, error) {
	files := token.NewFileSet()
	syntax, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return source{path: name, folder: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), files: files, syntax: syntax}, err
}

// sources parses all Go files of the tree.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	walk(t, func(name string, content []byte) {
		if !strings.HasSuffix(name, ".go") {
			return
		}
		parsed, err := parse(name, string(content))
		if err != nil {
			t.Errorf("parsing %s: %v", name, err)
			return
		}
		parsed.nested = nested(name)
		all = append(all, parsed)
	})
	if len(all) < 50 {
		t.Fatalf("found %d Go files: the search does not see the house", len(all))
	}
	return all
}

// nested tells files of another module.
func nested(name string) bool {
	for folder := path.Dir(name); folder != "."; folder = path.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return true
		}
	}
	return false
}

// walk visits every file of the tree that is ours, in order.
func walk(t *testing.T, visit func(name string, content []byte)) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // A file that went away while we looked.
			return nil
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", ".cache", "bin"}, name):
			return filepath.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(name)
		if err == nil {
			visit(filepath.ToSlash(name), content)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
