package backtest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	corpusDir = flag.String("corpus", "../../shared/recordings", "the folder of <dataset>/<case>/case.json")
	wrong     = flag.Bool("wrong", false, "list the cases of the corpus that are decided wrongly")
)

// reached is what must not be lost again: the bars of benchmark/recordings, which judges the
// same cases without templates.
const reached = "petshop.recall=0.92,petshop.false=0.02,nezha-req.recall=0.65,nezha-req.false=0.05,nezha-syn.recall=0.80," +
	"uview.recall=0.95,uview.false=0.02,nezha-1m.recall=0.75,nezha-1m.false=0.02,nab.recall=0.95,nab.false=0.02,mscloud.recall=0.70,mscloud.false=0.02"

// TestOpenCorpus back-tests the shipped templates on recorded incidents.
func TestOpenCorpus(t *testing.T) {
	if _, err := os.Stat(*corpusDir); err != nil {
		t.Logf("nothing is measured, for want of recordings: %v", err)
		return
	}
	corpus, err := OpenCorpus(os.DirFS(*corpusDir), *corpusDir)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r, err := shipped(t, corpus, Options{Workers: 2}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := r.WriteText(&text, *wrong); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s\nin %s", text.String(), time.Since(began).Round(time.Millisecond))
	if len(r.Broken) > 0 {
		t.Errorf("%d broken, the first: %+v", len(r.Broken)+r.BrokenLeftOut, r.Broken[0])
	}
	bars, err := ParseBars(reached)
	if err != nil {
		t.Fatal(err)
	}
	missed, err := bars.Missed(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range missed {
		t.Error(text)
	}
}

// shipped is a back-test by the templates of the benchmark.
func shipped(t testing.TB, corpus *Corpus, options Options) *Backtest {
	t.Helper()
	files, err := filepath.Glob("../benchmark/recordings/templates/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	templates := NewTemplates()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil {
			err = templates.Add(file, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	options.Checks = liveChecks()
	b, err := New(corpus, templates, options)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestShippedTemplatesFit: without any recording, that they are for one dataset each and
// resolve.
func TestShippedTemplatesFit(t *testing.T) {
	corpus := &Corpus{}
	for _, dataset := range []string{"mscloud", "nab", "nezha-1m", "nezha-req", "nezha-syn", "petshop", "uview"} {
		corpus.names = append(corpus.names, dataset+"/case")
	}
	b := shipped(t, corpus, Options{})
	for dataset, p := range b.plans {
		if len(p.refs) != 1 {
			t.Errorf("%s is judged by %v", dataset, p.refs)
		}
		if _, err := b.templates.resolve(p, Case{Dataset: dataset, Service: "web"}, nil, b.options.Checks); err != nil {
			t.Errorf("%s: %v", dataset, err)
		}
	}
}

// BenchmarkOpenCorpus back-tests the open corpus: its bar is 10 s on two cores.
func BenchmarkOpenCorpus(b *testing.B) {
	if _, err := os.Stat(*corpusDir); err != nil {
		b.Logf("nothing is measured, for want of recordings: %v", err)
		return
	}
	corpus, err := OpenCorpus(os.DirFS(*corpusDir), *corpusDir)
	if err != nil {
		b.Fatal(err)
	}
	t := shipped(b, corpus, Options{Workers: 2})
	for b.Loop() {
		if r, err := t.Run(b.Context()); err != nil || r.Cases == 0 {
			b.Fatalf("%d cases: %v", r.Cases, err)
		}
	}
	b.ReportMetric(float64(len(corpus.Names())), "cases/op")
}
