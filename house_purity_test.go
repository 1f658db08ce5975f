package serin_test

import (
	"go/ast"
	"maps"
	"slices"
	"strings"
)

// purity finds the outside world in the pure folders: clocks, files, networks,
// logs, contexts, goroutines, and randomness that nobody passed in. Their tests may
// read files, and are deterministic too.
func purity(all []source) []finding {
	var found []finding
	for _, file := range all {
		if room, _ := roomOf(file.folder); !room.pure {
			continue
		}
		found = append(found, readsClock(file, "the time is an argument here")...)
		found = append(found, globalRandomness(file)...)
		if !file.test {
			found = append(found, importsOutside(file)...)
			found = append(found, goroutines(file)...)
		}
	}
	return found
}

// readsClock finds uses of the functions that read the clock or wait for it.
func readsClock(file source, why string) []finding {
	var found []finding
	file.calls("time", func(selector *ast.SelectorExpr) {
		if slices.Contains(timekeepers, selector.Sel.Name) {
			found = append(found, file.at(selector.Pos(), "time.%s: %s", selector.Sel.Name, why))
		}
	})
	return found
}

// seeded are the names of math/rand/v2 that need a seed or a source.
var seeded = []string{"New", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "PCG", "ChaCha8", "Source", "Zipf"}

// globalRandomness finds random numbers that a test could not repeat.
func globalRandomness(file source) []finding {
	var found []finding
	file.calls("math/rand/v2", func(selector *ast.SelectorExpr) {
		if !slices.Contains(seeded, selector.Sel.Name) {
			found = append(found, file.at(selector.Pos(), "rand.%s: randomness is an argument here; take a *rand.Rand", selector.Sel.Name))
		}
	})
	return found
}

// importsOutside finds imports of the outside world.
func importsOutside(file source) []finding {
	var found []finding
	imports := file.imports()
	for _, path := range slices.Sorted(maps.Keys(imports)) {
		for _, world := range outside {
			if path == world || strings.HasPrefix(path, world+"/") && path != "math/rand/v2" {
				found = append(found, file.at(imports[path].Pos(), "a pure folder may not import %s; take what it gives as an argument", path))
			}
		}
	}
	return found
}

// goroutines finds go statements.
func goroutines(file source) []finding {
	var found []finding
	ast.Inspect(file.syntax, func(node ast.Node) bool {
		if statement, is := node.(*ast.GoStmt); is {
			found = append(found, file.at(statement.Pos(), "a pure folder starts no goroutines: the same input must give the same output"))
		}
		return true
	})
	return found
}

// clocks finds reads of the clock, and uses of os, outside the programs and the lab.
// Tests may wait for a real process, and read files.
func clocks(all []source) []finding {
	var found []finding
	for _, file := range all {
		if file.test || file.nested || slices.ContainsFunc(withClock, func(folder string) bool { return within(file.folder, folder) }) {
			continue
		}
		found = append(found, readsClock(file, "take a clock as an argument; only programs and the lab read the real one")...)
		packages := []string{"os", "os/exec", "os/signal", "os/user"}
		if slices.Contains(withFiles, file.folder) {
			found = append(found, notFiles(file)...)
			packages = packages[1:]
		}
		for _, path := range packages {
			if spec, has := file.imports()[path]; has {
				found = append(found, file.at(spec.Pos(), "%s belongs to programs and the lab; take what it gives as an argument", path))
			}
		}
	}
	return found
}

// notFiles finds uses of package os for anything but files.
func notFiles(file source) []finding {
	var found []finding
	file.calls("os", func(selector *ast.SelectorExpr) {
		if !slices.Contains(filesOfOS, selector.Sel.Name) {
			found = append(found, file.at(selector.Pos(), "os.%s: this folder may use os for files alone", selector.Sel.Name))
		}
	})
	return found
}
