package serin_test

import (
	"strings"
	"testing"
)

// snippet is a small tree of files, and what a rule says about it: nothing, or
// findings that begin so.
type snippet struct {
	rule   string
	reason string
	files  map[string]string
	want   []string
}

// one is a tree of one file.
func one(name, text string) map[string]string { return map[string]string{name: text} }

// lines is a function body of so many lines.
func lines(count int) string { return strings.Repeat("\tx()\n", count) }

const (
	isArrows       = "imports follow the arrows"
	isPurity       = "pure folders are pure"
	isClocks       = "the clock and the operating system stay outside"
	isFunctions    = "functions are short and plain"
	isInitialisers = "nothing happens before main"
	isGlobals      = "no mutable globals"
	isPackageDocs  = "every package says what it is for"
	isSkips        = "no test is left out"
)

var importSnippets = []snippet{
	{isArrows, "the standard library", one("analysis/series/a.go", `package a; import "math"`), nil},
	{isArrows, "what the table allows", one("analysis/run/a.go", `package a; import "github.com/serin-dev/serin/analysis/judge"`), nil},
	{
		isArrows, "an arrow the wrong way round",
		one("analysis/judge/a.go", `package a; import "github.com/serin-dev/serin/analysis/run"`),
		[]string{"analysis/judge/a.go:1: analysis/judge may not import analysis/run"},
	},
	{
		isArrows, "Kubernetes in a provider of metrics",
		one("providers/metrics/prometheus/a.go", `package a; import "k8s.io/api/core/v1"`),
		[]string{"providers/metrics/prometheus/a.go:1: providers/metrics/prometheus may not import k8s.io/api/core/v1"},
	},
	{
		isArrows, "a name that only begins like an allowed one",
		one("analysis/criteria/a.go", `package a; import "github.com/expr-lang/expression"`),
		[]string{"analysis/criteria/a.go:1: analysis/criteria may not import github.com/expr-lang/expression"},
	},
	{
		isArrows, "a folder that nobody has placed",
		one("util/a.go", "package util"),
		[]string{"util/a.go:1: folder util is unknown; add it to the table in house_test.go and docs/architecture.md"},
	},
	{
		isArrows, "the logger, in the program that has no need of it",
		one("cmd/serin/a.go", `package main; import "github.com/rs/zerolog/log"`),
		[]string{"cmd/serin/a.go:1: cmd/serin imports github.com/rs/zerolog/log, which belongs to cmd/serin-controller alone"},
	},
	{
		isArrows, "the lab, in the product",
		one("controller/rollout/a.go", `package a; import "github.com/serin-dev/serin/lab/controlplane"`),
		[]string{"controller/rollout/a.go:1: controller/rollout may not import lab/controlplane"},
	},
	{isArrows, "the lab, in a test of the product", one("controller/rollout/a_test.go", `package a; import "github.com/serin-dev/serin/lab/controlplane"`), nil},
	{
		isArrows, "another way to write tests",
		one("analysis/run/a_test.go", `package a; import "github.com/stretchr/testify/assert"`),
		[]string{"analysis/run/a_test.go:1: tests are written with testing and go-cmp, not with github.com/stretchr/testify/assert"},
	},
}

var puritySnippets = []snippet{
	{isPurity, "a duration is no clock", one("analysis/run/a.go", `package a; import "time"; var x = time.Second`), nil},
	{isPurity, "a clock", one("analysis/run/a.go", `package a; import "time"; var x = time.Now()`), []string{"analysis/run/a.go:1: time.Now"}},
	{isPurity, "a clock as a value", one("controller/progression/a.go", `package a; import t "time"; var now = t.Now`), []string{"controller/progression/a.go:1: time.Now"}},
	{isPurity, "a wait in a test", one("analysis/run/a_test.go", `package a; import "time"; func f() { time.Sleep(1) }`), []string{"analysis/run/a_test.go:1: time.Sleep"}},
	{isPurity, "a clock in a shell", one("controller/rollout/a.go", `package a; import "time"; var x = time.Now()`), nil},
	{isPurity, "randomness from a seed", one("analysis/run/a.go", `package a; import "math/rand/v2"; var x = rand.New(rand.NewPCG(1, 2))`), nil},
	{isPurity, "randomness from nowhere", one("analysis/run/a.go", `package a; import "math/rand/v2"; var x = rand.IntN(3)`), []string{"analysis/run/a.go:1: rand.IntN"}},
	{isPurity, "the old randomness", one("analysis/run/a.go", `package a; import "math/rand"`), []string{"analysis/run/a.go:1: a pure folder may not import math/rand"}},
	{isPurity, "files", one("analysis/run/a.go", `package a; import "os"`), []string{"analysis/run/a.go:1: a pure folder may not import os"}},
	{isPurity, "the network", one("analysis/run/a.go", `package a; import "net/http"`), []string{"analysis/run/a.go:1: a pure folder may not import net/http"}},
	{isPurity, "logs", one("analysis/run/a.go", `package a; import "log/slog"`), []string{"analysis/run/a.go:1: a pure folder may not import log/slog"}},
	{isPurity, "contexts", one("analysis/run/a.go", `package a; import "context"`), []string{"analysis/run/a.go:1: a pure folder may not import context"}},
	{isPurity, "goroutines", one("analysis/run/a.go", `package a; func f() { go f() }`), []string{"analysis/run/a.go:1: a pure folder starts no goroutines"}},
	{isPurity, "a test that reads its scenario", one("analysis/run/a_test.go", `package a; import "os"`), nil},

	{isClocks, "a program", one("cmd/serin/a.go", `package a; import ("os"; "time"); var x = time.Now()`), nil},
	{isClocks, "a clock in a reconciler", one("controller/rollout/a.go", `package a; import "time"; var x = time.Since(y)`), []string{"controller/rollout/a.go:1: time.Since"}},
	{isClocks, "the environment in a provider", one("providers/metrics/prometheus/a.go", `package a; import "os"`), []string{"providers/metrics/prometheus/a.go:1: os belongs to programs"}},
	{isClocks, "a test that waits for a real process", one("controller/rollout/a_test.go", `package a; import "time"; var x = time.Now()`), nil},
	{isClocks, "files, where the data are files", one("recording/a.go", `package a; import "os"; var x = os.ReadFile`), nil},
	{isClocks, "a clock, where the data are files", one("recording/a.go", `package a; import "time"; var x = time.Now()`), []string{"recording/a.go:1: time.Now"}},
	{isClocks, "the environment, where the data are files", one("recording/a.go", `package a; import "os"; var x = os.Getenv("HOME")`), []string{"recording/a.go:1: os.Getenv: this folder may use os for files alone"}},
	{isClocks, "a process, where the data are files", one("recording/a.go", `package a; import "os/exec"`), []string{"recording/a.go:1: os/exec belongs to programs"}},
	{isClocks, "files, below the folder whose data are files", one("recording/below/a.go", `package a; import "os"`), []string{"recording/below/a.go:1: os belongs to programs"}},
	{isClocks, "a folder that is only called like a program's", one("cmdline/a.go", `package a; import "os"`), []string{"cmdline/a.go:1: os belongs to programs"}},
}

var functionSnippets = []snippet{
	{isFunctions, "as long as allowed", one("a.go", "package a\nfunc f() {\n"+lines(58)+"}\n"), nil},
	{isFunctions, "too long", one("a.go", "package a\nfunc f() {\n"+lines(59)+"}\n"), []string{"a.go:2: f has 61 lines, more than 60"}},
	{isFunctions, "too long, with a reason", one("a.go", "package a\n// f is.\n// Long: it is one table.\nfunc f() {\n"+lines(59)+"}\n"), nil},
	{isFunctions, "too long, with an empty reason", one("a.go", "package a\n// f is.\n// Long: yes.\nfunc f() {\n"+lines(59)+"}\n"), []string{"a.go:4: f has 61 lines"}},
	{isFunctions, "too long, with a reason for something else", one("a.go", "package a\n// f is.\n// Complex: it is one table.\nfunc f() {\n"+lines(59)+"}\n"), []string{"a.go:4: f has 61 lines"}},
	{isFunctions, "a Reconcile as long as allowed", one("a.go", "package a\nfunc (r R) Reconcile() {\n"+lines(68)+"}\n"), nil},
	{isFunctions, "a Reconcile without an excuse", one("a.go", "package a\n// Long: it is one table.\nfunc (r R) Reconcile() {\n"+lines(69)+"}\n"), []string{"a.go:3: Reconcile has 71 lines, more than 70"}},
	{isFunctions, "as many paths as allowed", one("a.go", "package a\nfunc f() {\n"+strings.Repeat("if x {\n}\n", 14)+"}\n"), nil},
	{
		isFunctions, "too many paths of all kinds",
		one("a.go", "package a\nfunc f() {\n"+strings.Repeat("if x && y || z {\n}\n", 3)+"for range x {\n}\nfor {\n}\nswitch {\ncase x:\ncase y:\ndefault:\n}\nselect {\ncase <-c:\n}\ng(func() {\nif x {\n}\n})\n}\n"),
		[]string{"a.go:2: f has a cyclomatic complexity of 16, more than 15"},
	},
	{isFunctions, "too many paths, with a reason", one("a.go", "package a\n// Complex: each case is plain.\nfunc f() {\n"+strings.Repeat("if x {\n}\n", 15)+"}\n"), nil},
	{isFunctions, "generated", one("a.go", "// Code generated by x. DO NOT EDIT.\n\npackage a\nfunc f() {\n"+lines(59)+"}\n"), nil},

	{isInitialisers, "a method of that name", one("a.go", "package a; func (r R) init() {}"), nil},
	{isInitialisers, "an init", one("a.go", "package a; func init() {}"), []string{"a.go:1: init runs unasked"}},

	{isPackageDocs, "one comment is enough", map[string]string{"x/a.go": "package x", "x/b.go": "// Package x is.\npackage x"}, nil},
	{isPackageDocs, "a program", one("x/a.go", "// Command x does.\npackage main"), nil},
	{isPackageDocs, "none", one("x/a.go", "package x"), []string{"x/a.go:1: package x has no comment"}},
	{isPackageDocs, "one that says nothing about the package", one("x/a.go", "// Copyright.\npackage x"), []string{"x/a.go:2: package x has no comment"}},
	{isPackageDocs, "tests alone", one("x/a_test.go", "package x"), nil},

	{isSkips, "a test that runs", one("a_test.go", "package a; func f() { t.Log() }"), nil},
	{isSkips, "a test that is left out", one("a_test.go", "package a; func f() { t.Skip() }"), []string{"a_test.go:1: a test that is left out"}},
	{isSkips, "a test that is left out, with a text", one("a_test.go", "package a; func f() { t.Skipf(x) }"), []string{"a_test.go:1: a test that is left out"}},
}

var globalSnippets = []snippet{
	{isGlobals, "errors and regular expressions", one("a.go", `package a; var ( e = errors.New("x"); f = fmt.Errorf("x"); r = regexp.MustCompile("x"); o = time.Date(1) )`), nil},
	{isGlobals, "embedded files", one("a.go", "package a\n//go:embed x\nvar files embed.FS\n"), nil},
	{isGlobals, "an assertion", one("a.go", "package a; var _ I = T{}"), nil},
	{isGlobals, "a table", one("a.go", "package a; var table = []int{1}; func f() int { return table[0] }"), nil},
	{isGlobals, "the zero time", one("a.go", "package a; var never time.Time"), nil},
	{isGlobals, "a table that is filled elsewhere", map[string]string{"x/a.go": "package a; var table = map[int]int{}", "x/b.go": "package a; func f() { table[1] = 2 }"}, []string{"x/a.go:1: global table is changed"}},
	{isGlobals, "a table of another package's name", map[string]string{"x/a.go": "package a; var table = map[int]int{}", "y/b.go": "package a; func f() { table[1] = 2 }"}, nil},
	{isGlobals, "a table whose element changes", one("a.go", "package a; var table = []T{{}}; func f() { table[0].x++ }"), []string{"a.go:1: global table is changed"}},
	{isGlobals, "a table from which something is deleted", one("a.go", "package a; var table = map[int]int{}; func f() { delete(table, 1) }"), []string{"a.go:1: global table is changed"}},
	{isGlobals, "a value whose address is taken", one("a.go", "package a; var table = T{}; func f() { g(&table) }"), []string{"a.go:1: global table is changed"}},
	{isGlobals, "a variable for later", one("a.go", "package a; var client *Client"), []string{"a.go:1: global client has no value"}},
	{isGlobals, "the zero time, which is set", one("a.go", "package a; var last time.Time; func f() { last = x }"), []string{"a.go:1: global last has no value"}},
	{isGlobals, "something with a state", one("a.go", "package a; var client = NewClient()"), []string{"a.go:1: global client may have a state"}},
	{isGlobals, "a lock", one("a.go", "package a; var mu sync.Mutex"), []string{"a.go:1: global mu has no value"}},
	{isGlobals, "a flag of a test", one("a_test.go", "package a; var update = flag.Bool()"), nil},
}

// TestRulesCanFail breaks each rule, and keeps it.
func TestRulesCanFail(t *testing.T) {
	tried := map[string]int{}
	for _, table := range [][]snippet{importSnippets, puritySnippets, functionSnippets, globalSnippets} {
		for _, row := range table {
			t.Run(row.rule+": "+row.reason, func(t *testing.T) { row.check(t) })
			tried[row.rule] += len(row.want)
		}
	}
	for _, rule := range rules {
		if tried[rule.name] == 0 {
			t.Errorf("nothing breaks the rule %q", rule.name)
		}
	}
}

// check runs the rule over the files.
func (s snippet) check(t *testing.T) {
	var all []source
	for name, text := range s.files {
		parsed, err := parse(name, text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parsed)
	}
	var got []string
	for _, rule := range rules {
		if rule.name == s.rule {
			for _, finding := range rule.check(all) {
				got = append(got, finding.String())
			}
		}
	}
	if len(got) != len(s.want) {
		t.Fatalf("got %d findings, want %d:\n%s", len(got), len(s.want), strings.Join(got, "\n"))
	}
	for i, want := range s.want {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("got %q, want it to begin with %q", got[i], want)
		}
	}
}

// TestExceptionsAreNarrow shows that an exception excuses one kind of finding in one
// file, and no other.
func TestExceptionsAreNarrow(t *testing.T) {
	excuse := exception{path: "a.go", what: "time.Now"}
	for _, row := range []struct {
		finding finding
		want    bool
	}{
		{finding{"a.go", 1, "time.Now: take a clock"}, true},
		{finding{"b.go", 1, "time.Now: take a clock"}, false},
		{finding{"a.go", 1, "time.Sleep: take a clock"}, false},
	} {
		if got := row.finding.excused(excuse); got != row.want {
			t.Errorf("%s: got %v, want %v", row.finding, got, row.want)
		}
	}
}
