// Package world makes up rollouts: the traffic, errors and latencies of a service while
// a new version takes it over, with everything that makes such data hard to judge and
// with the truth, which no judge may look at. The benchmark lets several judges look at
// the same rollouts.
//
// A service has 20 equal pods. For 20 minutes all of them run the old version; then the
// new one gets 1, 2, 5 and 10 pods, for 10 minutes each. Every 15 s there is a scrape:
// requests, errors and 12 latency buckets of every pod.
//
// Traffic is Poisson around a daily wave and slow bursts. Errors come one by one or in
// clumps, at a rate that all pods share, that wanders, and that differs between pods.
// Latency is lognormal, with a median of 80 ms and a p99 of 256 ms, and wanders likewise.
// All draws come from a generator that is passed in: the same seed gives the same rollout.
//
// Nothing but distributions to draw from may come in.
package world

// The plan, which is the same in all rollouts.
const (
	// Pods is how many pods there are, of both versions together.
	Pods = 20
	// TickSeconds is how many seconds lie between two scrapes.
	TickSeconds = 15
	// HistoryTicks is for how many scrapes all pods run the old version.
	HistoryTicks = 80
	// StepTicks is how many scrapes a step has.
	StepTicks = 40
	// Steps is how many steps there are.
	Steps = 4
	// PlanTicks is how many scrapes the rollout itself has.
	PlanTicks = Steps * StepTicks
	// Ticks is how many scrapes there are altogether.
	Ticks = HistoryTicks + PlanTicks
	// Buckets is how many latency buckets there are, the one without an upper edge included.
	Buckets = 12
)

// StepPods is how many pods run the new version in each step.
func StepPods() [Steps]int { return [Steps]int{1, 2, 5, 10} }

// Edges are the upper edges of the latency buckets, in seconds, but for the last bucket,
// which has none: the defaults of Prometheus' client libraries.
func Edges() [Buckets - 1]float64 {
	return [Buckets - 1]float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
}

// CanaryPods is how many pods run the new version at a tick: those with the lowest
// numbers.
func CanaryPods(tick int) int {
	if tick < HistoryTicks {
		return 0
	}
	return StepPods()[min((tick-HistoryTicks)/StepTicks, Steps-1)]
}

// Age is for how many ticks a pod has run the new version at a tick; -1 if it runs the
// old one.
func Age(pod, tick int) int {
	for step, pods := range StepPods() {
		if begin := HistoryTicks + step*StepTicks; pod < pods {
			return max(tick-begin, -1)
		}
	}
	return -1
}

// Warming tells the ticks of the plan that a judge with a warm-up of so many ticks leaves
// out: the first ones of every step.
func Warming(tick, warm int) bool {
	return tick >= HistoryTicks && (tick-HistoryTicks)%StepTicks < warm
}

// Rollout is what the scrapes of one rollout saw. The counts are increments: what came in
// between the scrape before and this one.
type Rollout struct {
	// N, X and H are the requests, the errors and the requests per latency bucket (not
	// cumulative) of each pod and tick. Index them with Cell.
	N, X []int32
	H    [][Buckets]int32
	// Seed is a random number, for judges that draw random numbers themselves.
	Seed uint64
	// Truth is what no judge can know.
	Truth Truth
}

// Truth is what no judge can know: only the oracle may look at it.
type Truth struct {
	Scenario Scenario
	// Errors is the factor on the error rate that all pods share, per tick.
	Errors [Ticks]float64
	// Latency is the shift of the logarithm of the latency that all pods share, per tick.
	Latency [Ticks]float64
	// Traffic is the factor on the traffic, per tick.
	Traffic [Ticks]float64
}

// Cell is the index of a pod and a tick into a rollout's counts. The pods of a tick lie
// beside each other.
func Cell(pod, tick int) int { return tick*Pods + pod }

// Arm is what one version's pods saw together between two scrapes.
type Arm struct {
	N, X int
	// H counts the requests per latency bucket; it is not cumulative.
	H [Buckets]int
}

// Arms sums up a tick over the pods of the new and of the old version.
func (r *Rollout) Arms(tick int) (canary, baseline Arm) {
	boundary := CanaryPods(tick)
	for pod := range Pods {
		arm := &baseline
		if pod < boundary {
			arm = &canary
		}
		cell := Cell(pod, tick)
		arm.N += int(r.N[cell])
		arm.X += int(r.X[cell])
		for bucket, count := range r.H[cell] {
			arm.H[bucket] += int(count)
		}
	}
	return canary, baseline
}
