package report

import (
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot/vg"

	"github.com/serin-dev/serin/benchmark/world"
)

// repeat gives the same outcome several times.
func repeat(times int, o Outcome) []Outcome { return slices.Repeat([]Outcome{o}, times) }

// outcomes joins outcomes.
func outcomes(parts ...[]Outcome) []Outcome { return slices.Concat(parts...) }

var missed = Outcome{Tick: -1, Requests: 100_000, Errors: 100}

func TestSummary(t *testing.T) {
	got := summarise(outcomes(
		repeat(3, Outcome{Tick: 80, Requests: 500, Errors: 5}),
		repeat(2, Outcome{Tick: 83, Requests: 700, Errors: 8}),
		repeat(1, missed),
		repeat(4, Outcome{Tick: 20}),
	), 80)
	want := summary{replays: 10, rollbacks: 5, early: 4, medianSeconds: 37.5, p90Seconds: math.Inf(1), medianRequests: 600, medianErrors: 6.5}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(summary{})); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

// TestUpperBound compares with the closed forms for 0 and for all of n, with the binomial sum
// that defines the bound, and with a published one: 20 of 2000 at 95 % one-sided.
func TestUpperBound(t *testing.T) {
	for _, n := range []int{1, 20, 300, 2000} {
		if got, want := (summary{replays: n}).upper(), 1-math.Pow(.05, 1/float64(n)); math.Abs(got-want) > 1e-9 {
			t.Errorf("0 of %d: %v, not %v", n, got, want)
		}
		if got := (summary{replays: n, rollbacks: n}).upper(); got != 1 {
			t.Errorf("%d of %d: %v", n, n, got)
		}
	}
	for _, s := range []summary{{replays: 2000, rollbacks: 20}, {replays: 300, rollbacks: 3}} {
		p, tail, term := s.upper(), 0.0, 1.0
		for k := 0; k <= s.rollbacks; k++ {
			if k > 0 {
				term *= float64(s.replays-k+1) / float64(k) * p / (1 - p)
			}
			tail += term
		}
		if tail *= math.Pow(1-p, float64(s.replays)); math.Abs(tail-.05) > 1e-6 {
			t.Errorf("%d of %d: at %v, so few have a probability of %v, not 5 %%", s.rollbacks, s.replays, p, tail)
		}
	}
}

// family finds a scenario.
func family(t *testing.T, name string) world.Scenario {
	t.Helper()
	for _, s := range world.Families() {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no family %s", name)
	return world.Scenario{}
}

func TestTwins(t *testing.T) {
	var r Results
	for _, s := range world.Families() {
		r.Families = append(r.Families, Family{Scenario: s})
	}
	want := map[string]string{"B1": "A3", "B6": "A2", "B7": "A2", "B15": "A4", "B16": "A5", "B17": "A5", "B18": "A3", "B19": "A6", "B20": "A9", "B21": "A9", "B22": "A12", "B23": "A12"}
	for _, s := range world.Families() {
		expected, listed := want[s.Name]
		if !listed && s.Bad() {
			expected = "A3"
		}
		if got := r.twin(s); s.Bad() && got != expected {
			t.Errorf("the twin of %s is %q, not %s", s.Name, got, expected)
		}
	}
}

// results makes up a run with one B family, its twin, and three judges beside the candidate.
func results(t *testing.T, name string, mine, best, flaggers, kayentas, wrong []Outcome) Results {
	t.Helper()
	s := family(t, name)
	r := Results{
		Judges: []string{"mine", oracle, flagger, kayenta}, Texts: []string{"a", "b", "c", "d"}, Candidate: "mine", Command: "go run",
		Families: []Family{{Scenario: s, Outcomes: [][]Outcome{mine, best, flaggers, kayentas}}},
	}
	bare := s
	bare.Name, bare.P1, bare.Lat, bare.Tail, bare.Late, bare.Dispersion = "A0", 0, 0, 0, 0, 0
	good := repeat(len(wrong), missed)
	r.Families = append(r.Families, Family{Scenario: bare, Outcomes: [][]Outcome{good, good, wrong, good}})
	return r
}

// statuses lists what the checks of a bar came to.
func statuses(r Results, bar int) []Status {
	var found []Status
	for _, check := range r.Checks() {
		if check.Bar == bar {
			found = append(found, check.Status)
		}
	}
	return found
}

// Long: it is a table.
func TestChecks(t *testing.T) {
	good := repeat(400, missed)
	at := func(tick, requests int) []Outcome {
		return repeat(100, Outcome{Tick: tick, Requests: requests, Errors: 1})
	}
	for _, c := range []struct {
		what, family                           string
		mine, best, flaggers, kayentas, wrongs []Outcome
		bar                                    int
		want                                   []Status
	}{
		{"no false rollback", "B3", at(1, 300), at(0, 150), at(9, 9000), at(9, 9000), good, 1, []Status{Met}},
		{"within 2 × Wald", "B3", at(4, 749), at(0, 150), at(9, 9000), at(9, 9000), good, 2, []Status{Met}},
		{"beyond 2 × Wald", "B3", at(4, 751), at(0, 150), at(9, 9000), at(9, 9000), good, 2, []Status{Missed}},
		{"beyond, but in 2 scrapes", "B3", at(1, 800), at(0, 150), at(9, 9000), at(9, 9000), good, 2, []Status{Met}},
		{"latency has 3 scrapes", "B10", at(2, 800), at(0, 150), at(9, 9000), at(9, 9000), good, 2, []Status{Met}},
		{"latency in 4 scrapes", "B10", at(3, 800), at(0, 150), at(9, 9000), at(9, 9000), good, 2, []Status{Missed}},
		{"never found", "B3", repeat(100, missed), at(0, 150), at(9, 9000), at(9, 9000), good, 2, []Status{Missed}},
		{"clumps are not for bar 2", "B15", at(1, 300), at(0, 150), at(9, 9000), at(9, 9000), good, 2, nil},
		{"within 4 × the oracle", "B15", at(20, 600), at(0, 150), at(9, 9000), at(9, 9000), good, 3, []Status{Met}},
		{"beyond it", "B15", at(20, 601), at(0, 150), at(9, 9000), at(9, 9000), good, 3, []Status{Missed}},
		{"beyond, but in 6 scrapes", "B15", at(5, 601), at(0, 150), at(9, 9000), at(9, 9000), good, 3, []Status{Met}},
		{"15 × less", "B3", at(1, 100), at(0, 50), at(9, 1500), at(9, 1500), good, 4, []Status{Met, Met, Met, Met}},
		{"2.4 × less", "B3", at(1, 100), at(0, 50), at(9, 240), at(9, 1500), good, 4, []Status{Missed, Met, Missed, Met}},
		{"finds less", "B3", outcomes(at(1, 100)[:99], repeat(1, missed)), at(0, 50), at(9, 1500), at(9, 1500), good, 4, []Status{Missed, Missed, Met, Met}},
		{"a peer that takes good ones back", "B3", at(1, 100), at(0, 50), at(9, 150), at(9, 1500), outcomes(good, at(1, 1)), 4, []Status{NotAsked, Met, NotAsked, Met}},
		{"no outage", "B3", at(1, 300), at(0, 150), at(9, 9000), at(9, 9000), good, 5, nil},
		{"outage in 3 scrapes", "B4", at(2, 300), at(0, 150), at(9, 9000), at(9, 9000), good, 5, []Status{Met}},
		{"outage in 4 scrapes, 1 of 5", "B11", outcomes(at(2, 300)[:80], at(3, 400)[:20]), at(0, 150), at(9, 9000), at(9, 9000), good, 5, []Status{Missed}},
		{"late, within 2 × the oracle", "B18", at(81, 600), at(80, 300), at(99, 9000), at(99, 9000), good, 6, []Status{Met}},
		{"late, beyond it", "B18", at(81, 601), at(80, 300), at(99, 9000), at(99, 9000), good, 6, []Status{Missed}},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := results(t, c.family, c.mine, c.best, c.flaggers, c.kayentas, c.wrongs)
			if diff := cmp.Diff(c.want, statuses(r, c.bar)); diff != "" {
				t.Errorf("bar %d on %s (-want +got):\n%s", c.bar, c.family, diff)
			}
		})
	}
}

// TestFalseRollbackBound asks for both the rate and its bound.
func TestFalseRollbackBound(t *testing.T) {
	s := family(t, "A1")
	for _, c := range []struct {
		wrong, of int
		want      Status
	}{{0, 2000, Met}, {20, 2000, Met}, {21, 2000, Missed}, {0, 100, Missed}, {3, 300, Missed}} {
		r := Results{Judges: []string{"mine"}, Candidate: "mine", Families: []Family{{Scenario: s, Outcomes: [][]Outcome{
			outcomes(repeat(c.wrong, Outcome{Tick: 3}), repeat(c.of-c.wrong, missed)),
		}}}}
		if got := statuses(r, 1); len(got) != 1 || got[0] != c.want {
			t.Errorf("%d of %d: %v, not %s", c.wrong, c.of, got, c.want)
		}
	}
}

// TestOracleExplainsMisses says what the oracle comes to where the candidate misses.
func TestOracleExplainsMisses(t *testing.T) {
	slow := repeat(10, Outcome{Tick: 12, Requests: 20})
	r := results(t, "B6", slow, slow, slow, slow, repeat(10, missed))
	for _, check := range r.Checks() {
		if check.Bar == 5 && (check.Status != Missed || !strings.HasPrefix(check.Limit, "the oracle: missed, p90 195 s")) {
			t.Errorf("%+v", check)
		}
	}
}

// TestPage looks for the parts of the page, and that every row of a table is as long as its
// header.
func TestPage(t *testing.T) {
	fast := repeat(10, Outcome{Tick: 1, Requests: 1234, Errors: 3})
	r := results(t, "B3", fast, fast, fast, repeat(10, missed), repeat(10, missed))
	var page strings.Builder
	if err := r.Markdown(&page); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"    go run\n", "replayed 10 times (A) or 10 times (B)", "1 234 [30 s]", "100 000 [never] 0 %", "(" + ExposurePicture + ")", "(" + FalseRollbacksPicture + ")", "### Bar 5"} {
		if found := strings.Contains(page.String(), part); found == (part == "### Bar 5") {
			t.Errorf("the page and %q: found %v", part, found)
		}
	}
	columns := 0
	for line := range strings.Lines(page.String()) {
		switch count := strings.Count(line, "|"); {
		case !strings.HasPrefix(line, "|"):
			columns = 0
		case columns == 0:
			columns = count
		case count != columns:
			t.Errorf("a row with %d columns below a header with %d: %s", count-1, columns-1, line)
		}
	}
}

// drawing is a picture that can be written.
type drawing interface {
	WriterTo(width, height vg.Length, format string) (io.WriterTo, error)
}

// TestPictures draws both twice.
func TestPictures(t *testing.T) {
	fast := repeat(10, Outcome{Tick: 1, Requests: 1234, Errors: 3})
	r := results(t, "B3", fast, fast, fast, repeat(10, missed), repeat(10, missed))
	for name, draw := range map[string]func() (drawing, error){
		"exposure":        func() (drawing, error) { return r.Exposure() },
		"false rollbacks": func() (drawing, error) { return r.FalseRollbacks() },
	} {
		var texts [2]strings.Builder
		for i := range texts {
			picture, err := draw()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			writer, err := picture.WriterTo(PictureWidth, PictureHeight, "svg")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := writer.WriteTo(&texts[i]); err != nil {
				t.Fatal(err)
			}
		}
		if texts[0].String() != texts[1].String() {
			t.Errorf("%s: two pictures of the same results differ", name)
		}
		if !strings.Contains(texts[0].String(), ">kayenta<") {
			t.Errorf("%s: the picture does not name the judges", name)
		}
	}
}

func TestFormats(t *testing.T) {
	for got, want := range map[string]string{
		percent(0): "0 %", percent(.0005): "0.05 %", percent(.123): "12.3 %", percent(1): "100 %", percent(math.NaN()): "–",
		count(1234567): "1 234 567", count(12): "12", count(2.5): "2.5", count(math.Inf(1)): "∞",
		seconds(45): "45 s", seconds(math.Inf(1)): "never", ratio(2.34): "2.3", ratio(1234): "1234",
	} {
		if got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
