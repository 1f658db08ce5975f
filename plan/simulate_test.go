package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/controller/translate"
)

// subjectOf is the Rollout of a file.
func subjectOf(t testing.TB, path string, edits ...string) Subject {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m := &replay.Manifests{}
	if err := m.Read(path, []byte(strings.NewReplacer(edits...).Replace(string(content)))); err != nil {
		t.Fatal(err)
	}
	subject, err := Request{Manifests: m, Shipped: shipped(t), Checks: translate.Checks{PrometheusAddress: "http://prometheus:9090"}}.Subject()
	if err != nil {
		t.Fatal(err)
	}
	return subject
}

// prepared is a setup of the Rollout of a file.
func prepared(t testing.TB, path string, assumed Assumptions, edits ...string) *Setup {
	t.Helper()
	setup, err := Prepare(subjectOf(t, path, edits...), assumed)
	if err != nil {
		t.Fatal(err)
	}
	return setup
}

// simulated simulates some regressions.
func simulated(t testing.TB, setup *Setup, effort Effort, texts ...string) *Result {
	t.Helper()
	var all []Regression
	for _, text := range texts {
		more, err := ParseRegressions(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, more...)
	}
	result, err := setup.Simulate(t.Context(), all, effort)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// short steps, so that tests are quick: 10 and 50 %, two minutes each.
func shortSteps() Steps { return Steps{Weights: []int32{10, 50}, Pause: 2 * time.Minute} }

// TestGoodReleases: a version that is as good is promoted, in the time that its pauses and
// pods take, but for the budget.
func TestGoodReleases(t *testing.T) {
	result := simulated(t, around(t, "golden-signals-app", Defaults(), shortSteps()), Effort{Good: 40, Bad: 1, Seed: 7, Workers: 2})
	// 40 releases at 1 % raise more than 3 false alarms once in 1,500 times.
	if alarms := result.Good.TakenBack.Count; alarms > 3 {
		t.Errorf("%d false alarms of 40, with a budget of 1 %%", alarms)
	}
	if got := result.Good.Promoted.Share; got < .9 {
		t.Errorf("promoted: %v of the good releases", got)
	}
	// Two pauses, and three times pods that start in 10 s and a router that takes 1 s.
	if got := result.Good.Duration.P50; got < 270 || got > 300 {
		t.Errorf("a good release takes %v s, want a little more than 4 min 31 s", got)
	}
}

// TestRegressionsAreCaught: large ones within a few scrapes at the first weight, and the
// larger the sooner; none before any test could know.
func TestRegressionsAreCaught(t *testing.T) {
	setup := around(t, "golden-signals-app", Defaults(), shortSteps())
	result := simulated(t, setup, Effort{Good: 1, Bad: 16, Seed: 3, Workers: 2}, "errors=1%,50%", "latency=2x", "saturation=3x")
	byName := map[string]Scenario{}
	for _, s := range result.Regressions {
		byName[s.Name] = s
		if s.TakenBack.Count != 16 {
			t.Errorf("%s: %d of 16 were caught", s.Name, s.TakenBack.Count)
		}
	}
	const scrape = 15
	for name, scrapes := range map[string]float64{"errors=50%": 3, "errors=1%": 12, "latency=2x": 4, "saturation=3x": 12} {
		if got := byName[name].Detection.P90; got > scrapes*scrape {
			t.Errorf("%s: one in ten was caught after more than %v s, want %v", name, got, scrapes*scrape)
		}
	}
	if byName["errors=50%"].Detection.P50 > byName["errors=1%"].Detection.P50 {
		t.Errorf("50 %% errors were caught after %v s, and 1 %% after %v s", byName["errors=50%"].Detection.P50, byName["errors=1%"].Detection.P50)
	}
	for name, metric := range map[string]string{"errors=1%": "errors", "latency=2x": "latency", "saturation=3x": "saturation"} {
		if by := byName[name].By; len(by) == 0 || by[0].Metric != metric {
			t.Errorf("%s was caught by %v, want %s", name, by, metric)
		}
	}
	one := byName["errors=1%"]
	if one.Minimum == nil || one.Minimum.Seconds <= 0 || one.Minimum.Seconds > one.Detection.Mean {
		t.Errorf("errors=1%%: caught after %v s on average, and the minimum is %+v", one.Detection.Mean, one.Minimum)
	}
	if got := one.Bad.P50 - one.Extra.P50; got < one.Requests.P50*.0009 || got > one.Requests.P50*.0011 {
		t.Errorf("errors=1%%: of %v requests the stable version would have failed %v, want one in a thousand", one.Requests.P50, got)
	}
}

// TestDeterminism: the result depends on the seed, and not on the number of workers.
func TestDeterminism(t *testing.T) {
	setup := around(t, "golden-signals-app", Defaults(), Steps{Weights: []int32{20}, Pause: time.Minute})
	text := func(seed uint64, workers int) string {
		result := simulated(t, setup, Effort{Good: 2, Bad: 2, Changed: 2, Seed: seed, Workers: workers}, "errors=2%")
		content, err := json.Marshal(result)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	one := text(1, 1)
	if diff := cmp.Diff(one, text(1, 3)); diff != "" {
		t.Errorf("three workers give another result than one (-one +three):\n%s", diff)
	}
	if one == text(2, 2) {
		t.Error("another seed gives the same result")
	}
}

// TestLookbackIsNotNeeded: the samples that are left out of a look change nothing.
func TestLookbackIsNotNeeded(t *testing.T) {
	setup := around(t, "golden-signals-app", Defaults(), shortSteps())
	whole := *setup
	whole.wholeLookback = true
	for _, text := range []string{"errors=0.5%", "latency=+20%"} {
		regressions, err := ParseRegressions(text)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			root := seed{1, uint64(i)}
			got, want := setup.simulate(root, setup.behaviour(regressions[0])), whole.simulate(root, setup.behaviour(regressions[0]))
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(outcome{}, waiting{}, weightAt{})); diff != "" {
				t.Errorf("%s, seed %d (-all samples +some):\n%s", text, i, diff)
			}
		}
	}
}

// TestConditions: a threshold catches what is clearly beyond it, and nothing that is clearly
// within, and a gauge that nobody knows is left out, which is said.
func TestConditions(t *testing.T) {
	setup := prepared(t, "testdata/checkout.yaml", Defaults())
	result := simulated(t, setup, Effort{Good: 10, Bad: 10, Seed: 1, Workers: 2}, "errors=0.3%,5%", "latency=+10%,3x")
	if result.Good.Promoted.Count != 10 {
		t.Errorf("good releases: %+v, waits: %s", result.Good, result.Good.HeldExample)
	}
	want := []int{0, 10, 0, 10}
	for i, s := range result.Regressions {
		if s.TakenBack.Count != want[i] {
			t.Errorf("%s: %d of 10 were caught, want %d; %s", s.Name, s.TakenBack.Count, want[i], s.Example)
		}
	}
	if by := result.Regressions[3].By; len(by) == 0 || by[0].Metric != "p99" {
		t.Errorf("latency=3x was caught by %v, want p99", by)
	}
	if !strings.Contains(strings.Join(result.Notes, "\n"), "metric memory is left out") {
		t.Errorf("nothing is said of the gauge: %q", result.Notes)
	}
}

// TestHeldAndPaused: a step that waits for a person is promoted after a time, and a release
// that cannot be seen is held, with the reason.
func TestHeldAndPaused(t *testing.T) {
	assumed := Defaults()
	assumed.Person = 10 * time.Minute
	setup := prepared(t, "testdata/checkout.yaml", assumed, "- setWeight: 60\n      - pause: {duration: 2m}", "- pause: {}")
	if out := setup.simulate(seed{1, 1}, setup.good); out.ending != promoted || out.took < 14*time.Minute || out.took > 16*time.Minute {
		t.Errorf("ended as %d after %s, want promoted after 4 and 10 minutes; %s", out.ending, out.took, out.message)
	}
	assumed.Patience, assumed.Traffic = 8*time.Minute, .05
	setup = around(t, "golden-signals-app", assumed, shortSteps())
	if out := setup.simulate(seed{1, 1}, setup.good); out.ending != held || out.reason != progression.ReasonBlind || !strings.Contains(out.message, "TooFewRequests") {
		t.Errorf("ended as %d, %s: %s", out.ending, out.reason, out.message)
	}
}

// TestFreshBaselineAndRatio: releases with fresh baseline pods, and without a router.
func TestFreshBaselineAndRatio(t *testing.T) {
	for name, path := range map[string]string{"fresh": "testdata/fresh.yaml", "ratio": "testdata/ratio.yaml"} {
		setup := prepared(t, path, Defaults())
		if out := setup.simulate(seed{1, 1}, setup.good); out.ending != promoted {
			t.Errorf("%s: ended as %d: %s", name, out.ending, out.message)
		}
		if out := setup.simulate(seed{1, 1}, setup.behaviour(Regression{Signal: Errors, Share: .2})); out.ending != takenBack {
			t.Errorf("%s: 20 %% errors ended as %d: %s", name, out.ending, out.message)
		}
	}
}

// TestMistakes: what cannot be simulated is refused with the flag, and what to write.
func TestMistakes(t *testing.T) {
	flagged := func(err error) string {
		var mistake *Mistake
		if !errors.As(err, &mistake) {
			return ""
		}
		return mistake.Flag
	}
	_, traffic := ParseTraffic("fast")
	_, negative := ParseTraffic("-3/s")
	_, unit := ParseTraffic("3/fortnight")
	_, _, rate := ParseRates("150%")
	_, _, two := ParseRates("1%,2%")
	_, latency := ParseLatency("40ms")
	_, single := ParseLatency("p50=40ms")
	_, falling := ParseLatency("p50=4s,p99=1s")
	_, twice := ParseLatency("p50=4s,p50=5s")
	_, size := ParseRegressions("errors=lots")
	_, better := ParseRegressions("latency=0.5x")
	_, absolute := ParseRegressions("latency=3%")
	_, none := ParseRegressions("0.5%")
	_, weights := ParseWeights("50,5")
	_, edges := ParseEdges("5ms,wide")
	_, nan := ParseSpread("NaN")
	for i, one := range []struct {
		err  error
		flag string
	}{
		{traffic, "traffic"}, {negative, "traffic"}, {unit, "traffic"}, {rate, "error-rate"}, {two, "error-rate"}, {latency, "latency"}, {single, "latency"}, {falling, "latency"}, {twice, "latency"},
		{size, "regressions"}, {better, "regressions"}, {absolute, "regressions"}, {none, "regressions"}, {weights, "steps"}, {edges, "buckets"}, {nan, "pod-spread"},
	} {
		if flagged(one.err) != one.flag {
			t.Errorf("%d: %v, want a mistake of --%s", i, one.err, one.flag)
		}
	}
	setup := around(t, "golden-signals-app", Defaults(), shortSteps())
	for _, text := range []string{"errors=0.1%", "errors=0.05%", "throughput=2x", "saturation=5%"} {
		regressions, err := ParseRegressions(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := setup.Simulate(t.Context(), regressions, Effort{Good: 1, Bad: 1}); flagged(err) != "regressions" {
			t.Errorf("%s: %v, want a mistake of --regressions", text, err)
		}
	}
	if _, err := setup.Simulate(t.Context(), nil, Effort{}); flagged(err) != "reps" {
		t.Errorf("no releases: %v", err)
	}
}

// TestRefused: manifests that cannot be simulated say why.
func TestRefused(t *testing.T) {
	for reason, edits := range map[string][]string{
		"no analysis":                          {"      - analysis:\n          templates: [{templateName: thresholds}]\n          args:\n          - {name: hash, valueFrom: {podTemplateHashValue: Latest}}\n", ""},
		"has spec.paused":                      {"replicas: 6", "replicas: 6\n  paused: true"},
		"no pods":                              {"replicas: 6", "replicas: 0"},
		`"thresholdz" does not exist`:          {"templateName: thresholds}", "templateName: thresholdz}"},
		`argument "hash" was not supplied`:     {"          args:\n          - {name: hash, valueFrom: {podTemplateHashValue: Latest}}\n", ""},
		"no metric can be simulated":           {"http_requests_total", "job:requests:rate", "http_request_duration_seconds_bucket", "queue_depth"},
		"only successes and server errors are": {`code!~"5.."`, `code="404"`, "http_request_duration_seconds_bucket", "queue_depth"},
	} {
		_, err := Prepare(subjectOf(t, "testdata/checkout.yaml", edits...), Defaults())
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%v, want %q", err, reason)
		}
	}
}

// TestChances: a change helps when it helps more often than a coin would say so.
func TestChances(t *testing.T) {
	at := func(seconds ...int) []outcome {
		var all []outcome
		for _, s := range seconds {
			o := outcome{ending: takenBack, detected: time.Duration(s) * time.Second}
			if s == 0 {
				o.ending = promoted
			}
			all = append(all, o)
		}
		return all
	}
	sooner, later := compared(at(1, 2, 0, 0, 5), at(2, 1, 3, 0, 0, 7))
	if sooner != 2 || later != 2 {
		t.Errorf("sooner %d, later %d, want 2 and 2", sooner, later)
	}
	// Five heads in a row are as rare as 1 in 32, four as 1 in 16.
	for _, one := range []struct {
		sooner, later int
		want          bool
	}{{5, 0, true}, {4, 0, false}, {0, 0, false}, {8, 2, false}, {9, 1, true}} {
		if got := noChance(one.sooner, one.later); got != one.want {
			t.Errorf("noChance(%d, %d) = %v", one.sooner, one.later, got)
		}
	}
}

// TestDistribution holds summaries against counts by hand.
func TestDistribution(t *testing.T) {
	var values []float64
	for i := range 100 {
		values = append(values, float64(100-i))
	}
	d := distributionOf(values)
	// The 40th and the 61st of 100 bound the median with 95 % confidence (binomial tables).
	if d.P50 != 50 || d.P90 != 90 || d.Mean != 50.5 || d.P50Lower > 41 || d.P50Lower < 39 || d.P50Upper < 60 || d.P50Upper > 62 {
		t.Errorf("%+v", d)
	}
	if len(d.Quantiles) != 21 || d.Quantiles[0] != 1 || d.Quantiles[20] != 100 {
		t.Errorf("quantiles: %v", d.Quantiles)
	}
}

// TestLatencyIsWhatWasAskedFor: the quantiles are met, in between and beyond lies the
// log-normal distribution through them, and a factor moves all of it.
func TestLatencyIsWhatWasAskedFor(t *testing.T) {
	latency, err := ParseLatency("p99=300ms, p50=40ms")
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct{ seconds, factor, want float64 }{{.04, 1, .5}, {.3, 1, .01}, {.08, 2, .5}, {.6, 2, .01}, {0, 1, 1}} {
		if got := latency.above(one.seconds, one.factor); got < one.want*.999999 || got > one.want*1.000001 {
			t.Errorf("above %v s with factor %v: %v, want %v", one.seconds, one.factor, got, one.want)
		}
	}
	total := 0.0
	for _, share := range latency.shares(DefaultEdges(), 1) {
		total += share
	}
	if total < .999999 || total > 1.000001 {
		t.Errorf("the buckets' shares add up to %v", total)
	}
	// exp(μ + σ²/2), with σ = ln(300/40)/2.3263479.
	if got := latency.mean(); got < .0575 || got > .0585 {
		t.Errorf("mean latency %v s, want 0.0582", got)
	}
}

// TestText: tables fit in 100 columns, and say what was found.
func TestText(t *testing.T) {
	result := simulated(t, prepared(t, "testdata/checkout.yaml", Defaults()), Effort{Good: 5, Bad: 5, Changed: 5, Seed: 1, Workers: 2}, "errors=0.3%,5%")
	var text bytes.Buffer
	if err := result.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, part := range []string{"A good release, 5 times", "errors=5%", "100% (57-100)", "first pause 2m → 1m", "Note: metric memory is left out"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("%q is not in:\n%s", part, text.String())
		}
	}
}
