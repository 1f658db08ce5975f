package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/cmd/serin/view"
)

func TestFit(t *testing.T) {
	blocks := []view.Block{
		{Lines: []string{"head"}},
		{Name: "Steps", Lines: []string{"1", "2", "3"}},
		{Name: "Next", Lines: []string{"promote"}},
	}
	for _, test := range []struct {
		reason string
		room   int
		want   string
		hidden int
	}{
		{"enough room", 9, "head||Steps|1|2|3||Next|promote", 0},
		{"no limit", 0, "head||Steps|1|2|3||Next|promote", 0},
		{"the middle goes", 7, "head||Steps|1||Next|promote", 2},
		{"the headline stays", 4, "head||Next|promote", 5},
		{"no room for the end", 3, "head||Steps", 6},
	} {
		lines, hidden := fit(blocks, view.Style{}, test.room)
		if got := strings.Join(lines, "|"); got != test.want || hidden != test.hidden {
			t.Errorf("%s: %s, %d hidden; want %s, %d", test.reason, got, hidden, test.want, test.hidden)
		}
	}
}

func TestClip(t *testing.T) {
	for _, test := range []struct {
		reason, line string
		columns      int
		want         string
	}{
		{"short", "abc", 3, "abc"},
		{"long", "abcd", 3, "abc" + resetColor},
		{"signs of several bytes count once", "✓✓✓✓", 3, "✓✓✓" + resetColor},
		{"colours do not count", "\x1b[31mab\x1b[0mcd", 3, "\x1b[31mab\x1b[0mc" + resetColor},
		{"no limit", strings.Repeat("a", 500), 0, strings.Repeat("a", 500)},
		{"no colour after all", "\x1b[31", 9, "\x1b[31"},
	} {
		if got := clip(test.line, test.columns); got != test.want {
			t.Errorf("%s: clip(%q, %d) = %q, want %q", test.reason, test.line, test.columns, got, test.want)
		}
	}
}

func TestShellQuote(t *testing.T) {
	for word, want := range map[string]string{
		"prod": "prod", "arn:aws:eks:eu/x": "arn:aws:eks:eu/x", "a b": "'a b'", "it's": `'it'\''s'`, "$(reboot)": "'$(reboot)'", "": "''",
	} {
		if got := shellQuote(word); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", word, got, want)
		}
	}
}

func TestAsciiOnly(t *testing.T) {
	for _, test := range []struct {
		reason string
		env    map[string]string
		want   bool
	}{
		{"no locale", nil, false},
		{"a UTF-8 locale", map[string]string{"LANG": "de_DE.UTF-8"}, false},
		{"written otherwise", map[string]string{"LANG": "C.utf8"}, false},
		{"the C locale", map[string]string{"LANG": "C"}, true},
		{"the stronger variable wins", map[string]string{"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, true},
	} {
		if got := asciiOnly(func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("%s: %t, want %t", test.reason, got, test.want)
		}
	}
}

// TestColors: only a terminal gets colours, and only if nobody objects.
func TestColors(t *testing.T) {
	for _, test := range []struct {
		reason   string
		terminal bool
		env      map[string]string
		flag     bool
		want     bool
	}{
		{"a terminal", true, nil, false, true},
		{"a pipe", false, nil, false, false},
		{"NO_COLOR", true, map[string]string{"NO_COLOR": "1"}, false, false},
		{"--no-color", true, nil, true, false},
		{"a dumb terminal", true, map[string]string{"TERM": "dumb"}, false, false},
	} {
		s := &session{environment: environment{IsTerminal: test.terminal, Env: func(name string) string { return test.env[name] }}, noColor: test.flag}
		if got := s.style().Color; got != test.want {
			t.Errorf("%s: %t, want %t", test.reason, got, test.want)
		}
	}
}

// TestHelp: every command is in the help, with what it does, and the help of each
// names its flags.
func TestHelp(t *testing.T) {
	root := newRootCommand(&session{program: "serin"})
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	var help strings.Builder
	root.SetOut(&help)
	if err := root.Help(); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, command := range root.Commands() {
		names = append(names, command.Name())
		if !strings.Contains(help.String(), command.Name()) || command.Short == "" || !strings.Contains(help.String(), command.Short) {
			t.Errorf("the help does not list %q with %q:\n%s", command.Name(), command.Short, help.String())
		}
	}
	slices.Sort(names)
	want := []string{
		"abort", "backtest", "completion", "convert", "exit-codes", "explain", "get", "help", "lint", "list", "pause", "promote", "record", "replay", "resume", "retry",
		"simulate", "status", "test", "undo", "version",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
}
