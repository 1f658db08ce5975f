package capture_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/recording"
	"github.com/serin-dev/serin/recording/capture"
)

// options record some series of a server's two hours, without waiting.
func options(t *testing.T, s *server, selectors ...string) capture.Options {
	t.Helper()
	provider, err := prometheus.New(prometheus.Config{Address: s.URL, ResponseLimit: 1 << 40})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(provider.Close)
	o := capture.Options{
		Server: provider, Out: filepath.Join(t.TempDir(), "recording"), Sleep: func(context.Context, time.Duration) {},
		Manifest: recording.Manifest{Source: s.URL, From: time.UnixMilli(begin), To: time.UnixMilli(end)},
	}
	for _, selector := range selectors {
		selection, err := capture.OfSelector(selector, time.UnixMilli(begin), time.UnixMilli(end))
		if err != nil {
			t.Fatal(err)
		}
		o.Selections = append(o.Selections, selection)
	}
	return o
}

// blockIn is the block of a recording.
func blockIn(t *testing.T, folder string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*", "meta.json"))
	if err != nil || len(found) != 1 {
		t.Fatalf("blocks in %s: %v, %v", folder, found, err)
	}
	return filepath.Dir(found[0])
}

func named(name string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchRegexp, "__name__", name)
}

// clean checks that nothing is left beside a recording.
func clean(t *testing.T, out string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(out))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() != filepath.Base(out) {
			t.Errorf("%s is left beside the recording", entry.Name())
		}
	}
}

// TestRemoteRead holds a recording against the server's database, bit for bit: stale
// markers, histograms with whole counts, and labels without the external ones.
func TestRemoteRead(t *testing.T) {
	db := database(t)
	s := serve(t, db)
	o := options(t, s, `requests_total`, `latency_seconds`, `up{env!="prod"}`, `requests_total{pod="web-1"}`)
	result, err := capture.Record(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := inside(t, db, begin, end, named(".+"))
	if diff := cmp.Diff(want, recorded(t, blockIn(t, o.Out))); diff != "" {
		t.Errorf("the recording differs (-server +recording):\n%s", diff)
	}
	if len(want) < 3000 || result.Samples != int64(len(want)) || result.Series != 7 || result.Transport != "remote read" || len(result.Notes) > 0 {
		t.Errorf("%d samples, result %+v", len(want), result)
	}
	r, err := recording.Open(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	manifest := r.Manifest()
	if err := r.Verify(); err != nil || manifest.ExternalLabels["cluster"] != "one" || manifest.Transport != "remote read" || manifest.Intervals[0].Every != 15*time.Second {
		t.Errorf("%v, manifest %+v", err, manifest)
	}
	clean(t, o.Out)
}

// TestWindow records a part of the time, exactly.
func TestWindow(t *testing.T) {
	db := database(t)
	for _, without := range [][]string{nil, {"/api/v1/read"}, {"chunks"}} {
		s := serve(t, db)
		s.without = without
		s.plain = slices.Contains(without, "chunks")
		o := options(t, s, `requests_total{pod!="web-4"}`)
		from, to := int64(begin+15_001), int64(begin+1_800_003)
		o.Selections[0].From, o.Selections[0].To = time.UnixMilli(from), time.UnixMilli(to)
		if _, err := capture.Record(context.Background(), o); err != nil {
			t.Fatal(err)
		}
		want := inside(t, db, from, to, named("requests_total"), labels.MustNewMatcher(labels.MatchNotEqual, "pod", "web-4"))
		if diff := cmp.Diff(want, recorded(t, blockIn(t, o.Out))); diff != "" {
			t.Errorf("without %v: the recording differs (-server +recording):\n%s", without, diff)
		}
	}
}

// TestRangeVectors records from a server without remote read, whose queries may load a
// thousand samples: slices are halved, and what is lost is said.
func TestRangeVectors(t *testing.T) {
	db := database(t)
	s := serve(t, db)
	s.without = []string{"/api/v1/read"}
	o := options(t, s, `{__name__=~"requests_total|latency_seconds"}`)
	var notes []string
	o.Progress = func(p capture.Progress) {
		if p.Note != "" {
			notes = append(notes, p.Note)
		}
		if p.Done > p.All {
			t.Errorf("progress %s of %s", p.Done, p.All)
		}
	}
	result, err := capture.Record(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, line := range inside(t, db, begin, end, named("requests_total")) {
		if !strings.HasSuffix(line, "7ff0000000000002") { // A stale marker.
			want = append(want, line)
		}
	}
	if diff := cmp.Diff(want, recorded(t, blockIn(t, o.Out))); diff != "" {
		t.Errorf("the recording differs (-server +recording):\n%s", diff)
	}
	told := strings.Join(notes, "\n")
	for _, text := range []string{"no remote read", "stale markers", "native histograms of"} {
		if !strings.Contains(told, text) || !strings.Contains(strings.Join(result.Notes, "\n"), text) {
			t.Errorf("%q is not said: %s, %v", text, told, result.Notes)
		}
	}
	if s.count("/api/v1/query") < 10 {
		t.Errorf("only %d queries: nothing was halved", s.count("/api/v1/query"))
	}
}

// TestNoConfiguration records by range vectors where the external labels are not known.
func TestNoConfiguration(t *testing.T) {
	s := serve(t, database(t))
	s.without = []string{"/api/v1/status/config"}
	result, err := capture.Record(context.Background(), options(t, s, "up"))
	if err != nil || result.Transport != "range vectors" || !strings.Contains(result.Notes[0], "external labels") {
		t.Errorf("%v, %+v", err, result)
	}
}

// TestFaults records through failures that pass.
func TestFaults(t *testing.T) {
	db := database(t)
	want := inside(t, db, begin, end, named("requests_total"))
	for reason, fault := range map[string]func(s *server, real http.Handler, number int, w http.ResponseWriter, r *http.Request) bool{
		"every second request fails": func(_ *server, _ http.Handler, number int, w http.ResponseWriter, _ *http.Request) bool {
			if number%2 == 1 {
				http.Error(w, "out of luck", http.StatusInternalServerError)
			}
			return number%2 == 1
		},
		"asked too often": func(_ *server, _ http.Handler, number int, w http.ResponseWriter, _ *http.Request) bool {
			if number%3 == 0 {
				w.Header().Set("Retry-After", "7")
				http.Error(w, "slow down", http.StatusTooManyRequests)
			}
			return number%3 == 0
		},
		"answers are cut": func(_ *server, real http.Handler, number int, w http.ResponseWriter, r *http.Request) bool {
			if number%2 == 0 {
				cutting(w, real, r)
			}
			return false
		},
	} {
		s, real := serve(t, db), serve(t, db)
		s.fault = func(number int, w http.ResponseWriter, r *http.Request) bool {
			return fault(s, real.Config.Handler, number, w, r)
		}
		o := options(t, s, "requests_total")
		var waited time.Duration
		o.Sleep = func(_ context.Context, d time.Duration) { waited += d }
		if _, err := capture.Record(context.Background(), o); err != nil {
			t.Errorf("%s: %v", reason, err)
			continue
		}
		if diff := cmp.Diff(want, recorded(t, blockIn(t, o.Out))); diff != "" {
			t.Errorf("%s: the recording differs (-server +recording):\n%s", reason, diff)
		}
		if waited < time.Second {
			t.Errorf("%s: asked again after %s", reason, waited)
		}
		clean(t, o.Out)
	}
}

// TestResume ends a recording in the middle, in all ways, and goes on.
func TestResume(t *testing.T) {
	db := database(t)
	s := serve(t, db)
	o := options(t, s, "latency_seconds", "requests_total")
	o.MaxSamples = 700
	want := inside(t, db, begin, end, named("requests_total|latency_seconds"))
	attempts := 0
	for ; attempts < 100; attempts++ {
		ctx, cancel := context.WithCancel(context.Background())
		requests := 0
		s.fault = func(int, http.ResponseWriter, *http.Request) bool {
			if requests++; requests > 4 {
				cancel()
				panic(http.ErrAbortHandler)
			}
			return false
		}
		result, err := capture.Record(ctx, o)
		cancel()
		if err == nil {
			if result.Resumed < 3 {
				t.Errorf("only %d slices were resumed", result.Resumed)
			}
			break
		}
		var kept *capture.Interrupted
		if !errors.Is(err, context.Canceled) || !errors.As(err, &kept) || kept.Folder != o.Out+".partial" {
			t.Fatalf("attempt %d: %v", attempts, err)
		}
		if end, begun := capture.Begun(o.Out); !begun || !end.Equal(o.Manifest.To) {
			t.Fatalf("begun %v, up to %s", begun, end)
		}
		if _, err := recording.Open(o.Out + ".partial"); err == nil || !strings.Contains(err.Error(), "not finished") {
			t.Fatalf("an unfinished recording can be opened: %v", err)
		}
		journal, err := os.OpenFile(filepath.Join(o.Out+".partial", "journal.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = journal.WriteString(`{"selection":0,"to":17`) // As a crash would leave it.
		_ = journal.Close()
	}
	if attempts < 2 {
		t.Errorf("it took %d attempts: nothing was interrupted", attempts)
	}
	if diff := cmp.Diff(want, recorded(t, blockIn(t, o.Out))); diff != "" {
		t.Errorf("the recording differs (-server +recording):\n%s", diff)
	}
	clean(t, o.Out)
}

// TestRefusals are what no patience helps with: one request, and what to do.
func TestRefusals(t *testing.T) {
	db := database(t)
	answer := func(status int, text string) func(int, http.ResponseWriter, *http.Request) bool {
		return func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, text, status)
			return true
		}
	}
	for _, row := range []struct {
		reason string
		change func(*server, *capture.Options)
		asked  int
		want   []string
	}{
		{"credentials", func(s *server, _ *capture.Options) { s.fault = answer(401, "who are you?") }, 1, []string{"HTTP 401", "authentication"}},
		{"down for good", func(s *server, _ *capture.Options) { s.fault = answer(503, "starting") }, 6, []string{"HTTP 503"}},
		{"something is there", func(_ *server, o *capture.Options) { o.Out = filepath.Dir(o.Out) }, 0, []string{"exists", "remove it"}},
		{"no selectors", func(_ *server, o *capture.Options) { o.Selections = nil }, 0, []string{"no selector"}},
		{"no samples", func(_ *server, o *capture.Options) {
			o.Selections[0].From, o.Selections[0].To = time.UnixMilli(0), time.UnixMilli(1000)
		}, 3, []string{"no samples of requests_total", "check"}},
		{"a limit that even a millisecond exceeds", func(_ *server, o *capture.Options) {
			o.MaxSamples = 1
			o.Selections[0].Matchers = []*labels.Matcher{named("up|latency_seconds")}
		}, -1, []string{"even one millisecond", "fewer series"}},
		{"a folder that cannot be written", func(_ *server, o *capture.Options) { o.Out = "/proc/recording" }, 0, []string{"/proc/recording.partial"}},
	} {
		s := serve(t, db)
		o := options(t, s, "requests_total")
		row.change(s, &o)
		_, err := capture.Record(context.Background(), o)
		if err == nil {
			t.Errorf("%s: no error", row.reason)
			continue
		}
		for _, want := range row.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q does not say %q", row.reason, err, want)
			}
		}
		if _, err := os.Stat(o.Out + ".partial"); !errors.Is(err, os.ErrNotExist) && !strings.HasPrefix(o.Out, "/proc/") {
			t.Errorf("%s: a folder without samples is kept: %v", row.reason, err)
		}
		if row.asked >= 0 && len(s.asked) != row.asked {
			t.Errorf("%s: %d requests, want %d: %v", row.reason, len(s.asked), row.asked, s.asked)
		}
	}
}

// TestOtherPlan refuses to mix two recordings.
func TestOtherPlan(t *testing.T) {
	s := serve(t, database(t))
	o := options(t, s, "requests_total")
	ctx, cancel := context.WithCancel(context.Background())
	o.Progress = func(p capture.Progress) {
		if p.Samples > 0 {
			cancel()
		}
	}
	if _, err := capture.Record(ctx, o); err == nil {
		t.Fatal("it was not interrupted")
	}
	other := options(t, s, "up")
	other.Out = o.Out
	if _, err := capture.Record(context.Background(), other); err == nil || !strings.Contains(err.Error(), "other selectors") {
		t.Errorf("error %v", err)
	}
}

func TestSelections(t *testing.T) {
	at := func(seconds int64) time.Time { return time.Unix(1_000_000+seconds, 0) }
	for _, row := range []struct {
		reason, query, want string
	}{
		{"an instant selector looks back", `up`, "up -300 60"},
		{"a range", `rate(x_total{a="b"}[1m])`, `x_total{a="b"} -60 60`},
		{"an offset", `x offset 10m`, "x -900 -540"},
		{"an offset into the future", `x[1m] offset -1m`, "x 0 120"},
		{"a subquery", `max_over_time(rate(x[1m])[10m:] offset 5m)`, "x -960 -240"},
		{"a time of its own", `x @ 1000500`, "x 200 500"},
		{"a time of a subquery", `max_over_time(x[10m:1m] @ 1000500)`, "x -400 500"},
		{"the widest counts", `x + rate(x[10m])`, "x -600 60"},
		{"one that lies in another", `sum(rate(x{code="500"}[1m])) / sum(rate(x[1m]))`, "x -60 60"},
		{"one that lies in another, but not its time", `sum(rate(x{code="500"}[10m])) / sum(rate(x[1m]))`, `x -60 60, x{code="500"} -600 60`},
		{"the order of matchers", `x{a="1",b="2"} + x{b="2",a="1"}`, `x{a="1",b="2"} -300 60`},
		{"nothing", `vector(1)`, ""},
		{"what is not known", `x{pod="` + capture.Any + `",a=~"b-` + capture.Any + `",c!="` + capture.Any + `",d="1.` + capture.Any + `"}`, `x{a=~"b-.+",d=~"1\\..+",pod=~".+"} -300 60`},
	} {
		all, err := capture.OfQuery(row.query, at(0), at(60))
		if err != nil {
			t.Errorf("%s: %v", row.reason, err)
			continue
		}
		var got []string
		for _, selection := range capture.Unite(all) {
			got = append(got, selection.Selector()+" "+relative(selection.From)+" "+relative(selection.To))
		}
		if joined := strings.Join(got, ", "); joined != row.want {
			t.Errorf("%s: got %s, want %s", row.reason, joined, row.want)
		}
	}
}

func relative(at time.Time) string {
	return strconv.FormatInt(at.Unix()-1_000_000, 10)
}
