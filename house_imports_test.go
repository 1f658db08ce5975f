package serin_test

import (
	"maps"
	"slices"
	"strings"
)

// arrows finds imports that the table of rooms does not allow.
func arrows(all []source) []finding {
	var found []finding
	for _, file := range all {
		if file.nested { // Nobody can import it, and it has a go.mod of its own.
			continue
		}
		room, known := roomOf(file.folder)
		if !known {
			found = append(found, file.at(file.syntax.Package, "folder %s is unknown; add it to the table in house_test.go and docs/architecture.md", file.folder))
			continue
		}
		imports := file.imports()
		for _, path := range slices.Sorted(maps.Keys(imports)) {
			if complaint := room.refuses(path, file.test); complaint != "" {
				found = append(found, file.at(imports[path].Pos(), "%s", complaint))
			}
		}
	}
	return found
}

// roomOf is the row of the table for a folder.
func roomOf(folder string) (room, bool) {
	for _, room := range rooms {
		if room.folder == folder {
			return room, true
		}
	}
	return room{}, false
}

// refuses says why a room may not import a path; empty if it may.
func (r room) refuses(path string, test bool) string {
	for owned, owner := range onlyIn {
		if within(path, owned) && r.folder != owner {
			return r.folder + " imports " + path + ", which belongs to " + owner + " alone"
		}
	}
	if test {
		for _, other := range forbiddenInTests {
			if within(path, other) {
				return "tests are written with testing and go-cmp, not with " + path
			}
		}
		return ""
	}
	own, ours := strings.CutPrefix(path, module+"/")
	switch {
	case r.open || standard(path):
		return ""
	case !ours:
		own = path
	}
	if slices.ContainsFunc(r.may, func(allowed allowed) bool { return within(own, allowed.path) }) {
		return ""
	}
	return r.folder + " may not import " + own + "; turn the arrow round, or allow it in house_test.go and docs/architecture.md, with a reason"
}

// standard tells the packages of Go itself: their paths have no dot before the
// first slash.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// within tells whether a path is another one or below it.
func within(path, above string) bool {
	return path == above || strings.HasPrefix(path, above+"/")
}
