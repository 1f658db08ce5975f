package world

// Scenario says what a service is like and what is wrong with its new version. Families
// lists those of the benchmark.
type Scenario struct {
	// Name is the family's short name, such as B3; Text says what it is.
	Name, Text string

	// RPS is the service's requests per second, P0 its error rate, as a share.
	RPS, P0 float64
	// Diurnal lets the traffic follow a wave of ±30 % with a period of two hours.
	Diurnal bool
	// Burst is the standard deviation of the logarithm of the traffic's bursts, which
	// last about a minute.
	Burst float64
	// Shared and LatShared are the standard deviations of the logarithms of the error rate
	// and of the latency, both of which all pods share; they wander within two minutes.
	Shared, LatShared float64
	// Pod and LatPod are the same for each pod on its own.
	Pod, LatPod float64
	// HetLat and HetErr are the standard deviations of the logarithms of each pod's own
	// latency and error rate, which last. HetErr counts only where HetLat is not 0.
	HetLat, HetErr float64
	// Cluster is the mean size of the clumps that errors come in, with a geometric law;
	// 1 or less: they come one by one.
	Cluster float64
	// Incident is the error rate that both versions have for three minutes of the second
	// step, with latencies times three; 0: nothing happens.
	Incident float64
	// Cold lets a pod of the new version have three times the errors and 1.5 times the
	// latency for its first 90 s.
	Cold bool

	// Warm is how many ticks of each step judges leave out.
	Warm int
	// P1 is the new version's error rate; 0 stands for P0.
	P1 float64
	// Lat is the factor on the new version's latency; 0 stands for 1.
	Lat float64
	// Tail is the share of the new version's requests that take two seconds longer.
	Tail float64
	// Late is the tick of the plan from which on the new version is worse.
	Late int
	// Dispersion is the index of dispersion of the clumps, which the oracle knows; 0
	// stands for 1.
	Dispersion float64
}

// Bad tells whether the new version is worse than the old one.
func (s Scenario) Bad() bool {
	return s.ErrorFactor() != 1 || s.LatencyFactor() != 1 || s.Tail != 0
}

// ErrorFactor is what the new version multiplies the error rate by.
func (s Scenario) ErrorFactor() float64 {
	if s.P1 == 0 {
		return 1
	}
	return s.P1 / s.P0
}

// LatencyFactor is what the new version multiplies the latency by.
func (s Scenario) LatencyFactor() float64 {
	if s.Lat == 0 {
		return 1
	}
	return s.Lat
}
