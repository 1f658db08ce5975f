package recording

import (
	"slices"
	"time"
)

// grid watches whether all series have their samples at the same regular times, on
// whole seconds: then they were evaluated, not scraped.
type grid struct {
	series, longest int
	every, phase    int64
	off             bool
}

// add looks at the times of one series.
func (g *grid) add(times []int64) {
	if len(times) == 0 || g.off {
		return
	}
	g.series++
	if len(times) > 1 && g.every == 0 {
		g.every = times[1] - times[0]
		for i := 2; i < len(times); i++ {
			g.every = min(g.every, times[i]-times[i-1])
		}
		if g.every <= 0 {
			g.off = true
			return
		}
	}
	if g.series == 1 {
		g.phase = times[0]
	}
	g.longest = max(g.longest, len(times))
	g.off = g.every == 0 || slices.ContainsFunc(times, func(at int64) bool { return at%1000 != 0 || (at-g.phase)%g.every != 0 })
}

// step is the interval of the grid; 0 if there is none.
func (g *grid) step() (every time.Duration) {
	if g.off || g.series < 2 || g.every == 0 || g.longest < 3 {
		return 0
	}
	return time.Duration(g.every) * time.Millisecond
}
