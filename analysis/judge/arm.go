package judge

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/serin-dev/serin/analysis/sequential"
)

// arm is what one arm served: all of it, and by pod as far as pods are known apart.
type arm struct {
	Sum  sequential.PodEvents   `json:"sum"`
	Pods []sequential.PodEvents `json:"pods,omitempty"`
}

// total are the requests.
func (a arm) total() float64 { return a.Sum.Total }

// counts are the requests and the events of one kind.
func (a arm) counts(kind int) Counts {
	if kind >= len(a.Sum.Events) {
		return Counts{Total: a.Sum.Total}
	}
	return Counts{Bad: a.Sum.Events[kind], Total: a.Sum.Total}
}

// plus is both together. It leaves its arguments alone.
func (a arm) plus(b arm) arm {
	switch {
	case a.Sum.Total <= 0 && len(a.Pods) == 0:
		return b
	case b.Sum.Total <= 0 && len(b.Pods) == 0:
		return a
	}
	sum := arm{Sum: addEvents(a.Sum, b.Sum), Pods: slices.Clone(a.Pods)}
	for _, pod := range b.Pods {
		i, found := slices.BinarySearchFunc(sum.Pods, pod.Pod, func(p sequential.PodEvents, name string) int { return strings.Compare(p.Pod, name) })
		if found {
			sum.Pods[i] = addEvents(sum.Pods[i], pod)
		} else {
			sum.Pods = slices.Insert(sum.Pods, i, pod)
		}
	}
	return sum
}

func addEvents(a, b sequential.PodEvents) sequential.PodEvents {
	if b.Total <= 0 && len(a.Events) > 0 {
		return a
	}
	if len(a.Events) != len(b.Events) {
		return b // Other edges: what was counted by the old ones cannot be added.
	}
	sum := sequential.PodEvents{Pod: a.Pod, Total: a.Total + b.Total, Events: slices.Clone(a.Events)}
	for j, events := range b.Events {
		sum.Events[j] += events
	}
	return sum
}

// window is what both arms served in one window, for any judge that compares counts.
type window struct {
	Window
	canary, baseline arm
	// warmingUp is what young pods of the canary served.
	warmingUp arm
}

// block is the window as the test sees it.
func (b Waiting) block() sequential.EventBlock {
	return sequential.EventBlock{Canary: b.Canary.Sum, Baseline: b.Baseline.Sum, CanaryPods: b.Canary.Pods, BaselinePods: b.Baseline.Pods}
}

// mostRequests is up to where a number can be counted up to one by one.
const mostRequests = 1 << 53

// isRequests reports whether a number may be a number of requests.
func isRequests(v float64) bool { return v >= 0 && v <= mostRequests }

const noNumber = "a count is no number of requests, and was left out"

// flaws are what may be wrong with counts.
type flaws struct{ noNumber, tooMany bool }

// warn adds what there is to say of them.
func (f flaws) warn(warnings []string) []string {
	if f.noNumber {
		warnings = append(warnings, noNumber)
	}
	if f.tooMany {
		warnings = append(warnings, "more bad requests than requests: the bad ones were cut down to all")
	}
	return warnings
}

// clean makes numbers counts, and notes what was wrong with them.
func (a *arm) clean(f *flaws) {
	f.mend(&a.Sum)
	for i := range a.Pods {
		f.mend(&a.Pods[i])
	}
	a.sort()
}

func (f *flaws) mend(p *sequential.PodEvents) {
	if !utf8.ValidString(p.Pod) {
		p.Pod = strings.ToValidUTF8(p.Pod, "?") // As it comes back from JSON.
	}
	if !isRequests(p.Total) {
		f.noNumber, p.Total = true, 0
	}
	most := p.Total
	for j, events := range p.Events {
		if !isRequests(events) {
			f.noNumber, events = true, 0
		}
		if events > most {
			f.tooMany, events = true, most
		}
		p.Events[j] = events
	}
}

// sort puts the pods in the order of their names, each of them once.
func (a *arm) sort() {
	byName := func(p, q sequential.PodEvents) int { return strings.Compare(p.Pod, q.Pod) }
	ascending := true
	for i := 1; i < len(a.Pods); i++ {
		ascending = ascending && a.Pods[i-1].Pod < a.Pods[i].Pod
	}
	if ascending {
		return
	}
	slices.SortStableFunc(a.Pods, byName)
	once := a.Pods[:0]
	for _, pod := range a.Pods {
		if last := len(once) - 1; last >= 0 && once[last].Pod == pod.Pod {
			once[last] = addEvents(once[last], pod)
		} else {
			once = append(once, pod)
		}
	}
	a.Pods = once
}

// validate says what in a state that was read is no arm.
func (a arm) validate(kinds int) error {
	for _, p := range append(slices.Clone(a.Pods), a.Sum) {
		if n := len(p.Events); n != kinds && (n != 0 || p.Total > 0) {
			return fmt.Errorf("%d kinds of events, and there are %d", len(p.Events), kinds)
		}
		for _, v := range append(slices.Clone(p.Events), p.Total) {
			if !isSum(v) {
				return fmt.Errorf("%v is no count", v)
			}
			if v > p.Total {
				return fmt.Errorf("%v events among %v requests", v, p.Total)
			}
		}
	}
	return nil
}

// isSum reports whether a number of a state may be a sum of counts.
func isSum(v float64) bool { return v >= 0 && v <= 1e30 }

// keep leaves the kinds of events with these indices.
func keep(p *sequential.PodEvents, kinds []int) {
	if len(p.Events) > 0 {
		p.Events = pick(p.Events, kinds)
	}
}

// pick are the values with these indices.
func pick(values []float64, indices []int) []float64 {
	picked := make([]float64, len(indices))
	for i, j := range indices {
		picked[i] = values[j]
	}
	return picked
}

// cleaned is a window whose counts are counts, for judges that do not look at pods.
func cleaned(w Window, warn func(string)) Window {
	w.CanaryPods, w.BaselinePods = nil, nil
	c := proportionWindow(w, &scratch{})
	var f flaws
	c.canary.clean(&f)
	c.baseline.clean(&f)
	for _, text := range f.warn(nil) {
		warn(text)
	}
	w.Canary, w.Baseline = c.canary.counts(0), c.baseline.counts(0)
	return w
}

func add(a, b Counts) Counts { return Counts{Bad: a.Bad + b.Bad, Total: a.Total + b.Total} }

// accumulate adds events to a sum, in place.
func accumulate(sum *sequential.PodEvents, p sequential.PodEvents) {
	switch {
	case p.Total <= 0 && len(sum.Events) > 0:
	case len(sum.Events) != len(p.Events):
		// Other edges: what was counted by the old ones cannot be added.
		*sum = sequential.PodEvents{Total: p.Total, Events: slices.Clone(p.Events)}
	default:
		sum.Total += p.Total
		for j, events := range p.Events {
			sum.Events[j] += events
		}
	}
}

// own makes an arm outlive the look.
func (a *arm) own() {
	a.Sum.Events = slices.Clone(a.Sum.Events)
	a.Pods = slices.Clone(a.Pods)
	for i := range a.Pods {
		a.Pods[i].Events = slices.Clone(a.Pods[i].Events)
	}
}
