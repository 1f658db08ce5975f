package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// release changes the image and waits for the end of the release.
func release(ctx context.Context, p *play) error {
	if err := p.change(ctx, p.scenario.to); err != nil {
		return err
	}
	return p.until(ctx, 3*p.scenario.pause+3*time.Minute, "the release to end", p.ended)
}

// releaseThrough is release, with an outage that begins soon after weight 20 is
// set and lasts beyond the time at which it would be raised.
func releaseThrough(blind outage) func(context.Context, *play) error {
	return func(ctx context.Context, p *play) error {
		if err := p.change(ctx, p.scenario.to); err != nil {
			return err
		}
		if err := p.reachWeight(ctx, 20); err != nil {
			return err
		}
		if err := wait(ctx, 5*time.Second); err != nil {
			return err
		}
		end, err := blind(p)
		if err != nil {
			return err
		}
		if err := errors.Join(wait(ctx, blindness), end(ctx)); err != nil {
			return err
		}
		return p.until(ctx, 6*time.Minute, "the release to end", p.ended)
	}
}

// releaseBlindly releases while Prometheus hangs, for longer than a peer took to
// promote the broken version, and then lets it see.
func releaseBlindly(ctx context.Context, p *play) error {
	end, err := hangPrometheus(p)
	if err != nil {
		return err
	}
	changed := p.change(ctx, p.scenario.to)
	if err := errors.Join(changed, wait(ctx, longBlindness), end(ctx)); err != nil {
		return err
	}
	if last := p.recording.last(); p.ended(last) {
		return fmt.Errorf("the release ended while blind, as %s", last.outcome)
	}
	sight := time.Now()
	if err := p.until(ctx, 2*time.Minute, "the release to end once Prometheus answers", p.ended); err != nil {
		return err
	}
	p.note = fmt.Sprintf("held blind for %.0f s, then seen in %.1f s", longBlindness.Seconds(), time.Since(sight).Seconds())
	return nil
}

// releaseUnderKills kills the controller as soon as each step has begun.
func releaseUnderKills(ctx context.Context, p *play) error {
	if err := p.change(ctx, p.scenario.to); err != nil {
		return err
	}
	killed := map[string]bool{}
	for {
		var step string
		fresh := func(s sample) bool {
			step = fmt.Sprintf("%s %d", s.phase, s.step)
			return p.ended(s) || s.revision > p.revision && !killed[step]
		}
		if err := p.until(ctx, 4*time.Minute, "the next step", fresh); err != nil {
			return err
		}
		if p.ended(p.recording.last()) {
			p.note = fmt.Sprintf("%d kills", len(killed))
			return nil
		}
		killed[step] = true
		p.cluster.controller.Kill()
		if err := p.cluster.startController(ctx); err != nil {
			return err
		}
	}
}

// returnToStable changes the image back at weight 20.
func returnToStable(ctx context.Context, p *play) error {
	if err := p.change(ctx, p.scenario.to); err != nil {
		return err
	}
	if err := p.reachWeight(ctx, 20); err != nil {
		return err
	}
	back := time.Now()
	if err := p.setImage(ctx, p.scenario.from); err != nil {
		return err
	}
	err := p.until(ctx, time.Minute, "the return to the stable version", func(s sample) bool {
		return s.outcome == outcomeReverted && s.weight == 0 && s.rollout == v1alpha1.PhaseHealthy
	})
	p.note = fmt.Sprintf("weight 0 %.1f s after the change back", p.recording.since(back, func(s sample) bool { return s.weight == 0 }).Seconds())
	return err
}

// overtakeByThird changes the image to a third version at weight 20.
func overtakeByThird(ctx context.Context, p *play) error {
	if err := p.change(ctx, p.scenario.to); err != nil {
		return err
	}
	if err := p.reachWeight(ctx, 20); err != nil {
		return err
	}
	p.revision = p.recording.last().revision
	if err := p.setImage(ctx, "v3"); err != nil {
		return err
	}
	return p.until(ctx, 4*time.Minute, "the third version to be promoted", p.ended)
}

// reachWeight waits until the canary has a weight.
func (p *play) reachWeight(ctx context.Context, weight int32) error {
	err := p.until(ctx, 2*p.scenario.pause+2*time.Minute, fmt.Sprintf("weight %d", weight), func(s sample) bool { return s.weight == weight || p.ended(s) })
	if last := p.recording.last(); err == nil && last.weight != weight {
		return fmt.Errorf("the release ended before weight %d: %s", weight, last)
	}
	return err
}
