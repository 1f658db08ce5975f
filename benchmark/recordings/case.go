// Package recordings measures judges on recorded incidents with labels: how many of
// the cases that should be rolled back a judge takes back, and how many of those
// that should be promoted.
//
// A corpus is a folder of <dataset>/<case>/case.json and aligned.om, as described in
// ../shared/recordings/README.md. A judge walks through a case scrape by scrape and
// sees what was known by then. One template serves all cases (see Template): it knows
// kinds of signals, and no dataset, service or case.
//
// Anything of the module may come in. The corpus is data of third parties and stays
// outside of the tree.
package recordings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"
)

// The labels of cases.
const (
	Rollback = "rollback"
	Promote  = "promote"
	// Unscored: a fault was injected, and a fixed rule found no effect of it.
	Unscored = "unscored"
	// PowerOnly: a delay was added that may be too small to be found.
	PowerOnly = "power-only"
	// SharedIncident is the level of cases in which both versions suffer.
	SharedIncident = "shared-incident"
)

// Case is a recording with its label.
type Case struct {
	Name     string   `json:"name"`
	Dataset  string   `json:"dataset"`
	Group    string   `json:"group"`
	Level    string   `json:"level"`
	Expected string   `json:"expected"`
	Step     float64  `json:"step_seconds"`
	Window   Stretch  `json:"window"`
	Baseline Baseline `json:"baseline"`
	// Metrics are sorted by name.
	Metrics []Metric `json:"-"`
}

// Stretch is a time in seconds of Unix, both ends included.
type Stretch struct {
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

// Baseline is where the stable track was recorded; its samples were moved to run
// beside the canary's.
type Baseline struct {
	Stretch
	Concurrent bool `json:"concurrent"`
}

// Shared reports whether both versions suffer in this case.
func (c Case) Shared() bool { return c.Level == SharedIncident }

// History reports whether the whole baseline was recorded before the canary's
// window, so that all of it was known when the canary began.
func (c Case) History() bool {
	return !c.Baseline.Concurrent && c.Baseline.End <= c.Window.Start
}

// Load reads the cases of a corpus, sorted by dataset and name.
func Load(corpus fs.FS) ([]Case, error) {
	files, err := fs.Glob(corpus, "*/*/case.json")
	if err != nil {
		return nil, fmt.Errorf("listing the cases: %w", err)
	}
	if len(files) == 0 {
		return nil, errors.New("no <dataset>/<case>/case.json in the corpus")
	}
	slices.Sort(files)
	var all []Case
	for _, file := range files {
		c, err := load(corpus, path.Dir(file))
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// load reads the case in a folder.
func load(corpus fs.FS, dir string) (Case, error) {
	var c Case
	text, err := fs.ReadFile(corpus, path.Join(dir, "case.json"))
	if err != nil {
		return c, fmt.Errorf("reading a case: %w", err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("reading %s/case.json: %w", dir, err)
	}
	if text, err = fs.ReadFile(corpus, path.Join(dir, "aligned.om")); err != nil {
		return c, fmt.Errorf("reading a case: %w", err)
	}
	if c.Metrics, err = parse(text); err != nil {
		return c, fmt.Errorf("reading %s/aligned.om: %w", dir, err)
	}
	return c, nil
}

// second is a time in seconds of Unix.
func second(s float64) time.Time { return time.UnixMilli(int64(s * 1000)).UTC() }
