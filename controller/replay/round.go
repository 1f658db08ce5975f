package replay

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/translate"
)

// settle measures and decides until nothing more happens at the present time.
func (p *player) settle(ctx context.Context) error {
	for range maxRounds {
		if err := p.measure(ctx); err != nil {
			return err
		}
		acted, err := p.round()
		if err != nil {
			return err
		}
		if !acted {
			return nil
		}
	}
	return fmt.Errorf("playing a Rollout: it did not come to rest at %s within %d rounds; this is a defect of Serin", Clock(p.now), maxRounds)
}

// round is one round of the live controller: observe, decide, keep, act.
func (p *player) round() (acted bool, err error) {
	r := p.release
	r.cluster.Now = p.now
	r.cluster.Follow()
	observation := p.observe()
	state, effects := progression.Decide(r.state, observation)
	r.state, r.wake = state, time.Time{}
	translate.KeepRolloutState(&r.Rollout.Status, state)
	p.noteWeight()
	for _, effect := range effects {
		if wake, asleep := effect.(progression.Wake); asleep {
			r.wake = wake.At
			continue
		}
		acted = true
		if err := p.act(effect); err != nil {
			return false, err
		}
	}
	r.summary = progression.Summarize(state, observation)
	return acted, nil
}

// observe is the world as the live controller would see it.
func (p *player) observe() progression.Observation {
	r := p.release
	o := r.cluster.Observe()
	canary := r.Rollout.Spec.Strategy.Canary
	o.Services.StableNamed, o.Services.CanaryNamed = canary.StableService != "", canary.CanaryService != ""
	o.Runs = map[string]progression.Run{}
	for key, run := range p.runs {
		if !run.State().Phase.Live() && key != r.state.BackgroundRun && key != r.state.StepRun {
			continue
		}
		o.Runs[key] = progression.Run{View: run.View(p.now), Stopping: run.stopping, WeightSince: run.toldSince, Weight: run.told}
	}
	waits := slices.ContainsFunc(r.state.Waits, func(wait progression.Wait) bool { return wait.Reason == progression.WaitPauseStep })
	if r.PromotePauses && waits {
		r.intents++
		o.Intent = &progression.Intent{ID: "replay-" + strconv.Itoa(r.intents), Action: progression.ActionPromote, Revision: r.state.Revision, By: "replay", At: p.now}
	}
	return o
}

// act carries out one effect.
func (p *player) act(effect progression.Effect) error {
	r := p.release
	if r.cluster.Apply(effect) {
		return nil
	}
	switch e := effect.(type) {
	case progression.Announce:
		p.note(Event{Kind: EventRelease, Reason: e.Reason, Message: e.Message, Warning: e.Warning})
		return nil
	case progression.StartRun:
		return p.startRun(e)
	case progression.MarkWeight:
		run := p.runs[e.Key]
		run.told, run.toldSince = e.Weight, e.Since
		return run.SetWeight(r.held(e.Weight), e.Since)
	case progression.StopRun:
		run := p.runs[e.Key]
		run.stopping = true
		run.Terminate(p.now)
		p.noteEnd(run)
		return nil
	default:
		return fmt.Errorf("unknown effect %T; this is a defect of Serin", effect)
	}
}

// startRun starts an AnalysisRun.
func (p *player) startRun(start progression.StartRun) error {
	object, err := p.release.runs.Start(start)
	if err != nil || object == nil {
		return err
	}
	object.Spec.Weight = p.release.held(start.Weight)
	kind := translate.Kind(start.Kind)
	if err := p.begin(start.Key, kind, object); err != nil {
		return err
	}
	run := p.runs[start.Key]
	run.told = start.Weight
	if since := object.Spec.WeightSince; since != nil {
		run.toldSince = since.UTC()
	}
	return nil
}
