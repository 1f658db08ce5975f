package replay

import (
	"context"
	"fmt"
	"time"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/simulation"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// ReleaseInput is one release of a Rollout.
type ReleaseInput struct {
	Rollout *v1alpha1.Rollout
	// Fetch reads the templates that it names.
	Fetch translate.Fetch
	// StableHash and CanaryHash are the pod-template hashes of the two versions, as the
	// recorded series are labelled.
	StableHash, CanaryHash string
	// Startup is from a pod's creation to its being ready; the Rollout's minReadySeconds
	// are added to it.
	Startup time.Duration
	// CheckSplit holds the recorded traffic to the weights of the Rollout, as the live
	// controller does. Without it they are assumed, and the split says nothing.
	CheckSplit bool
	// PromotePauses ends each pause that waits for a person at once.
	PromotePauses bool
}

// release is a Rollout in a made-up cluster, with recorded metrics.
type release struct {
	ReleaseInput
	cluster simulation.Cluster
	state   progression.State
	runs    translate.ReleaseRuns
	intents int
	wake    time.Time
	// summary is what the Rollout said of itself after the last round.
	summary progression.Summary
}

// maxRounds bounds how often a release may act without any time passing.
const maxRounds = 1_000

// playRelease plays one release.
func (p *player) playRelease(ctx context.Context, in ReleaseInput) error {
	if err := p.prepareRelease(in); err != nil {
		return err
	}
	for {
		if err := p.settle(ctx); err != nil {
			return err
		}
		next := p.nextChange()
		if !p.release.state.Releasing() || next.IsZero() || next.After(p.in.End) {
			break
		}
		p.advance(next)
	}
	p.result.Verdict = p.releaseVerdict()
	return nil
}

// prepareRelease makes a cluster in which the stable version serves, and the new one is
// about to be released.
func (p *player) prepareRelease(in ReleaseInput) error {
	switch {
	case in.StableHash == "" || in.CanaryHash == "":
		return fmt.Errorf("playing a Rollout: the hashes of the stable version and of the canary are needed")
	case in.StableHash == in.CanaryHash:
		return fmt.Errorf("playing a Rollout: the stable version and the canary have the same hash, %s; there is nothing to release", in.StableHash)
	case in.Startup < 0:
		return fmt.Errorf("playing a Rollout: pods cannot become available %s before they are made", -in.Startup)
	}
	in.Rollout = in.Rollout.DeepCopy()
	spec, problems := translate.RolloutSpec(in.Rollout.Spec)
	runs := translate.ReleaseRuns{Rollout: in.Rollout, StableHash: in.StableHash, LatestHash: in.CanaryHash, Fetch: in.Fetch, Checks: p.in.Checks}
	more, err := runs.Problems(spec.Baseline != nil)
	if err != nil {
		return err
	}
	if problems = append(problems, more...); len(problems) > 0 {
		return problems
	}
	r := &release{ReleaseInput: in, cluster: simulation.NewCluster(spec, p.now), runs: runs}
	r.cluster.Startup = in.Startup + time.Duration(in.Rollout.Spec.MinReadySeconds)*time.Second
	r.cluster.Adopt(in.StableHash)
	r.cluster.Template = in.CanaryHash
	r.state = progression.State{Revision: 1, Phase: progression.Idle, Outcome: progression.Promoted, WeightReached: true, Stable: in.StableHash, Current: in.StableHash}
	if status := in.Rollout.Status.Release; status != nil && status.Revision > 1 {
		r.state.Revision = status.Revision - 1
	}
	p.release = r
	p.assume(spec)
	return nil
}

// assume says what is taken for granted.
func (p *player) assume(spec progression.Spec) {
	add := func(format string, args ...any) {
		p.result.Assumptions = append(p.result.Assumptions, fmt.Sprintf(format, args...))
	}
	switch {
	case !spec.Routed:
	case p.release.CheckSplit:
		add("the recorded traffic was split by the weights of this Rollout, and is held to them")
	default:
		add("the weights are those that the Rollout would have set; the recorded requests are what they were, at whatever weight")
	}
	pods := fmt.Sprintf("pods are available %s after they are made, none fails", p.release.cluster.Startup)
	if spec.Routed {
		pods += ", and the router follows at once"
	}
	add("%s", pods)
	if p.release.PromotePauses {
		add("somebody promotes at each pause that waits for a person")
	}
}

// held is the weight that a run holds the recorded requests to; nil when it does not.
func (r *release) held(weight int32) *int32 {
	if !r.CheckSplit || weight == 0 {
		return nil
	}
	return &weight
}

// nextChange is when something happens next; zero when nothing does by itself.
func (p *player) nextChange() time.Time {
	var next time.Time
	for _, at := range []time.Time{p.release.wake, p.nextLook(), p.release.cluster.NextChange()} {
		if at.After(p.now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// inForce is the canary's share of the requests, in percent: what the router gives it,
// or the share of its pods. Once it is promoted it is the stable version, and has all.
func (r *release) inForce() int32 {
	switch {
	case r.state.Stable == r.CanaryHash:
		return 100
	case r.cluster.Spec.Routed:
		return r.cluster.InForce()
	}
	canary, stable := r.cluster.Available(r.CanaryHash), r.cluster.Available(r.StableHash)
	if canary == 0 {
		return 0
	}
	return (100*canary + (canary+stable)/2) / (canary + stable)
}

// stepNumber is that of the step in progress, from 1; 0 when there is none.
func (r *release) stepNumber() int32 {
	if r.state.Phase != progression.Progressing || int(r.state.Step) >= len(r.cluster.Spec.Steps) {
		return 0
	}
	return r.state.Step + 1
}

// noteWeight tells of a new share of the requests.
func (p *player) noteWeight() {
	weight, known := p.release.inForce(), p.result.Weights
	if n := len(known); n > 0 && known[n-1].Weight == weight {
		return
	}
	p.result.Weights = append(known, Weight{At: p.now, Weight: weight})
	if len(known) > 0 {
		p.note(Event{Kind: EventWeight, Message: fmt.Sprintf("the canary gets %d %% of the traffic", weight)})
	}
}

// releaseVerdict is how a release ended.
func (p *player) releaseVerdict() Verdict {
	r := p.release
	state, verdict := r.state, Verdict{At: r.state.FinishedAt, Reason: r.summary.Reason, Message: r.summary.Message}
	switch {
	case state.Outcome == progression.Promoted || state.Outcome == progression.PromotedByUser:
		verdict.Outcome, verdict.Reason = Promoted, string(state.Outcome)
	case state.Outcome == progression.WasAborted:
		verdict.Outcome, verdict.Reason, verdict.Message = RolledBack, state.Abort.Reason, state.Abort.Message
		if state.Abort.Reason == progression.ReasonBlindTooLong {
			verdict.WouldHaveChanged = []string{"A longer onBlind.abortAfter, or none, would have held the release where it was"}
		}
	case len(state.Waits) > 0:
		verdict.Outcome, verdict.At, verdict.Reason = Waiting, state.Waits[0].Since, state.Waits[0].Reason
		p.noteWindowEnd(r.summary.Message)
	case r.cluster.Spec.Paused:
		verdict.Outcome, verdict.At = Waiting, p.in.Start
		p.noteWindowEnd(r.summary.Message)
	default:
		verdict.Outcome, verdict.At = Unfinished, p.in.End
		p.noteWindowEnd(r.summary.Message)
	}
	return verdict
}
