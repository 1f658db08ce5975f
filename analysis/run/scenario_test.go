package run

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/analysis/criteria"
	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/series"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata; only commit what you understand and want")

// TestScenarios plays the scripts in testdata. A script is a reason, metrics, and
// what happens when; below each line, indented, is what the run makes of it.
//
//	metric NAME key=value…      interval, initialDelay, count, failureLimit, inconclusiveLimit,
//	                            consecutiveErrorLimit, consecutiveSuccessLimit, success, failure;
//	                            judge=yes with tolerance, minRequests, budget;
//	                            compare=yes with success, failure on canary and baseline
//	t=10s                       look at the clock
//	t=10s NAME 0.93             a measurement: a vector of numbers ("none" for an empty one),
//	                            "canary 1/100 baseline 2/900" (new requests, bad/total),
//	                            or a reason and a message: Unavailable connection refused
//	t=10s+30s NAME …            the same; it takes 30 s instead of 100 ms
//	t=10s weight                the weight is set anew; "weight 20%" by a router, so that
//	                            the split is known
//	t=10s restart               the process is killed: only the serialised state is left
//	t=10s terminate             the run is told to end
func TestScenarios(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			transcript := playScript(t, string(script))
			if *update {
				if err := os.WriteFile(path, []byte(transcript), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(script), transcript); diff != "" {
				t.Errorf("%s (-written +played; -update rewrites it):\n%s", path, diff)
			}
		})
	}
}

const indent = "        "

// player is a script that is being played.
type player struct {
	t      *testing.T
	spec   Spec
	state  State
	tape   tape
	output strings.Builder
}

// playScript returns a script with what the run makes of each line.
func playScript(t *testing.T, script string) string {
	p := &player{t: t, tape: newTape()}
	for _, line := range strings.Split(strings.TrimRight(script, "\n"), "\n") {
		if strings.HasPrefix(line, indent) {
			continue
		}
		p.output.WriteString(line + "\n")
		switch {
		case strings.HasPrefix(line, "metric "):
			p.spec.Metrics = append(p.spec.Metrics, scriptMetric(t, line))
		case strings.HasPrefix(line, "t="):
			p.play(line)
		}
	}
	return p.output.String()
}

// play plays one line of what happens.
func (p *player) play(line string) {
	words := strings.SplitN(line, " ", 3)
	begin, took, _ := strings.Cut(strings.TrimPrefix(words[0], "t="), "+")
	now := epoch.Add(p.duration(begin))
	if p.state.StartedAt.IsZero() {
		p.spec.CanarySince = now.Add(-10 * time.Second)
		p.state = Start(p.spec, now)
	}
	if len(words) == 1 {
		p.show(now)
		return
	}
	switch words[1] {
	case "weight":
		p.spec.WeightSince, p.spec.Weight = now, 0
		if len(words) > 2 {
			p.spec.Weight = p.percent(words[2])
		}
	case "restart":
		p.state = restart(p.t, p.state)
	case "terminate":
		p.state = Terminate(p.spec, p.state, now)
	default:
		if took == "" {
			took = "100ms"
		}
		now = p.measure(words[1], strings.TrimSpace(words[2]), now, p.duration(took))
	}
	p.show(now)
}

// measure records a measurement, if it is due.
func (p *player) measure(name, answer string, now time.Time, took time.Duration) time.Time {
	looks, _ := Due(p.spec, p.state, now)
	for _, look := range looks {
		if look.Metric != name {
			continue
		}
		measurement := Measurement{Metric: name, Number: look.Number, StartedAt: now, FinishedAt: now.Add(took)}
		p.fill(&measurement, answer, look, now)
		p.state = Record(p.spec, p.state, measurement)
		return now.Add(took)
	}
	fmt.Fprintf(&p.output, "%s%s is not due\n", indent, name)
	return now
}

var countsPattern = regexp.MustCompile(`^canary (\d+)/(\d+) baseline (\d+)/(\d+)$`)

// fill writes an answer into a measurement.
func (p *player) fill(measurement *Measurement, answer string, look Look, now time.Time) {
	if counts := countsPattern.FindStringSubmatch(answer); counts != nil {
		p.tape.scrape(now, counts[1:])
		measurement.Samples = p.tape.samples(look.From, now)
		return
	}
	if answer == "none" {
		measurement.Result = &criteria.Result{}
		return
	}
	var values []float64
	for _, word := range strings.Fields(answer) {
		value, err := strconv.ParseFloat(word, 64)
		if err != nil {
			reason, message, _ := strings.Cut(answer, " ")
			measurement.Failure = &Failure{Reason: Reason(reason), Message: message}
			return
		}
		values = append(values, value)
	}
	measurement.Result = &criteria.Result{Values: values}
}

// show writes where the run stands.
func (p *player) show(now time.Time) {
	print := func(format string, values ...any) { fmt.Fprintf(&p.output, indent+format+"\n", values...) }
	view := p.state.View(p.spec, now)
	print("%s: %s", view.Phase, p.withoutJudge(view.Message))
	if view.Phase.Live() {
		looks, next := Due(p.spec, p.state, now)
		var due []string
		for _, look := range looks {
			due = append(due, look.Metric)
		}
		print("due: %s; next at %s; overdue at %s", orNone(strings.Join(due, ", ")), since(next), since(view.OverdueAt))
	}
	flags := ""
	if view.BlindReported {
		flags += ", reported"
	}
	if view.Overdue {
		flags += ", overdue"
	}
	print("passed at %s; blind since %s%s", since(view.PassedAt), since(view.BlindSince), flags)
	for _, metric := range p.state.Metrics {
		print("%s %s: %s", metric.Name, metric.Phase, orNone(tally(metric)))
		if e := metric.Evidence; e != nil {
			print("  canary %s/%s, baseline %s/%s, e-value %s of %s, ratio %s [%s, %s]", e.CanaryBad, e.CanaryTotal, e.BaselineBad, e.BaselineTotal,
				e.EValue, e.Limit, orNone(e.RateRatio), orNone(e.RateRatioLower), orNone(e.RateRatioUpper))
		}
	}
}

// withoutJudge leaves out the judge's own words, which are the judge's to test.
func (p *player) withoutJudge(message string) string {
	for i, metric := range p.spec.Metrics {
		if last, measured := p.state.Metrics[i].last(); measured && metric.Proportion != nil && metric.Comparison == nil && last.Value != "" && last.Reason != RoutingBroken {
			message = strings.ReplaceAll(message, last.Message, "(the judge's words)")
		}
	}
	return message
}

// since writes a time as the scripts do.
func since(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return "t=" + at.Sub(epoch).String()
}

func orNone(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// restart is what is left of a state when the process is killed.
func restart(t testing.TB, state State) State {
	t.Helper()
	text, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	var again State
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	return again
}

func (p *player) percent(text string) float64 {
	percent, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return percent / 100
}

func (p *player) duration(text string) time.Duration {
	duration, err := time.ParseDuration(text)
	if err != nil {
		p.t.Fatal(err)
	}
	return duration
}

var settingPattern = regexp.MustCompile(`(\w+)=("[^"]*"|\S+)`)

// scriptMetric reads a line such as: metric errors interval=15s success="result[0] > 1".
func scriptMetric(t *testing.T, line string) Metric {
	t.Helper()
	metric := Metric{Name: strings.Fields(line)[1], ConsecutiveErrorLimit: 4}
	settings := map[string]string{}
	for _, setting := range settingPattern.FindAllStringSubmatch(line, -1) {
		settings[setting[1]] = strings.Trim(setting[2], `"`)
	}
	number := func(key string, into *int) {
		if text, set := settings[key]; set {
			value, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			*into = value
		}
	}
	metric.Interval, _ = time.ParseDuration(settings["interval"])
	metric.InitialDelay, _ = time.ParseDuration(settings["initialDelay"])
	number("count", &metric.Count)
	number("failureLimit", &metric.FailureLimit)
	number("inconclusiveLimit", &metric.InconclusiveLimit)
	number("consecutiveErrorLimit", &metric.ConsecutiveErrorLimit)
	number("consecutiveSuccessLimit", &metric.ConsecutiveSuccessLimit)
	if settings["judge"] != "" {
		metric.Proportion = &judge.Proportion{RelativeTolerance: 0.1, MinRequests: 100, Budget: 0.01}
		return metric
	}
	metric.SuccessCondition, metric.FailureCondition = settings["success"], settings["failure"]
	if settings["compare"] != "" {
		comparison, err := criteria.CompileComparison(metric.SuccessCondition, metric.FailureCondition)
		if err != nil {
			t.Fatal(err)
		}
		metric.Comparison, metric.Proportion = comparison, KeptCounts()
		return metric
	}
	conditions, err := criteria.Compile(metric.SuccessCondition, metric.FailureCondition)
	if err != nil {
		t.Fatal(err)
	}
	metric.Conditions = conditions
	return metric
}

// tape is what a Prometheus has scraped every 5 s of four counters: canary bad and
// total, baseline bad and total. The baseline has been running for long.
type tape struct {
	scraped time.Time
	now     [4]float64
	series  [4]series.Series
}

func newTape() tape {
	tape := tape{scraped: epoch.Add(-15 * time.Second), now: [4]float64{0, 0, 100, 100_000}}
	for i, labels := range []string{`{v="canary",code="500"}`, `{v="canary"}`, `{v="baseline",code="500"}`, `{v="baseline"}`} {
		tape.series[i].Labels = labels
	}
	tape.run(epoch)
	return tape
}

// run scrapes up to a time.
func (t *tape) run(until time.Time) {
	for at := t.scraped.Add(5 * time.Second); !at.After(until); at = at.Add(5 * time.Second) {
		for i := range t.series {
			t.series[i].Samples = append(t.series[i].Samples, series.Sample{At: at, Value: t.now[i]})
		}
		t.scraped = at
	}
}

// scrape adds new requests, which are seen by the last scrape until now.
func (t *tape) scrape(now time.Time, counts []string) {
	t.run(now.Add(-5 * time.Second))
	for i, text := range counts {
		count, _ := strconv.ParseFloat(text, 64)
		t.now[i] += count
	}
	t.run(now)
}

// samples are those in (from, to].
func (t *tape) samples(from, to time.Time) *Samples {
	samples := &Samples{}
	for i, into := range []*[]series.Series{&samples.CanaryBad, &samples.CanaryTotal, &samples.BaselineBad, &samples.BaselineTotal} {
		cut := series.Series{Labels: t.series[i].Labels}
		for _, sample := range t.series[i].Samples {
			if sample.At.After(from) && !sample.At.After(to) {
				cut.Samples = append(cut.Samples, sample)
			}
		}
		if len(cut.Samples) > 0 {
			*into = []series.Series{cut}
		}
	}
	return samples
}
