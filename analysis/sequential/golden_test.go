package sequential

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// golden are the oracle values, computed from the definitions with 50 digits.
type golden struct {
	RelativeTolerance float64 `json:"rtol"`
	Sections          struct {
		Grid struct {
			Cases []struct {
				ID     string       `json:"id"`
				Blocks [][4]float64 `json:"blocks"`
				Null   float64      `json:"rho0"`
				Out    struct {
					LogE  []oracle `json:"log_e"`
					First *int     `json:"first_block_log_e_ge_log100"`
				} `json:"out"`
			} `json:"cases"`
		} `json:"cond_binomial_grid"`
		Confidence struct {
			Cases []struct {
				ID     string       `json:"id"`
				Blocks [][4]float64 `json:"blocks"`
				Alpha  float64      `json:"alpha"`
				Out    struct {
					MLE   float64 `json:"mle"`
					Lower float64 `json:"lower"`
					Upper float64 `json:"upper"`
				} `json:"out"`
				MLETolerance float64 `json:"rtol_mle"`
			} `json:"cases"`
		} `json:"rate_ratio_cs"`
		Wald struct {
			Cases []struct {
				Baseline float64 `json:"p0"`
				Canary   float64 `json:"p1"`
				Share    float64 `json:"w"`
				Alpha    float64 `json:"alpha"`
				Out      struct {
					Requests float64 `json:"canary_requests"`
				} `json:"out"`
			} `json:"cases"`
		} `json:"wald_limit"`
	} `json:"sections"`
}

// oracle is a value that is a text when it is not a number.
type oracle float64

// UnmarshalJSON reads a number or a text such as "NaN".
func (o *oracle) UnmarshalJSON(text []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(text), `"`), 64)
	*o = oracle(v)
	return err
}

// goldenText is the file of oracle values that lies beside the repository; without it
// ok is false.
func goldenText(t *testing.T) (text []byte, ok bool) {
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			break
		}
		if folder == filepath.Dir(folder) {
			t.Fatal("no go.mod above the test")
		}
		folder = filepath.Dir(folder)
	}
	text, err = os.ReadFile(filepath.Join(folder, "..", "shared", "golden", "sequential.json"))
	if os.IsNotExist(err) {
		t.Log("there are no oracle values beside this repository; nothing is compared with them")
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	return text, true
}

// readGolden reads the oracle values of RateRatio.
func readGolden(t *testing.T) (g golden, ok bool) {
	text, ok := goldenText(t)
	if !ok {
		return g, false
	}
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatalf("reading the oracle values: %v", err)
	}
	return g, true
}

// readSection reads the cases of one section, of which there must be so many; without
// oracle values there are none.
func readSection[Case any](t *testing.T, name string, want int) []Case {
	text, ok := goldenText(t)
	if !ok {
		return nil
	}
	var file struct {
		Sections map[string]json.RawMessage `json:"sections"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatalf("reading the oracle values: %v", err)
	}
	var section struct {
		Cases []Case `json:"cases"`
	}
	if err := json.Unmarshal(file.Sections[name], &section); err != nil {
		t.Fatalf("reading the oracle values of %s: %v", name, err)
	}
	if len(section.Cases) != want {
		t.Fatalf("%s has %d cases, want %d", name, len(section.Cases), want)
	}
	return section.Cases
}

func toBlock(v [4]float64) Block {
	return Block{CanaryBad: v[0], CanaryTotal: v[1], BaselineBad: v[2], BaselineTotal: v[3]}
}

// near compares with a relative tolerance; around 0, where a sum of large terms
// cancels, the tolerance is relative to the terms.
func near(got, want, relative, terms float64) bool {
	return math.Abs(got-want) <= relative*max(math.Abs(want), terms)
}

func TestLogEGolden(t *testing.T) {
	g, ok := readGolden(t)
	if !ok {
		return
	}
	for _, c := range g.Sections.Grid.Cases {
		t.Run(c.ID, func(t *testing.T) {
			test := RateRatio{Null: c.Null}
			var s RateRatioState
			var first *int // Counts from 1.
			whole := true
			for k, v := range c.Blocks {
				s = test.Observe(s, toBlock(v))
				// The oracle is not a number after a block without any request; that
				// such blocks are no evidence is tested apart.
				want := float64(c.Out.LogE[k])
				whole = whole && !math.IsNaN(want)
				if !math.IsNaN(want) && !near(s.LogE(), want, g.RelativeTolerance, 1) {
					t.Errorf("block %d: %.16g, want %.16g", k, s.LogE(), want)
				}
				if first == nil && s.LogE() >= math.Log(100) {
					number := k + 1
					first = &number
				}
			}
			if whole && ((first == nil) != (c.Out.First == nil) || first != nil && *first != *c.Out.First) {
				t.Errorf("100 is reached at another block than the oracle's")
			}
		})
	}
}

func TestConfidenceGolden(t *testing.T) {
	g, ok := readGolden(t)
	if !ok {
		return
	}
	for _, c := range g.Sections.Confidence.Cases {
		t.Run(c.ID, func(t *testing.T) {
			var s RateRatioState
			for _, v := range c.Blocks {
				s = RateRatio{Null: 1}.Observe(s, toBlock(v))
			}
			got := s.Confidence(c.Alpha)
			if !near(got.Lower, c.Out.Lower, g.RelativeTolerance, 0) || !near(got.Upper, c.Out.Upper, g.RelativeTolerance, 0) {
				t.Errorf("bounds %.16g and %.16g, want %.16g and %.16g", got.Lower, got.Upper, c.Out.Lower, c.Out.Upper)
			}
			if !near(got.Estimate, c.Out.MLE, c.MLETolerance, 0) {
				t.Errorf("estimate %v, want %v", got.Estimate, c.Out.MLE)
			}
		})
	}
}

// TestGrowthGolden: the oracle's requests are Bernoulli, the test's are Poisson,
// which is the same for rare events.
func TestGrowthGolden(t *testing.T) {
	g, ok := readGolden(t)
	if !ok {
		return
	}
	compared := 0
	for _, c := range g.Sections.Wald.Cases {
		if c.Canary > 0.05 {
			continue
		}
		got := math.Log(1/c.Alpha) / RateRatio{Null: 1}.Growth(c.Canary, c.Baseline, c.Share)
		if !near(got, c.Out.Requests, 0.05, 0) {
			t.Errorf("%v against %v at %v: %v requests, want %v", c.Canary, c.Baseline, c.Share, got, c.Out.Requests)
		}
		compared++
	}
	if compared < 8 {
		t.Errorf("only %d cases were compared", compared)
	}
}
