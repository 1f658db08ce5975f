package peers

import "github.com/serin-dev/serin/benchmark/world"

// Flagger looks at the canary's last minute every minute. A check fails unless at least
// 99 % of the requests succeed and their p99 is at most 500 ms; the fifth failed check
// takes the rollout back, since passed ones do not forgive failed ones. These are the
// thresholds of its documentation.
func Flagger(r world.Rollout, s world.Scenario) int { return threshold(r, s, .99, 5) }

// Argo looks like Flagger, at success ≥ 95 % with a failureLimit of 3, as in the
// documentation of Argo Rollouts: the fourth failure takes the rollout back.
func Argo(r world.Rollout, s world.Scenario) int { return threshold(r, s, .95, 4) }

// threshold counts the minutes that fail.
func threshold(r world.Rollout, s world.Scenario, success float64, limit int) int {
	failed := 0
	for _, minute := range minutes(r, s.Warm) {
		// NaN, without requests, fails too.
		good := 1-errorRate(minute.canary) >= success && quantile(.99, minute.canary.H) <= .5
		if !good && !minute.warm {
			failed++
		}
		if failed == limit {
			return minute.last
		}
	}
	return Never
}

// Argo5m is the first example in the documentation of Argo Rollouts, to the letter: every
// 5 min, success ≥ 95 % in the last 5 min, failureLimit 3.
func Argo5m(r world.Rollout, s world.Scenario) int {
	all := minutes(r, s.Warm)
	failed := 0
	for end := 5; end <= len(all); end += 5 {
		var window world.Arm
		for _, minute := range all[end-5 : end] {
			window = plus(window, minute.canary)
		}
		if !(1-errorRate(window) >= .95) {
			failed++
		}
		if failed == 4 {
			return all[end-1].last
		}
	}
	return Never
}
