package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// example is a block of docs/cli.md: what has happened before, and what somebody
// types.
type example struct {
	// Patch is merged into the Rollout web first.
	Patch map[string]any
	// Accepted or Refused is the controller's answer to what is asked for.
	Accepted, Refused string
	// Meanwhile are changes that somebody who watches sees, before Ctrl-C.
	Meanwhile []map[string]any
}

// TestDocs runs every console block of docs/cli.md and compares. A comment before
// a block says in YAML what has happened before; see example. The Rollout begins as
// the one of view/testdata/base.yaml.
func TestDocs(t *testing.T) {
	const path = "../../docs/cli.md"
	w, kubeconfig := here(t, "shop")
	t.Setenv("KUBECONFIG", kubeconfig)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)(?:<!-- before\n(.*?)-->\n)?```console\n(.*?)```\n")
	count := 0
	text := block.ReplaceAllStringFunc(string(content), func(found string) string {
		count++
		parts := block.FindStringSubmatch(found)
		got := typed(t, w, parts[1], parts[2])
		if diff := cmp.Diff(parts[2], got); diff != "" && !*update {
			t.Errorf("a block of %s differs (-want +got); -update rewrites it:\n%s", path, diff)
		}
		return strings.Replace(found, "```console\n"+parts[2], "```console\n"+got, 1)
	})
	if count < 10 {
		t.Errorf("%d blocks in %s, want one for each command", count, path)
	}
	for _, command := range newRootCommand(&session{program: "serin"}).Commands() {
		examples := text
		if page, err := os.ReadFile("../../docs/cli/" + command.Name() + ".md"); err == nil {
			examples += string(page)
		}
		if !strings.Contains(examples, "\n$ serin "+command.Name()) && command.Name() != "exit-codes" {
			t.Errorf("neither %s nor docs/cli/%[2]s.md has an example of %[2]s", path, command.Name())
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// typed types the commands of a block and returns the block with what they print.
func typed(t *testing.T, w *world, before, block string) string {
	t.Helper()
	var e example
	if err := yaml.UnmarshalStrict([]byte(before), &e); err != nil {
		t.Fatalf("reading %q: %v", before, err)
	}
	if e.Patch != nil {
		w.merge(t, e.Patch)
	}
	var meanwhile []func()
	for _, change := range e.Meanwhile {
		meanwhile = append(meanwhile, func() { w.merge(t, change) })
	}
	for _, message := range []string{e.Accepted, e.Refused} {
		if message != "" {
			meanwhile = append(meanwhile, func() {
				if err := w.answer("web", message == e.Accepted, message); err != nil {
					t.Error(err)
				}
			})
		}
	}
	meanwhile = append(meanwhile, func() {})
	var out strings.Builder
	for _, line := range strings.Split(block, "\n") {
		command, found := strings.CutPrefix(line, "$ serin")
		if !found {
			continue
		}
		p := start(t, "", nil, meanwhile, words(command)...)
		out.WriteString(line + "\n" + p.stdout.String() + p.stderr.String())
	}
	return out.String()
}

// words splits a command line at its spaces; double quotes keep words together.
func words(line string) []string {
	var all []string
	for _, word := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1) {
		all = append(all, strings.Trim(word, `"`))
	}
	return all
}

// merge merges a change into the Rollout web.
func (w *world) merge(t *testing.T, change map[string]any) {
	t.Helper()
	object, err := w.rollout("web")
	if err == nil {
		err = w.patch(object, change)
	}
	if err != nil {
		t.Error(err)
	}
}
