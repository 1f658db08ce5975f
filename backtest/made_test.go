package backtest

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	madeStart = 1_767_225_600 // 2026-01-01 00:00:00 UTC
	madeDir   = "testdata/corpus"
)

// made is the corpus of testdata: requests every 15 s, and a queue every minute whose
// baseline was recorded before.
func made() map[string]string {
	files := map[string]string{}
	for _, c := range []struct {
		name, expected string
		perScrape      int
		canary, stable float64
		fault, scrapes int
	}{
		{"good", Promote, 300, 0.01, 0.01, 0, 24},
		{"outage", Rollback, 300, 0.3, 0.01, 6, 24},
		{"errors-doubled", Rollback, 300, 0.021, 0.01, 0, 24},
		{"hardly-worse", Rollback, 300, 0.012, 0.01, 0, 24},
		{"idle", Promote, 2, 0.01, 0.01, 0, 24},
	} {
		labels, samples := requests(c.name, c.expected, c.scrapes, c.perScrape, c.fault, c.canary, c.stable)
		files["shop/"+c.name+"/case.json"], files["shop/"+c.name+"/metrics.om"] = labels, samples
	}
	for name, level := range map[string]float64{"steady": 1, "twice-as-long": 2} {
		labels := map[string]any{
			"name": name, "dataset": "jobs", "service": "worker", "level": "made-up", "expected": map[bool]string{true: Rollback, false: Promote}[level > 1],
			"step_seconds": 60, "window": map[string]any{"start": madeStart, "end": madeStart + 600},
			"baseline": map[string]any{"start": madeStart - 1200, "end": madeStart - 60},
		}
		files["jobs/"+name+"/case.json"] = indented(labels)
		var b strings.Builder
		b.WriteString("# TYPE queue_length gauge\n")
		for i := range 11 {
			fmt.Fprintf(&b, "queue_length{track=\"canary\"} %g %d\n", math.Round(level*(40+3*math.Sin(float64(5*i)))), madeStart+60*i)
		}
		for i := range 20 {
			fmt.Fprintf(&b, "queue_length{track=\"stable\"} %g %d\n", math.Round(40+3*math.Sin(float64(7*i))), madeStart+60*i)
		}
		files["jobs/"+name+"/metrics.om"] = ordered(b.String())
	}
	return files
}

// requests is a case of the dataset shop: its labels and its samples.
func requests(name, expected string, scrapes, perScrape, fault int, canary, stable float64) (label, samples string) {
	window := map[string]any{"start": madeStart, "end": madeStart + 15*(scrapes-1)}
	labels := map[string]any{
		"name": name, "dataset": "shop", "service": "web", "level": "made-up", "expected": expected, "step_seconds": 15, "window": window,
		"baseline": map[string]any{"concurrent": true, "start": window["start"], "end": window["end"]},
	}
	if expected == Rollback {
		labels["fault"] = map[string]any{"start": madeStart + 15*fault, "kind": "made-up"}
	}
	var b strings.Builder
	b.WriteString("# TYPE http_requests counter\n")
	for _, arm := range []struct {
		track     string
		bad, seed float64
	}{{canaryTrack, canary, 0.3}, {stableTrack, stable, 0.7}} {
		good, bad := counts(scrapes, perScrape, fault, stable, arm.bad, arm.seed)
		for code, values := range map[string][]int{"200": good, "500": bad} {
			for i, v := range values {
				fmt.Fprintf(&b, "http_requests_total{code=%q,service=\"web\",track=%q} %d %d\n", code, arm.track, v, madeStart+15*i)
			}
		}
	}
	return indented(labels), ordered(b.String())
}

// counts are counters of good and bad requests, scrape by scrape.
func counts(scrapes, perScrape, fault int, before, share, seed float64) (good, bad []int) {
	goods, bads, owed := 0, 0, seed
	for i := range scrapes {
		if i > 0 {
			rate := share
			if i <= fault {
				rate = before
			}
			owed += rate * float64(perScrape)
			failed := int(owed)
			owed -= float64(failed)
			bads += failed
			goods += perScrape - failed
		}
		good, bad = append(good, goods), append(bad, bads)
	}
	return good, bad
}

func indented(labels map[string]any) string {
	text, _ := json.MarshalIndent(labels, "", " ")
	return string(text) + "\n"
}

// ordered sorts the samples, and ends the text.
func ordered(text string) string {
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines[1 : len(lines)-1])
	return strings.Join(lines, "") + "# EOF\n"
}

// TestTheCorpusIsAsItWasMade: -update writes it.
func TestTheCorpusIsAsItWasMade(t *testing.T) {
	files := made()
	for name, want := range files {
		path := filepath.Join(madeDir, filepath.FromSlash(name))
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", path, diff)
		}
	}
	found, err := fs.Glob(os.DirFS(madeDir), "*/*/*")
	if err != nil || len(found) != len(files) {
		t.Errorf("%d files, want %d: %v", len(found), len(files), err)
	}
}
