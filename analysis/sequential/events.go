package sequential

// PodEvents are the requests of one pod, or of all pods of an arm, in one window, and
// how many of them were events of each kind: bad ones, or those slower than each
// edge of a histogram.
type PodEvents struct {
	// Pod tells pods apart; it has no other meaning.
	Pod string `json:"pod,omitempty"`
	// Total requests, at least 0 and finite.
	Total float64 `json:"total"`
	// Events are at least 0 and at most Total, one number for each kind. Kinds are
	// ordered so that an event of one kind is also one of all before it, as requests
	// slower than 1 s are slower than 0.5 s.
	Events []float64 `json:"events"`
}

// EventBlock is what both arms served in one window.
type EventBlock struct {
	// Canary and Baseline are the arms' sums.
	Canary, Baseline PodEvents
	// CanaryPods and BaselinePods are the pods of which the arms consist, as far as
	// they are known apart. Only the spread between pods is learnt from them.
	CanaryPods, BaselinePods []PodEvents
}

// comparable reports whether both arms served requests.
func (b EventBlock) comparable() bool { return b.Canary.Total > 0 && b.Baseline.Total > 0 }
