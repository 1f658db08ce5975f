package replay_test

import (
	"context"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/providers/metrics"
)

// archives are all stories.
func archives(t *testing.T) map[string]*txtar.Archive {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*txtar.Archive{}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(path), ".txtar")] = archive
	}
	return all
}

// TestSameInputSameBytes plays each story twice.
func TestSameInputSameBytes(t *testing.T) {
	for name, archive := range archives(t) {
		first, err := playArchive(t, archive, 0)
		if err != nil {
			continue // A story of an error.
		}
		second, err := playArchive(t, archive, 0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(asJSON(t, first), asJSON(t, second)); diff != "" {
			t.Errorf("%s differs from one time to the next:\n%s", name, diff)
		}
	}
}

// TestShiftedInTime: the same recording a week later gives the same story a week later.
func TestShiftedInTime(t *testing.T) {
	const week = 7 * 24 * time.Hour
	for name, archive := range archives(t) {
		if name == "threshold_fails" || name == "rollout_exported" {
			continue // It begins when its status says.
		}
		for _, shift := range []time.Duration{week, 1234567 * time.Second, -week} {
			result, err := playArchive(t, archive, 0)
			if err != nil {
				continue
			}
			later, err := playArchive(t, archive, shift)
			if err != nil {
				t.Fatalf("%s shifted by %s: %v", name, shift, err)
			}
			want, got := numbersOf(result, 0), numbersOf(later, shift)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s shifted by %s (-want +got)\n%s", name, shift, diff)
			}
		}
	}
}

// numbersOf are verdicts, times and numbers of a result, shifted back; messages have
// times in them.
func numbersOf(result *replay.Result, shift time.Duration) string {
	var lines []string
	add := func(parts ...any) {
		content, err := json.Marshal(parts)
		if err != nil {
			panic(err)
		}
		lines = append(lines, string(content))
	}
	add(result.Verdict.Outcome, result.Verdict.At.Add(-shift), result.Verdict.Reason)
	for _, event := range result.Timeline {
		add(event.At.Add(-shift), event.Kind, event.Phase, event.Reason, event.Weight, event.Step, event.Evidence)
	}
	for _, run := range result.Runs {
		for _, metric := range run.Metrics {
			for _, point := range metric.Points {
				add(point.At.Add(-shift), point.Phase, point.Reason, point.Canary, point.Baseline, point.EValue)
			}
			add(metric.Pods)
		}
	}
	return strings.Join(lines, "\n")
}

// watchful is a provider that notes whether anybody asks for what is later than the
// clock says.
type watchful struct {
	metrics.Provider
	now    *time.Time
	future []string
}

func (w *watchful) Query(ctx context.Context, expression string, at time.Time) (metrics.Answer, error) {
	if at.After(*w.now) {
		w.future = append(w.future, expression)
	}
	return w.Provider.Query(ctx, expression, at)
}

func (w *watchful) Samples(ctx context.Context, selector string, from, to time.Time) (metrics.Samples, error) {
	if to.After(*w.now) {
		w.future = append(w.future, selector)
	}
	return w.Provider.Samples(ctx, selector, from, to)
}

// TestNoLookSeesTheFuture: a recording that is cut off after a time gives the same
// looks up to that time.
func TestNoLookSeesTheFuture(t *testing.T) {
	for name, archive := range archives(t) {
		whole, err := playArchive(t, archive, 0)
		if err != nil {
			continue
		}
		for _, part := range []float64{0.2, 0.5, 0.9} {
			length := whole.Window.End.Sub(whole.Window.Start)
			until := whole.Window.Start.Add(time.Duration(part * float64(length))).Truncate(time.Second)
			cut, err := playUntil(t, archive, until)
			if err != nil {
				t.Fatalf("%s until %s: %v", name, until, err)
			}
			if cut.Window.End.Before(until) {
				until = cut.Window.End // There is a gap in the recording.
			}
			want, got := looksUntil(whole, until), looksUntil(cut, until)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: what happens after %s changes looks before it (-whole +cut)\n%s", name, until, diff)
			}
		}
	}
}

// looksUntil are all looks up to a time.
func looksUntil(result *replay.Result, until time.Time) []replay.Point {
	var points []replay.Point
	for _, run := range result.Runs {
		for _, metric := range run.Metrics {
			for _, point := range metric.Points {
				if !point.At.After(until) {
					points = append(points, point)
				}
			}
		}
	}
	return points
}

// TestParseTime reads what people type, and refuses what means two things.
func TestParseTime(t *testing.T) {
	at := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-03-01T03:00:00Z":      at,
		"2026-03-01 03:00:00Z":      at,
		" 2026-03-01T03:00Z ":       at,
		"2026-03-01T04:00:00+01:00": at,
		"2026-03-01T03:00:00.5Z":    at.Add(500 * time.Millisecond),
		"1772334000":                at,
		"1772334000.25":             at.Add(250 * time.Millisecond),
		"1772334000250":             at.Add(250 * time.Millisecond),
		"0":                         time.Unix(0, 0).UTC(),
	} {
		if got, err := replay.ParseTime(text); err != nil || !got.Equal(want) {
			t.Errorf("ParseTime(%q) = %s, %v; want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"2026-03-01T03:00:00":  "has no time zone; write 2026-03-01T03:00:00Z if that is UTC",
		"2026-03-01 03:00":     "has no time zone",
		"2026-03-01":           "has no time zone",
		"yesterday":            "is not a time",
		"":                     "is not a time",
		"-5":                   "is not a time",
		"NaN":                  "is not a time",
		"Inf":                  "is not a time",
		"1e300":                "is not a time",
		"2026-13-01T00:00:00Z": "is not a time",
	} {
		if _, err := replay.ParseTime(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseTime(%q): %v; want %q", text, err, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		millis := rapid.Int64Range(0, 4e12).Draw(t, "millis")
		want := time.UnixMilli(millis).UTC()
		if got, err := replay.ParseTime(want.Format(time.RFC3339Nano)); err != nil || !got.Equal(want) {
			t.Fatalf("%s: %s, %v", want, got, err)
		}
	})
}

// FuzzParseTime: any text is a time or an error, and a time is one of our age.
func FuzzParseTime(f *testing.F) {
	for _, text := range []string{"2026-03-01T03:00:00Z", "1772334000", "1e9", "2026-03-01", "0x1p10"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := replay.ParseTime(text)
		if err == nil && math.Abs(float64(at.Year())) > 9999 {
			t.Errorf("%q is %s", text, at)
		}
	})
}

// FuzzManifests: any file is read or refused.
func FuzzManifests(f *testing.F) {
	f.Add("apiVersion: serin.dev/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: a}\nspec: {metrics: []}\n---\n# nothing\n")
	f.Add("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: serin.dev/v1alpha1, kind: Rollout, metadata: {name: web}}\n")
	f.Add("{\"kind\": \"AnalysisRunList\", \"items\": [{\"kind\": \"List\", \"items\": []}]}")
	f.Add("- a\n- b\n")
	f.Fuzz(func(t *testing.T, text string) {
		var manifests replay.Manifests
		if err := manifests.Read("fuzz.yaml", []byte(text)); err != nil && !strings.HasPrefix(err.Error(), "reading fuzz.yaml") {
			t.Errorf("the error does not name the file: %v", err)
		}
		// What was read can be asked for, whatever it is.
		_, _ = manifests.Prepare(replay.Options{}, replay.Recording{Start: time.Unix(0, 0), End: time.Unix(60, 0)}, checks)
	})
}
