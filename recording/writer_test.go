package recording_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/recording"
)

func TestManifest(t *testing.T) {
	want := recording.Manifest{
		Tool: "serin test", Source: "http://prometheus:9090", Transport: "remote read", Selectors: []string{`up{job="a"}`}, Queries: []string{"rate(x[1m]) < 1 && true"},
		ExternalLabels: map[string]string{"cluster": "one"}, Notes: []string{"stale markers are missing"}, From: time.UnixMilli(begin).UTC(), To: time.UnixMilli(begin + 1).UTC(),
	}
	path := written(t, mixed(), want)
	r := opened(t, path)
	got := r.Manifest()
	if len(got.Files) != 3 || got.Series != 4 || got.Samples != 1341 || got.Version != 1 {
		t.Errorf("manifest %+v", got)
	}
	if diff := cmp.Diff([]recording.Interval{{Every: 15 * time.Second, Series: 2}, {Every: 30 * time.Second, Series: 1}}, got.Intervals); diff != "" {
		t.Error(diff)
	}
	got.Files, got.Series, got.Samples, got.Version, got.Intervals, got.Format = nil, 0, 0, 0, nil, ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.Notes, r.Warnings()); diff != "" {
		t.Errorf("notes are no warnings: %s", diff)
	}
	if err := r.Verify(); err != nil {
		t.Error(err)
	}
	if again := written(t, mixed(), want); filepath.Base(blockIn(t, again)) != filepath.Base(blockIn(t, path)) {
		t.Error("the same recording has another name")
	}
}

// TestDamagedRecordings damages recordings, and reads the errors.
func TestDamagedRecordings(t *testing.T) {
	for _, row := range []struct {
		reason string
		damage func(folder string) error
		want   []string
	}{
		{"a file is missing", func(folder string) error { return os.Remove(filepath.Join(blockOf(folder), "index")) }, []string{"index is missing", "again"}},
		{"a file is shorter", func(folder string) error { return os.Truncate(filepath.Join(blockOf(folder), "chunks/000001"), 100) }, []string{"chunks/000001 has 100 bytes and should have", "again"}},
		{"the manifest is cut", func(folder string) error { return os.Truncate(filepath.Join(folder, "manifest.json"), 100) }, []string{"manifest.json", "line"}},
		{"the manifest is another", func(folder string) error {
			return os.WriteFile(filepath.Join(folder, "manifest.json"), []byte(`{"name":"app"}`), 0o600)
		}, []string{"manifest.json", "no version"}},
		{"the manifest is of tomorrow", func(folder string) error {
			return os.WriteFile(filepath.Join(folder, "manifest.json"), []byte(`{"version":2}`), 0o600)
		}, []string{"version is 2", "newer serin"}},
		{"the manifest names files elsewhere", func(folder string) error {
			return os.WriteFile(filepath.Join(folder, "manifest.json"), []byte(`{"version":1,"files":[{"path":"../../etc/passwd","size":1}]}`), 0o600)
		}, []string{"outside of", "../../etc/passwd"}},
		{"it was not finished", recording.MarkUnfinished, []string{"not finished"}},
		{"a bit flipped", func(folder string) error {
			return change(filepath.Join(blockOf(folder), "meta.json"), func(content []byte) []byte {
				return []byte(strings.Replace(string(content), "numSamples\": 1341", "numSamples\": 1342", 1))
			})
		}, []string{"meta.json is damaged", "SHA-256"}},
	} {
		folder := written(t, mixed(), recording.Manifest{})
		if err := row.damage(folder); err != nil {
			t.Fatal(err)
		}
		r, err := recording.Open(folder)
		if err == nil {
			err = r.Verify()
			_ = r.Close()
		}
		for _, want := range row.want {
			if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "outside the", "outside of the"), want) {
				t.Errorf("%s: error %v does not say %q", row.reason, err, want)
			}
		}
	}
	for _, part := range []string{"manifest.json", "index"} {
		folder := written(t, mixed(), recording.Manifest{})
		if part == "index" {
			folder = blockOf(folder)
		}
		if _, err := recording.Open(filepath.Join(folder, part)); err == nil || !strings.Contains(err.Error(), "name its folder "+folder) {
			t.Errorf("opening %s: %v", part, err)
		}
	}
}

func blockOf(folder string) string {
	found, _ := filepath.Glob(filepath.Join(folder, "*", "meta.json"))
	return filepath.Dir(found[0])
}

// TestWriterRefuses are mistakes of callers; nothing stays behind.
func TestWriterRefuses(t *testing.T) {
	name := func(value string) labels.Labels { return labels.FromStrings("__name__", value) }
	point := []recording.Point{{T: 1, V: 1}}
	for _, row := range []struct {
		reason string
		all    []recording.Series
		want   string
	}{
		{"the wrong order", []recording.Series{{Labels: name("b"), Floats: point}, {Labels: name("a"), Floats: point}}, "ascending order"},
		{"twice the same", []recording.Series{{Labels: name("a"), Floats: point}, {Labels: name("a"), Floats: point}}, "each once"},
		{"no labels", []recording.Series{{Floats: point}}, "no labels"},
		{"a histogram that contradicts itself", []recording.Series{{Labels: name("a"), Histograms: []recording.HistogramPoint{{T: 1, H: &histogram.FloatHistogram{PositiveBuckets: []float64{1}}}}}}, "histogram at 1970-01-01T00:00:00.001Z"},
	} {
		path := filepath.Join(t.TempDir(), "recording")
		writer, err := recording.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, series := range row.all {
			err = errors.Join(err, writer.Add(series))
		}
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: error %v does not say %q", row.reason, err, row.want)
		}
		if err := writer.Abort(); err != nil {
			t.Error(err)
		}
		empty(t, filepath.Dir(path))
	}
	if _, err := recording.Create(t.TempDir()); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("a folder that exists: %v", err)
	}
	if _, err := recording.Create(filepath.Join(t.TempDir(), "no", "where")); err == nil {
		t.Error("a folder in a folder that is not there")
	}
}

// empty checks that a folder holds nothing.
func empty(t *testing.T, folder string) {
	t.Helper()
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// limitVariable tells the process of TestFullDisk how large its files may become.
const limitVariable = "SERIN_TEST_FILE_SIZE"

// TestFullDisk writes with ever more room in the file system, as far as one process can
// have it: files end at a size. Nothing is left until the recording fits.
func TestFullDisk(t *testing.T) {
	if text := os.Getenv(limitVariable); text != "" {
		writeWithLimit(t, text)
		return
	}
	failed, fitted := 0, 0
	// The marker, what is reserved for chunks, the index, and in the end all of it.
	for _, limit := range []int{0, 16, 100, 4 << 10, 1 << 20, 16<<20 - 1, 32 << 20} {
		folder := t.TempDir()
		command := exec.Command(os.Args[0], "-test.run", "^TestFullDisk$")
		command.Env = append(os.Environ(), limitVariable+"="+strconv.Itoa(limit), "TMPDIR="+folder)
		said, err := command.CombinedOutput()
		switch {
		case strings.Contains(string(said), "it was written"):
			fitted++
			if count := len(everything(t, opened(t, filepath.Join(folder, "recording")))); count != 4 {
				t.Errorf("%d series fitted", count)
			}
		case strings.Contains(string(said), "it failed: writing recording"):
			failed++
			empty(t, folder)
		default:
			t.Fatalf("at %d bytes: %v\n%s", limit, err, said)
		}
	}
	if failed != 6 || fitted != 1 {
		t.Errorf("it failed %d times, and was written %d times", failed, fitted)
	}
}

// writeWithLimit writes a recording with files of a size at most.
func writeWithLimit(t *testing.T, text string) {
	limit, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ) // Writing answers an error then, as a full disk does.
	path := filepath.Join(os.Getenv("TMPDIR"), "recording")
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: math.MaxUint64}); err != nil {
		t.Fatal(err)
	}
	err = func() error {
		writer, err := recording.Create(path)
		if err != nil {
			return err
		}
		for _, series := range mixed() {
			if err := writer.Add(series); err != nil {
				return errors.Join(err, writer.Abort())
			}
		}
		return writer.Commit(recording.Manifest{})
	}()
	// What is printed goes to a pipe, which has no size.
	if err != nil {
		fmt.Println("it failed:", err)
		return
	}
	fmt.Println("it was written")
}

// TestKilled kills a process that writes recordings, at any moment: what is at its place
// is whole.
func TestKilled(t *testing.T) {
	if folder := os.Getenv("SERIN_TEST_KILLED"); folder != "" {
		fmt.Println("begun")
		for i := 0; ; i++ {
			writeInto(t, filepath.Join(folder, strconv.Itoa(i)))
		}
	}
	whole := 0
	for round := range 6 {
		folder := t.TempDir()
		command := exec.Command(os.Args[0], "-test.run", "^TestKilled$")
		command.Env = append(os.Environ(), "SERIN_TEST_KILLED="+folder)
		said, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		_, _ = said.Read(make([]byte, 5))
		time.Sleep(time.Duration(150+round*37) * time.Millisecond)
		_ = command.Process.Kill()
		_ = command.Wait()
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			path := filepath.Join(folder, entry.Name())
			r, err := recording.Open(path)
			switch {
			case strings.HasPrefix(entry.Name(), ".") && err != nil:
			case err != nil:
				t.Errorf("%s cannot be opened: %v", path, err)
			default:
				if err := r.Verify(); err != nil {
					t.Error(err)
				}
				if got := len(bits(everything(t, r))); got != 1341 {
					t.Errorf("%s has %d samples", path, got)
				}
				_ = r.Close()
				whole++
			}
		}
	}
	if whole == 0 {
		t.Error("no recording was written")
	}
}

// writeInto writes a recording.
func writeInto(t *testing.T, path string) {
	writer, err := recording.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, series := range mixed() {
		if err := writer.Add(series); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Commit(recording.Manifest{}); err != nil {
		t.Fatal(err)
	}
}

// TestAddAll merges parts, some of which overlap, and an empty one.
func TestAddAll(t *testing.T) {
	all := mixed()
	var parts []*recording.Recording
	for _, cut := range [][2]int{{0, 300}, {250, 700}, {700, 1000}} {
		part := mixed()
		part[2].Floats = part[2].Floats[cut[0]:cut[1]]
		parts = append(parts, opened(t, written(t, part, recording.Manifest{})))
	}
	parts = append(parts, opened(t, written(t, nil, recording.Manifest{})))
	path := filepath.Join(t.TempDir(), "whole")
	writer, err := recording.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(writer.AddAll(context.Background(), parts...), writer.Commit(recording.Manifest{})); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bits(all), bits(byTSDB(t, blockIn(t, path)))); diff != "" {
		t.Error(diff)
	}
}

// TestAnySeries writes and reads whatever series there are, in any order and twice.
func TestAnySeries(t *testing.T) {
	folder := t.TempDir()
	number := 0
	rapid.Check(t, func(t *rapid.T) {
		points := rapid.SliceOf(rapid.Custom(func(t *rapid.T) recording.Point {
			return recording.Point{T: rapid.Int64Range(-1000, 100_000).Draw(t, "t"), V: math.Float64frombits(rapid.Uint64().Draw(t, "bits"))}
		})).Draw(t, "points")
		series := recording.Series{Labels: labels.FromStrings("__name__", rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "name"), "a", rapid.String().Draw(t, "a")), Floats: points}
		want := everythingIn(t, recording.FromSeries([]recording.Series{series}))
		number++
		path := filepath.Join(folder, strconv.Itoa(number))
		writer, err := recording.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(writer.Add(series), writer.Commit(recording.Manifest{})); err != nil {
			t.Fatal(err)
		}
		r, err := recording.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		if diff := cmp.Diff(want, everythingIn(t, r)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func everythingIn(t *rapid.T, r *recording.Recording) []string {
	all, err := r.Select(context.Background(), time.UnixMilli(math.MinInt64), time.UnixMilli(math.MaxInt64))
	if err != nil {
		t.Fatal(err)
	}
	return bits(all)
}

// TestFlippedIndex flips every bit of a small block's index, one at a time: reading it
// answers an error or the truth about each series, and never panics.
func TestFlippedIndex(t *testing.T) {
	folder := blockOf(written(t, []recording.Series{
		{Labels: labels.FromStrings("__name__", "x", "a", "b"), Floats: []recording.Point{{T: 1, V: 1}, {T: 2, V: 3}}},
		{Labels: labels.FromStrings("__name__", "y"), Floats: []recording.Point{{T: 1, V: 1}}},
	}, recording.Manifest{}))
	name := filepath.Join(folder, "index")
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		damaged := append([]byte(nil), whole...)
		damaged[at] ^= 0x10
		if err := os.WriteFile(name, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		readDamaged(t, folder, at)
	}
}

// readDamaged reads a block of two series, one of which may be missing.
func readDamaged(t *testing.T, folder string, at int) {
	t.Helper()
	defer func() {
		if bug := recover(); bug != nil {
			t.Errorf("byte %d: %v", at, bug)
		}
	}()
	r, err := recording.Open(folder)
	if err != nil {
		return
	}
	defer func() { _ = r.Close() }()
	r.Bounds()
	all, err := r.Select(context.Background(), time.UnixMilli(0), time.UnixMilli(10))
	if err == nil && len(all) > 2 {
		t.Errorf("byte %d: %d series", at, len(all))
	}
}
