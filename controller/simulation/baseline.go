package simulation

import "github.com/serin-dev/serin/controller/progression"

// baseline is a set of fresh baseline pods: pods of a version beside its own.
type baseline struct {
	version
	hash string
}

// scaleBaseline gives a set of fresh pods a number of them.
func (w *World) scaleBaseline(scale progression.ScaleBaseline) {
	set := w.baselines[scale.Name]
	if set == nil {
		set = &baseline{hash: scale.Hash}
		set.startedAt = w.Now
		w.baselines[scale.Name] = set
	}
	set.wanted = scale.Pods
	w.settlePods(set.hash, &set.version)
}

// KillBaseline ends a number of fresh pods of every release; they are replaced.
func (w *World) KillBaseline(number int) {
	for _, name := range sortedKeys(w.baselines) {
		set := w.baselines[name]
		for i := range min(number, len(set.pods)) {
			set.pods[i].diedAt = w.Now
		}
		w.settlePods(set.hash, &set.version)
	}
}
