package judge

import (
	"slices"

	"github.com/serin-dev/serin/analysis/sequential"
	"github.com/serin-dev/serin/analysis/series"
)

// report is what was compared, by bucket of all edges.
type report struct {
	Edges            []float64 `json:"edges,omitempty"`
	Canary, Baseline []float64 `json:",omitempty"`
}

// add adds a window to the report.
func (r *report) add(w HistogramWindow) {
	if w, _ = readable(w); len(w.Edges) == 0 || len(w.Edges) > series.MaxEdges {
		return
	}
	if !slices.Equal(r.Edges, w.Edges) {
		*r = report{Edges: slices.Clone(w.Edges), Canary: make([]float64, len(w.Edges)+1), Baseline: make([]float64, len(w.Edges)+1)}
	}
	for _, side := range []struct {
		sum  []float64
		pods []series.PodBuckets
	}{{r.Canary, w.Canary}, {r.Baseline, w.Baseline}} {
		for _, pod := range side.pods {
			for i, n := range pod.Counts {
				if isRequests(n) {
					side.sum[i] += n
				}
			}
		}
	}
}

// quantiles reads the report; nothing before a window had edges.
func (h Histogram) quantiles(r report) []Quantile {
	if len(r.Edges) == 0 {
		return nil
	}
	band := h.band
	if h.test == nil {
		band = sequential.NewBand(h.Budget, bandLeast)
	}
	quantiles := make([]Quantile, 0, len(h.Quantiles))
	for _, p := range h.Quantiles {
		quantiles = append(quantiles, Quantile{
			P:        p,
			Canary:   band.Quantile(sequential.Buckets{Edges: r.Edges, Counts: r.Canary}, p),
			Baseline: band.Quantile(sequential.Buckets{Edges: r.Edges, Counts: r.Baseline}, p),
		})
	}
	return quantiles
}
