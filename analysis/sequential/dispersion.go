package sequential

import "slices"

// dispersionScales are the lengths, in windows, over which the spread of the
// baseline's pods is measured: clumps show in one window, slow drifts and lasting
// differences of single pods in many.
var dispersionScales = [...]int{1, 8, 40}

// Dispersion is how much more the baseline's pods differ from each other than
// independent events would make them: the baseline against itself, which is what the
// canary would show if it were no different. Whatever moves all pods at once cancels.
//
// With x events among n requests of pod p in a window, and the share q of all K
// pods, the residual is x - nq, and its variance v = nq(1-q)(K-1)/K if events are
// independent. Over windows of each scale it sums
//
//	linear    = Σ (residual² - v) / Σ v       clumps: Var = φμ
//	quadratic = Σ (residual² - v) / Σ μ²      pods that differ: Var = μ + s²μ²
//
// as ratios of sums, weighted by events: averaging the ratios of single windows would
// underestimate clumps. The second grows with the events, so that an incident that
// multiplies them multiplies φ.
type Dispersion struct {
	// Excess is Σ (residual² - v)·K/(K-1), Variance Σ nq(1-q), Square Σ (nq)² and Count
	// the number of terms, one for each scale.
	Excess   [len(dispersionScales)]float64 `json:"excess"`
	Variance [len(dispersionScales)]float64 `json:"variance"`
	Square   [len(dispersionScales)]float64 `json:"square"`
	Count    [len(dispersionScales)]float64 `json:"count"`
}

const (
	// priorVariance is added to what was seen, as if it had shown no excess.
	priorVariance = 5
	// shrinkage is how many squared standard errors an excess must have to count: an
	// excess that noise explains is shrunk to nothing, a clear one is left as it is
	// (positive-part James & Stein 1961).
	shrinkage = 4
)

// At is φ for a pod that is expected to have so many events in a window; at least 1.
func (d *Dispersion) At(mean float64) float64 {
	phi := 1.0
	for s, length := range dispersionScales {
		if d.Count[s] == 0 || d.Excess[s] <= 0 {
			continue
		}
		seen := d.Variance[s] + priorVariance
		linear := d.Excess[s] / seen
		quadratic := 0.0
		if events := mean * float64(length); events > 0 {
			quadratic = events * d.Excess[s] / (d.Square[s] + priorVariance*events)
		}
		error2 := 2/d.Count[s] + 1/seen
		kept := max(0, 1-shrinkage*error2/(linear*linear))
		phi = max(phi, 1+kept*max(linear, quadratic))
	}
	return phi
}

// growth is how much more the pods differ over many windows than over one; at least 1.
func (d *Dispersion) growth() float64 {
	ratio := func(s int) float64 { return 1 + d.Excess[s]/(d.Variance[s]+priorVariance) }
	growth := 1.0
	for s := 1; s < len(dispersionScales); s++ {
		if d.Count[s] > 0 {
			growth = max(growth, ratio(s)/max(ratio(0), 0.1))
		}
	}
	return growth
}

// add adds a pod's window: events among total requests, where share of them is
// expected; correction is K/(K-1).
func (d *Dispersion) add(scale int, events, total, share, correction float64) {
	mean := total * share
	residual, variance := events-mean, mean*(1-share)
	d.Excess[scale] += residual*residual*correction - variance
	d.Variance[scale] += variance
	d.Square[scale] += mean * mean
	d.Count[scale]++
}

// spread is the unfinished measurement of the spread between pods.
type spread struct {
	// Windows are counted, so that all pods' longer windows end together.
	Windows int `json:"windows,omitempty"`
	// Pods are sorted by Pod.
	Pods []podWindows `json:"pods,omitempty"`
	// Last is the baseline in the window before, and Canary the canary in the one that
	// was compared before, where pods cannot be told apart.
	Last   *PodEvents `json:"last,omitempty"`
	Canary *PodEvents `json:"canary,omitempty"`
	Paired *PodEvents `json:"paired,omitempty"`
}

// podWindows are the unfinished longer windows of one pod.
type podWindows struct {
	Pod     string                             `json:"pod"`
	Windows [len(dispersionScales) - 1]partial `json:"windows"`
}

// partial is an unfinished window.
type partial struct {
	Windows int       `json:"n,omitempty"`
	Total   float64   `json:"total,omitempty"`
	Events  []float64 `json:"events,omitempty"`
}

// measure adds a window of the baseline. Where its pods cannot be told apart,
// consecutive windows of the arm take their place: that overestimates the spread by
// what moves both versions, and errs on the side of caution.
func (s *ExceedanceState) measure(baseline PodEvents, pods []PodEvents) {
	serving := 0
	for i := range pods {
		if pods[i].Total > 0 {
			serving++
		}
	}
	if serving >= 2 {
		s.Spread.Last = nil
		s.addWindow(0, pods, serving)
		s.addLonger(pods)
		for j := range s.Kinds {
			s.Kinds[j].Pods.add(j, pods)
		}
		return
	}
	if last := s.Spread.Last; last != nil && len(last.Events) == len(baseline.Events) {
		s.addWindow(0, []PodEvents{*last, baseline}, 2)
	}
	s.Spread.Last = &PodEvents{Total: baseline.Total, Events: slices.Clone(baseline.Events)}
}

// addWindow adds one window of some pods, of which so many served requests.
func (s *ExceedanceState) addWindow(scale int, pods []PodEvents, serving int) {
	correction := float64(serving) / float64(serving-1)
	total := 0.0
	for i := range pods {
		total += pods[i].Total
	}
	for j := range s.Kinds {
		events := 0.0
		for i := range pods {
			events += pods[i].Events[j]
		}
		for i := range pods {
			if pods[i].Total > 0 {
				s.Kinds[j].Dispersion.add(scale, pods[i].Events[j], pods[i].Total, events/total, correction)
			}
		}
	}
}

// addLonger adds a window to the longer ones, and closes those that are full.
func (s *ExceedanceState) addLonger(pods []PodEvents) {
	for i := range pods {
		memory := s.Spread.of(pods[i].Pod)
		for w := range memory.Windows {
			memory.Windows[w].add(pods[i])
		}
	}
	s.Spread.Windows++
	for w, length := range dispersionScales[1:] {
		if s.Spread.Windows%length == 0 {
			s.closeWindow(w, length)
		}
	}
}

// closeWindow measures a longer window, and begins the next. Pods that were not there
// all the time are left out, and forgotten when they have gone.
func (s *ExceedanceState) closeWindow(w, length int) {
	var whole []PodEvents
	for i := range s.Spread.Pods {
		if p := &s.Spread.Pods[i].Windows[w]; p.Windows == length && p.Total > 0 {
			whole = append(whole, PodEvents{Total: p.Total, Events: p.Events})
		}
	}
	if len(whole) >= 2 {
		s.addWindow(w+1, whole, len(whole))
	}
	if w == len(dispersionScales)-2 {
		s.Spread.Pods = slices.DeleteFunc(s.Spread.Pods, func(p podWindows) bool { return p.Windows[w].Windows == 0 })
	}
	for i := range s.Spread.Pods {
		p := &s.Spread.Pods[i].Windows[w]
		p.Windows, p.Total = 0, 0
		clear(p.Events)
	}
}

// of is the memory of a pod, made if there is none.
func (s *spread) of(pod string) *podWindows {
	i, found := slices.BinarySearchFunc(s.Pods, pod, func(p podWindows, pod string) int {
		switch {
		case p.Pod < pod:
			return -1
		case p.Pod > pod:
			return 1
		default:
			return 0
		}
	})
	if !found {
		s.Pods = slices.Insert(s.Pods, i, podWindows{Pod: pod})
	}
	return &s.Pods[i]
}

// add adds one window of a pod.
func (p *partial) add(pod PodEvents) {
	if p.Events == nil {
		p.Events = make([]float64, len(pod.Events))
	}
	p.Windows++
	p.Total += pod.Total
	for j, events := range pod.Events {
		p.Events[j] += events
	}
}
