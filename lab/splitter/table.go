package splitter

import (
	"net/http"
	"slices"
	"strings"
	"sync"
)

// table says where requests go. It is safe for concurrent use.
type table struct {
	lock  sync.Mutex
	rules []rule
}

// rule is where the requests of some paths go.
type rule struct {
	paths    []path // None means all.
	backends []backend
}

// path is a condition on the path of a request.
type path struct {
	value  string
	prefix bool
}

// backend is a Service with a weight.
type backend struct {
	service string
	weight  int64
	found   bool
	pods    []string // The names of the pods that are ready, sorted.

	// current is the state of the smooth weighted round robin, and turn that of
	// the round robin among the pods.
	current int64
	turn    int
}

// set replaces the rules. The turns go on where a rule's weights stay the same,
// so that a change of endpoints does not disturb the split.
func (t *table) set(rules []rule) {
	t.lock.Lock()
	defer t.lock.Unlock()
	for i := range min(len(rules), len(t.rules)) {
		if slices.EqualFunc(rules[i].backends, t.rules[i].backends, sameWeight) {
			for j := range rules[i].backends {
				before := t.rules[i].backends[j]
				rules[i].backends[j].current, rules[i].backends[j].turn = before.current, before.turn
			}
		}
	}
	t.rules = rules
}

func sameWeight(a, b backend) bool { return a.service == b.service && a.weight == b.weight }

// next is the pod that gets the next request for a path, or the status code to
// answer with, as the Gateway API wants it.
func (t *table) next(requested string) (pod string, code int) {
	t.lock.Lock()
	defer t.lock.Unlock()
	i := slices.IndexFunc(t.rules, func(r rule) bool { return r.matches(requested) })
	if i < 0 {
		return "", http.StatusNotFound
	}
	chosen := t.rules[i].turn()
	switch {
	case chosen == nil || !chosen.found:
		return "", http.StatusInternalServerError
	case len(chosen.pods) == 0:
		return "", http.StatusServiceUnavailable
	}
	chosen.turn++
	return chosen.pods[chosen.turn%len(chosen.pods)], http.StatusOK
}

// turn chooses a backend by smooth weighted round robin: each gains its weight,
// the richest is chosen and pays for all. Of any w requests in a row, w the sum
// of the weights, each backend gets exactly its weight.
func (r rule) turn() *backend {
	var total int64
	var chosen *backend
	for i := range r.backends {
		candidate := &r.backends[i]
		candidate.current += candidate.weight
		total += candidate.weight
		if candidate.weight > 0 && (chosen == nil || candidate.current > chosen.current) {
			chosen = candidate
		}
	}
	if chosen != nil {
		chosen.current -= total
	}
	return chosen
}

// matches says whether the rule is about a path.
func (r rule) matches(requested string) bool {
	return len(r.paths) == 0 || slices.ContainsFunc(r.paths, func(p path) bool {
		if !p.prefix {
			return requested == p.value
		}
		rest, found := strings.CutPrefix(requested, strings.TrimSuffix(p.value, "/"))
		return found && (rest == "" || rest[0] == '/')
	})
}
