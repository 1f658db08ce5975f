package sequential

import "math"

// How the stake is spread over time. A process that bets from the beginning loses
// while the canary is good; what waits does not. E = Σ wealth + Reserve is an
// e-process for any such plan that does not look ahead, because each part is one from
// when it is bet.
const (
	// stakeFirst is bet at the first comparison of which the baseline's past is known, and
	// stakeBlind at one before that, on all kinds alike.
	stakeFirst = 0.65
	stakeBlind = 0.2
	// stakeRestart is the part of the reserve that is bet when the weight has changed.
	stakeRestart = 0.5
	// stakeDrip is the part of it that is bet at every other window, for what begins
	// in the middle of a step (Shin, Ramdas & Rinaldo 2024, with a finite stake).
	stakeDrip = 0.005
	// rankShare is the part of each stake that is bet on the pods' ranks.
	rankShare = 0.15
)

// Restart says that the weight was changed: the next window is a new beginning.
func (s *ExceedanceState) Restart() { s.Restarted = true }

// stake bets what is due. ranked says that the pods can be ranked: otherwise nothing is
// bet on their ranks.
func (t *Exceedance) stake(s *ExceedanceState, ranked bool) {
	amount := s.due() * s.Reserve
	s.Restarted = false
	if amount <= 0 {
		return
	}
	s.Reserve -= amount
	sum := 0.0
	for j := range s.Kinds {
		sum += s.kindWeight(j)
	}
	for j := range s.Kinds {
		t.stakeOn(&s.Kinds[j], math.Log(amount*s.kindWeight(j)/sum), ranked)
	}
}

// due is the part of the reserve that is bet now.
func (s *ExceedanceState) due() float64 {
	known := s.known()
	switch {
	case !known && s.Reserve == 1:
		return stakeBlind
	case known && !s.Begun:
		s.Begun = true
		return stakeFirst
	case s.Restarted:
		return stakeRestart
	default:
		return stakeDrip
	}
}

// nothing is the logarithm of a wealth of nothing: JSON knows no infinity.
const nothing = -1e300

// stakeOn adds e^log to what is bet on a kind.
func (t *Exceedance) stakeOn(k *KindState, log float64, ranked bool) {
	if k.Wealth == nil {
		k.Wealth, k.Rank = make([]float64, len(t.tilts)), make([]float64, len(rankTilts))
		for i := range k.Wealth {
			k.Wealth[i] = nothing
		}
		for i := range k.Rank {
			k.Rank[i] = nothing
		}
	}
	onTilts := log
	if ranked {
		onTilts += math.Log1p(-rankShare)
		for i := range k.Rank {
			k.Rank[i] = logAdd(k.Rank[i], log+math.Log(rankShare/float64(len(rankTilts))))
		}
	}
	for i := range k.Wealth {
		k.Wealth[i] = logAdd(k.Wealth[i], onTilts+t.prior[i])
	}
}

// LogE is the natural logarithm of the evidence that some kind of event is more
// frequent in the canary than accepted.
func (s *ExceedanceState) LogE() float64 {
	if len(s.Kinds) == 0 || s.Kinds[0].Wealth == nil {
		return 0
	}
	top := math.Inf(-1)
	for j := range s.Kinds {
		top = max(top, s.Kinds[j].top())
	}
	sum := 0.0
	for j := range s.Kinds {
		sum += s.Kinds[j].sum(top)
	}
	return logAdd(top+math.Log(sum), math.Log(s.Reserve))
}

// Strongest is the kind of event that most of the evidence is about, and the
// logarithm of its part of E.
func (s *ExceedanceState) Strongest() (kind int, logE float64) {
	logE = math.Inf(-1)
	for j := range s.Kinds {
		k := &s.Kinds[j]
		if k.Wealth == nil {
			continue
		}
		top := k.top()
		if log := top + math.Log(k.sum(top)); log > logE {
			kind, logE = j, log
		}
	}
	return kind, logE
}

// top is the logarithm of the largest wealth.
func (k *KindState) top() float64 {
	top := math.Inf(-1)
	for _, w := range k.Wealth {
		top = max(top, w)
	}
	for _, w := range k.Rank {
		top = max(top, w)
	}
	return top
}

// sum is the wealth as a multiple of e^top.
func (k *KindState) sum(top float64) float64 {
	sum := 0.0
	for _, w := range k.Wealth {
		sum += math.Exp(w - top)
	}
	for _, w := range k.Rank {
		sum += math.Exp(w - top)
	}
	return sum
}

// logAdd is ln(e^a + e^b), without overflow.
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if b <= nothing {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}
