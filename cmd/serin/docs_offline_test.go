package main

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestOfflineDocs runs every console block of docs/cli/*.md and of README.md, without a
// cluster, and compares. What is typed is typed at the root of the repository; $OUT is a folder that
// is there for the page's own files; "< FILE" pipes a file in.
func TestOfflineDocs(t *testing.T) {
	pages, err := filepath.Glob("../../docs/cli/*.md")
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```console\n(.*?)```\n")
	for _, page := range append(pages, "../../README.md") {
		path, err := filepath.Abs(page)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(page), func(t *testing.T) {
			out := t.TempDir()
			t.Chdir(root)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text := block.ReplaceAllStringFunc(string(content), func(found string) string {
				want := block.FindStringSubmatch(found)[1]
				got := typedOffline(t, out, want)
				if diff := cmp.Diff(want, got); diff != "" && !*update {
					t.Errorf("a block of %s differs (-want +got); -update rewrites it:\n%s", path, diff)
				}
				return strings.Replace(found, want, got, 1)
			})
			if *update {
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// typedOffline types the commands of a block and returns the block with what they print.
func typedOffline(t *testing.T, out, block string) string {
	t.Helper()
	var text strings.Builder
	for _, line := range strings.Split(block, "\n") {
		command, found := strings.CutPrefix(line, "$ serin")
		if !found {
			continue
		}
		printed := offline(t, words(strings.ReplaceAll(command, "$OUT", out)))
		text.WriteString(line + "\n" + strings.ReplaceAll(printed, out, "$OUT"))
	}
	return text.String()
}

// offline runs the program in the current directory, with no way to a cluster.
func offline(t *testing.T, args []string) string {
	t.Helper()
	var stdin, stdout, stderr strings.Builder
	if n := len(args); n > 2 && args[n-2] == "<" {
		content, err := os.ReadFile(args[n-1])
		if err != nil {
			t.Fatal(err)
		}
		stdin.Write(content)
		args = args[:n-2]
	}
	run(environment{
		Args:   append([]string{"serin"}, args...),
		Env:    func(string) string { return "" },
		Stdin:  strings.NewReader(stdin.String()),
		Stdout: &stdout, Stderr: &stderr,
		Now:     func() time.Time { return testNow },
		Random:  rand.Reader,
		Size:    func() (int, int) { return 0, 0 },
		Signals: func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) },
		Build:   testBuild,
		Sleep:   func(context.Context, time.Duration) {},
	})
	return stdout.String() + stderr.String()
}
