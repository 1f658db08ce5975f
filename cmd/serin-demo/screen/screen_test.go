package screen_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/cmd/serin-demo/screen"
)

var update = flag.Bool("update", false, "write the golden files anew")

// scenes are a release from its first second to its end.
func scenes() []screen.Scene {
	const title = "Releasing v3: one answer in five is an error"
	stable := screen.Version{Name: "v2", Role: "stable", Ready: 5, Pods: 5, Requests: 1234, Bad: 6}
	return []screen.Scene{
		{
			Elapsed: 37900 * time.Millisecond, Title: title, Step: "1/6", Phase: "Progressing",
			Message:  "revision 3, step 1/6 (setWeight 5): waiting for canary pods: 0 of 1 available",
			Versions: []screen.Version{stable, {Name: "v3", Role: "canary", Pods: 1}},
		},
		{
			Elapsed: 39100 * time.Millisecond, Title: title, Weight: 5, Step: "2/6", Phase: "Progressing",
			Message: "revision 3, step 2/6 (pause 8s): at weight 5 until 05:28:07Z; Metric \"errors\" has nothing to judge since 05:27:58Z, " +
				"2 measurements in a row: TooFewRequests: 10 of 40 requests; the release holds until there is an answer",
			Versions: []screen.Version{stable, {Name: "v3", Role: "canary", Ready: 1, Pods: 1, Requests: 12, Bad: 2}},
			Evidence: []screen.Evidence{
				{Metric: "errors", Value: 15.8, Limit: 100, State: "Inconclusive"},
				{Metric: "latency", State: "Successful: successCondition result[0] < 0.1 is true: result is [0.0061]"},
			},
		},
		{
			Elapsed: 41900 * time.Millisecond, Title: title, Phase: "Degraded",
			Message:  "revision 3 was taken back: Metric \"errors\" Failed: 133 times likelier that v3 is worse",
			Versions: []screen.Version{stable, {Name: "v3", Role: "canary", Ready: 1, Pods: 1, Requests: 1, Bad: 1}},
			Evidence: []screen.Evidence{{Metric: "errors", Value: 1.23e9, Limit: 100}, {Metric: "latency", State: "Successful"}},
		},
	}
}

func TestLiveIsDrawnInPlace(t *testing.T) {
	for _, size := range []struct{ columns, lines int }{{100, 30}, {60, 30}, {100, 8}} {
		t.Run(fmt.Sprintf("%d columns, %d lines", size.columns, size.lines), func(t *testing.T) {
			terminal := &terminal{}
			live := screen.NewLive(terminal, func() (int, int) { return size.columns, size.lines })
			live.Say("  36.0 s  Releasing v3")
			pictures := ""
			for i, scene := range scenes() {
				live.Show(scene)
				pictures += fmt.Sprintf("--- scene %d\n%s\n", i, terminal.picture())
			}
			live.Say("  42.0 s  something is said above the block")
			pictures += "--- something is said\n" + terminal.picture() + "\n"
			live.Leave()
			live.Say("  42.1 s  v3 was rolled back")
			pictures += "--- the end\n" + terminal.picture() + "\n"
			golden(t, fmt.Sprintf("live-%dx%d", size.columns, size.lines), pictures)
			if terminal.hidden {
				t.Error("the cursor is still hidden at the end")
			}
		})
	}
}

func TestLinesAreAppended(t *testing.T) {
	var out strings.Builder
	lines := screen.NewLines(&out)
	lines.Say("  36.0 s  Releasing v3")
	for _, scene := range scenes() {
		for range 3 { // The same once more, and a little later, is not worth a line.
			lines.Show(scene)
			scene.Elapsed += 300 * time.Millisecond
			scene.Versions[1].Requests++
		}
	}
	last := scenes()[2]
	last.Elapsed += 3 * time.Second
	lines.Show(last) // A few seconds later it is.
	lines.Leave()
	golden(t, "lines", out.String())
	if strings.ContainsRune(out.String(), '\x1b') {
		t.Error("there are escape sequences in plain text")
	}
}

func TestSummary(t *testing.T) {
	releases := []screen.Release{
		{Version: "v2", Outcome: "promoted", Took: 24200 * time.Millisecond, Highest: 100, Requests: 1244, Bad: 5},
		{Version: "v3", Outcome: "rolled back", Took: 4600 * time.Millisecond, Reaction: 2700 * time.Millisecond, Highest: 5, Requests: 31, Bad: 6},
	}
	text := strings.Join(screen.Summary(releases, screen.Totals{Requests: 6079, Bad: 31}), "\n") + "\n---\n" +
		strings.Join(screen.Summary(nil, screen.Totals{Requests: 1, Bad: 1, Lost: 1}), "\n") + "\n---\n" +
		strings.Join(screen.Summary(nil, screen.Totals{Requests: 1234567, Bad: 1000, Lost: 2000}), "\n") + "\n"
	golden(t, "summary", text)
}

// TestEverythingFits draws random scenes: no line is longer than the terminal is wide,
// the block is never higher, and no number breaks it.
func TestEverythingFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns, lines := rapid.IntRange(1, 200).Draw(t, "columns"), rapid.IntRange(2, 60).Draw(t, "lines")
		scene := screen.Scene{
			Elapsed: time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "elapsed")),
			Title:   rapid.StringMatching(`[a-z é→]{0,120}`).Draw(t, "title"), Weight: rapid.Int32Range(0, 100).Draw(t, "weight"),
			Step: rapid.SampledFrom([]string{"", "2/6", "12/64"}).Draw(t, "step"), Message: rapid.StringMatching(`[a-z é→]{0,400}`).Draw(t, "message"),
			Versions: []screen.Version{{Name: "v1", Requests: rapid.Int64Min(0).Draw(t, "requests"), Bad: rapid.Int64Min(0).Draw(t, "bad")}},
			Evidence: []screen.Evidence{{Metric: "errors", Value: rapid.Float64().Draw(t, "value"), Limit: rapid.Float64().Draw(t, "limit")}},
		}
		terminal := &terminal{}
		screen.NewLive(terminal, func() (int, int) { return columns, lines }).Show(scene)
		picture := strings.Split(terminal.picture(), "\n")
		if len(picture) > lines {
			t.Fatalf("%d lines on a terminal of %d", len(picture), lines)
		}
		for _, line := range picture {
			if utf8.RuneCountInString(line) >= max(columns, 2) {
				t.Fatalf("a line of %d characters on a terminal of %d: %q", utf8.RuneCountInString(line), columns, line)
			}
		}
	})
}

// terminal understands as much of a terminal as the screen uses.
type terminal struct {
	rows   []string
	row    int
	hidden bool
}

var token = regexp.MustCompile(`\x1b\[([?0-9]*)([A-Za-z])|\r|\n|[^\x1b\r\n]+`)

// Write draws.
func (t *terminal) Write(text []byte) (int, error) {
	for _, match := range token.FindAllStringSubmatch(string(text), -1) {
		switch {
		case match[2] == "A":
			t.row--
		case match[2] == "J":
			t.rows = t.rows[:min(t.row, len(t.rows))]
		case match[2] == "h" || match[2] == "l":
			t.hidden = match[2] == "l"
		case match[2] == "m" || match[0] == "\r":
		case match[0] == "\n":
			t.at(t.row)
			t.row++
		default:
			t.rows[t.at(t.row)] += match[0]
		}
	}
	return len(text), nil
}

// at makes sure that there is a row.
func (t *terminal) at(row int) int {
	for len(t.rows) <= row {
		t.rows = append(t.rows, "")
	}
	return row
}

func (t *terminal) picture() string { return strings.Join(t.rows, "\n") }

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update and look at the result", err)
	}
	if difference := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); difference != "" {
		t.Errorf("%s differs (-want +got); if that is right, run the test with -update:\n%s", path, difference)
	}
}
