package judge

import (
	"fmt"
	"slices"

	"github.com/serin-dev/serin/analysis/sequential"
	"github.com/serin-dev/serin/analysis/series"
)

func warming(counts []float64) []series.PodBuckets {
	if counts == nil {
		return nil
	}
	return []series.PodBuckets{{Counts: counts}}
}

// maxKinds is how many edges are compared: those that split the baseline's requests most
// evenly. More of them tell hardly more, and the memory grows with them.
const maxKinds = 16

// choose returns the indices of the edges that are compared. They are chosen at the
// first window in which the baseline has served, by the baseline alone. When a window
// lacks some of them, those that it has are compared on; when it has none, the evidence
// begins anew.
func (s *HistogramState) choose(t test, w HistogramWindow) (chosen []int, warning string) {
	if len(w.Edges) == 0 {
		return nil, ""
	}
	found := s.memory().indices[:0]
	for _, edge := range s.Edges {
		if i, ok := slices.BinarySearch(w.Edges, edge); ok {
			found = append(found, i)
		}
	}
	s.memory().indices = found
	if len(found) == 0 && len(s.Edges) > 0 {
		warning = "the buckets have changed: the evidence begins anew"
		s.forget()
		s.Edges = nil
	}
	switch {
	case len(found) == 0 && len(w.Edges) > maxKinds && !slices.ContainsFunc(w.Baseline, served):
		return nil, warning // Nothing tells yet which edges matter.
	case len(found) == 0:
		found = thin(w)
		s.Edges = pick(w.Edges, found)
	case len(found) < len(s.Edges):
		warning = fmt.Sprintf("the buckets have changed: %d of %d edges are compared on, the others are gone", len(found), len(s.Edges))
		s.keep(t, indices(pick(w.Edges, found), s.Edges))
		s.Edges = pick(w.Edges, found)
	}
	return found, warning
}

// served reports whether a pod has counted a request.
func served(p series.PodBuckets) bool {
	return slices.ContainsFunc(p.Counts, func(n float64) bool { return n > 0 })
}

// indices are where some of the edges are among all of them.
func indices(some, all []float64) []int {
	found := make([]int, 0, len(some))
	for _, edge := range some {
		if i, ok := slices.BinarySearch(all, edge); ok {
			found = append(found, i)
		}
	}
	return found
}

// thin returns the indices of at most maxKinds edges: it drops, one after the other,
// the edge whose two buckets hold the fewest of the baseline's requests; of equal
// ones, so that the others are spread evenly.
func thin(w HistogramWindow) []int {
	mass := slices.Repeat([]float64{1e-9}, len(w.Edges)+1)
	for _, pod := range w.Baseline {
		for i := range min(len(pod.Counts), len(mass)) {
			if pod.Counts[i] > 0 {
				mass[i] += min(pod.Counts[i], mostRequests)
			}
		}
	}
	kept := make([]int, len(w.Edges))
	for i := range kept {
		kept[i] = i
	}
	for len(kept) > maxKinds {
		least := 0
		for i := range kept {
			if mass[i]+mass[i+1] < mass[least]+mass[least+1] {
				least = i
			}
		}
		mass[least] += mass[least+1]
		mass = slices.Delete(mass, least+1, least+2)
		kept = slices.Delete(kept, least, least+1)
	}
	return kept
}

// exceedances are the requests of an arm that were slower than each chosen edge.
func exceedances(pods []series.PodBuckets, edges []int, memory *scratch) arm {
	a := arm{Sum: sequential.PodEvents{Events: memory.floats(len(edges))}, Pods: memory.room(len(pods))}
	for _, pod := range pods {
		p := sequential.PodEvents{Pod: pod.Pod, Events: memory.floats(len(edges))}
		above := 0.0
		for bucket, kind := len(pod.Counts)-1, len(edges)-1; bucket >= 0; bucket-- {
			for ; kind >= 0 && edges[kind] == bucket; kind-- {
				p.Events[kind] = above
			}
			if isRequests(pod.Counts[bucket]) {
				above += pod.Counts[bucket]
			}
		}
		p.Total = above
		a.Sum.Total += above
		for kind, events := range p.Events {
			a.Sum.Events[kind] += events
		}
		a.Pods = append(a.Pods, p)
	}
	return a
}
