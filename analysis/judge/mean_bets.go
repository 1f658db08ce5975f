package judge

import (
	"math"

	"github.com/serin-dev/serin/analysis/stats"
)

// bets turn surprises into evidence.
//
// A surprise z has the p-value P(T > z) of Student's t with 30 degrees of freedom, a
// tail a little heavier than a normal one's. Each of five gamblers multiplies her stake
// by κ p^(κ-1), a calibrator: its mean is at most 1 if p is at least as large as a uniform
// variable (Shafer, Shen, Vereshchagin & Vovk 2011). Regressions begin late, so that each
// puts the share
//
//	w_k = c / ((k+c-1)(k+c)),   c = 10,
//
// of her stake in at point k (the shares add up to 1). The evidence is the mean of
// what they own, with what is not put in yet: a mixture of e-processes over the start
// and κ, hence an e-process (Ville 1939).
//
// From MinPoints = 2 on, what a single point may give is cut to what would take the first
// point to the limit. Cutting loses evidence and never makes any.
type bets struct {
	// most is the highest logarithm of a single bet.
	most float64
}

// powers are the gamblers' κ, from the one who waits for great surprises.
var powers = [gamblers]float64{0.06, 0.12, 0.22, 0.4, 0.7}

const (
	gamblers   = 5
	startShare = 10.0
	// surpriseFreedom makes the tail a little heavier than a normal one's.
	surpriseFreedom = 30.0
)

func (m Mean) bets() bets {
	if m.MinPoints < 2 {
		return bets{most: math.Inf(1)}
	}
	return bets{most: math.Log(1/m.looking()) + math.Log(1+startShare)}
}

// logP is the logarithm of a surprise's p-value.
func logP(z float64) float64 {
	p, err := stats.StudentSurvival(z, surpriseFreedom)
	if err != nil || p <= 0 {
		return leastLogP
	}
	return max(math.Log(p), leastLogP)
}

// leastLogP is below any p-value that makes a difference.
const leastLogP = -600

// gain is the logarithm of what a gambler's stake is multiplied by.
func (b bets) gain(power, logP float64) float64 {
	return min(math.Log(power)+(power-1)*logP, b.most)
}

// add bets on one more point.
func (b bets) add(s MeanState, z float64) MeanState {
	p := logP(z)
	s.Points++
	k := float64(s.Points)
	share := math.Log(startShare / ((k + startShare - 1) * (k + startShare)))
	for j, power := range powers {
		owned := share
		if s.Points > 1 {
			owned = logSum(s.Stakes[j], share)
		}
		s.Stakes[j] = owned + b.gain(power, p)
	}
	s.Surprise += min(-p, mostPerPoint)
	s.Recent = recentShare*p + (1-recentShare)*s.Recent
	if s.Points == 1 {
		s.Recent = p
	}
	return s
}

// recentShare is the weight of the newest point in the recent ones' mean.
const recentShare = 0.4

// LogE is the natural logarithm of the evidence; 0 before the first point.
func (s MeanState) LogE() float64 {
	if s.Points == 0 {
		return 0
	}
	owned := math.Inf(-1)
	for _, stake := range s.Stakes {
		owned = logSum(owned, stake)
	}
	left := math.Log(startShare / (startShare + float64(s.Points)))
	return logSum(owned-math.Log(gamblers), left)
}

// logSum is ln(e^a + e^b).
func logSum(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// needed is how many more points like the recent ones it takes to the limit; 0 when
// they do not speak against the canary.
func (b bets) needed(s MeanState, limit float64) float64 {
	best := 0.0
	for _, power := range powers {
		best = max(best, b.gain(power, s.Recent))
	}
	if best <= 0 || s.Points == 0 {
		return 0
	}
	return max(math.Ceil((limit-s.LogE())/best), 1)
}
