package peers

import (
	"math"

	"github.com/serin-dev/serin/benchmark/world"
)

// EProcess looks at every scrape and takes the rollout back when ½ E_errors + ½ E_latency
// reaches 1/α. E_errors is the likelihood ratio of the canary's errors, given those of both
// versions together (binomial), mixed over rate ratios. E_latency is the mean over edges and
// odds ratios of Bernoulli likelihood ratios against the nearest common share. It is valid
// for independent requests.
func EProcess(r world.Rollout, s world.Scenario) int {
	ratios, odds := rateRatios(), oddsRatios()
	var errors [rateCount]float64
	var latency [edges * oddsCount]float64
	var past past
	for tick := range world.Ticks {
		now := look(r, tick, s.Warm)
		if now.judged && now.n1+now.n2 > 0 {
			for j, ratio := range ratios {
				errors[j] += binomialEvidence(now, ratio, 1)
			}
			for edge := range edges {
				usual := past.share(1 + edge)
				for j, factor := range odds {
					slow := worse(factor, usual)
					common := (now.n1*slow + now.n2*usual) / (now.n1 + now.n2)
					latency[edge*oddsCount+j] += bernoulliEvidence(now, 1+edge, slow, usual, common, common)
				}
			}
		}
		past.add(now)
		if now.inPlan && logMean([]float64{logMean(errors[:]), logMean(latency[:])}) >= enough() {
			return tick - world.HistoryTicks
		}
	}
	return Never
}

// binomialEvidence is the log likelihood ratio of a rate ratio of ratio × margin against one
// of margin, for the canary's errors given the errors of both.
func binomialEvidence(s *sight, ratio, margin float64) float64 {
	together := s.x1[0] + s.x2[0]
	if together == 0 {
		return 0
	}
	return s.x1[0]*math.Log(ratio) + together*math.Log((margin*s.n1+s.n2)/(ratio*margin*s.n1+s.n2))
}

// bernoulliEvidence is the log likelihood ratio of the shares slow and usual against the
// shares null1 and null2 of canary and baseline.
func bernoulliEvidence(s *sight, metric int, slow, usual, null1, null2 float64) float64 {
	x1, x2 := s.x1[metric], s.x2[metric]
	return x1*math.Log(slow/null1) + (s.n1-x1)*math.Log((1-slow)/(1-null1)) +
		x2*math.Log(usual/null2) + (s.n2-x2)*math.Log((1-usual)/(1-null2))
}
