package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// oracle is a value that is a text when it is not finite.
type oracle float64

// UnmarshalJSON reads a number or a text such as "NaN".
func (o *oracle) UnmarshalJSON(text []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(text), `"`), 64)
	*o = oracle(v)
	return err
}

// goldenFile is one file of oracle values, computed from the definitions with exact
// integers or 50 digits.
type goldenFile[Case any] struct {
	Relative   float64 `json:"rtol"`
	Absolute   float64 `json:"atol"`
	Intervals  float64 `json:"rtol_ci"`
	Quadrature float64 `json:"rtol_quadrature"`
	ETest      float64 `json:"rtol_etest"`
	Cases      []Case  `json:"cases"`
}

// tolerances are what a case may state for itself.
type tolerances struct {
	Relative *float64 `json:"rtol"`
	Absolute *float64 `json:"atol"`
}

// comparison compares with the tolerance of one case, and counts.
type comparison struct {
	t                  *testing.T
	relative, absolute float64
	compared           *int
}

func (c comparison) with(relative float64) comparison {
	c.relative = relative
	return c
}

// same compares; an oracle value that is not a number matches nothing.
func (c comparison) same(name string, got float64, want oracle) {
	c.t.Helper()
	*c.compared++
	w := float64(want)
	if got == w || math.Abs(got-w) <= max(c.relative*math.Abs(w), c.absolute) {
		return
	}
	c.t.Errorf("%s is %.17g, want %.17g (%.1e off, relative)", name, got, w, math.Abs(got-w)/math.Abs(w))
}

func (c comparison) interval(name string, got Interval, want [2]oracle) {
	c.t.Helper()
	c.same(name+".Lower", got.Lower, want[0])
	c.same(name+".Upper", got.Upper, want[1])
}

// eachGolden runs a test for each case of a file that lies beside the repository, and
// fails when fewer values than expected were compared.
func eachGolden[Case any](t *testing.T, name string, atLeast int, run func(comparison, goldenFile[Case], Case, string)) {
	t.Helper()
	text, err := os.ReadFile(beside(t, "golden", name))
	if os.IsNotExist(err) {
		t.Log("there are no oracle values beside this repository; nothing is compared with them")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var file goldenFile[Case]
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatalf("reading %s: %v", name, err)
	}
	var raw goldenFile[struct {
		ID string `json:"id"`
		tolerances
	}]
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for i, c := range file.Cases {
		id := raw.Cases[i].ID
		if id == "" {
			id = fmt.Sprint(i)
		}
		t.Run(id, func(t *testing.T) {
			with := comparison{t, file.Relative, file.Absolute, &compared}
			if own := raw.Cases[i].Relative; own != nil {
				with.relative = *own
			}
			if own := raw.Cases[i].Absolute; own != nil {
				with.absolute = *own
			}
			run(with, file, c, id)
		})
	}
	if compared < atLeast {
		t.Errorf("%d values were compared, want at least %d", compared, atLeast)
	}
}

// beside is a path in the folder of oracle values beside the repository.
func beside(t *testing.T, elements ...string) string {
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return filepath.Join(append([]string{folder, "..", "shared"}, elements...)...)
		}
		if folder == filepath.Dir(folder) {
			t.Fatal("no go.mod above the test")
		}
		folder = filepath.Dir(folder)
	}
}
