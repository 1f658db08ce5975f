package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/sequential"
)

// comparisonVersion is the layout of a Comparison.
const comparisonVersion = 2

// Comparison is the memory of the judges that compare counts: Proportion and
// Histogram. The zero value has seen nothing. It is changed in place.
type Comparison struct {
	// Version of the layout; 0 in the zero value.
	Version int `json:"v"`
	// Null is the ratio that the evidence is against: 1 + RelativeTolerance.
	Null float64 `json:"null,omitempty"`
	// Test is the memory of the sequential test.
	Test sequential.ExceedanceState `json:"test"`
	// Ratio is what the bounds of the ratio rest on.
	Ratio sequential.RateRatioState `json:"ratio"`
	// Proof is the evidence that the canary is not much worse.
	Proof sequential.NonInferiorityState `json:"proof"`
	// Conclusion is what the test at a planned last look rests on.
	Conclusion conclusion `json:"conclusion,omitzero"`
	// Highest is the highest LogE so far: a failure stays one.
	Highest float64 `json:"highest,omitempty"`
	// Failed says that the canary failed.
	Failed bool `json:"failed,omitempty"`
	// Canary and Baseline are the requests that were compared so far.
	Canary   sequential.PodEvents `json:"canary"`
	Baseline sequential.PodEvents `json:"baseline"`
	// Pods are the canary's pods, and what each of them showed.
	Pods []podTally `json:"pods,omitempty"`
	// Others are what those showed of which there is no room in Pods, together.
	Others podTally `json:"others,omitzero"`
	// Until is the end of the last window that held requests.
	Until time.Time `json:"until"`
	// Waiting is what was served and could not be compared yet.
	Waiting Waiting `json:"waiting"`
	// Before is the baseline of the last block that could be compared.
	Before sequential.PodEvents `json:"before"`
	// Share is the canary's share of the requests that were compared last.
	Share float64 `json:"share,omitempty"`
	// WeightSince is since when the weight is in force, and Compared are the canary
	// requests that were compared since.
	WeightSince time.Time `json:"weightSince"`
	Compared    float64   `json:"compared,omitempty"`
	// Calm is what the baseline shows usually, with forgetting.
	Calm sequential.PodEvents `json:"calm"`
	// WarmingUp is what young pods of the canary have served so far.
	WarmingUp sequential.PodEvents `json:"warmingUp"`

	scratch *scratch
}

// LogE is the natural logarithm of the evidence against the canary so far; 0 is none.
func (s *Comparison) LogE() float64 { return s.Test.LogE() }

// test is what a judge does with a block.
type test struct {
	*sequential.Exceedance
	null float64
	// proof is the ratio that a proof of harmlessness is about; 0: none is wanted.
	proof float64
}

// weigh begins the count of MinRequests anew when the weight was changed.
func (s *Comparison) weigh(weightSince time.Time) {
	since := plain(weightSince)
	if since.Equal(s.WeightSince) {
		return
	}
	if !s.WeightSince.IsZero() {
		s.Test.Restart()
	}
	s.WeightSince, s.Compared = since, 0
}

// Learn adds a window of the baseline from before the release.
func (s *Comparison) learn(t test, w window) {
	if w.baseline.total() > 0 && s.fits(w.baseline.Sum) {
		t.Learn(&s.Test, w.baseline.Sum, w.baseline.Pods)
		s.rememberCalm(w.baseline.Sum, false)
	}
}

// fits reports whether a window has the kinds of events that the state has.
func (s *Comparison) fits(p sequential.PodEvents) bool {
	return len(s.Test.Kinds) == 0 || len(s.Test.Kinds) == len(p.Events)
}

// compare adds a window that holds requests. A block in which the baseline itself
// changed is not compared, in no kind of event, if the arms were not scraped at the same
// moment: in a change that hits both, one of them is ahead, and where the baseline has
// few events yet the canary may have many.
func (l *look) compare() {
	s, t, w := l.state, l.test, l.window
	s.Null, s.Until = t.null, plain(w.To)
	var block Waiting
	s.Waiting, block = s.Waiting.take(w)
	s.Waiting.Canary.own()
	s.Waiting.Baseline.own()
	if !block.both() {
		return
	}
	unsteady := !w.CanaryAt.Equal(w.BaselineAt) && changedAnywhere(s.Before, block.Baseline.Sum)
	if unsteady {
		l.warnUnsteady(s.Before, block.Baseline.Sum)
	}
	s.Before.Total, s.Before.Events = block.Baseline.Sum.Total, append(s.Before.Events[:0], block.Baseline.Sum.Events...)
	if unsteady {
		t.Learn(&s.Test, block.Baseline.Sum, block.Baseline.Pods)
		return
	}
	events := block.block()
	s.report(t, events)
	if l.rules.planned {
		s.Conclusion.add(events, s.Canary, s.Baseline, s.memory())
	}
	t.Observe(&s.Test, events)
	s.Highest = max(s.Highest, s.Test.LogE())
	accumulate(&s.Canary, block.Canary.Sum)
	accumulate(&s.Baseline, block.Baseline.Sum)
	s.Share = events.Canary.Total / (events.Canary.Total + events.Baseline.Total)
	if !block.Since.Before(s.WeightSince) {
		s.Compared += events.Canary.Total
	}
}

// warnUnsteady says how the baseline changed.
func (l *look) warnUnsteady(before, now sequential.PodEvents) {
	kind := mostChanged(before, now)
	l.warn(fmt.Sprintf("the baseline's %s changed from %s to %s: what was served meanwhile is not compared, because the versions are not scraped at the same moment",
		l.what(kind), share(countsOf(before, kind)), share(countsOf(now, kind))))
}

// keep leaves the kinds of events with these indices: the others can be observed no
// more.
func (s *Comparison) keep(t test, kinds []int) {
	t.Keep(&s.Test, kinds)
	for _, p := range []*sequential.PodEvents{&s.Canary, &s.Baseline, &s.Before, &s.WarmingUp, &s.Calm} {
		keep(p, kinds)
	}
	for _, a := range []*arm{&s.Waiting.Canary, &s.Waiting.Baseline} {
		keep(&a.Sum, kinds)
		for i := range a.Pods {
			keep(&a.Pods[i], kinds)
		}
	}
	for i := range s.Pods {
		s.Pods[i].Events, s.Pods[i].Expected = pick(s.Pods[i].Events, kinds), pick(s.Pods[i].Expected, kinds)
	}
	if s.Others.Events != nil {
		s.Others.Events, s.Others.Expected = pick(s.Others.Events, kinds), pick(s.Others.Expected, kinds)
	}
}

// report adds a block to what the bounds, the proof and the pods' shares rest on. A
// ratio and a proof are of one kind of event.
func (s *Comparison) report(t test, b sequential.EventBlock) {
	s.tally(b)
	if len(b.Canary.Events) != 1 {
		return
	}
	temper := s.temper(0, b)
	s.Ratio = s.Ratio.Count(sequential.Block{
		CanaryBad: b.Canary.Events[0], CanaryTotal: b.Canary.Total,
		BaselineBad: b.Baseline.Events[0], BaselineTotal: b.Baseline.Total,
	}, temper)
	if t.proof > 0 {
		// Half as many bad requests among half as many are half as much evidence.
		s.Proof = sequential.NonInferiority{Max: t.proof}.Observe(s.Proof, sequential.Block{
			CanaryBad: b.Canary.Events[0] / temper, CanaryTotal: b.Canary.Total / temper,
			BaselineBad: b.Baseline.Events[0] / temper, BaselineTotal: b.Baseline.Total / temper,
		})
	}
}

// temper is by how much the evidence of a kind is divided.
func (s *Comparison) temper(kind int, b sequential.EventBlock) float64 {
	if kind >= len(s.Test.Kinds) {
		return 1
	}
	return s.Test.Tempered(kind, b)
}

// parseState reads what text wrote into a state. The empty text is the zero value.
func parseState(text, what string, into any, version func() int, validate func() error) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("reading the state of a %s: %w", what, err)
	}
	if v := version(); v != comparisonVersion {
		return fmt.Errorf("reading the state of a %s: its version is %d, and %d is understood", what, v, comparisonVersion)
	}
	if err := validate(); err != nil {
		return fmt.Errorf("reading the state of a %s: %w", what, err)
	}
	return nil
}

// write is a state as JSON.
func write(state any) string {
	text, err := json.Marshal(state)
	if err != nil {
		// Only a time outside of the years 0 to 9999 does not serialise.
		return fmt.Sprintf(`{"v":%d,"error":%q}`, comparisonVersion, err)
	}
	return string(text)
}

// validate says what in a state that was read cannot be, of so many kinds of events.
func (s *Comparison) validate(kinds, tilts int) error {
	for _, v := range []float64{s.Null, s.Highest, s.Compared, s.Share} {
		if !isSum(v) {
			return fmt.Errorf("%v is no count", v)
		}
	}
	if n := len(s.Test.Kinds); n != 0 && n != kinds {
		return fmt.Errorf("%d kinds of events, and there are %d", n, kinds)
	}
	for _, a := range []arm{{Sum: s.Canary}, {Sum: s.Baseline}, {Sum: s.Before}, s.Waiting.Canary, s.Waiting.Baseline, {Sum: s.WarmingUp}, {Sum: s.Calm}} {
		if err := a.validate(kinds); err != nil {
			return err
		}
	}
	if err := s.validatePods(kinds); err != nil {
		return err
	}
	if err := s.Ratio.Validate(); err != nil {
		return err
	}
	if err := s.Proof.Validate(); err != nil {
		return err
	}
	return s.Test.Validate(tilts)
}

// validatePods is validate for the pods' tallies.
func (s *Comparison) validatePods(kinds int) error {
	if kinds == 0 && len(s.Pods) > 0 {
		return fmt.Errorf("%d pods without any kind of events", len(s.Pods))
	}
	tallies := s.Pods
	if s.Others.Events != nil {
		tallies = append(slices.Clone(tallies), s.Others)
	}
	for _, p := range tallies {
		if len(p.Events) != kinds || len(p.Expected) != kinds {
			return fmt.Errorf("pod %q has %d and %d kinds of events, and there are %d", p.Pod, len(p.Events), len(p.Expected), kinds)
		}
		if !isSum(p.Total) || slices.ContainsFunc(p.Events, isNoSum) || slices.ContainsFunc(p.Expected, isNoSum) {
			return fmt.Errorf("pod %q has %v events, %v expected", p.Pod, p.Events, p.Expected)
		}
	}
	return nil
}

func isNoSum(v float64) bool { return !isSum(v) }

// plain is a time as it comes back from JSON; one that does not is no time.
func plain(t time.Time) time.Time {
	t = t.Round(0).UTC()
	if year := t.Year(); year < 1 || year > 9999 {
		return time.Time{}
	}
	return t
}

// changedAnywhere is changed for any kind of event.
func changedAnywhere(before, now sequential.PodEvents) bool {
	if len(before.Events) != len(now.Events) {
		return false
	}
	for j := range now.Events {
		if changed(countsOf(before, j), countsOf(now, j)) {
			return true
		}
	}
	return false
}
