package backtest

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// The labels of cases.
const (
	Rollback = "rollback"
	Promote  = "promote"
	// Unscored: a fault was injected, and no effect of it can be seen.
	Unscored = "unscored"
	// PowerOnly: an effect was added that may be too small to be found.
	PowerOnly = "power-only"
	// SharedIncident is the level of cases in which both versions suffer.
	SharedIncident = "shared-incident"
)

// Case is case.json: what was recorded, and what should have been decided.
type Case struct {
	// Name and Dataset are also those of the folders.
	Name    string `json:"name"`
	Dataset string `json:"dataset"`
	// Group is shared by cases that rest on the same traffic; may be empty.
	Group   string `json:"group"`
	Service string `json:"service"`
	Level   string `json:"level"`
	// Expected is one of the labels.
	Expected string `json:"expected"`
	// Step is the scrape interval in seconds.
	Step float64 `json:"step_seconds"`
	// Window is when the canary ran.
	Window Stretch `json:"window"`
	// Baseline is when the stable track was recorded.
	Baseline Baseline `json:"baseline"`
	// CanarySince is when the first pods of the canary may have started, in seconds since
	// 1970: their counters began at zero after it. 0: it is not known, and tracks begin a
	// step before their first sample.
	CanarySince float64 `json:"canary_since"`
	// Fault is what was wrong, and since when; nil if nothing was.
	Fault *Fault `json:"fault"`
	// Args are values of the templates' arguments, beside those that every case has.
	Args map[string]string `json:"args"`
	// Recording is the file or folder beside case.json that holds the samples; needed
	// only where there are several.
	Recording string `json:"recording"`
}

// Stretch is a time in seconds since 1970, both ends included.
type Stretch struct {
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

// Baseline is where the stable track comes from.
type Baseline struct {
	Stretch
	// Concurrent: it ran beside the canary. A baseline without a Start did, too.
	Concurrent bool `json:"concurrent"`
}

// Fault is a regression or an incident. An End of 0 is not known.
type Fault struct {
	Start float64 `json:"start"`
	End   float64 `json:"end"`
	Kind  string  `json:"kind"`
}

// parseCase reads case.json of a folder.
func parseCase(text []byte, dataset, name string) (Case, error) {
	var c Case
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("it is no JSON of a case: %w", err)
	}
	if c.Dataset == "" {
		c.Dataset = dataset
	}
	if c.Name == "" {
		c.Name = name
	}
	return c, c.check(dataset, name)
}

// check says what of a case cannot be played.
func (c Case) check(dataset, name string) error {
	switch {
	case c.Dataset != dataset || c.Name != name:
		return fmt.Errorf("it says that it is %s/%s; name the folders so", c.Dataset, c.Name)
	case c.Expected != Rollback && c.Expected != Promote && c.Expected != Unscored && c.Expected != PowerOnly:
		return fmt.Errorf("expected is %q; write rollback, promote, unscored or power-only", c.Expected)
	case !(c.Step >= 0.1 && c.Step <= 86400):
		return fmt.Errorf("step_seconds is %v; write the scrape interval, such as 15", c.Step)
	case !moment(c.Window.Start) || !moment(c.Window.End) || c.Window.End <= c.Window.Start:
		return fmt.Errorf("window is from %v to %v; write seconds since 1970, the end after the start", c.Window.Start, c.Window.End)
	case c.Window.End-c.Window.Start > longestWindow*c.Step:
		return fmt.Errorf("window is %v s long, more than %d steps of %v s; is step_seconds right?", c.Window.End-c.Window.Start, longestWindow, c.Step)
	default:
		return c.checkMoments()
	}
}

// checkMoments says which time of a case is none.
func (c Case) checkMoments() error {
	if !moment(c.CanarySince) {
		return fmt.Errorf("canary_since is %v; write seconds since 1970", c.CanarySince)
	}
	if c.Fault != nil && !moment(c.Fault.Start) {
		return fmt.Errorf("fault.start is %v; write seconds since 1970", c.Fault.Start)
	}
	return nil
}

// longestWindow is how many scrapes a window may have.
const longestWindow = 1_000_000

// moment says whether a number can be seconds since 1970: until the year 2500.
func moment(seconds float64) bool { return seconds >= 0 && seconds < 1.7e10 }

// elsewhere says that the baseline was recorded at another time than the canary.
func (c Case) elsewhere() bool { return !c.Baseline.Concurrent && c.Baseline.Start > 0 }

// step is the scrape interval.
func (c Case) step() time.Duration {
	return time.Duration(math.Round(c.Step*1000)) * time.Millisecond
}

// id is <dataset>/<case>.
func (c Case) id() string { return c.Dataset + "/" + c.Name }

// argument is the value that a case has for an argument of a template.
func (c Case) argument(name string) (string, bool) {
	if value, given := c.Args[name]; given {
		return value, true
	}
	switch name {
	case "service":
		return c.Service, c.Service != ""
	case "dataset":
		return c.Dataset, true
	case "case":
		return c.Name, true
	case "level":
		return c.Level, c.Level != ""
	case "step":
		return c.step().String(), true
	default:
		return "", false
	}
}

// second is a time in seconds since 1970.
func second(s float64) time.Time { return time.UnixMilli(int64(math.Round(s * 1000))).UTC() }
