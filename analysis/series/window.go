package series

import "time"

// Counts are requests of one arm in one window.
type Counts struct {
	// Bad are the bad requests; never more than Total.
	Bad float64
	// Total are all requests, the bad ones included.
	Total float64
}

func (c Counts) plus(d Counts) Counts { return Counts{Bad: c.Bad + d.Bad, Total: c.Total + d.Total} }

// PodCounts are the requests of one pod in one window.
type PodCounts struct {
	// Pod is the value of the label pod, or else of instance, kubernetes_pod_name or
	// pod_name. Series without any of them are one pod without a name.
	Pod string
	// Since is when the pod was first scraped; zero when that is not known, because
	// it was there before the arm was watched: it counts as old.
	Since time.Time
	Counts
}

// Window is what both arms served in the half-open interval (From, To].
type Window struct {
	From, To time.Time
	// Canary and Baseline are the requests to compare. What young pods of the canary
	// served is in WarmingUp instead (Policy.WarmUp).
	Canary, Baseline Counts
	WarmingUp        Counts
	// CanaryPods and BaselinePods are the same by pod, sorted by Pod: those that were
	// scraped in the window or of which something is reported. Their sums are Canary
	// and Baseline; unless an arm has more than MaxPods pods: the others are counted
	// in the arm's sum alone.
	CanaryPods, BaselinePods []PodCounts
	// Unscraped says that the canary has not been scraped since From, and need not
	// have been: no requests in this window means nothing.
	Unscraped bool
	// CanaryAt and BaselineAt are when the newest sample of each arm was scraped; zero
	// when there is none, or when it is not known.
	CanaryAt, BaselineAt time.Time
	// Doubts are reasons not to trust the counts fully, sorted, for people.
	Doubts []string
}
