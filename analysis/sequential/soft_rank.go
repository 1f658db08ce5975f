package sequential

import "math"

// The soft rank of the canary's pods among all pods. If pods are exchangeable, then
// for any positive function f of what a pod shows in a window
//
//	e = mean of f over the canary's pods / mean of f over all pods
//
// has the expectation 1, because each pod is as likely as any other to be the
// canary's: whatever clumps the events come in, and whatever moves all pods at once.
// It takes f = e^(λz), where z are a pod's events in standard deviations of the past,
// for some λ. The canary's events are divided by the null first, and by how much more
// traffic its pods get: then they vary less than the baseline's, and e is no greater.
//
// The most that a window can give is ln(pods / canary pods). Pods that differ for
// long are not exchangeable from window to window; so the logarithm is divided by how
// much more the pods differ over many windows than over one (Dispersion.Growth),
// which keeps an e-value one by Jensen's inequality.
//
// Source: own, after Vovk, Gammerman & Shafer, Algorithmic Learning in a Random World
// (2005), on conformal e-values and soft ranks.
var rankTilts = [...]float64{0.25, 0.5, 1, 2}

const (
	// fewestPods are needed to rank anything.
	fewestPods = 8
	// equalTraffic is how far the mean requests of a pod may be apart between the arms:
	// counts of pods with other traffic are not exchangeable.
	equalTraffic = 1.5
	// leastRank is what the canary's pods keep at least of a bet, so that its logarithm
	// is a number; an expectation of 1 is exceeded by no more than that.
	leastRank = 1e-22
)

// podVariance is how much counts of the baseline's pods vary around their mean.
type podVariance struct {
	Squares float64 `json:"squares,omitempty"`
	Freedom float64 `json:"freedom,omitempty"`
}

// deviation is the standard deviation of a pod's count in a window.
func (v podVariance) deviation() float64 {
	return math.Sqrt((v.Squares + 0.5) / (v.Freedom + 0.5))
}

// exchangeable reports whether the pods' counts can be ranked: there are enough pods,
// none is missing, and they get about the same traffic.
func exchangeable(b EventBlock) bool {
	c, n := float64(len(b.CanaryPods)), float64(len(b.BaselinePods))
	if c < 1 || n < 2 || c+n < fewestPods {
		return false
	}
	canary, baseline := b.Canary.Total/c, b.Baseline.Total/n
	return canary <= equalTraffic*baseline && baseline <= equalTraffic*canary
}

// betOnRanks multiplies the wealth that is bet on the ranks of the canary's pods. What all
// pods' z have in common cancels in e, so that it may be measured from the highest of
// them, which keeps e^(λz) a number.
func (k *KindState) betOnRanks(null float64, j int, b EventBlock) {
	canaryPods, baselinePods := float64(len(b.CanaryPods)), float64(len(b.BaselinePods))
	scale := null * max(1, b.Canary.Total/canaryPods/(b.Baseline.Total/baselinePods))
	top := math.Inf(-1)
	for p := range b.CanaryPods {
		top = max(top, b.CanaryPods[p].Events[j]/scale)
	}
	for p := range b.BaselinePods {
		top = max(top, b.BaselinePods[p].Events[j])
	}
	deviation, growth := k.Pods.deviation(), k.Dispersion.growth()
	var canary, all [len(rankTilts)]float64
	for p := range b.CanaryPods {
		addRankTilts(&canary, (b.CanaryPods[p].Events[j]/scale-top)/deviation)
	}
	all = canary
	for p := range b.BaselinePods {
		addRankTilts(&all, (b.BaselinePods[p].Events[j]-top)/deviation)
	}
	for i := range rankTilts {
		e := canary[i] / canaryPods / (all[i] / (canaryPods + baselinePods))
		k.Rank[i] += math.Log(max(e, leastRank)) / growth
	}
}

// addRankTilts adds e^(λz) for all λ, each of which is twice the one before.
func addRankTilts(sums *[len(rankTilts)]float64, z float64) {
	f := math.Exp(rankTilts[0] * z)
	for i := range sums {
		sums[i] += f
		f *= f
	}
}

// add learns how much the pods' counts vary.
func (v *podVariance) add(j int, pods []PodEvents) {
	if len(pods) < 2 {
		return
	}
	mean := 0.0
	for i := range pods {
		mean += pods[i].Events[j]
	}
	mean /= float64(len(pods))
	for i := range pods {
		d := pods[i].Events[j] - mean
		v.Squares += d * d
	}
	v.Freedom += float64(len(pods) - 1)
}
