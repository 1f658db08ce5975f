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

// TestTable measures Serin and the floors and logs the tables.
func TestTable(t *testing.T) {
	if _, err := os.Stat(*corpus); err != nil {
		t.Skipf("no recordings to measure on: %v", err)
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
}
