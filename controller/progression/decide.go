package progression

import (
	"fmt"
	"slices"
	"time"
)

// decision is one call of Decide in progress.
type decision struct {
	State
	o     Observation
	notes []Effect
}

// Decide takes one round of decisions: what is to be remembered from now on, and
// what is to be done. The new State must be persisted before the first effect is
// carried out; the effects are to be carried out in order.
func Decide(s State, o Observation) (State, []Effect) {
	d := &decision{State: s.clone(), o: o}
	d.followTemplate()
	d.followEdits()
	d.obeyIntent()
	d.noteWeight()
	d.guard()
	d.advance()
	d.finish()
	d.noteProgress()
	d.forgetRetired()
	return d.State, append(d.notes, d.effects()...)
}

// announce tells people what has just been decided.
func (d *decision) announce(warning bool, reason, format string, args ...any) {
	d.notes = append(d.notes, Announce{Warning: warning, Reason: reason, Message: fmt.Sprintf(format, args...)})
}

// noteWeight remembers when the data plane begins to follow the authorised weight.
// Evidence that is older says nothing about it.
func (d *decision) noteWeight() {
	if !d.Releasing() || d.WeightReached || !d.splitSettled(d.Weight) {
		return
	}
	d.WeightReached = true
	d.WeightSince = d.o.Now
}

// authorise changes the authorised weight.
func (d *decision) authorise(weight int32) {
	if weight != d.Weight {
		d.Weight, d.WeightReached = weight, false
	}
}

// retire makes a version wait to be scaled down, for a time.
func (d *decision) retire(hash string, after time.Duration) {
	if hash == "" || slices.ContainsFunc(d.Retiring, func(r Retiring) bool { return r.Hash == hash }) {
		return
	}
	if len(d.Retiring) == maxRetiring {
		// The oldest one has to go at once.
		d.Retiring = d.Retiring[1:]
	}
	d.Retiring = append(d.Retiring, Retiring{Hash: hash, At: d.o.Now.Add(after)})
}

// maxRetiring bounds what is remembered when templates change faster than old pods go.
const maxRetiring = 16

// keep takes a version off the list of those that wait to be scaled down.
func (d *decision) keep(hash string) {
	d.Retiring = slices.DeleteFunc(d.Retiring, func(r Retiring) bool { return r.Hash == hash })
}

// forgetRetired drops versions that have no pods any more.
func (d *decision) forgetRetired() {
	d.Retiring = slices.DeleteFunc(d.Retiring, func(r Retiring) bool {
		version, exists := d.o.Versions[r.Hash]
		return !exists || version.Wanted == 0 && version.Existing == 0
	})
}

// wait adds a reason to wait for a person.
func (d *decision) wait(reason, by string) {
	if !d.waits(reason) {
		d.Waits = append(d.Waits, Wait{Reason: reason, Since: d.o.Now, By: by})
	}
}

// stopWaiting takes a reason to wait away, and says whether it was there.
func (d *decision) stopWaiting(reason string) bool {
	before := len(d.Waits)
	d.Waits = slices.DeleteFunc(d.Waits, func(w Wait) bool { return w.Reason == reason })
	return len(d.Waits) < before
}
