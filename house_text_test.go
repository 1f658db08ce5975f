package serin_test

import (
	"bytes"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// forbidden is what may stand in no file of the tree. The words are put together
// here, so that this file does not hold them.
var forbidden = []struct {
	words *regexp.Regexp
	why   string
}{
	{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX|HA` + `CK)\b`), "do it now, or write it into the closing note"},
	{regexp.MustCompile(`(^|[^A-Za-z0-9_.$})/-])/(wo` + `rk|ro` + `ot|ho` + `me|Us` + `ers)/[A-Za-z.]`), "a path of one machine; find it at run time"},
	{regexp.MustCompile(`\b(ghcr|quay|gcr|docker|ecr|azurecr)\.` + `(io|aws)\b|registry\.` + `(k8s\.io|npmjs|hub)|proxy\.golang` + `\.org|sum\.golang` + `\.org`), "a host of a registry; users say where they keep their images"},
}

// text finds forbidden words in one file.
func text(name string, content []byte) []finding {
	if bytes.IndexByte(content, 0) >= 0 { // Not a text.
		return nil
	}
	var found []finding
	for number, line := range strings.Split(string(content), "\n") {
		for _, rule := range forbidden {
			if match := rule.words.FindString(line); match != "" {
				found = append(found, finding{name, number + 1, strings.TrimSpace(match) + ": " + rule.why})
			}
		}
	}
	return found
}

func TestTexts(t *testing.T) {
	walk(t, func(name string, content []byte) {
		for _, finding := range text(name, content) {
			t.Error(finding)
		}
	})
}

// TestTextsCanFail breaks each rule about words.
func TestTextsCanFail(t *testing.T) {
	for _, row := range []struct {
		reason, line string
		want         int
	}{
		{"a plain line", "There is much to do here, at /metrics and in docs/work/x.", 0},
		{"a reminder", "// TO" + "DO: later", 1},
		{"another reminder", "# FIX" + "ME", 1},
		{"a path of a machine", `open("/ro` + `ot/.cache/serin")`, 1},
		{"another path of a machine", "cd /ho" + "me/ann/serin", 1},
		{"a path in the user's home", "$(HOME)/ro" + "ot/x", 0},
		{"a host of a registry", "image: gh" + "cr.io/serin-dev/serin:1", 1},
		{"the module proxy", "GOPROXY=https://proxy.golang" + ".org", 1},
		{"a registry of an example", "image: registry.example.com/web:1", 0},
		{"no text", "\x00TO" + "DO", 0},
	} {
		if got := text("file", []byte(row.line)); len(got) != row.want {
			t.Errorf("%s: got %v, want %d findings", row.reason, got, row.want)
		}
	}
}

// TestArchitectureNamesEveryFolder holds docs/architecture.md against the table.
func TestArchitectureNamesEveryFolder(t *testing.T) {
	page, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatalf("reading the page that explains the house: %v", err)
	}
	for _, room := range rooms {
		if !named(string(page), room.folder) {
			t.Errorf("docs/architecture.md does not name `%s`, nor a folder above it", room.folder)
		}
	}
}

// named tells whether a page names a folder as code, or one above it. The root
// needs no name.
func named(page, folder string) bool {
	for above := folder; above != "."; above = path.Dir(above) {
		if strings.Contains(page, "`"+above+"`") || strings.Contains(page, "`"+above+"/…`") {
			return true
		}
	}
	return folder == "."
}

func TestNamed(t *testing.T) {
	const page = "`crds/v1alpha1`, `providers/metrics/…` and `cmd/serin`"
	for folder, want := range map[string]bool{
		"crds/v1alpha1": true, "providers/metrics/prometheus": true, "cmd/serin/view": true, ".": true,
		"crds": false, "cmd/serin-demo": false, "providers/traffic": false, "crds/celtest": false,
	} {
		if got := named(page, folder); got != want {
			t.Errorf("%s: got %v, want %v", folder, got, want)
		}
	}
}
