package world

// Families lists the benchmark's scenarios: in those whose names begin with A the new
// version is as good as the old one, in the B families it is worse.
func Families() []Scenario {
	return append(identical(), regressions()...)
}

// ordinary is a service of 200 requests per second, with 0.1 % errors, a daily wave,
// bursts, and shocks that all pods share.
func ordinary(name, text string, change func(*Scenario)) Scenario {
	s := Scenario{Name: name, Text: text, RPS: 200, P0: .001, Diurnal: true, Burst: .2, Shared: .4, LatShared: .08}
	change(&s)
	return s
}

// pods lets every pod's errors and latency wander on their own.
func (s *Scenario) pods() { s.Pod, s.LatPod = .3, .05 }

// differing gives every pod an error rate and a latency of its own.
func (s *Scenario) differing() { s.HetLat, s.HetErr = .02, .1 }

// everything is all that can go wrong with data at the same time.
func (s *Scenario) everything() {
	s.pods()
	s.differing()
	s.Cluster, s.Incident, s.Cold, s.Warm = 3, .08, true, 8
}

// identical are the families in which the two versions are the same.
func identical() []Scenario {
	return []Scenario{
		{Name: "A1", Text: "clean, 200 rps", RPS: 200, P0: .001},
		ordinary("A2", "low traffic, 2 rps", func(s *Scenario) { s.RPS, s.P0 = 2, .005 }),
		ordinary("A3", "daily wave, bursts, shared shocks", func(*Scenario) {}),
		ordinary("A4", "A3 with clumps of errors (mean 3)", func(s *Scenario) { s.Cluster = 3 }),
		ordinary("A5", "A3 with shocks of single pods", (*Scenario).pods),
		ordinary("A6", "high steady errors, 1.5 %", func(s *Scenario) { s.P0 = .015 }),
		ordinary("A7", "incident of 3 min in both versions", func(s *Scenario) { s.Incident = .08 }),
		ordinary("A8", "cold start of 90 s (latency ×1.5, errors ×3), no warm-up", func(s *Scenario) { s.Cold = true }),
		ordinary("A8w", "A8, 2 min of warm-up left out", func(s *Scenario) { s.Cold, s.Warm = true, 8 }),
		ordinary("A9", "high traffic, 2000 rps", func(s *Scenario) { s.RPS = 2000 }),
		ordinary("A10", "pods that differ (latency 2 %, errors 10 %), 200 rps", (*Scenario).differing),
		ordinary("A11", "A10 at 2000 rps", func(s *Scenario) { s.RPS = 2000; s.differing() }),
		ordinary("A12", "everything (clumps, pods, incident, cold start), 2 min of warm-up left out", (*Scenario).everything),
	}
}

// regressions are the families in which the new version is worse.
//
// Long: it is a table.
func regressions() []Scenario {
	errors := func(rate float64) func(*Scenario) { return func(s *Scenario) { s.P1 = rate } }
	latency := func(factor float64) func(*Scenario) { return func(s *Scenario) { s.Lat = factor } }
	tail := func(share float64) func(*Scenario) { return func(s *Scenario) { s.Tail = share } }
	return []Scenario{
		ordinary("B1", "errors 0.1 → 0.2 %", errors(.002)),
		ordinary("B2", "errors 0.1 → 0.5 %", errors(.005)),
		ordinary("B3", "errors 0.1 → 1 %", errors(.01)),
		ordinary("B4", "errors 0.1 → 5 %", errors(.05)),
		ordinary("B5", "errors 0.1 → 50 %", errors(.5)),
		ordinary("B6", "2 rps, errors 0.5 → 10 %", func(s *Scenario) { s.RPS, s.P0, s.P1 = 2, .005, .1 }),
		ordinary("B7", "2 rps, errors 0.5 → 50 %", func(s *Scenario) { s.RPS, s.P0, s.P1 = 2, .005, .5 }),
		ordinary("B8", "latency ×1.1", latency(1.1)),
		ordinary("B9", "latency ×1.25", latency(1.25)),
		ordinary("B10", "latency ×1.5", latency(1.5)),
		ordinary("B11", "latency ×2", latency(2)),
		ordinary("B12", "latency ×4", latency(4)),
		ordinary("B13", "1 % of requests 2 s slower", tail(.01)),
		ordinary("B14", "5 % of requests 2 s slower", tail(.05)),
		ordinary("B15", "clumps (mean 3), errors 0.1 → 1 %", func(s *Scenario) { s.Cluster, s.P1, s.Dispersion = 3, .01, 5 }),
		ordinary("B16", "shocks of single pods, errors 0.1 → 1 %", func(s *Scenario) { s.pods(); s.P1 = .01 }),
		ordinary("B17", "shocks of single pods, latency ×1.5", func(s *Scenario) { s.pods(); s.Lat = 1.5 }),
		ordinary("B18", "late: errors 0.1 → 1 % from 25 % on", func(s *Scenario) { s.P1, s.Late = .01, 2*StepTicks }),
		ordinary("B19", "high steady errors, 1.5 → 3 %", func(s *Scenario) { s.P0, s.P1 = .015, .03 }),
		ordinary("B20", "2000 rps, errors 0.1 → 0.2 %", func(s *Scenario) { s.RPS, s.P1 = 2000, .002 }),
		ordinary("B21", "2000 rps, errors 0.1 → 1 %", func(s *Scenario) { s.RPS, s.P1 = 2000, .01 }),
		ordinary("B22", "everything, errors 0.1 → 1 %, 2 min of warm-up left out", func(s *Scenario) { s.everything(); s.P1, s.Dispersion = .01, 5 }),
		ordinary("B23", "everything, latency ×1.5, 2 min of warm-up left out", func(s *Scenario) { s.everything(); s.Lat, s.Dispersion = 1.5, 5 }),
	}
}
