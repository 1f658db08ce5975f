package replay

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/analysis/journal"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/analysis/series"
	"github.com/serin-dev/serin/controller/measurement"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

// slowScrapes is a source of counters and buckets of some pods. A scrape's samples bear
// its beginning; live, they arrive when it ends.
type slowScrapes struct {
	pods  map[string]int
	begun time.Time
	// live says that what has not arrived yet is not answered; asked is the time at which
	// that is seen, which goes on a little with each query.
	live  bool
	asked time.Time
	// times are the scrapes of each pod of each version.
	times map[string][][]scrapeTimes
}

// scrapeTimes are when a scrape began, and when its samples arrived.
type scrapeTimes struct{ at, arrived time.Time }

// newSlowScrapes is a source of two pods of the new version and some of the old one.
func newSlowScrapes(old int, live bool) *slowScrapes {
	s := &slowScrapes{pods: map[string]int{"old": old, "new": 2}, begun: time.Date(2026, time.March, 1, 3, 0, 0, 0, time.UTC), live: live, times: map[string][][]scrapeTimes{}}
	for version, pods := range s.pods {
		for pod := range pods {
			var all []scrapeTimes
			for i := range 800 {
				all = append(all, s.scrape(version, pod, i))
			}
			s.times[version] = append(s.times[version], all)
		}
	}
	return s
}

const scrapeInterval = 5 * time.Second

// scrape is the i-th one of a pod.
func (s *slowScrapes) scrape(version string, pod, i int) scrapeTimes {
	random := rand.New(rand.NewPCG(uint64(i), uint64(pod)+uint64(len(version))<<32))
	offset := time.Duration(random.IntN(5000)) * time.Millisecond
	offset = time.Duration(pod*700)*time.Millisecond + offset/50
	at := s.begun.Add(-time.Hour + time.Duration(i)*scrapeInterval + offset).Truncate(time.Millisecond)
	return scrapeTimes{at, at.Add(time.Duration(20+random.IntN(900)) * time.Millisecond)}
}

func (s *slowScrapes) Samples(_ context.Context, selector string, from, to time.Time) (metrics.Samples, error) {
	s.asked = s.asked.Add(3 * time.Millisecond)
	version, rate, buckets := "old", 40.0, []string{""}
	if strings.Contains(selector, "new") {
		version, rate = "new", 10.0
	}
	if strings.Contains(selector, "5..") {
		rate *= 0.02
	}
	if strings.Contains(selector, "bucket") {
		buckets = []string{`le="+Inf", `, `le="0.1", `, `le="0.5", `}
	}
	var answer metrics.Samples
	for _, le := range buckets {
		for pod := range s.pods[version] {
			one := series.Series{Labels: fmt.Sprintf(`{__name__="m", instance="%s-%d", %spod="p%d"}`, version, pod, le, pod)}
			share := map[string]float64{`le="0.1", `: 0.9, `le="0.5", `: 0.99}[le]
			if share == 0 {
				share = 1
			}
			for _, scrape := range s.times[version][pod] {
				if scrape.at.After(from) && !scrape.at.After(to) && !(s.live && scrape.arrived.After(s.asked)) {
					one.Samples = append(one.Samples, series.Sample{At: scrape.at, Value: math.Floor(rate * share * scrape.at.Sub(s.begun.Add(-time.Hour)).Seconds())})
				}
			}
			if len(one.Samples) > 0 {
				answer.Series = append(answer.Series, one)
			}
		}
	}
	if len(answer.Series) == 0 {
		return answer, metrics.ErrNoData
	}
	return answer, nil
}

// Query answers a number that depends on what has arrived.
func (s *slowScrapes) Query(ctx context.Context, expression string, at time.Time) (metrics.Answer, error) {
	samples, err := s.Samples(ctx, expression, at.Add(-time.Minute), at)
	if err != nil {
		return metrics.Answer{}, err
	}
	sum := 0.0
	for _, one := range samples.Series {
		sum += one.Samples[len(one.Samples)-1].Value
	}
	return metrics.Answer{Kind: metrics.Vector, Values: []float64{sum}}, nil
}

const judgedRun = `
metrics:
- name: errors
  interval: 5s
  judge: {proportion: {tolerance: {relative: "3%"}}}
  provider: {prometheus: {canary: {bad: 'm{v="new",code=~"5.."}', total: 'm{v="new"}'}, baseline: {bad: 'm{v="old",code=~"5.."}', total: 'm{v="old"}'}}}
- name: latency
  interval: 7s
  judge: {histogram: {quantiles: ["0.5", "0.99"]}}
  provider: {prometheus: {canary: {histogram: 'm_bucket{v="new"}'}, baseline: {histogram: 'm_bucket{v="old"}'}}}
- name: level
  interval: 6s
  judge: {mean: {worse: higher, history: 3m, tolerance: {relative: "20%"}}}
  provider: {prometheus: {canary: {query: 'm{v="new"}'}, baseline: {query: 'm{v="old"}'}}}
- name: rate
  interval: 10s
  successCondition: result[0] > 1
  provider: {prometheus: {query: 'm{v="new"}'}}
`

// live plays a run as the controller does: looks that begin late and take time, sources
// that fail, a weight that changes, an end by hand; it returns the exported object.
func live(t *testing.T, seed uint64, source *slowScrapes) *v1alpha1.AnalysisRun {
	t.Helper()
	object := &v1alpha1.AnalysisRun{}
	object.Name = "r"
	object.Labels = map[string]string{"serin.dev/run-type": string(translate.Background)}
	if err := yaml.UnmarshalStrict([]byte(judgedRun), &object.Spec); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(seed, 1))
	now := source.begun.Add(time.Duration(random.IntN(1e9)))
	spec, problems := translate.ParseRun(object.Spec, translate.Background, translate.Checks{PrometheusAddress: "http://p"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	state := run.Start(spec, now)
	var weight journal.Weight
	for now.Before(source.begun.Add(5 * time.Minute)) {
		looks, _ := run.Due(spec, state, now)
		for _, look := range looks {
			now = now.Add(time.Duration(random.IntN(3e6))).Truncate(time.Microsecond)
			var taken run.Measurement
			if random.IntN(20) == 0 {
				taken = measurement.Failed(run.Measurement{Metric: look.Metric, Number: look.Number, From: look.From, StartedAt: now}, metrics.ErrUnavailable)
			} else {
				source.asked = now.Add(time.Millisecond)
				var err error
				if taken, err = measurement.Take(t.Context(), source, metricNamed(object, look.Metric).Provider.Prometheus, look, now); err != nil {
					t.Fatal(err)
				}
			}
			now = now.Add(time.Duration(random.IntN(40e6))).Truncate(time.Microsecond)
			taken.FinishedAt = now
			if metric, waits := run.Waits(spec, state, taken); waits {
				object.Status.Journal = journal.Append(object.Status.Journal, journal.Of(metric, taken, weight))
			}
			state = run.Record(spec, state, taken)
		}
		if random.IntN(60) == 0 {
			weight = journal.Weight{Known: true, Percent: 20, Since: now.Truncate(time.Microsecond)}
			spec.WeightSince, spec.Weight = weight.Since, 0.2
		}
		now = now.Add(time.Duration(random.IntN(1e9)))
	}
	now = now.Truncate(time.Microsecond)
	state = run.Terminate(spec, state, now)
	object.Status.Journal = journal.Append(object.Status.Journal, journal.Entry{Metric: journal.ByHand, StartedAt: now})
	translate.SetRunStatus(&object.Status, state)
	return object
}

func metricNamed(object *v1alpha1.AnalysisRun, name string) v1alpha1.Metric {
	for _, metric := range object.Spec.Metrics {
		if metric.Name == name {
			return metric
		}
	}
	return v1alpha1.Metric{}
}

// again plays an exported run to its end and counts how its looks could be taken again.
func again(t *testing.T, object *v1alpha1.AnalysisRun, source metrics.Provider) (*Again, map[Fidelity]int) {
	t.Helper()
	a, err := NewAgain(object, translate.Checks{PrometheusAddress: "http://p"}, source)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[Fidelity]int{}
	for {
		if _, more := a.Next(); !more {
			return a, counts
		}
		_, fidelity, err := a.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		counts[fidelity]++
	}
}

// TestALiveRunIsPlayedAgainBitForBit: although scrapes arrive late, one query sees what
// the one before did not, sources fail and the weight changes.
func TestALiveRunIsPlayedAgainBitForBit(t *testing.T) {
	total := map[Fidelity]int{}
	for seed := range uint64(6) {
		object := live(t, seed, newSlowScrapes(6, true))
		a, counts := again(t, object, newSlowScrapes(6, false))
		differences, err := a.Differences()
		if err != nil {
			t.Fatal(err)
		}
		if len(differences) > 0 || counts[Different] > 0 {
			t.Errorf("seed %d: %v; differences: %+v", seed, counts, differences)
		}
		for fidelity, count := range counts {
			total[fidelity] += count
		}
	}
	t.Log(total)
	if total[Late] < 20 || total[Journalled] < 10 || total[Same] < 100 {
		t.Errorf("%v: hardly any scrape was late, or no source failed; the test proves little", total)
	}
}

// TestAnotherRecordingIsNoticed: over metrics that are not those of the run, looks differ,
// and so does what it came to.
func TestAnotherRecordingIsNoticed(t *testing.T) {
	object := live(t, 1, newSlowScrapes(6, true))
	a, counts := again(t, object, newSlowScrapes(5, false))
	differences, err := a.Differences()
	if err != nil {
		t.Fatal(err)
	}
	if counts[Different] == 0 || len(differences) == 0 {
		t.Errorf("%v, %+v", counts, differences)
	}
}

func TestWhatHasNoJournal(t *testing.T) {
	object := &v1alpha1.AnalysisRun{}
	object.Name = "r"
	if _, err := NewAgain(object, translate.Checks{}, &slowScrapes{}); err == nil || !strings.Contains(err.Error(), "kubectl get analysisrun r -o yaml") {
		t.Errorf("%v", err)
	}
}

// TestPlayTellsHowALiveRunWasReproduced: the timeline of a live run, and whether it is
// the one that happened.
func TestPlayTellsHowALiveRunWasReproduced(t *testing.T) {
	object := live(t, 3, newSlowScrapes(6, true))
	for _, test := range []struct {
		reason string
		pods   int
		exact  bool
		want   string
	}{
		{"its own metrics", 6, true, "the live run is reproduced bit for bit: "},
		{"others", 5, false, "not reproduced: in "},
	} {
		t.Run(test.reason, func(t *testing.T) {
			source := newSlowScrapes(test.pods, false)
			result, err := Play(t.Context(), Input{
				Provider: source, Checks: translate.Checks{PrometheusAddress: "http://p"}, Start: object.Status.StartedAt.Time, End: object.Status.CompletedAt.Add(time.Minute),
				Run: &RunInput{Name: "r", Kind: translate.Background, Spec: object.Spec, Live: object},
			})
			if err != nil {
				t.Fatal(err)
			}
			got := result.Reproduction
			told := strings.Contains(strings.Join(result.Warnings, "\n"), "its last looks cannot be reproduced")
			if told == test.exact {
				t.Errorf("warnings: %q", result.Warnings)
			}
			if got == nil || got.Exact() != test.exact || !strings.HasPrefix(got.String(), test.want) {
				t.Fatalf("%+v: %s", got, got)
			}
			if test.exact && (string(result.Verdict.Outcome) != string(object.Status.Phase) || !result.Verdict.At.Equal(object.Status.CompletedAt.Time)) {
				t.Errorf("%+v, want %s at %s", result.Verdict, object.Status.Phase, object.Status.CompletedAt)
			}
		})
	}
}

// TestAnotherWordingIsNoOtherRun: what a newer version says in other words is told, and is
// no difference; another verdict, time or number is.
func TestAnotherWordingIsNoOtherRun(t *testing.T) {
	for _, test := range []struct {
		reason string
		change func(*v1alpha1.AnalysisRunStatus)
		exact  bool
		want   string
	}{
		{"another message", func(s *v1alpha1.AnalysisRunStatus) { s.MetricResults[0].Message = "other words" }, true, "1 messages are worded otherwise by this version of serin, first metricResults[0].message"},
		{"another time", func(s *v1alpha1.AnalysisRunStatus) { s.CompletedAt.Time = s.CompletedAt.Add(time.Microsecond) }, false, "the outcome differs in 1 fields, first completedAt"},
		{"another number", func(s *v1alpha1.AnalysisRunStatus) { s.MetricResults[0].Evidence.EValue = "17" }, false, "first metricResults[0].evidence.eValue"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			object := live(t, 3, newSlowScrapes(6, true))
			test.change(&object.Status)
			a, _ := again(t, object, newSlowScrapes(6, false))
			var got Reproduction
			if err := got.compare(a); err != nil {
				t.Fatal(err)
			}
			if got.Exact() != test.exact || !strings.Contains(got.String(), test.want) {
				t.Errorf("%+v: %s", got, got)
			}
		})
	}
}
