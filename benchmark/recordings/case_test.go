package recordings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/analysis/series"
)

// made is a small case: a counter born with the window, and a histogram of two edges.
const made = `# TYPE http_requests counter
http_requests_total{service="a",code="2xx",track="canary"} 10 100
http_requests_total{service="a",code="2xx",track="canary"} 30 110
http_requests_total{service="a",code="2xx",track="canary"} 5 120
http_requests_total{service="a",code="2xx",track="stable"} 40 100
http_requests_total{service="a",code="2xx",track="stable"} 90 110
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.1",track="canary"} 1 100
http_request_duration_seconds_bucket{le="0.5",track="canary"} 3 100
http_request_duration_seconds_bucket{le="+Inf",track="canary"} 4 100
http_request_duration_seconds_bucket{le="0.1",track="canary"} 2 110
http_request_duration_seconds_bucket{le="0.5",track="canary"} 7 110
http_request_duration_seconds_bucket{le="+Inf",track="canary"} 8 110
http_request_duration_seconds_bucket{le="0.1",track="stable"} 6 100
http_request_duration_seconds_bucket{le="0.5",track="stable"} 6 100
http_request_duration_seconds_bucket{le="+Inf",track="stable"} 6 100
# EOF
`

// write makes a corpus of one case.
func write(t *testing.T, label, samples string) string {
	t.Helper()
	dir := t.TempDir()
	folder := filepath.Join(dir, "made", "one")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"case.json": label, "aligned.om": samples} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const label = `{"name":"one","dataset":"made","group":"g","expected":"promote","level":"control","step_seconds":10,
"window":{"start":100,"end":120},"baseline":{"start":60,"end":90}}`

// one loads a made case.
func one(t *testing.T, label, samples string) Case {
	t.Helper()
	cases, err := Load(write(t, label, samples))
	if err != nil {
		t.Fatal(err)
	}
	return cases[0]
}

func values64(samples []series.Sample) []float64 {
	var all []float64
	for _, s := range samples {
		all = append(all, s.Value)
	}
	return all
}

func TestIncrements(t *testing.T) {
	c := one(t, label, made)
	for _, m := range c.Metrics {
		if m.Name == "http_requests_total" {
			if diff := cmp.Diff([]float64{10, 20, 5}, values64(Increments(m.Canary))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	}
}

func TestHistogram(t *testing.T) {
	concurrent := strings.Replace(label, `"end":90`, `"end":90,"concurrent":true`, 1)
	var last View
	for v := range one(t, concurrent, made).Looks() {
		last = v
	}
	h := last.Histograms()[0]
	want := []Scrape{
		{At: second(100), Canary: []float64{1, 2, 1}, Baseline: []float64{6, 0, 0}},
		{At: second(110), Canary: []float64{1, 3, 0}, Baseline: []float64{0, 0, 0}},
	}
	if diff := cmp.Diff(want, h.Scrapes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if h.History != nil || len(h.Edges) != 3 || h.Edges[1] != 0.5 {
		t.Errorf("edges %v, history %v", h.Edges, h.History)
	}
}

// TestPaced: a baseline that was recorded before is spread over the canary's scrapes
// and is known as a whole; one that ran beside is not.
func TestPaced(t *testing.T) {
	for _, test := range []struct {
		concurrent bool
		want       [][]float64
		history    int
	}{
		{false, [][]float64{nil, {40}, {40, 90}}, 2},
		{true, [][]float64{{40}, {40, 90}, {40, 90}}, 0},
	} {
		text := label
		if test.concurrent {
			text = strings.Replace(label, `"end":90`, `"end":90,"concurrent":true`, 1)
		}
		var got [][]float64
		for v := range one(t, text, made).Looks() {
			for _, m := range v.Metrics {
				if m.Name == "http_requests_total" {
					got = append(got, values64(m.Baseline))
					if len(m.History) != test.history {
						t.Errorf("concurrent %v: %d samples of history", test.concurrent, len(m.History))
					}
				}
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("concurrent %v (-want +got):\n%s", test.concurrent, diff)
		}
	}
}

// TestLooksHideTheFuture: no look shows a sample of the canary, or one of a concurrent
// baseline, from after it, and what a look shows does not depend on what comes later.
func TestLooksHideTheFuture(t *testing.T) {
	concurrent := strings.Replace(label, `"end":90`, `"end":90,"concurrent":true`, 1)
	c := one(t, concurrent, made)
	looks := 0
	for v := range c.Looks() {
		looks++
		for _, m := range v.Metrics {
			for _, samples := range [][]series.Sample{m.Canary, m.Baseline} {
				if n := len(samples); n > 0 && samples[n-1].At.After(v.Now) {
					t.Errorf("%v shows %v of %s", v.Now, samples[n-1].At, m.Name)
				}
			}
		}
	}
	if looks != 3 {
		t.Errorf("%d looks at 3 scrapes", looks)
	}
}

func TestLoadErrors(t *testing.T) {
	for name, corpus := range map[string]string{
		"an empty folder": t.TempDir(),
		"a broken label":  write(t, "{", made),
		"broken samples":  write(t, label, "http_requests_total{"),
		"no time":         write(t, label, "# TYPE a gauge\na{track=\"canary\"} 1\n# EOF\n"),
		"no track":        write(t, label, "# TYPE a gauge\na 1 100\n# EOF\n"),
	} {
		if _, err := Load(corpus); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

func TestTables(t *testing.T) {
	always := Judge{Name: "always", Fails: func(Case) bool { return true }}
	r, err := Run(write(t, label, made), always)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	want := "| dataset | judge | recall | false rollbacks | shared incident | unscored | power only |\n" +
		"|---|---|---|---|---|---|---|\n" +
		"| made | always | – | 1/1 = 1.00 (0.21–1.00) | – | – | – |\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"made/one"}, r.Wrong("always")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWilson checks against scipy 1.10: binomtest(8, 10) and (0, 20),
// .proportion_ci(method="wilson").
func TestWilson(t *testing.T) {
	for _, test := range []struct {
		rate      Rate
		low, high float64
	}{{Rate{8, 10}, 0.4901625, 0.9433178}, {Rate{0, 20}, 0, 0.1611252}} {
		low, high := test.rate.Wilson()
		if diff := max(low-test.low, test.low-low, high-test.high, test.high-high); diff > 1e-6 {
			t.Errorf("%v: %v to %v", test.rate, low, high)
		}
	}
}

// TestMannWhitneyAbove: a shift, none, and no points.
func TestMannWhitneyAbove(t *testing.T) {
	var low, high []float64
	for i := range 20 {
		low, high = append(low, float64(100+i)), append(high, float64(130+i))
	}
	if !mannWhitneyAbove(high, low) || mannWhitneyAbove(low, high) || mannWhitneyAbove(low, low) || mannWhitneyAbove(nil, low) {
		t.Error("a shift is not found, or one is found where none is")
	}
}

// TestFloors: the naive judges on one gauge.
func TestFloors(t *testing.T) {
	at := func(i int) time.Time { return second(float64(100 + 10*i)) }
	gauge := Metric{Name: "cpu_utilization_percent"}
	for i := range 30 {
		gauge.Canary = append(gauge.Canary, series.Sample{At: at(i), Value: 40 + float64(i)})
		gauge.Baseline = append(gauge.Baseline, series.Sample{At: at(i), Value: 20 + float64(i)})
	}
	worse := Case{Metrics: []Metric{gauge}}
	gauge.Canary = gauge.Baseline
	same := Case{Metrics: []Metric{gauge}}
	for _, floor := range Floors() {
		if !floor.Fails(worse) || floor.Fails(same) {
			t.Errorf("%s: worse %v, same %v", floor.Name, floor.Fails(worse), floor.Fails(same))
		}
	}
}
