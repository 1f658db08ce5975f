package judge

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/serin-dev/serin/analysis/sequential"
)

// draw makes the requests of an arm in a block, by how many edges each was slower than:
// a mixture of fast and slow calls, whose level moves from block to block. Requests come
// in clumps of the same duration.
func draw(r *rand.Rand, requests, clump, edges int, level, factor float64) sequential.PodEvents {
	p := sequential.PodEvents{Events: make([]float64, edges)}
	for p.Total < float64(requests) {
		log := level + factor + 1.2*r.NormFloat64()
		if r.Float64() < 0.3 {
			log -= 4
		}
		slower := min(max(int(math.Floor(log+float64(edges)/2)), 0), edges)
		for range min(clump, requests-int(p.Total)) {
			p.Total++
			for j := range slower {
				p.Events[j]++
			}
		}
	}
	return p
}

// concludes is how many of some runs the last look finds slower at a level.
func concludes(runs, blocks, requests, clump, edges int, share, factor, level float64) float64 {
	r := rand.New(rand.NewPCG(uint64(blocks), uint64(requests)))
	found := 0
	for range runs {
		var c conclusion
		var canary, baseline sequential.PodEvents
		var memory scratch
		for range blocks {
			moved := 0.3 * r.NormFloat64()
			n := 1 + int(share*float64(requests)*(0.5+r.Float64()))
			m := 1 + int((1-share)*float64(requests)*(0.5+r.Float64()))
			b := sequential.EventBlock{
				Canary: draw(r, n, clump, edges, moved, factor), Baseline: draw(r, m, clump, edges, moved, 0),
			}
			memory.begin()
			c.add(b, canary, baseline, &memory)
			accumulate(&canary, b.Canary)
			accumulate(&baseline, b.Baseline)
		}
		if c.p(1) <= level {
			found++
		}
	}
	return float64(found) / float64(runs)
}

// TestConclusionKeepsItsLevel: of canaries that are as fast as the baseline, at most the
// level is found slower at the last look, whatever the split and however few the requests.
// Clumps of three have to be learnt from how blocks scatter. Four blocks tell that badly:
// there, up to three times the level is found. The whole table is logged with -v.
func TestConclusionKeepsItsLevel(t *testing.T) {
	runs, level := 1000, 0.01
	if *every {
		runs = 10000
	}
	for _, edges := range []int{1, 8} {
		for _, blocks := range []int{4, 10, 40} {
			for _, requests := range []int{10, 60} {
				for _, clump := range []int{1, 3} {
					kept := level
					if clump > 1 && blocks < 10 {
						kept = 3 * level
					}
					// Three standard errors beyond is no accident.
					most := kept + 3*math.Sqrt(kept*(1-kept)/float64(runs))
					line := fmt.Sprintf("| %d edges, %d blocks of %d, clumps of %d |", edges, blocks, requests, clump)
					for _, share := range []float64{0.1, 0.5, 0.8} {
						rate := concludes(runs, blocks, requests, clump, edges, share, 0, level)
						line += fmt.Sprintf(" %.4f |", rate)
						if rate > most {
							t.Errorf("%s share %v: %v are found slower", line, share, rate)
						}
					}
					t.Log(line)
				}
			}
		}
	}
}

// TestConclusionFinds: a canary that takes half as long again is found.
func TestConclusionFinds(t *testing.T) {
	if rate := concludes(200, 20, 60, 1, 8, 0.5, math.Log(1.5), 0.01); rate < 0.8 {
		t.Errorf("half as slow again is found in %v of runs", rate)
	}
}
