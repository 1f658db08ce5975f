// Package traffictest is the conformance suite that every traffic.Router
// passes: what a release relies on, whatever the data plane.
//
// What may come in: the contract and plain data. The world around a router is
// the Harness's, which each router's own test brings along.
package traffictest

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/providers/traffic"
)

// Weights are what the API server holds for the two Services; nil is none given.
type Weights struct{ Stable, Canary *int32 }

// Percent are the weights of a canary that gets a percentage.
func Percent(canary int32) Weights {
	stable := 100 - canary
	return Weights{Stable: &stable, Canary: &canary}
}

// Harness is a world with routes in it. Its methods fail the test themselves.
type Harness interface {
	// Router makes a router over routes, for a Rollout (namespace/name).
	Router(t *testing.T, owner string, routes ...string) traffic.Router
	// Create makes a route that can split, with foreign settings in and around
	// what is split: other rules, filters, matches, backends, annotations.
	Create(t *testing.T, name string, weights Weights)
	// CreateWithoutCanary makes a route that knows the stable Service alone.
	CreateWithoutCanary(t *testing.T, name string)
	// Delete removes a route.
	Delete(t *testing.T, name string)
	// Weights reads what the route holds.
	Weights(t *testing.T, name string) Weights
	// Foreign is the rest of the route, as text: all that is not Serin's.
	Foreign(t *testing.T, name string) string
	// Version changes with every write to the route.
	Version(t *testing.T, name string) string
	// Accept lets the data plane report that it follows the route as it stands.
	Accept(t *testing.T, name string)
	// Refuse lets the data plane report that it does not, with a message.
	Refuse(t *testing.T, name, message string)
	// EditDuringWrite makes a router like Router, before whose next write somebody
	// else changes the route.
	EditDuringWrite(t *testing.T, owner, route string) traffic.Router
}

// The owners that the suite uses.
const (
	owner = "shop/web"
	rival = "shop/other"
)

// Run checks a router.
func Run(t *testing.T, harness Harness) {
	for _, part := range []struct {
		name  string
		check func(*testing.T, Harness, func(string) string)
	}{
		{"weights", checkWeights},
		{"percentages", checkPercentages},
		{"repetition writes nothing", checkRepetition},
		{"foreign settings survive", checkForeign},
		{"weights out of range", checkRange},
		{"route not found", checkNotFound},
		{"route without canary", checkWithoutCanary},
		{"two rollouts on one route", checkRival},
		{"verification", checkVerification},
		{"several routes", checkSeveral},
		{"a broken route among several", checkBroken},
		{"an edit during the write", checkEdit},
	} {
		t.Run(part.name, func(t *testing.T) {
			prefix := fmt.Sprintf("r%d-", sequence(t))
			part.check(t, harness, func(name string) string { return prefix + name })
		})
	}
}

// sequence makes the names of a part's routes its own.
func sequence(t *testing.T) uint32 {
	hash := uint32(2166136261)
	for _, char := range []byte(t.Name()) {
		hash = (hash ^ uint32(char)) * 16777619
	}
	return hash
}

// checkWeights sets every kind of percentage, up and down.
func checkWeights(t *testing.T, harness Harness, name func(string) string) {
	harness.Create(t, name("web"), Percent(0))
	router := harness.Router(t, owner, name("web"))
	for _, weight := range []int32{0, 1, 5, 50, 99, 100, 37, 0} {
		set(t, router, weight)
		wantWeights(t, harness, name("web"), Percent(weight))
		if split := read(t, router); split.CanaryWeight != weight || !split.Uniform {
			t.Errorf("at %d %%: %+v", weight, split)
		}
	}
}

// checkPercentages reads weights that somebody else has written.
func checkPercentages(t *testing.T, harness Harness, name func(string) string) {
	number := func(value int32) *int32 { return &value }
	for i, test := range []struct {
		reason  string
		weights Weights
		want    int32
		uniform bool
	}{
		{"none given is 1 of 2", Weights{}, 50, false},
		{"1 of 2", Weights{Stable: number(1), Canary: number(1)}, 50, false},
		{"1 of 10", Weights{Stable: number(9), Canary: number(1)}, 10, false},
		{"a share is rounded up, so that it never says too little", Weights{Stable: number(2), Canary: number(1)}, 34, false},
		{"a trace is 1 %", Weights{Stable: number(999_999), Canary: number(1)}, 1, false},
		{"all", Weights{Stable: number(0), Canary: number(1)}, 100, false},
		{"nobody gets anything", Weights{Stable: number(0), Canary: number(0)}, 0, false},
		{"nothing", Weights{Stable: number(1), Canary: number(0)}, 0, false},
		{"a canary before any release is what it is", Percent(20), 20, true},
	} {
		route := name(fmt.Sprintf("p%d", i))
		harness.Create(t, route, test.weights)
		router := harness.Router(t, owner, route)
		if split := read(t, router); split.CanaryWeight != test.want || split.Uniform != test.uniform {
			t.Errorf("%s: %+v, want %d %%, uniform %t", test.reason, split, test.want, test.uniform)
		}
		set(t, router, test.want)
		wantWeights(t, harness, route, Percent(test.want))
		if split := read(t, router); split.CanaryWeight != test.want || !split.Uniform {
			t.Errorf("%s, set again: %+v", test.reason, split)
		}
	}
}

// checkRepetition wants no write where nothing differs.
func checkRepetition(t *testing.T, harness Harness, name func(string) string) {
	harness.Create(t, name("web"), Percent(0))
	router := harness.Router(t, owner, name("web"))
	unchanged(t, harness, name("web"), "0 % is there already", func() { set(t, router, 0) })
	set(t, router, 20)
	unchanged(t, harness, name("web"), "20 % is there already", func() {
		set(t, router, 20)
		read(t, router)
		set(t, harness.Router(t, owner, name("web")), 20)
	})
}

// checkForeign compares all that is not Serin's.
func checkForeign(t *testing.T, harness Harness, name func(string) string) {
	harness.Create(t, name("web"), Weights{})
	before := harness.Foreign(t, name("web"))
	if before == "" {
		t.Fatal("the harness has no foreign settings to compare")
	}
	router := harness.Router(t, owner, name("web"))
	for _, weight := range []int32{5, 100, 0} {
		set(t, router, weight)
		if difference := cmp.Diff(before, harness.Foreign(t, name("web"))); difference != "" {
			t.Fatalf("at %d %% foreign settings have changed (-want +got):\n%s", weight, difference)
		}
	}
}

// checkRange refuses what is no percentage.
func checkRange(t *testing.T, harness Harness, name func(string) string) {
	harness.Create(t, name("web"), Percent(10))
	router := harness.Router(t, owner, name("web"))
	for _, weight := range []int32{-1, 101, math.MinInt32, math.MaxInt32} {
		unchanged(t, harness, name("web"), "it must be refused", func() {
			if err := router.SetWeight(t.Context(), weight); !errors.Is(err, traffic.ErrInvalid) {
				t.Errorf("SetWeight(%d): error %v, want %v", weight, err, traffic.ErrInvalid)
			}
		})
	}
}
