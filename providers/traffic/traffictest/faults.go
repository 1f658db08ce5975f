package traffictest

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/providers/traffic"
)

// checkNotFound wants a missing route to be named.
func checkNotFound(t *testing.T, harness Harness, name func(string) string) {
	wantBoth(t, harness.Router(t, owner, name("missing")), traffic.ErrNotFound, name("missing"))
}

// checkWithoutCanary wants a route that cannot split to be refused, and left alone.
func checkWithoutCanary(t *testing.T, harness Harness, name func(string) string) {
	harness.CreateWithoutCanary(t, name("alone"))
	router := harness.Router(t, owner, name("alone"))
	unchanged(t, harness, name("alone"), "it cannot split", func() { wantBoth(t, router, traffic.ErrInvalid, name("alone")) })
}

// checkRival lets two Rollouts want one route.
func checkRival(t *testing.T, harness Harness, name func(string) string) {
	harness.Create(t, name("web"), Percent(0))
	set(t, harness.Router(t, owner, name("web")), 10)
	unchanged(t, harness, name("web"), "it belongs to another", func() {
		wantBoth(t, harness.Router(t, rival, name("web")), traffic.ErrConflict, name("web"), owner)
	})
	set(t, harness.Router(t, owner, name("web")), 20)
	wantWeights(t, harness, name("web"), Percent(20))
}

// checkVerification follows what the data plane reports.
func checkVerification(t *testing.T, harness Harness, name func(string) string) {
	harness.Create(t, name("web"), Percent(0))
	router := harness.Router(t, owner, name("web"))
	want := func(when string, verified bool, words ...string) {
		t.Helper()
		split := read(t, router)
		if split.Verified != verified || (split.Message == "") != verified {
			t.Errorf("%s: %+v, want verified %t, and a message if it is not", when, split, verified)
		}
		for _, word := range words {
			if !strings.Contains(split.Message, word) {
				t.Errorf("%s: the message %q does not say %q", when, split.Message, word)
			}
		}
	}
	want("before any report", false, name("web"))
	harness.Accept(t, name("web"))
	want("accepted", true)
	set(t, router, 10)
	want("accepted, but before this weight", false, name("web"))
	harness.Refuse(t, name("web"), "no such backend")
	want("refused", false, name("web"), "no such backend")
	harness.Accept(t, name("web"))
	want("accepted again", true)
	set(t, router, 10)
	want("the same weight once more", true)
}

// checkSeveral sets and reads several routes as one.
func checkSeveral(t *testing.T, harness Harness, name func(string) string) {
	harness.Create(t, name("a"), Percent(0))
	harness.Create(t, name("b"), Percent(30))
	router := harness.Router(t, owner, name("a"), name("b"))
	if split := read(t, router); split.CanaryWeight != 30 || split.Uniform {
		t.Errorf("0 and 30 %%: %+v, want 30, not uniform", split)
	}
	unchanged(t, harness, name("b"), "only the other differs", func() { set(t, router, 30) })
	wantWeights(t, harness, name("a"), Percent(30))
	if split := read(t, router); split.CanaryWeight != 30 || !split.Uniform || split.Verified {
		t.Errorf("30 %% everywhere: %+v, want 30, uniform, not verified", split)
	}
	harness.Accept(t, name("a"))
	if split := read(t, router); split.Verified || !strings.Contains(split.Message, name("b")) || strings.Contains(split.Message, name("a")) {
		t.Errorf("one of two is accepted: %+v, want the other named", split)
	}
	harness.Accept(t, name("b"))
	if split := read(t, router); !split.Verified {
		t.Errorf("both are accepted: %+v, want verified", split)
	}
}

// checkBroken raises no route while one is broken, and lowers the others all the
// same.
func checkBroken(t *testing.T, harness Harness, name func(string) string) {
	harness.Create(t, name("a"), Percent(0))
	harness.Create(t, name("b"), Percent(0))
	router := harness.Router(t, owner, name("a"), name("b"))
	set(t, router, 20)
	harness.Delete(t, name("b"))
	unchanged(t, harness, name("a"), "a raise needs every route", func() {
		if err := router.SetWeight(t.Context(), 40); !errors.Is(err, traffic.ErrNotFound) {
			t.Errorf("raising: error %v, want %v", err, traffic.ErrNotFound)
		}
	})
	if split, err := router.Split(t.Context()); !errors.Is(err, traffic.ErrNotFound) || split.CanaryWeight != 20 || split.Verified || split.Uniform {
		t.Errorf("Split: %+v, %v; want %v, and what the other route still gives the canary", split, err, traffic.ErrNotFound)
	}
	if err := router.SetWeight(t.Context(), 0); !errors.Is(err, traffic.ErrNotFound) {
		t.Errorf("lowering: error %v, want %v", err, traffic.ErrNotFound)
	}
	wantWeights(t, harness, name("a"), Percent(0))
}

// checkEdit wants somebody else's edit to survive, and the next try to succeed.
func checkEdit(t *testing.T, harness Harness, name func(string) string) {
	harness.Create(t, name("web"), Percent(0))
	router := harness.EditDuringWrite(t, owner, name("web"))
	before := harness.Foreign(t, name("web"))
	if err := router.SetWeight(t.Context(), 10); err == nil {
		t.Error("no error, though somebody changed the route at the same time")
	}
	wantWeights(t, harness, name("web"), Percent(0))
	edited := harness.Foreign(t, name("web"))
	if edited == before {
		t.Error("the other's edit is lost")
	}
	set(t, router, 10)
	wantWeights(t, harness, name("web"), Percent(10))
	if difference := cmp.Diff(edited, harness.Foreign(t, name("web"))); difference != "" {
		t.Errorf("the other's edit is lost (-want +got):\n%s", difference)
	}
}

func set(t *testing.T, router traffic.Router, weight int32) {
	t.Helper()
	if err := router.SetWeight(t.Context(), weight); err != nil {
		t.Fatalf("SetWeight(%d): %v", weight, err)
	}
}

func read(t *testing.T, router traffic.Router) traffic.Split {
	t.Helper()
	split, err := router.Split(t.Context())
	if err != nil {
		t.Fatalf("Split: %v", err)
	}
	return split
}

// wantBoth wants both methods to fail in one way, in words that name things.
func wantBoth(t *testing.T, router traffic.Router, want error, words ...string) {
	t.Helper()
	_, errSplit := router.Split(t.Context())
	for method, err := range map[string]error{"Split": errSplit, "SetWeight": router.SetWeight(t.Context(), 30)} {
		if !errors.Is(err, want) {
			t.Errorf("%s: error %v, want %v", method, err, want)
			continue
		}
		for _, word := range words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: error %q does not say %q", method, err, word)
			}
		}
	}
}

// unchanged wants no write while something is done.
func unchanged(t *testing.T, harness Harness, route, reason string, do func()) {
	t.Helper()
	before := harness.Version(t, route)
	do()
	if after := harness.Version(t, route); after != before {
		t.Errorf("%s was written (version %s, then %s): %s", route, before, after, reason)
	}
}

func wantWeights(t *testing.T, harness Harness, route string, want Weights) {
	t.Helper()
	if difference := cmp.Diff(want, harness.Weights(t, route)); difference != "" {
		t.Fatalf("weights of %s (-want +got):\n%s", route, difference)
	}
}
