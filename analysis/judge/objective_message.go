package judge

import (
	"fmt"
	"math"
	"strconv"

	"github.com/serin-dev/serin/analysis/sequential"
)

// finding is a judgement with the numbers behind it.
func (l *objectiveLook) finding(judgement string, logE float64) string {
	return fmt.Sprintf("%s%s, evidence %s of %s after %s canary requests",
		judgement, l.comparison(), power(logE), power(math.Log(1/l.o.Budget)), count(l.state.Canary.Total))
}

// comparison is the canary's share with its bounds, and the objective.
func (l *objectiveLook) comparison() string {
	c := l.state.Canary
	if c.Total <= 0 {
		return "no request judged outside of incidents"
	}
	seen := sequential.Tally{Hits: c.Bad, Trials: c.Total}
	bounds := seen.Confidence(l.o.Budget, max(l.o.MinRequests, 100))
	sure := strconv.FormatFloat(100*(1-l.o.Budget), 'g', 4, 64) + " % sure of "
	if bounds.Lower > 0 {
		sure += percent(bounds.Lower) + " to "
	} else {
		sure += "at most "
	}
	return fmt.Sprintf("bad requests %s (%s%s), at most %s are accepted", share(c), sure, percent(bounds.Upper), percent(l.o.AtMost))
}

// tooFew says how many requests are missing.
func (l *objectiveLook) tooFew(needed float64) string {
	return fmt.Sprintf("%s of %s canary requests judged at this weight, %s more needed; so far %s",
		count(math.Floor(l.state.Judged)), count(l.o.MinRequests), count(math.Ceil(needed)), l.comparison())
}

// incident says that both versions are bad.
func (l *objectiveLook) incident() string {
	i := l.state.Incident
	return fmt.Sprintf("a shared incident rather than this release: the baseline breaches the objective as well (bad requests: baseline %s, canary %s, at most %s are accepted); held until it is over",
		share(i.Baseline), share(i.Canary), percent(l.o.AtMost))
}
