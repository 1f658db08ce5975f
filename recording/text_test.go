package recording_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/model/value"

	"github.com/serin-dev/serin/recording"
)

// file writes a file into a folder of its own.
func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// short writes series as: requests_total{code="200"} 1000:1 2000:NaN
func short(all []recording.Series) string {
	var text strings.Builder
	for _, series := range all {
		fmt.Fprint(&text, series.Labels.Get("__name__"), labels.NewBuilder(series.Labels).Del("__name__").Labels())
		for _, point := range series.Floats {
			shown := fmt.Sprint(point.V)
			if value.IsStaleNaN(point.V) {
				shown = "stale"
			}
			fmt.Fprintf(&text, " %d:%s", point.T, shown)
		}
		for _, point := range series.Histograms {
			fmt.Fprintf(&text, " %d:%s", point.T, point.H)
		}
		text.WriteString("\n")
	}
	return text.String()
}

func TestFormats(t *testing.T) {
	const ups = "up{job=\"a\"} 1435781430781:1 1435781445781:0\n"
	for _, row := range []struct {
		reason, name, text, want string
		warnings                 []string
	}{
		{"OpenMetrics", "a.om", "# TYPE up gauge\n# HELP up Whether.\nup{job=\"a\"} 1 1435781430.781\nup{job=\"a\"} 0 1435781445.781\n# EOF\n", ups, nil},
		{"the name does not matter", "a.json", "# TYPE up gauge\nup{job=\"a\"} 1 1435781430.781\nup{job=\"a\"} 0 1435781445.781\n# EOF\n", ups, nil},
		{"Windows line breaks and a byte order mark", "a.om", "\xef\xbb\xbfup{job=\"a\"} 1 1435781430.781\r\nup{job=\"a\"} 0 1435781445.781\r\n# EOF\r\n", ups, nil},
		{"Prometheus' text format: milliseconds, and no end", "a.prom", "up{job=\"a\",} 1 1435781430781\nup { job=\"a\" }   0   1435781445781\n", ups, nil},
		{"promtool tsdb dump", "dump", `{__name__="up", job="a"} 1 1435781430781` + "\n" + `{__name__="up", job="a"} 0 1435781445781` + "\n", ups, nil},
		{"names in quotes, exemplars, escapes", "a.om", `{"my.metric","a b"="c\"\\\nd",e=""} 1e3 1.0005 # {trace="x"} 1 2` + "\n# EOF", "my.metric{\"a b\"=\"c\\\"\\\\\\nd\"} 1001:1000\n", nil},
		{"whatever numbers there are", "a.om", "x +Inf 1\nx -Inf 2\nx .5 3\nx NaN 4e0\nx -0 -1.5\n# TYPE x gauge\n# EOF\n", "x{} -1500:-0 1000:+Inf 2000:-Inf 3000:0.5 4000:NaN\n", nil},
		{"a dump with NaN", "a.om", "x NaN 1\n# EOF\n", "x{} 1000:NaN\n", []string{"1 values NaN and no TYPE lines", "stale markers", "read the block"}},
		{"out of order, twice the same, and twice different", "a.om", "x 3 3\nx 1 1\nx 2 2\nx 2 2\nx 4 3\n# EOF\n", "x{} 1000:1 2000:2 3000:3\n", []string{"1 samples stand beside another value", "x", "1970-01-01T00:00:03Z"}},
		{
			"API matrix", "a.json", `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"a"},"values":[[1435781430.781,"1"],[1435781445.781,"0"]]}]}}`,
			ups, nil,
		},
		{"the key data first, and fields nobody knows", "a.json", `{"data":{"result":[{"metric":{"__name__":"up","job":"a"},"values":[[1435781430.781,"1"],[1435781445.781,"0"]]}],"resultType":"matrix","stats":{"a":[1]}},"status":"success","warnings":["x"]}`, ups, nil},
		{"several answers behind each other", "a.json", `{"data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"a"},"values":[[1435781430.781,"1"]]}]}}` + "\n" + `{"data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"a"},"values":[[1435781445.781,"0"]]}]}}`, ups, nil},
		{"a list of series, as promdump writes it", "a.json", ` [ {"metric":{"__name__":"up","job":"a"},"values":[[1435781430.781,"1"], [1435781445.781 , "0"] ] } ]`, ups, nil},
		{"an evaluated range", "a.json", `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"1"},"values":[[60,"1"],[120,"2"],[180,"3"]]},{"metric":{"a":"2"},"values":[[60,"1"],[180,"2"]]}]}}`, "{a=\"1\"} 60000:1 120000:2 180000:3\n{a=\"2\"} 60000:1 180000:2\n", []string{"query_range", "every 1m0s", "instant query"}},
		{"native histograms in JSON", "a.json", `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"x"},"values":[[1.5,"1"]]},{"metric":{"__name__":"h"},"histograms":[[1.5,{"count":"1"}]]}]}}`, "x{} 1500:1\n", []string{"native histograms of 1 series"}},
		{"VictoriaMetrics", "a.jsonl", `{"metric":{"__name__":"up","job":"a"},"values":[1,0],"timestamps":[1435781430781,1435781445781]}` + "\n", ups, nil},
		{"VictoriaMetrics, two lines of one series, and what is no number", "a.jsonl", `{"metric":{"__name__":"x"},"values":[null,"Infinity"],"timestamps":[1,3]}` + "\n" + `{"metric":{"__name__":"x"},"values":["-Infinity",0.1],"timestamps":[2,4]}`, "x{} 1:NaN 2:-Inf 3:+Inf 4:0.1\n", []string{"null values", "end of a series"}},
		{"series notation", "a.yaml", "interval: 15s\ninput_series:\n- series: 'up{job=\"a\"}'\n  values: '1x2 _ stale -3'\n", "up{job=\"a\"} 0:1 15000:1 30000:1 60000:stale 75000:-3\n", nil},
		{"series notation of a promtool test, with a start", "a.yml", "# comment\nrule_files: [a]\nstart: 2026-01-02T00:00:00Z\ntests:\n  - interval: 1m\n    input_series:\n      - {series: 'h', values: '{{schema:0 sum:5 count:4 buckets:[1 2 1]}}x1'}\n", "h{} 1767312000000:{count:4, sum:5, [-1,-0.5):0}", nil},
	} {
		if strings.Contains(row.want, "[-1,-0.5)") { // The text of a histogram is Prometheus' own.
			row.want = "h{} 1767312000000:{count:4, sum:5, (0.5,1]:1, (1,2]:2, (2,4]:1} 1767312060000:{count:4, sum:5, (0.5,1]:1, (1,2]:2, (2,4]:1}\n"
		}
		for _, zipped := range []bool{false, true} {
			text := row.text
			if zipped {
				text = gzipped(t, text)
			}
			r, err := recording.Open(file(t, row.name, text))
			if err != nil {
				t.Errorf("%s (gzip %v): %v", row.reason, zipped, err)
				continue
			}
			if diff := cmp.Diff(row.want, short(everything(t, r))); diff != "" {
				t.Errorf("%s (gzip %v): %s", row.reason, zipped, diff)
			}
			warned := strings.Join(r.Warnings(), "\n")
			if len(row.warnings) == 0 && warned != "" {
				t.Errorf("%s: warns %q", row.reason, warned)
			}
			for _, want := range row.warnings {
				if !strings.Contains(warned, want) {
					t.Errorf("%s: warning %q does not say %q", row.reason, warned, want)
				}
			}
		}
	}
}

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	if _, err := io.WriteString(writer, text); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestUnreadableTexts feeds each format with nonsense.
// Long: the table of what people may feed it, each with where and what to do.
func TestUnreadableTexts(t *testing.T) {
	matrix := func(values string) string {
		return `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"x"},"values":` + values + `}]}}`
	}
	whole := gzipped(t, strings.Repeat("x{a=\"b\"} 1 1767312000\n", 1000)+"# EOF\n")
	for _, row := range []struct {
		reason, name, text string
		want               []string
	}{
		{"nothing", "a.om", "", []string{"a.om", "empty"}},
		{"nothing but space", "a.om", " \n\n", []string{"a.om", "empty"}},
		{"no samples", "a.om", "# TYPE x gauge\n# EOF\n", []string{"no samples"}},
		{"a picture", "a.om", "\x89PNG\r\n\x1a\n\x00\x00", []string{"a.om", "binary", "OpenMetrics"}},
		{"UTF-16", "a.om", "\xff\xfex\x00", []string{"UTF-16", "UTF-8"}},
		{"prose", "a.txt", "Dear reader,\nthis is a letter.\n", []string{"a.txt:1", `"reader,"`}},
		{"a table", "a.csv", "\"Time\",\"up\"\n2026-01-01,1\n", []string{"format is not known"}},
		{"other JSON", "a.json", `{"name":"case","window":{"start":1}}`, []string{"neither an answer of Prometheus' API"}},

		{"no end", "a.om", "x 1 1\nx 2 2\n", []string{"a.om:2", "# EOF", "cut", "copy it again"}},
		{"cut in a timestamp, in milliseconds", "a.prom", "x 1 1767312000000\nx 2 176731201500", []string{"a.prom:2", "# EOF"}},
		{"two files in one", "a.om", "x 1 1\n# EOF\nx 2 2\n# EOF\n", []string{"a.om:3", "more after"}},
		{"no timestamp", "a.om", "x 1 1\nx 2\n# EOF\n", []string{"a.om:2", "no timestamp", "dump-openmetrics"}},
		{"an exemplar instead of a timestamp", "a.om", "x 1 # {a=\"b\"} 1\n# EOF\n", []string{"a.om:1", "no timestamp"}},
		{"no value", "a.om", "x{a=\"b\"}\n# EOF\n", []string{"a.om:1", "no value"}},
		{"a value that is none", "a.om", "x one 1\ny 1 1\n# EOF\n", []string{"a.om:1", `value "one"`}},
		{"a value in hexadecimal", "a.om", "x 1 1\nx 0x1p3 2\n# EOF\n", []string{"a.om:2", `"0x1p3"`}},
		{"a time zone", "a.om", "x 1 1\nx 1 2026-01-01T00:00:00Z\n# EOF\n", []string{"a.om:2", "2026-01-01T00:00:00Z", "not a number"}},
		{"NaN as a time", "a.om", "x 1 NaN\n# EOF\n", []string{"a.om:1", "timestamp", "not a number"}},
		{"milliseconds among seconds", "a.om", "x 1 1767312000\nx 1 1767312015000\n# EOF\n", []string{"a.om:2", "1767312015000", "seconds", "milliseconds?"}},
		{"seconds among milliseconds", "a.om", "x 1 1767312000000\nx 1 1767312015\n# EOF\n", []string{"a.om:2", "seconds", "one unit"}},
		{"one time far in the future", "a.om", "x 1 1767312000\nx 1 1767312015\ny 1 4102444800\nx 1 1767312030\n# EOF\n", []string{"a.om:3", "2100-01-01T00:00:00Z", "more than a year", "correct"}},
		{"one time far in the past", "a.om", "x 1 1767312000\nx 1 1767312015\ny 1 0\nx 1 1767312030\n# EOF\n", []string{"a.om:3", "1970-01-01T00:00:00Z", "more than a year"}},
		{"braces that stay open", "a.om", "x{a=\"b} 1 1\n# EOF\n", []string{"a.om:1", "not closed"}},
		{"no comma", "a.om", "x{a=\"b\" c=\"d\"} 1 1\n# EOF\n", []string{"a.om:1", "comma"}},
		{"no quotes", "a.om", "x{a=b} 1 1\n# EOF\n", []string{"a.om:1", "label a", "quotes"}},
		{"a label twice", "a.om", "x{a=\"b\",a=\"c\"} 1 1\n# EOF\n", []string{"a.om:1", "label a stands twice"}},
		{"a name that is none", "a.om", "x 1 1\n7x{a=\"b\"} 1 1\n# EOF\n", []string{"a.om:2", `"7x"`, "not the name"}},
		{"no name", "a.om", "x 1 1\n{a=\"b\"} 1 1\n# EOF\n", []string{"a.om:2", "no name"}},
		{"a line of many megabytes", "a.om", "x 1 1\ny{a=\"" + strings.Repeat("b", 5<<20) + "\"} 1 1\n# EOF\n", []string{"a.om:2", "longer than"}},
		{"gzip cut short", "a.om.gz", whole[:len(whole)-40], []string{"a.om.gz", "ends in the middle"}},

		{"JSON cut short", "a.json", matrix(`[[1,"1"],[2,"2"]]`)[:80], []string{"a.json", "byte", "ends in the middle"}},
		{"JSON with a flaw", "a.json", `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"x"},"values":[[1,"1"],[2 "2"]]}]}}`, []string{"a.json, byte 60", "the value that begins there", "invalid character"}},
		{"an instant vector", "a.json", `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}}`, []string{"vector", "m[24h]"}},
		{"values that are numbers", "a.json", matrix(`[[1,1]]`), []string{"a.json, byte", "{__name__=\"x\"}", "a text"}},
		{"values without a time", "a.json", matrix(`["1"]`), []string{"a pair of time and text"}},
		{"milliseconds in the API", "a.json", matrix(`[[1767312000000,"1"]]`), []string{"counts seconds"}},
		{"an error", "a.json", `{"status":"error","errorType":"bad_data","error":"invalid parameter"}`, []string{"server answered an error", "invalid parameter"}},
		{"no result", "a.json", `{"status":"success"}`, []string{"no result"}},
		{"an empty result", "a.json", `{"status":"success","data":{"resultType":"matrix","result":[]}}`, []string{"no samples"}},

		{"fewer values than times", "a.jsonl", `{"metric":{"__name__":"x"},"values":[1],"timestamps":[1,2]}`, []string{"1 values and 2 timestamps"}},
		{"seconds in VictoriaMetrics", "a.jsonl", `{"metric":{"__name__":"x"},"values":[1],"timestamps":[1767312000]}`, []string{"in seconds", "milliseconds"}},
		{"no number in VictoriaMetrics", "a.jsonl", `{"metric":{"__name__":"x"},"values":["one"],"timestamps":[1]}`, []string{"values of", "one"}},

		{"notation without series", "a.yaml", "interval: 1m\n", []string{"a.yaml", "input_series"}},
		{"notation with a bad value", "a.yaml", "interval: 1m\ninput_series:\n- series: x\n  values: 1 2 three\n", []string{"a.yaml", "series 1", "three"}},
		{"notation with a bad interval", "a.yaml", "interval: soon\ninput_series:\n- series: x\n  values: 1\n", []string{"a.yaml", "interval", "15s"}},
		{"notation that would fill the memory", "a.yaml", "input_series:\n- series: x\n  values: 1x99999999999999999999\n", []string{"a.yaml", "more than 1000000 samples"}},
		{"notation of several tests", "a.yaml", "tests:\n- input_series: []\n- input_series: []\n", []string{"2 tests", "file of its own"}},
	} {
		_, err := recording.Open(file(t, row.name, row.text))
		if err == nil {
			t.Errorf("%s: no error", row.reason)
			continue
		}
		for _, want := range row.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q does not say %q", row.reason, err, want)
			}
		}
	}
}

// TestLimit holds texts to a number of samples.
func TestLimit(t *testing.T) {
	path := file(t, "a.om", "x 1 1\nx 2 2\nx 3 3\n# EOF\n")
	if _, err := recording.OpenLimited(path, 3); err != nil {
		t.Error(err)
	}
	_, err := recording.OpenLimited(path, 2)
	if err == nil || !strings.Contains(err.Error(), "a.om:3") || !strings.Contains(err.Error(), "2 are all") {
		t.Errorf("error %v", err)
	}
}

// TestFolders opens folders of texts, and what is no recording.
func TestFolders(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"1.json":    `{"data":{"resultType":"matrix","result":[{"metric":{"__name__":"x"},"values":[[1.5,"1"]]}]}}`,
		"2.json.gz": gzipped(t, `{"data":{"resultType":"matrix","result":[{"metric":{"__name__":"x"},"values":[[2.5,"2"]]}]}}`),
		"3.om":      "y 1 1\n# EOF\n",
		"case.json": `{"name":"a case"}`,
		".hidden":   "nothing",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := opened(t, folder)
	if diff := cmp.Diff("x{} 1500:1 2500:2\ny{} 1000:1\n", short(everything(t, r))); diff != "" {
		t.Error(diff)
	}
	if warned := strings.Join(r.Warnings(), "\n"); !strings.Contains(warned, "case.json is not read") || strings.Contains(warned, "hidden") {
		t.Errorf("warnings %q", warned)
	}
	if format := r.Manifest().Format; format != "JSON, OpenMetrics text" {
		t.Errorf("format %q", format)
	}
	for reason, row := range map[string]struct {
		path string
		want string
	}{
		"an empty folder":    {t.TempDir(), "neither a block nor a text"},
		"nothing there":      {filepath.Join(folder, "4.om"), "no such file"},
		"no recording in it": {filepath.Dir(file(t, "a.csv", "a,b\n")), "format is not known"},
	} {
		if _, err := recording.Open(row.path); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: error %v does not say %q", reason, err, row.want)
		}
	}
}

// TestRecordingsOfOthers reads the recordings beside the tree, where they are.
func TestRecordingsOfOthers(t *testing.T) {
	found, err := filepath.Glob("../../shared/recordings/*/*/*.om")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Log("there are no recordings beside the tree")
		return
	}
	samples := 0
	for _, path := range found {
		r, err := recording.Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, series := range everything(t, r) {
			samples += len(series.Floats)
		}
	}
	t.Logf("%d files, %d samples", len(found), samples)
}

// byTextparse reads OpenMetrics with Prometheus' own parser.
func byTextparse(text []byte) (string, error) {
	parser := textparse.NewOpenMetricsParser(text, labels.NewSymbolTable())
	samples := map[string][]recording.Point{}
	named := map[string]labels.Labels{}
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		if entry != textparse.EntrySeries {
			continue
		}
		_, at, v := parser.Series()
		if at == nil {
			return "", errors.New("no timestamp")
		}
		var of labels.Labels
		parser.Labels(&of)
		key := of.String()
		named[key] = of
		samples[key] = append(samples[key], recording.Point{T: *at, V: v})
	}
	var all []recording.Series
	for key, points := range samples {
		all = append(all, recording.Series{Labels: named[key], Floats: points})
	}
	r := recording.FromSeries(all)
	list, err := r.Select(context.Background(), time.UnixMilli(math.MinInt64), time.UnixMilli(math.MaxInt64))
	return short(list), err
}

// FuzzOpenMetrics holds the reader of texts against Prometheus' parser: what both
// read, they read alike, but for timestamps, which that one cuts and does not round.
func FuzzOpenMetrics(f *testing.F) {
	for _, text := range []string{
		"# TYPE x gauge\nx{a=\"b\",c=\"d\\\"\\n\\\\\"} 1 1\nx 2 2.5\n# EOF\n",
		"{\"my.metric\",\"a b\"=\"c\"} 1e3 1 # {a=\"b\"} 1\n# EOF\n",
		"x NaN 1\nx +Inf 2\nx 1 2\n# EOF",
		"x{} 1 1767312000000\n",
		"{__name__=\"x\", a=\"b\"} 0.1 1767312000000\n",
		"x{a=\"\\q\xff\"} 1 1\n# EOF\n", "x 1 1e300\n# EOF\n", "x\t1 1\n", "#\n{\n}", "x 1 -62135596801\n# EOF\n",
	} {
		f.Add(text)
	}
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(folder, "a.om")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := recording.Open(path)
		if err != nil {
			if !strings.Contains(err.Error(), "a.om") {
				t.Fatalf("error %q does not say where", err)
			}
			return
		}
		defer func() { _ = r.Close() }()
		got := everything(t, r)
		inOrder(t, got)
		if r.Manifest().Format != "OpenMetrics text" || strings.Contains(text, "e") || strings.Contains(text, "E") || strings.Contains(text, ".") {
			return
		}
		if want, err := byTextparse([]byte(text)); err == nil && want != short(got) && !strings.Contains(text, "00000000000") {
			t.Fatalf("Prometheus reads\n%s\nand we\n%s", want, short(got))
		}
	})
}

// inOrder checks what Series promises.
func inOrder(t *testing.T, all []recording.Series) {
	t.Helper()
	for i, series := range all {
		if i > 0 && labels.Compare(all[i-1].Labels, series.Labels) >= 0 {
			t.Fatalf("%s comes after %s", series.Labels, all[i-1].Labels)
		}
		for j := range series.Floats {
			if j > 0 && series.Floats[j-1].T >= series.Floats[j].T {
				t.Fatalf("%s: %d comes after %d", series.Labels, series.Floats[j].T, series.Floats[j-1].T)
			}
		}
	}
}

// FuzzOpen feeds anything to the detection of formats: no input may end the process.
func FuzzOpen(f *testing.F) {
	for _, text := range []string{
		`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up"},"values":[[1.5,"1"],[2.5,"NaN"]]}]}}`,
		`[{"metric":{"a":"b"},"values":[[1.5,"1"]],"histograms":[[1,{}]]}]`,
		`{"metric":{"__name__":"x"},"values":[null,"Infinity",1e3],"timestamps":[1,3,2]}`,
		"interval: 1m\ninput_series:\n- series: x{a=\"b\"}\n  values: '1+1x3 _x2 stale {{schema:0 sum:5 count:4 buckets:[1 2 1]}}x3'\n",
		"\x1f\x8b\x08\x00\x00\x00\x00\x00", "{}", "[]", `{"data":null,"result":[]}`, `{"metric":[[[[`, "tests:\n- input_series: 7\n",
	} {
		f.Add([]byte(text))
	}
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(folder, "a")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := recording.Open(path)
		if err == nil {
			inOrder(t, everything(t, r))
			_ = r.Close()
		}
	})
}
