package world_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/benchmark/world"
)

// within fails unless a measured value lies at most so far from the one that is wanted.
func within(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.5g, not %.5g ± %.2g", what, got, want, tolerance)
	}
}

func family(t *testing.T, name string) world.Scenario {
	t.Helper()
	families := world.Families()
	at := slices.IndexFunc(families, func(s world.Scenario) bool { return s.Name == name })
	if at < 0 {
		t.Fatalf("there is no family %s", name)
	}
	return families[at]
}

// moments collects means and variances.
type moments struct{ count, sum, squares float64 }

func (m *moments) add(value float64) {
	m.count++
	m.sum += value
	m.squares += value * value
}

func (m *moments) mean() float64     { return m.sum / m.count }
func (m *moments) variance() float64 { return m.squares/m.count - m.mean()*m.mean() }

func TestFamiliesAreThoseOfTheDescription(t *testing.T) {
	var good, bad []string
	for _, s := range world.Families() {
		if s.Bad() {
			bad = append(bad, s.Name)
		} else {
			good = append(good, s.Name)
		}
	}
	wantGood := []string{"A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A8w", "A9", "A10", "A11", "A12"}
	if diff := cmp.Diff(wantGood, good); diff != "" {
		t.Errorf("families of identical versions (-want +got):\n%s", diff)
	}
	if len(bad) != 23 || bad[0] != "B1" || bad[22] != "B23" {
		t.Errorf("families of regressions: %v", bad)
	}
}

func TestPlan(t *testing.T) {
	var got []int
	for tick := range world.Ticks {
		if pods := world.CanaryPods(tick); len(got) == 0 || got[len(got)-1] != pods {
			got = append(got, pods)
		}
	}
	if diff := cmp.Diff([]int{0, 1, 2, 5, 10}, got); diff != "" {
		t.Errorf("canary pods (-want +got):\n%s", diff)
	}
	for tick := range world.Ticks {
		for pod := range world.Pods {
			if canary := pod < world.CanaryPods(tick); canary != (world.Age(pod, tick) >= 0) {
				t.Fatalf("pod %d at tick %d: canary %v, age %d", pod, tick, canary, world.Age(pod, tick))
			}
		}
	}
	if age := world.Age(1, world.HistoryTicks+world.StepTicks+7); age != 7 {
		t.Errorf("pod 1 is %d ticks old 7 ticks after it began", age)
	}
}

func TestSameSeedSameRollout(t *testing.T) {
	s := family(t, "B22")
	first := world.Simulate(s, rand.New(rand.NewPCG(1, 2)))
	if diff := cmp.Diff(first, world.Simulate(s, rand.New(rand.NewPCG(1, 2)))); diff != "" {
		t.Errorf("two rollouts of one seed differ:\n%s", diff)
	}
	if other := world.Simulate(s, rand.New(rand.NewPCG(1, 3))); slices.Equal(first.N, other.N) {
		t.Error("rollouts of two seeds are equal")
	}
}

// TestCountsAddUp looks at every family: buckets add up to requests, errors are among them,
// and the arms hold every pod once.
func TestCountsAddUp(t *testing.T) {
	for _, s := range world.Families() {
		r := world.Simulate(s, rand.New(rand.NewPCG(7, 7)))
		for tick := range world.Ticks {
			canary, baseline := r.Arms(tick)
			n := 0
			for pod := range world.Pods {
				cell := world.Cell(pod, tick)
				sum := int32(0)
				for _, count := range r.H[cell] {
					sum += count
				}
				if sum != r.N[cell] || r.X[cell] > r.N[cell] || r.X[cell] < 0 {
					t.Fatalf("%s pod %d tick %d: %d requests, %d in buckets, %d errors", s.Name, pod, tick, r.N[cell], sum, r.X[cell])
				}
				n += int(r.N[cell])
			}
			if canary.N+baseline.N != n {
				t.Fatalf("%s tick %d: %d + %d requests of %d", s.Name, tick, canary.N, baseline.N, n)
			}
		}
	}
}

// TestCleanTrafficIsIndependent checks A1 against the Poisson and binomial laws.
func TestCleanTrafficIsIndependent(t *testing.T) {
	s := family(t, "A1")
	var n, x moments
	var buckets [world.Buckets]float64
	for seed := range uint64(20) {
		r := world.Simulate(s, rand.New(rand.NewPCG(11, seed)))
		for cell := range r.N {
			n.add(float64(r.N[cell]))
			x.add(float64(r.X[cell]))
			for bucket, count := range r.H[cell] {
				buckets[bucket] += float64(count)
			}
		}
	}
	sd := math.Sqrt(150 / n.count)
	within(t, "requests per pod and tick", n.mean(), 150, 4*sd)
	within(t, "their index of dispersion", n.variance()/n.mean(), 1, 4*math.Sqrt(2/n.count))
	within(t, "error rate", x.sum/n.sum, .001, 4*math.Sqrt(.001/n.sum))
	within(t, "index of dispersion of errors", x.variance()/x.mean(), 1, .05)
	for bucket, share := range world.BucketShares(0, 0) {
		within(t, "share of a bucket", buckets[bucket]/n.sum, share, 4.5*math.Sqrt(share/n.sum)+1e-9)
	}
}

// TestClumps checks the clumps of errors of A4 without shocks: mean as without clumps,
// index of dispersion 2·3 − 1.
func TestClumps(t *testing.T) {
	s := world.Scenario{RPS: 200, P0: .001, Cluster: 3}
	var n, x moments
	for seed := range uint64(40) {
		r := world.Simulate(s, rand.New(rand.NewPCG(13, seed)))
		for cell := range r.N {
			n.add(float64(r.N[cell]))
			x.add(float64(r.X[cell]))
		}
	}
	within(t, "error rate", x.sum/n.sum, .001, 4*math.Sqrt(5*.001/n.sum))
	within(t, "index of dispersion of errors", x.variance()/x.mean(), 5, .15)
}

// TestShocks checks the processes that pods share: their means, spreads and
// autocorrelations.
func TestShocks(t *testing.T) {
	s := family(t, "A3")
	s.RPS = 1 // Only the truth is looked at.
	var errors, latency, traffic moments
	product, ahead := 0.0, 0.0
	for seed := range uint64(400) {
		truth := world.Simulate(s, rand.New(rand.NewPCG(17, seed))).Truth
		for tick := range world.Ticks {
			errors.add(truth.Errors[tick])
			latency.add(truth.Latency[tick])
			traffic.add(truth.Traffic[tick])
			if tick >= 8 {
				product += truth.Latency[tick] * truth.Latency[tick-8]
				ahead++
			}
		}
	}
	within(t, "mean factor on errors", errors.mean(), 1, .02)
	within(t, "its standard deviation", math.Sqrt(errors.variance()), math.Sqrt(math.Exp(.16)-1), .03)
	within(t, "standard deviation of the latency's shift", math.Sqrt(latency.variance()), .08, .002)
	within(t, "its correlation after 120 s", product/ahead/latency.variance(), math.Exp(-1), .03)
	within(t, "mean factor on traffic", traffic.mean(), 1, .02)
	within(t, "its variance", traffic.variance(), math.Exp(.04)*(1+wave*wave/2)-1, .02)
}

// wave is the height of the daily wave.
const wave = .3

// TestPodsDiffer checks that the shocks of single pods have the given size, and that lasting
// differences last.
func TestPodsDiffer(t *testing.T) {
	var whole moments
	for seed := range uint64(60) {
		r := world.Simulate(world.Scenario{RPS: 2e5, P0: .1, HetLat: .02, HetErr: .1}, rand.New(rand.NewPCG(19, seed)))
		for pod := range world.Pods {
			n, x := 0.0, 0.0
			for tick := range world.HistoryTicks {
				n += float64(r.N[world.Cell(pod, tick)])
				x += float64(r.X[world.Cell(pod, tick)])
			}
			whole.add(math.Log(x / n / .1))
		}
	}
	within(t, "standard deviation of the pods' error rates", math.Sqrt(whole.variance()), .1, .008)

	var each, product moments
	for seed := range uint64(20) {
		r := world.Simulate(world.Scenario{RPS: 2e5, P0: .1, Pod: .3}, rand.New(rand.NewPCG(23, seed)))
		for pod := range world.Pods {
			for tick := 8; tick < world.Ticks; tick++ {
				now, before := logRate(r, pod, tick), logRate(r, pod, tick-8)
				each.add(now)
				product.add((now + .045) * (before + .045))
			}
		}
	}
	within(t, "mean of a pod's log rate", each.mean(), -.045, .02)
	within(t, "its standard deviation", math.Sqrt(each.variance()), .3, .01)
	within(t, "its correlation after 120 s", product.mean()/each.variance(), math.Exp(-1), .04)
}

// logRate is the logarithm of the error rate of a pod, relative to 10 %.
func logRate(r world.Rollout, pod, tick int) float64 {
	cell := world.Cell(pod, tick)
	return math.Log(float64(r.X[cell]) / float64(r.N[cell]) / .1)
}

// TestRegressions checks what the new version does, and when it begins.
func TestRegressions(t *testing.T) {
	rate := func(s world.Scenario, from, to int) (canary, baseline float64) {
		var arms [2]world.Arm
		for seed := range uint64(30) {
			r := world.Simulate(s, rand.New(rand.NewPCG(29, seed)))
			for tick := from; tick < to; tick++ {
				c, b := r.Arms(tick)
				arms[0].N += c.N
				arms[0].X += c.X
				arms[1].N += b.N
				arms[1].X += b.X
			}
		}
		return float64(arms[0].X) / float64(arms[0].N), float64(arms[1].X) / float64(arms[1].N)
	}
	late := world.Scenario{RPS: 2000, P0: .001, P1: .01, Late: 2 * world.StepTicks}
	canary, baseline := rate(late, world.HistoryTicks, world.HistoryTicks+80)
	within(t, "canary's error rate before it is late", canary, .001, .0001)
	within(t, "baseline's", baseline, .001, .0001)
	canary, baseline = rate(late, world.HistoryTicks+80, world.Ticks)
	within(t, "canary's error rate from then on", canary, .01, .0002)
	within(t, "baseline's", baseline, .001, .0001)

	cold := world.Scenario{RPS: 2000, P0: .01, Cold: true}
	canary, _ = rate(cold, world.HistoryTicks, world.HistoryTicks+6)
	within(t, "error rate of a cold canary", canary, .03, .001)
	canary, _ = rate(cold, world.HistoryTicks+6, world.HistoryTicks+40)
	within(t, "error rate of a warm one", canary, .01, .0005)

	incident := world.Scenario{RPS: 2000, P0: .001, Incident: .08}
	canary, baseline = rate(incident, world.HistoryTicks+50, world.HistoryTicks+62)
	within(t, "canary's error rate in the incident", canary, .08, .002)
	within(t, "baseline's", baseline, .08, .001)
}

// TestBucketShares checks the law of the latency against numbers from the description:
// the p99 is about 256 ms, and a tail of 1 % lies between 2.0 and 2.5 s or above.
func TestBucketShares(t *testing.T) {
	for _, shift := range []float64{-2, 0, .4, 3} {
		for _, tail := range []float64{0, .01, .5} {
			sum := 0.0
			for _, share := range world.BucketShares(shift, tail) {
				sum += share
			}
			within(t, "sum of the shares", sum, 1, 1e-12)
		}
	}
	plain, slow := world.BucketShares(0, 0), world.BucketShares(0, .01)
	above := func(shares [world.Buckets]float64, from int) (sum float64) {
		for _, share := range shares[from:] {
			sum += share
		}
		return sum
	}
	within(t, "share above 250 ms", above(plain, 6), .5*math.Erfc(math.Log(.25/.08)/.5/math.Sqrt2), 1e-12)
	within(t, "share above 1 s with a tail of 1 %", above(slow, 8), .01, 1e-5)
}

func BenchmarkSimulate(b *testing.B) {
	for _, s := range world.Families() {
		if s.Name != "A2" && s.Name != "A3" && s.Name != "A9" && s.Name != "A12" {
			continue
		}
		b.Run(s.Name, func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			for b.Loop() {
				world.Simulate(s, rng)
			}
		})
	}
}
