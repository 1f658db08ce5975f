package recording_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/tsdbutil"

	"github.com/serin-dev/serin/recording"
)

// begin is the first millisecond of what tests make up.
const begin = 1_767_312_000_000

// bits writes series so that no difference of a bit is hidden: values in
// hexadecimal digits, histograms with all their fields but the hint about resets,
// which depends on where a chunk begins.
func bits(all []recording.Series) []string {
	var lines []string
	for _, series := range all {
		for _, point := range series.Floats {
			lines = append(lines, fmt.Sprintf("%s %d %016x", series.Labels, point.T, math.Float64bits(point.V)))
		}
		for _, point := range series.Histograms {
			lines = append(lines, fmt.Sprintf("%s %d %s", series.Labels, point.T, histogramBits(point.H)))
		}
	}
	slices.Sort(lines)
	return lines
}

func histogramBits(h *histogram.FloatHistogram) string {
	return fmt.Sprintf("schema %d zero %x %x count %x sum %016x spans %v %v buckets %x %x custom %v", h.Schema, h.ZeroThreshold, h.ZeroCount, h.Count,
		math.Float64bits(h.Sum), h.PositiveSpans, h.NegativeSpans, h.PositiveBuckets, h.NegativeBuckets, h.CustomValues)
}

// mixed is series of all kinds: counters with stale markers and NaN of other bits,
// histograms, and a series that changes from one to the other.
func mixed() []recording.Series {
	staleHistogram := &histogram.FloatHistogram{Sum: math.Float64frombits(value.StaleNaN)}
	counter := recording.Series{Labels: labels.FromStrings("__name__", "requests_total", "code", "200", "pod", "web-1")}
	for i := range 1000 {
		counter.Floats = append(counter.Floats, recording.Point{T: begin + int64(i)*15_000 + int64(i%7), V: float64(i) / 3})
	}
	counter.Floats[500].V = math.Float64frombits(value.StaleNaN)
	counter.Floats[501].V = math.Float64frombits(value.NormalNaN)
	counter.Floats[502].V = math.Inf(-1)
	counter.Floats[503].V = math.Copysign(0, -1)
	latency := recording.Series{Labels: labels.FromStrings("__name__", "latency_seconds", "pod", "web-1", "zone", "zürich \"a\"\n")}
	for i, h := range tsdbutil.GenerateTestFloatHistograms(300) {
		latency.Histograms = append(latency.Histograms, recording.HistogramPoint{T: begin + int64(i)*15_000, H: h})
	}
	latency.Histograms[299].H = staleHistogram
	changing := recording.Series{Labels: labels.FromStrings("__name__", "changing")}
	for i := range 20 {
		changing.Floats = append(changing.Floats, recording.Point{T: begin + int64(i)*60_000, V: float64(i)})
		changing.Histograms = append(changing.Histograms, recording.HistogramPoint{T: begin + int64(i)*60_000 + 30_000, H: tsdbutil.GenerateTestFloatHistogram(int64(i))})
	}
	one := recording.Series{Labels: labels.FromStrings("__name__", "up"), Floats: []recording.Point{{T: begin, V: 1}}}
	return []recording.Series{changing, latency, counter, one}
}

// written makes a recording of series, and answers its folder.
func written(t *testing.T, all []recording.Series, manifest recording.Manifest) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recording")
	writer, err := recording.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = writer.Abort() }()
	for _, series := range all {
		if err := writer.Add(series); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Commit(manifest); err != nil {
		t.Fatal(err)
	}
	return path
}

// opened opens a recording until the test ends.
func opened(t *testing.T, path string) *recording.Recording {
	t.Helper()
	r, err := recording.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// everything selects all samples.
func everything(t *testing.T, r *recording.Recording) []recording.Series {
	t.Helper()
	all, err := r.Select(context.Background(), time.UnixMilli(math.MinInt64), time.UnixMilli(math.MaxInt64))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// blockIn is the only block in a folder.
func blockIn(t *testing.T, folder string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*", "meta.json"))
	if err != nil || len(found) != 1 {
		t.Fatalf("blocks in %s: %v, %v", folder, found, err)
	}
	return filepath.Dir(found[0])
}

// byTSDB reads a block with Prometheus' own reader.
func byTSDB(t *testing.T, folder string) []recording.Series {
	t.Helper()
	block, err := tsdb.OpenBlock(slog.New(slog.DiscardHandler), folder, chunkenc.NewPool(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = block.Close() }()
	querier, err := tsdb.NewBlockQuerier(block, math.MinInt64, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = querier.Close() }()
	all := []recording.Series{}
	set := querier.Select(context.Background(), true, nil, labels.MustNewMatcher(labels.MatchRegexp, "__name__", ".*"))
	for set.Next() {
		series := recording.Series{Labels: set.At().Labels()}
		samples := set.At().Iterator(nil)
		for kind := samples.Next(); kind != chunkenc.ValNone; kind = samples.Next() {
			if kind == chunkenc.ValFloat {
				at, v := samples.At()
				series.Floats = append(series.Floats, recording.Point{T: at, V: v})
				continue
			}
			at, h := samples.AtFloatHistogram(nil)
			series.Histograms = append(series.Histograms, recording.HistogramPoint{T: at, H: h.Copy()})
		}
		if samples.Err() != nil {
			t.Fatal(samples.Err())
		}
		all = append(all, series)
	}
	if set.Err() != nil {
		t.Fatal(set.Err())
	}
	return all
}

// TestTSDBReadsWhatWeWrite holds our block against Prometheus' reader, bit for bit.
func TestTSDBReadsWhatWeWrite(t *testing.T) {
	path := written(t, mixed(), recording.Manifest{})
	want := bits(mixed())
	if len(want) != 1000+300+40+1 {
		t.Fatalf("the test has %d samples", len(want))
	}
	if diff := cmp.Diff(want, bits(byTSDB(t, blockIn(t, path)))); diff != "" {
		t.Errorf("package tsdb reads something else (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, bits(everything(t, opened(t, path)))); diff != "" {
		t.Errorf("we read something else (-want +got):\n%s", diff)
	}
}

// asStorage are series as package tsdb takes them.
func asStorage(all []recording.Series) []storage.Series {
	var list []storage.Series
	for _, series := range all {
		list = append(list, recording.StorageSeries(series))
	}
	return list
}

// byBlockWriter writes series with Prometheus' writer.
func byBlockWriter(t *testing.T, all []recording.Series) string {
	t.Helper()
	folder, err := tsdb.CreateBlock(asStorage(all), t.TempDir(), 24*time.Hour.Milliseconds(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestWeReadWhatTSDBWrote reads a block of Prometheus, by itself and in a folder.
func TestWeReadWhatTSDBWrote(t *testing.T) {
	folder := byBlockWriter(t, mixed())
	want := bits(byTSDB(t, folder))
	if len(want) < 1300 {
		t.Fatalf("package tsdb wrote %d samples", len(want))
	}
	for _, path := range []string{folder, filepath.Dir(folder)} {
		r := opened(t, path)
		if diff := cmp.Diff(want, bits(everything(t, r))); diff != "" {
			t.Errorf("%s: we read something else (-want +got):\n%s", path, diff)
		}
		from, to := r.Bounds()
		if from.UnixMilli() != begin || to.UnixMilli() != begin+999*15_000+999%7 {
			t.Errorf("%s: bounds %s to %s", path, from, to)
		}
	}
}

// TestIntegerHistograms reads histograms with whole counts as floats.
func TestIntegerHistograms(t *testing.T) {
	folder := t.TempDir()
	writer, err := tsdb.NewBlockWriter(slog.New(slog.DiscardHandler), folder, tsdb.DefaultBlockDuration)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = writer.Close() }()
	appender := writer.Appender(context.Background())
	name := labels.FromStrings("__name__", "latency_seconds")
	var want []recording.HistogramPoint
	for i, h := range tsdbutil.GenerateTestHistograms(250) {
		at := begin + int64(i)*15_000
		if _, err := appender.AppendHistogram(0, name, at, h, nil); err != nil {
			t.Fatal(err)
		}
		want = append(want, recording.HistogramPoint{T: at, H: h.ToFloat(nil)})
	}
	if err := appender.Commit(); err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	got := bits(everything(t, opened(t, folder)))
	if diff := cmp.Diff(bits([]recording.Series{{Labels: name, Histograms: want}}), got); diff != "" {
		t.Error(diff)
	}
}

func TestTombstones(t *testing.T) {
	folder := byBlockWriter(t, mixed())
	block, err := tsdb.OpenBlock(slog.New(slog.DiscardHandler), folder, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = block.Close() }()
	if err := block.Delete(context.Background(), begin+60_000, begin+600_000, labels.MustNewMatcher(labels.MatchEqual, "__name__", "requests_total")); err != nil {
		t.Fatal(err)
	}
	got, want := bits(everything(t, opened(t, folder))), bits(byTSDB(t, folder))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(want) >= len(bits(mixed())) {
		t.Error("nothing was deleted")
	}
}

// TestOverlappingBlocks merges blocks that hold some samples twice.
func TestOverlappingBlocks(t *testing.T) {
	folder := t.TempDir()
	all := mixed()
	for name, cut := range map[string][2]int{"one": {0, 600}, "two": {400, 1000}} {
		part := slices.Clone(all)
		part[2].Floats = part[2].Floats[cut[0]:cut[1]]
		if err := os.Rename(byBlockWriter(t, part), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(bits(byTSDB(t, byBlockWriter(t, all))), bits(everything(t, opened(t, folder)))); diff != "" {
		t.Error(diff)
	}
}

func TestSelect(t *testing.T) {
	at := func(offset int64) time.Time { return time.UnixMilli(begin + offset) }
	equal := func(name, value string) *labels.Matcher {
		return labels.MustNewMatcher(labels.MatchEqual, name, value)
	}
	for name, r := range map[string]*recording.Recording{
		"memory": recording.FromSeries(mixed()), "block": opened(t, written(t, mixed(), recording.Manifest{})),
	} {
		for _, row := range []struct {
			reason   string
			from, to time.Time
			matchers []*labels.Matcher
			want     string
		}{
			{"both ends are included", at(15_001), at(30_002), []*labels.Matcher{equal("__name__", "requests_total")}, "requests_total 2"},
			{"between two samples", at(15_002), at(30_001), []*labels.Matcher{equal("__name__", "requests_total")}, ""},
			{"floats and histograms of one series", at(0), at(60_000), []*labels.Matcher{equal("__name__", "changing")}, "changing 3"},
			{"no matchers are everything", at(0), at(0), nil, "changing 1, latency_seconds 1, requests_total 1, up 1"},
			{"an absent label is empty", at(0), at(0), []*labels.Matcher{equal("pod", "")}, "changing 1, up 1"},
			{"not equal, with an absent label", at(0), at(0), []*labels.Matcher{labels.MustNewMatcher(labels.MatchNotEqual, "code", "500")}, "changing 1, latency_seconds 1, requests_total 1, up 1"},
			{"a pattern", at(0), at(0), []*labels.Matcher{labels.MustNewMatcher(labels.MatchRegexp, "pod", "web-.*"), labels.MustNewMatcher(labels.MatchNotRegexp, "code", "2..")}, "latency_seconds 1"},
			{"a name that is not there", at(0), at(0), []*labels.Matcher{equal("__name__", "down")}, ""},
			{"before all", at(-2000), at(-1000), nil, ""},
			{"the wrong way round", at(1000), at(0), nil, ""},
		} {
			found, err := r.Select(context.Background(), row.from, row.to, row.matchers...)
			if err != nil {
				t.Errorf("%s, %s: %v", name, row.reason, err)
			}
			var got []string
			for _, series := range found {
				got = append(got, fmt.Sprintf("%s %d", series.Labels.Get("__name__"), len(series.Floats)+len(series.Histograms)))
			}
			if joined := strings.Join(got, ", "); joined != row.want {
				t.Errorf("%s, %s: got %q, want %q", name, row.reason, joined, row.want)
			}
		}
	}
}

func TestCancelledSelect(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, r := range []*recording.Recording{recording.FromSeries(mixed()), opened(t, written(t, mixed(), recording.Manifest{}))} {
		if _, err := r.Select(ctx, time.UnixMilli(0), time.UnixMilli(math.MaxInt64)); err == nil {
			t.Error("a cancelled Select answers")
		}
	}
}

// damagedBlock copies a block, damages it and answers the error of opening and
// reading it.
func damagedBlock(t *testing.T, damage func(folder string) error) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "block")
	if err := os.CopyFS(folder, os.DirFS(byBlockWriter(t, mixed()))); err != nil {
		t.Fatal(err)
	}
	if err := damage(folder); err != nil {
		t.Fatal(err)
	}
	r, err := recording.Open(folder)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = r.Close() }()
	if _, err = r.Select(context.Background(), time.UnixMilli(0), time.UnixMilli(math.MaxInt64/2)); err != nil {
		return err.Error()
	}
	return "no error"
}

// change rewrites a file.
func change(name string, with func([]byte) []byte) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, with(content), 0o600)
}

// meta changes a field of meta.json.
func meta(folder, field string, to any) error {
	return change(filepath.Join(folder, "meta.json"), func(content []byte) []byte {
		var fields map[string]any
		if err := json.Unmarshal(content, &fields); err != nil {
			panic(err)
		}
		fields[field] = to
		changed, err := json.Marshal(fields)
		if err != nil {
			panic(err)
		}
		return changed
	})
}

func TestDamagedBlocks(t *testing.T) {
	cut := func(name string, to int) func(string) error {
		return func(folder string) error {
			return change(filepath.Join(folder, name), func(content []byte) []byte { return content[:min(to, len(content))] })
		}
	}
	for _, row := range []struct {
		reason string
		damage func(string) error
		want   []string
	}{
		{"downsampled by Thanos", func(folder string) error {
			return meta(folder, "thanos", map[string]any{"downsample": map[string]any{"resolution": 300_000}})
		}, []string{"meta.json", "downsampled", "300 s", "raw blocks"}},
		{"another version", func(folder string) error { return meta(folder, "version", 3) }, []string{"meta.json", "version 3"}},
		{"no JSON", cut("meta.json", 40), []string{"meta.json", "line", "copy the block again"}},
		{"an index cut short", cut("index", 500), []string{"index", "damaged or cut short", "copy the block again"}},
		{"an empty index", cut("index", 0), []string{"index", "damaged or cut short"}},
		{"chunks cut short", cut("chunks/000001", 2000), []string{"chunks", "damaged or cut short", "series {"}},
		{"empty chunks", cut("chunks/000001", 0), []string{"chunks", "damaged or cut short"}},
		{"a bit that flipped", func(folder string) error {
			return change(filepath.Join(folder, "chunks/000001"), func(content []byte) []byte {
				content[len(content)/2] ^= 4
				return content
			})
		}, []string{"chunks", "checksum", "copy the block again"}},
		{"no index", func(folder string) error { return os.Remove(filepath.Join(folder, "index")) }, []string{"index is missing"}},
		{"no chunks", func(folder string) error { return os.RemoveAll(filepath.Join(folder, "chunks")) }, []string{"chunks"}},
	} {
		got := damagedBlock(t, row.damage)
		for _, want := range row.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: error %q does not say %q", row.reason, got, want)
			}
		}
	}
}

// TestDataFolders opens Prometheus' data folder, and blocks with other files beside them.
func TestDataFolders(t *testing.T) {
	folder := filepath.Dir(byBlockWriter(t, mixed()))
	if err := os.WriteFile(filepath.Join(folder, "notes.txt"), []byte("x 1 1\n# EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(folder, "01UNFINISHED.tmp-for-creation"), os.DirFS(blockIn(t, folder))); err != nil {
		t.Fatal(err)
	}
	want := bits(everything(t, opened(t, blockOf(folder))))
	r := opened(t, folder)
	if diff := cmp.Diff(want, bits(everything(t, r))); diff != "" {
		t.Error(diff)
	}
	if warned := strings.Join(r.Warnings(), "\n"); !strings.Contains(warned, "1 files beside") || !strings.Contains(warned, "notes.txt") {
		t.Errorf("warnings %q", warned)
	}
	if err := os.Mkdir(filepath.Join(folder, "wal"), 0o700); err != nil {
		t.Fatal(err)
	}
	if warned := strings.Join(opened(t, folder).Warnings(), "\n"); !strings.Contains(warned, "write-ahead log") || !strings.Contains(warned, "snapshot") {
		t.Errorf("warnings %q", warned)
	}
	young := t.TempDir()
	if err := os.Mkdir(filepath.Join(young, "wal"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := recording.Open(young); err == nil || !strings.Contains(err.Error(), "only a write-ahead log") {
		t.Errorf("error %v", err)
	}
}
