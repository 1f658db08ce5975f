package judge

// past is what the baseline has shown before a window.
type past struct {
	total float64
	bad   []float64
}

// past takes note of the baseline's past before a window is added: what was compared,
// or else what was learnt of it before the release.
func (s *Comparison) past() past {
	if s.Baseline.Total >= incidentRequests {
		return past{s.Baseline.Total, s.Baseline.Events}
	}
	p := past{total: s.Test.Past}
	for j := range s.Test.Kinds {
		p.bad = append(p.bad, s.Test.Kinds[j].Past)
	}
	return p
}

// share is the share of bad requests of a kind, if it is known.
func (p past) share(kind int) (share float64, known bool) {
	if kind >= len(p.bad) || p.total < incidentRequests {
		return 0, false
	}
	return p.bad[kind] / p.total, true
}
