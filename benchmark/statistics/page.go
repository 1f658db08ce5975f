package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// replace puts each section between its markers. Every section needs its markers.
func replace(page string, sections map[string]string) (string, error) {
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		before, _, after, err := cut(page, name)
		if err != nil {
			return "", err
		}
		page = before + "\n" + strings.TrimSpace(sections[name]) + "\n" + after
	}
	return page, nil
}

// section is what stands between the markers of a name.
func section(page, name string) (string, error) {
	_, inside, _, err := cut(page, name)
	return strings.TrimSpace(inside), err
}

// cut takes a page apart at the markers of a name; they stay with before and after.
func cut(page, name string) (before, inside, after string, err error) {
	begin, end := "<!-- begin: "+name+" -->", "<!-- end: "+name+" -->"
	before, rest, found := strings.Cut(page, begin)
	if !found {
		return "", "", "", fmt.Errorf("there is no %s", begin)
	}
	inside, after, found = strings.Cut(rest, end)
	if !found {
		return "", "", "", fmt.Errorf("there is no %s after %s", end, begin)
	}
	return before + begin, inside, end + after, nil
}
