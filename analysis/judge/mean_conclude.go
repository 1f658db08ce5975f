package judge

import (
	"fmt"

	"github.com/serin-dev/serin/analysis/stats"
)

// mostPerPoint is the most that one point can add to the last look's test: a p-value of
// 1e-4. One point alone is an outlier, however far off it is.
const mostPerPoint = 9.210340371976182

// Conclude is the verdict at the planned last look, given that of its Observe: what was
// seen is judged by a test for one look, too. It is Fisher's (1932): if the surprises'
// p-values are at least as large as independent uniform ones, Σ -ln p of n points is at
// most as large as a gamma variable of shape n. Each point's p-value is given the points
// before it, so that is what Mean assumes. It uses half of the Budget, and looks at all
// points alike, where an e-process pays for not knowing when to look and for the points
// that it has not bet on yet.
//
// From MinPoints = 2 on, two points must be beyond the tolerated level.
func (m Mean) Conclude(s MeanState, v MeanVerdict) MeanVerdict {
	confirmed := m.MinPoints < 2 || s.Worse >= 2
	if !m.Planned || v.Decision != Pass && v.Reason != EvidenceMounting || s.Points == 0 || !confirmed {
		return v
	}
	_, p, err := stats.IncompleteGamma(float64(s.Points), s.Surprise)
	if limit := m.Budget - m.looking(); err == nil && p <= limit {
		v.Decision, v.Reason = Fail, Regression
		v.Message = fmt.Sprintf("at the last look: p-value %.2g of %.2g; %s", p, limit, v.Message)
	}
	return v
}
