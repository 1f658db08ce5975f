package recordings

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var (
	corpus = flag.String("corpus", "../../../shared/recordings", "the folder of <dataset>/<case>/case.json")
	budget = flag.Float64("budget", 0.01, "the accepted probability of a false rollback")
	wrong  = flag.Bool("wrong", false, "list the cases that Serin gets wrong")
)

// bars are what must not be lost again at the default budget. What is aimed at is
// higher: see ../../../shared/recordings/README.md.
var bars = map[string]struct{ recall, falsely float64 }{
	"petshop":   {0.92, 0.02},
	"nezha-req": {0.65, 0.05},
	"nezha-syn": {0.80, 0.02},
	"uview":     {0.95, 0.02},
	"nezha-1m":  {0.75, 0.02},
	"nab":       {0.95, 0.02},
	"mscloud":   {0.70, 0.02},
}

// TestTable measures Serin and the floors, logs the tables, and holds Serin to the bars.
// -corpus names other recordings than the open ones.
func TestTable(t *testing.T) {
	if _, err := os.Stat(*corpus); err != nil {
		t.Logf("nothing is measured, for want of recordings: %v", err)
		return
	}
	r, err := Run(*corpus, append([]Judge{DefaultTemplate(*budget).Serin()}, Floors()...)...)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	b.WriteString("\n")
	if err := r.WriteHalves(&b, "serin"); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", b.String())
	if *wrong {
		t.Logf("wrong: %s", strings.Join(r.Wrong("serin"), "\n"))
	}
	if *budget != 0.01 {
		t.Logf("the bars are those of a budget of 0.01, not of %v", *budget)
		return
	}
	for dataset, bar := range bars {
		in := func(chosen func(Case) bool) func(Case) bool {
			return func(c Case) bool { return c.Dataset == dataset && chosen(c) }
		}
		recall, falsely := r.Rate("serin", in(columns[0].chosen)), r.Rate("serin", in(columns[1].chosen))
		if recall.Value() < bar.recall || falsely.Value() > bar.falsely {
			t.Errorf("%s: recall %s, false %s", dataset, recall, falsely)
		}
	}
}
