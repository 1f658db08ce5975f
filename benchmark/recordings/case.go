// Package recordings measures judges on recorded incidents with labels: how many of
// the cases that should be rolled back a judge takes back, and how many of those
// that should be promoted.
//
// A corpus is a folder of <dataset>/<case>/case.json and aligned.om, as described in
// ../shared/recordings/README.md. A judge walks through a case scrape by scrape and
// sees what was known by then. One template serves all cases (see Template): it knows
// kinds of signals, and no dataset, service or case. Package backtest judges the same cases
// by AnalysisTemplates and the live code; its labels and its corpus are used here.
//
// Anything of the module may come in. The corpus is data of third parties and stays
// outside of the tree.
package recordings

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/serin-dev/serin/backtest"
)

// Case is a recording with its label.
type Case struct {
	backtest.Case
	// Metrics are sorted by name.
	Metrics []Metric
}

// Shared reports whether both versions suffer in this case.
func (c Case) Shared() bool { return c.Level == backtest.SharedIncident }

// History reports whether the whole baseline was recorded before the canary's
// window, so that all of it was known when the canary began.
func (c Case) History() bool {
	return !c.Baseline.Concurrent && c.Baseline.End <= c.Window.Start
}

// Load reads the cases of a corpus, sorted by dataset and name.
func Load(dir string) ([]Case, error) {
	corpus, err := backtest.OpenCorpus(os.DirFS(dir), dir)
	if err != nil {
		return nil, err
	}
	var all []Case
	for _, name := range corpus.Names() {
		labels, file, err := corpus.Load(name)
		if err != nil {
			return nil, fmt.Errorf("reading a case: %w", err)
		}
		samples, err := corpus.Read(context.Background(), file)
		if err != nil {
			return nil, fmt.Errorf("reading a case: %w", err)
		}
		metrics, err := tracks(samples)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		all = append(all, Case{labels, metrics})
	}
	return all, nil
}

// second is a time in seconds of Unix.
func second(s float64) time.Time { return time.UnixMilli(int64(s * 1000)).UTC() }
