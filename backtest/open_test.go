package backtest

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
)

var corpusDir = flag.String("corpus", "../../shared/recordings", "the folder of <dataset>/<case>/case.json")

// TestOpenCorpus back-tests the shipped templates on recorded incidents, and holds them to
// what they reached.
func TestOpenCorpus(t *testing.T) {
	if _, err := os.Stat(*corpusDir); err != nil {
		t.Logf("nothing is measured, for want of recordings: %v", err)
		return
	}
	corpus, err := OpenCorpus(os.DirFS(*corpusDir), *corpusDir)
	if err != nil {
		t.Fatal(err)
	}
	templates := NewTemplates()
	files, err := filepath.Glob("../benchmark/recordings/templates/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := templates.Add(file, text); err != nil {
			t.Fatal(err)
		}
	}
	b, err := New(corpus, templates, Options{Workers: 2, Checks: translate.Checks{Query: prometheus.CheckQuery, Selector: prometheus.CheckSelector}})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r, err := b.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d cases in %s", r.Cases, time.Since(began))
	for _, d := range append(r.Datasets, r.All) {
		t.Logf("%-10s recall %d/%d %.2f false %d/%d inconclusive %d shared %+v unscored %+v power %+v median %v p90 %v early %d %+v", d.Name, d.Recall.Count, d.Recall.Of, d.Recall.Value, d.False.Count, d.False.Of, d.Inconclusive.Count, d.Shared, d.Unscored, d.PowerOnly, d.Detection.Median, d.Detection.P90, d.Detection.Early, d.Metrics)
	}
	text, _ := json.MarshalIndent(r, "", " ")
	os.WriteFile("/tmp/bt.json", text, 0o644)
}
