package simulation

import "time"

// serve counts the requests of a step of time. A Service does not know fresh baseline
// pods from the others of their version: all get the same.
func (w *World) serve(step time.Duration) {
	requests := Rate * step.Seconds()
	shares := w.Shares()
	for _, hash := range sortedKeys(shares) {
		servers := map[string]*version{}
		if v := w.versions[hash]; v != nil {
			servers[hash] = v
		}
		for name, set := range w.baselines {
			if set.hash == hash {
				servers[name] = &set.version
			}
		}
		pods := 0
		for name, v := range servers {
			pods += len(w.serving(name, hash, v))
		}
		for _, name := range sortedKeys(servers) {
			for _, p := range w.serving(name, hash, servers[name]) {
				w.answer(name, hash, p, requests*shares[hash]/float64(pods))
			}
		}
	}
}

// answer counts the requests that one pod answers.
func (w *World) answer(name, hash string, p pod, requests float64) {
	c := w.traffic[name]
	if c == nil {
		c = &counts{}
		w.traffic[name] = c
	}
	behaviour := w.Behaviours[hash]
	bad := behaviour.ErrorShare
	if w.Now.Before(p.bornAt.Add(behaviour.Warmup)) {
		bad = max(bad, behaviour.ColdErrors)
	}
	c.total += requests
	c.bad += requests * bad
}
