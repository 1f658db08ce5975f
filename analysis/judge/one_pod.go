package judge

import (
	"math"
	"slices"

	"github.com/serin-dev/serin/analysis/sequential"
	"github.com/serin-dev/serin/analysis/series"
)

// podTally is what one pod of the canary showed, and what the baseline's pods would have
// shown in its place, by kind of event.
type podTally struct {
	Pod      string    `json:"pod,omitempty"`
	Total    float64   `json:"total"`
	Events   []float64 `json:"events"`
	Expected []float64 `json:"expected"`
}

// maxTallies is how many pods are told apart: those with the most events beyond the
// expected ones.
const maxTallies = series.MaxPods

// tally adds a block to what each pod showed.
func (s *Comparison) tally(b sequential.EventBlock) {
	for _, pod := range b.CanaryPods {
		i := slices.IndexFunc(s.Pods, func(p podTally) bool { return p.Pod == pod.Pod })
		if i < 0 {
			i = len(s.Pods)
			s.Pods = append(s.Pods, podTally{Pod: pod.Pod, Events: make([]float64, len(pod.Events)), Expected: make([]float64, len(pod.Events))})
		}
		p := &s.Pods[i]
		p.Total += pod.Total
		for j, events := range pod.Events {
			p.Events[j] += events
			p.Expected[j] += pod.Total * b.Baseline.Events[j] / b.Baseline.Total
		}
	}
	for len(s.Pods) > maxTallies {
		least := 0
		for i := range s.Pods {
			if s.Pods[i].excess() < s.Pods[least].excess() {
				least = i
			}
		}
		s.Others.add(s.Pods[least])
		s.Pods = slices.Delete(s.Pods, least, least+1)
	}
}

// excess is the most events beyond the expected ones of any kind.
func (p *podTally) excess() float64 {
	most := math.Inf(-1)
	for j, events := range p.Events {
		most = max(most, events-p.Expected[j])
	}
	return most
}

// add adds another pod.
func (p *podTally) add(other podTally) {
	if p.Events == nil {
		p.Events, p.Expected = make([]float64, len(other.Events)), make([]float64, len(other.Events))
	}
	p.Total += other.Total
	for j, events := range other.Events {
		p.Events[j] += events
		p.Expected[j] += other.Expected[j]
	}
}

// outlier is a pod that stands out from the canary's others.
type outlier struct {
	pod string
	// part of the events beyond those expected of all pods is this pod's: 0.5 is half.
	part float64
	// without is about the evidence that remains without it, as a logarithm.
	without float64
}

// sameExcess is how far the excesses of two pods may be apart and still be the same.
const sameExcess = 1e-6

// worstPod is the pod with the most events beyond those that were expected of it. ok
// is false when there are too few pods to tell a bad pod from a bad version, no such
// events, or two pods with as many.
func (s *Comparison) worstPod(t test, kind int) (worst outlier, ok bool) {
	const enough = 3
	if len(s.Pods) < enough || kind >= len(s.Test.Kinds) {
		return outlier{}, false
	}
	events, expected, beyond, most, tied := 0.0, 0.0, 0.0, 0, false
	if kind < len(s.Others.Events) {
		events, expected = s.Others.Events[kind], s.Others.Expected[kind]
		beyond = max(events-expected, 0)
	}
	for i, p := range s.Pods {
		excess := p.Events[kind] - p.Expected[kind]
		events, expected, beyond = events+p.Events[kind], expected+p.Expected[kind], beyond+max(excess, 0)
		switch ahead := excess - (s.Pods[most].Events[kind] - s.Pods[most].Expected[kind]); {
		case ahead > sameExcess:
			most, tied = i, false
		case i > 0 && ahead > -sameExcess:
			tied = true
		}
	}
	p := s.Pods[most]
	if !(beyond > 0) || tied {
		return outlier{}, false
	}
	rest := t.Rough(events-p.Events[kind], expected-p.Expected[kind], s.Test.Kinds[kind].Dispersion.At(0))
	return outlier{p.Pod, (p.Events[kind] - p.Expected[kind]) / beyond, rest}, true
}

// onePod reports whether one pod alone stands out, and notes which one: most of what
// speaks against the canary is its doing, and hardly any evidence is left without it.
// With one or two pods nobody can tell a bad pod from a bad version.
func (l *look) onePod(e *Evidence) bool {
	worst, ok := l.state.worstPod(l.test, e.Kind)
	if !ok {
		return false
	}
	e.WorstPod, e.LogEWithoutWorstPod = worst.pod, worst.without
	return worst.part >= mostOfIt && worst.without < math.Log(evidenceWithoutWorstPod)
}

const (
	// mostOfIt is the part of the bad requests beyond the expected ones from which on
	// they are one pod's.
	mostOfIt = 2.0 / 3
	// evidenceWithoutWorstPod is what must remain without it.
	evidenceWithoutWorstPod = 10
)
