package replay_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/providers/metrics/recorded"
	"github.com/serin-dev/serin/recording"
)

var update = flag.Bool("update", false, "rewrite the stories in testdata")

// checks are those of the live controller.
var checks = translate.Checks{Query: prometheus.CheckQuery, Selector: prometheus.CheckSelector, PrometheusAddress: "http://prometheus:9090"}

// scenario is the part "options" of a story.
type scenario struct {
	Arguments     map[string]string
	Start, End    string
	Kind          string
	Name          string
	CanarySince   string
	Startup       string
	PromotePauses bool
	CheckSplit    bool
	Stable        string
	Canary        string
}

// TestStories plays each file of testdata: why it is there, manifests, a recording in
// series notation, options, and the story that comes out.
func TestStories(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) < 8 {
		t.Fatalf("%d stories, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := story(t, archive, 0)
			last := &archive.Files[len(archive.Files)-1]
			if last.Name != "story" {
				archive.Files = append(archive.Files, txtar.File{Name: "story"})
				last = &archive.Files[len(archive.Files)-1]
			}
			if diff := cmp.Diff(string(last.Data), got); diff != "" && !*update {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if *update {
				last.Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// story is a story as text.
func story(t *testing.T, archive *txtar.Archive, shift time.Duration) string {
	t.Helper()
	result, err := playArchive(t, archive, shift)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	return text(result, result.Window.Start)
}

// playArchive plays a story, with everything in it shifted in time.
func playArchive(t *testing.T, archive *txtar.Archive, shift time.Duration) (*replay.Result, error) {
	t.Helper()
	return playPart(t, archive, shift, time.Time{})
}

// playUntil plays a story over a recording that ends at a time.
func playUntil(t *testing.T, archive *txtar.Archive, until time.Time) (*replay.Result, error) {
	t.Helper()
	return playPart(t, archive, 0, until)
}

// playPart plays a story, shifted in time, over a recording that is cut off at a time.
func playPart(t *testing.T, archive *txtar.Archive, shift time.Duration, until time.Time) (*replay.Result, error) {
	t.Helper()
	var manifests replay.Manifests
	var options scenario
	var opened *recording.Recording
	for _, file := range archive.Files {
		switch file.Name {
		case "manifests.yaml":
			if err := manifests.Read(file.Name, file.Data); err != nil {
				return nil, err
			}
		case "options.yaml":
			if err := yaml.UnmarshalStrict(file.Data, &options); err != nil {
				t.Fatal(err)
			}
		case "recording.yaml":
			opened = notation(t, file.Data, shift, until)
		}
	}
	if opened == nil {
		t.Fatal("no recording")
	}
	from, to := opened.Bounds()
	in, err := manifests.Prepare(options.options(t, shift), replay.Recording{Path: "recording.yaml", Start: from, End: to}, checks)
	if err != nil {
		return nil, err
	}
	provider, err := recorded.New(opened, recorded.Config{Name: "recording.yaml", From: from, To: to})
	if err != nil {
		t.Fatal(err)
	}
	now := in.Start
	watch := &watchful{Provider: provider, now: &now}
	in.Progress = func(at time.Time) { now = at }
	in.Provider, in.Missing = watch, replay.Catalogue(opened, from, to)
	result, err := replay.Play(t.Context(), in)
	if len(watch.future) > 0 {
		t.Errorf("asked for the future: %v", watch.future)
	}
	return result, err
}

// options are what a person would have typed.
func (s scenario) options(t *testing.T, shift time.Duration) replay.Options {
	t.Helper()
	o := replay.Options{Name: s.Name, Kind: translate.Kind(s.Kind), Release: replay.ReleaseInput{
		StableHash: s.Stable, CanaryHash: s.Canary, PromotePauses: s.PromotePauses, CheckSplit: s.CheckSplit,
	}}
	for name, value := range s.Arguments {
		o.Arguments = append(o.Arguments, replay.Argument{Name: name, Value: value})
	}
	for _, moment := range []struct {
		text string
		at   *time.Time
	}{{s.Start, &o.Start}, {s.End, &o.End}, {s.CanarySince, &o.CanarySince}} {
		if moment.text == "" {
			continue
		}
		at, err := replay.ParseTime(moment.text)
		if err != nil {
			t.Fatal(err)
		}
		*moment.at = at.Add(shift)
	}
	if s.Startup != "" {
		startup, err := time.ParseDuration(s.Startup)
		if err != nil {
			t.Fatal(err)
		}
		o.Release.Startup = startup
	}
	return o
}

// notation reads a recording in series notation.
func notation(t *testing.T, content []byte, shift time.Duration, until time.Time) *recording.Recording {
	t.Helper()
	var file struct {
		Interval, Start string
		InputSeries     []recording.NotedSeries `json:"input_series"`
	}
	if err := yaml.UnmarshalStrict(content, &file); err != nil {
		t.Fatal(err)
	}
	interval, err := time.ParseDuration(file.Interval)
	if err != nil {
		t.Fatal(err)
	}
	start, err := replay.ParseTime(file.Start)
	if err != nil {
		t.Fatal(err)
	}
	var all []recording.Series
	for _, noted := range file.InputSeries {
		series, err := recording.ParseNotation(noted.Series, noted.Values, start.Add(shift), interval)
		if err != nil {
			t.Fatal(err)
		}
		if !until.IsZero() {
			series.Floats = slices.DeleteFunc(series.Floats, func(point recording.Point) bool { return point.T > until.UnixMilli() })
		}
		all = append(all, series)
	}
	return recording.FromSeries(all)
}

// text is a result for people who review a change.
func text(result *replay.Result, origin time.Time) string {
	var out strings.Builder
	since := func(at time.Time) string { return "t=" + at.Sub(origin).String() }
	fmt.Fprintf(&out, "%s %s, %s to %s\n", result.Subject.Kind, result.Subject.Name, since(result.Window.Start), since(result.Window.End))
	for _, line := range result.Assumptions {
		fmt.Fprintf(&out, "assumed: %s\n", line)
	}
	for _, line := range result.Warnings {
		fmt.Fprintf(&out, "warning: %s\n", line)
	}
	for _, event := range result.Timeline {
		mark := " "
		if event.Warning {
			mark = "!"
		}
		fmt.Fprintf(&out, "%-9s%s %s", since(event.At), mark, event.Kind)
		if event.Weight != nil {
			fmt.Fprintf(&out, " [step %d, %d %%]", event.Step, *event.Weight)
		}
		for _, part := range []string{event.Run, event.Metric, event.Phase, event.Reason} {
			if part != "" {
				out.WriteString(" " + part)
			}
		}
		fmt.Fprintf(&out, ": %s\n", event.Message)
	}
	for _, run := range result.Runs {
		for _, metric := range run.Metrics {
			fmt.Fprintf(&out, "%s/%s: %d looks, %s\n", run.Name, metric.Name, len(metric.Points), metric.Quantity)
			for _, pod := range metric.Pods {
				fmt.Fprintf(&out, "  %s %s: %g of %g bad\n", pod.Arm, pod.Name, pod.Bad, pod.Total)
			}
		}
	}
	var weights []string
	for _, weight := range result.Weights {
		weights = append(weights, fmt.Sprintf("%s %d", since(weight.At), weight.Weight))
	}
	if len(weights) > 0 {
		fmt.Fprintf(&out, "weights: %s\n", strings.Join(weights, ", "))
	}
	verdict := result.Verdict
	fmt.Fprintf(&out, "%s at %s %s: %s\n", verdict.Outcome, since(verdict.At), verdict.Reason, verdict.Message)
	for _, line := range verdict.WouldHaveChanged {
		fmt.Fprintf(&out, "  otherwise: %s\n", line)
	}
	return out.String()
}

// asJSON is a result as a machine gets it.
func asJSON(t *testing.T, result *replay.Result) string {
	t.Helper()
	content, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
