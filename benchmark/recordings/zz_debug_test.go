package recordings

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/analysis/judge"
	"github.com/serin-dev/serin/analysis/series"
)

func TestZZ(t *testing.T) {
	cases, err := Load(*corpus)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if !strings.Contains(c.Name, "0753-frontend-x2.0-share1") && !strings.Contains(c.Name, "train-0130-1344-gateway-service-network_delay-fe") {
			continue
		}
		fmt.Println(c.Name)
		var s judge.HistogramState
		h := judge.Histogram{RelativeTolerance: .1, Budget: .01}
		var until time.Time
		for v := range c.Looks() {
			hh := v.Histograms()[0]
			for _, sc := range hh.Scrapes {
				if !sc.At.After(until) {
					continue
				}
				w := judge.HistogramWindow{
					From: since(until, sc.At), To: sc.At, CanaryAt: sc.At, BaselineAt: sc.At, Edges: hh.Edges[:len(hh.Edges)-1],
					Canary:   []series.PodBuckets{{Counts: sc.Canary}},
					Baseline: []series.PodBuckets{{Counts: sc.Baseline}},
				}
				until = sc.At
				verdict := h.Observe(&s, w, time.Time{})
				_ = verdict
				line := fmt.Sprintf("n1 %.0f n2 %.0f E %.2f known %.0f |", s.Canary.Total, s.Baseline.Total, s.LogE(), s.Test.Past)
				for j := range s.Test.Kinds {
					k := s.Test.Kinds[j]
					p := 0.0
					if k.Paired != nil {
						p = k.Paired.At(3)
					}
					line += fmt.Sprintf(" %g:%.0f/%.0f φ%.1f/%.1f", s.Edges[j], s.Canary.Events[j], s.Baseline.Events[j], k.Dispersion.At(3), p)
				}
				fmt.Println(line)
			}
		}
	}
}
