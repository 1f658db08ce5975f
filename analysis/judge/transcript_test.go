package judge

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/analysis/series"
)

// TestTranscripts plays the scenarios in testdata: each line that is not indented
// is an instruction, what is indented below it is the verdict.
//
//	judge tolerance=0.1 min=100 budget=0.01    a Proportion; absolute=, proof= may follow
//	histogram tolerance=0.1 min=100 budget=0.01 quantiles=0.5,0.99
//	edges 0.1 0.5 1                            of the histogram, from here on
//	weight 60                                  the weight is set at second 60
//	learn 15 baseline 4/9500                   a window of the baseline from before
//	window 15 canary 1/500 baseline 4/9500     the next window ends 15 s later
//	window 15 again                            what the window before served, again
//
// What an arm served is bad/all requests, or 900+80+15+5 by bucket; of pods that share
// it evenly as in 4/9500:9, or of each by name as in a=1/250,b=0/250. warming 1/50 is
// of young pods, unscraped says that the canary was not due to be scraped, and late
// that the canary was scraped after the baseline.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	shown := map[string]bool{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(text), shown)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(text) {
				t.Errorf("the transcript differs; got:\n%s", got)
			}
		})
	}
	for _, reason := range []string{Regression, NoEvidenceOfHarm, OnePod, SharedIncident, WarmingUp, NoData, TooFewRequests, EvidenceMounting, ProofMissing, InvalidJudge} {
		if !shown[reason] {
			t.Errorf("no transcript shows the reason %s", reason)
		}
	}
}

// stage is the state of a transcript. The judge's memory goes through its text
// between any two looks.
type stage struct {
	p         Proportion
	h         Histogram
	histogram bool
	memory    string
	weight    time.Time
	now       float64
	last      round
	edges     []float64
}

// round is a window for either judge.
type round struct {
	from, to         float64
	canary, baseline []podRound
	warming          []float64
	unscraped, late  bool
	edges            []float64
	doubts           []string
	canaryAt, baseAt time.Time
}

// podRound is what one pod served: by bucket, or good and bad requests.
type podRound struct {
	pod    string
	counts []float64
}

func play(t *testing.T, script string, shown map[string]bool) string {
	var out strings.Builder
	var s stage
	for line := range strings.SplitAfterSeq(script, "\n") {
		if strings.HasPrefix(line, "  ") {
			continue
		}
		out.WriteString(line)
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		switch fields[0] {
		case "judge", "histogram":
			s.histogram = fields[0] == "histogram"
			s.set(t, fields[1:])
		case "edges":
			s.edges = nil
			for _, edge := range fields[1:] {
				s.edges = append(s.edges, parse(t, edge))
			}
		case "weight":
			s.weight = at(parse(t, fields[1]))
		case "learn":
			s.learn(t, s.read(t, fields))
		case "window":
			s.look(t, s.read(t, fields), &out, shown)
		default:
			t.Fatalf("unknown instruction %q", line)
		}
	}
	return out.String()
}

// set reads a judge's parameters.
func (s *stage) set(t *testing.T, fields []string) {
	s.p, s.h = Proportion{}, Histogram{}
	for _, field := range fields {
		name, text, _ := strings.Cut(field, "=")
		if name == "quantiles" {
			for _, p := range strings.Split(text, ",") {
				s.h.Quantiles = append(s.h.Quantiles, parse(t, p))
			}
			continue
		}
		v := parse(t, text)
		switch name {
		case "tolerance":
			s.p.RelativeTolerance, s.h.RelativeTolerance = v, v
		case "absolute":
			s.p.AbsoluteTolerance = v
		case "min":
			s.p.MinRequests, s.h.MinRequests = v, v
		case "proof":
			s.p.ProofRatio = v
		case "budget":
			s.p.Budget, s.h.Budget = v, v
		default:
			t.Fatalf("unknown parameter %q", field)
		}
	}
}

// read reads a window.
func (s *stage) read(t *testing.T, fields []string) round {
	r := round{from: s.now, edges: s.edges}
	s.now += parse(t, fields[1])
	r.to = s.now
	for i := 2; i < len(fields); i++ {
		switch fields[i] {
		case "again":
			r.canary, r.baseline = s.last.canary, s.last.baseline
		case "unscraped":
			r.unscraped = true
		case "late":
			r.late = true
		default:
			if i+1 == len(fields) {
				t.Fatalf("nothing after %q", fields[i])
			}
			s.arm(t, &r, fields[i], fields[i+1])
			i++
		}
	}
	s.last = r
	return r
}

// arm reads what one arm served.
func (s *stage) arm(t *testing.T, r *round, name, text string) {
	switch name {
	case "canary":
		r.canary = podsOf(t, name, text)
	case "baseline":
		r.baseline = podsOf(t, name, text)
	case "warming":
		r.warming = podsOf(t, name, text)[0].counts
	default:
		t.Fatalf("unknown arm %q", name)
	}
}

// podsOf reads the pods of an arm.
func podsOf(t *testing.T, arm, text string) []podRound {
	var pods []podRound
	if strings.Contains(text, "=") {
		for _, pod := range strings.Split(text, ",") {
			name, counts, _ := strings.Cut(pod, "=")
			pods = append(pods, podRound{name, countsOfText(t, counts)})
		}
		return pods
	}
	text, shared, _ := strings.Cut(text, ":")
	n := 1
	if shared != "" {
		n = int(parse(t, shared))
	}
	all := countsOfText(t, text)
	for p := range n {
		pod := podRound{counts: make([]float64, len(all))}
		if n > 1 {
			pod.pod = fmt.Sprintf("%s-%d", arm, p)
		}
		// Whole requests: what cannot be shared evenly goes to one pod after the other.
		for i, v := range all {
			pod.counts[i] = math.Floor(v / float64(n))
			if over := math.Mod(v, float64(n)); math.Mod(float64(p+3*i), float64(n)) < over {
				pod.counts[i]++
			}
		}
		pods = append(pods, pod)
	}
	return pods
}

// countsOfText reads 1/500 as 499 good and 1 bad request, or buckets.
func countsOfText(t *testing.T, text string) []float64 {
	if bad, total, ok := strings.Cut(text, "/"); ok {
		return []float64{parse(t, total) - parse(t, bad), parse(t, bad)}
	}
	var counts []float64
	for _, v := range strings.Split(text, "+") {
		counts = append(counts, parse(t, v))
	}
	return counts
}

// times are when the arms were scraped.
func (r round) times() (canary, baseline time.Time) {
	if r.late {
		return at(r.to - 1), at(r.to - 2)
	}
	return r.canaryAt, r.baseAt
}

// window is the round for a Proportion: the last count of a pod is of bad requests.
func (r round) window() Window {
	w := Window{From: at(r.from), To: at(r.to), Unscraped: r.unscraped, Doubts: r.doubts}
	w.CanaryAt, w.BaselineAt = r.times()
	pods := func(rounds []podRound) (pods []series.PodCounts, sum Counts) {
		for _, p := range rounds {
			c := pooled(p.counts)
			pods, sum = append(pods, series.PodCounts{Pod: p.pod, Counts: c}), add(sum, c)
		}
		return pods, sum
	}
	w.CanaryPods, w.Canary = pods(r.canary)
	w.BaselinePods, w.Baseline = pods(r.baseline)
	w.WarmingUp = pooled(r.warming)
	return w
}

// pooled are the requests of some buckets, of which those of the last one are bad.
func pooled(counts []float64) Counts {
	var c Counts
	for i, v := range counts {
		c.Total += v
		if i == len(counts)-1 {
			c.Bad = v
		}
	}
	return c
}

// histogram is the round for a Histogram.
func (r round) histogram() HistogramWindow {
	w := HistogramWindow{From: at(r.from), To: at(r.to), Unscraped: r.unscraped, Edges: r.edges, WarmingUp: r.warming, Doubts: r.doubts}
	w.CanaryAt, w.BaselineAt = r.times()
	for _, p := range r.canary {
		w.Canary = append(w.Canary, series.PodBuckets{Pod: p.pod, Counts: p.counts})
	}
	for _, p := range r.baseline {
		w.Baseline = append(w.Baseline, series.PodBuckets{Pod: p.pod, Counts: p.counts})
	}
	return w
}

// learn adds a window from before the release.
func (s *stage) learn(t *testing.T, r round) {
	if s.histogram {
		state := readHistogram(t, s.memory)
		s.h.Learn(&state, r.histogram())
		s.memory = state.String()
		return
	}
	state := readProportion(t, s.memory)
	s.p.Learn(&state, r.window())
	s.memory = state.String()
}

// look observes one window and writes the verdict.
func (s *stage) look(t *testing.T, r round, out *strings.Builder, shown map[string]bool) {
	var v Verdict
	if s.histogram {
		state := readHistogram(t, s.memory)
		v = s.h.Observe(&state, r.histogram(), s.weight)
		s.memory = state.String()
	} else {
		state := readProportion(t, s.memory)
		v = s.p.Observe(&state, r.window(), s.weight)
		s.memory = state.String()
	}
	shown[v.Reason] = true
	fmt.Fprintf(out, "  %s %s: %s\n", v.Decision, v.Reason, v.Message)
	if v.Evidence.RequestsNeeded > 0 {
		fmt.Fprintf(out, "  requests needed: %.0f\n", v.Evidence.RequestsNeeded)
	}
	if v.Evidence.Dispersion > 1 {
		fmt.Fprintf(out, "  evidence divided by: %.3g\n", v.Evidence.Dispersion)
	}
	for _, q := range v.Evidence.Quantiles {
		fmt.Fprintf(out, "  p%g: %v s (%v to %v) -> %v s (%v to %v)\n", 100*q.P, q.Baseline.Estimate, q.Baseline.Lower, q.Baseline.Upper,
			q.Canary.Estimate, q.Canary.Lower, q.Canary.Upper)
	}
	for _, warning := range v.Warnings {
		fmt.Fprintf(out, "  warning: %s\n", warning)
	}
}

func readProportion(t *testing.T, text string) ProportionState {
	t.Helper()
	state, err := ParseProportionState(text)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func readHistogram(t *testing.T, text string) HistogramState {
	t.Helper()
	state, err := ParseHistogramState(text)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func parse(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// floats are a verdict's numbers.
func floats(v Verdict) []float64 {
	e := v.Evidence
	all := []float64{e.LogE, e.LogLimit, e.RatioEstimate, e.RatioLower, e.RatioUpper, e.RequestsNeeded, e.Dispersion, e.LogProof, e.LogProofLimit,
		e.LogEWithoutWorstPod, e.Edge, e.Canary.Bad, e.Canary.Total, e.Baseline.Bad, e.Baseline.Total}
	for _, q := range e.Quantiles {
		all = append(all, q.Canary.Estimate, q.Canary.Lower, q.Canary.Upper, q.Baseline.Estimate, q.Baseline.Lower, q.Baseline.Upper)
	}
	return all
}

// sound reports whether a verdict has a message, and numbers that are numbers.
func sound(v Verdict) bool {
	return v.Message != "" && v.Reason != "" && v.Evidence.RequestsNeeded >= 0 && v.Evidence.Dispersion >= 0 &&
		!math.IsInf(v.Evidence.LogE, 0) && !slices.ContainsFunc(floats(v), math.IsNaN) && !strings.Contains(v.Message, "NaN")
}
