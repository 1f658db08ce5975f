package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/cmd/serin-demo/screen"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lab/app"
)

// The outcomes of a release.
const (
	promoted   = "promoted"
	rolledBack = "rolled back"
)

// release is a version to be released, and how that must end.
type release struct {
	version, previous string
	errorShare        string
	wanted            string
	title             string
}

// patience is for how long a release may take.
const patience = 75 * time.Second

// release releases a version, shows how it goes, and checks how it ends.
func (d *demo) release(ctx context.Context, r release) error {
	d.say("%s", r.title)
	watch := &watch{release: r, changed: time.Now()}
	generation, err := d.world.change(ctx, r)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("%s was neither promoted nor rolled back within %s", r.version, patience))
	defer cancel()
	for watch.outcome == "" {
		moment, err := d.world.look(limited)
		if err == nil && moment.rollout.Status.ObservedGeneration >= generation {
			watch.see(moment, time.Now())
			d.screen.Show(watch.scene(moment, time.Since(d.begin)))
		}
		if err := sleep(limited, 100*time.Millisecond); err != nil {
			return fmt.Errorf("%w; the Rollout says: %s", err, moment.rollout.Status.Message)
		}
	}
	d.screen.Leave()
	done := watch.result()
	d.releases = append(d.releases, done)
	d.say("%s was %s after %.1f s: %s", r.version, done.Outcome, done.Took.Seconds(), watch.reason)
	if done.Outcome != r.wanted {
		return fmt.Errorf("%s was %s, but had to be %s", r.version, done.Outcome, r.wanted)
	}
	return nil
}

// change changes the Rollout's pod template, as a deployment pipeline does.
func (w *world) change(ctx context.Context, r release) (generation int64, err error) {
	rollout := &v1alpha1.Rollout{}
	if err := w.client.Get(ctx, route(), rollout); err != nil {
		return 0, fmt.Errorf("reading the Rollout: %w", err)
	}
	before := rollout.DeepCopy()
	rollout.Spec.Template.Labels["version"] = r.version
	container := &rollout.Spec.Template.Spec.Containers[0]
	container.Image = "lab.example/web:" + r.version
	set(container, app.EnvVersion, r.version)
	set(container, app.EnvErrorShare, r.errorShare)
	if err := w.client.Patch(ctx, rollout, client.MergeFrom(before)); err != nil {
		return 0, fmt.Errorf("releasing %s: %w", r.version, err)
	}
	return rollout.Generation, nil
}

// set sets an environment variable of a container that has it.
func set(container *corev1.Container, name, value string) {
	for i := range container.Env {
		if container.Env[i].Name == name {
			container.Env[i].Value = value
		}
	}
}

// watch follows a release.
type watch struct {
	release release
	changed time.Time

	highest         int32
	firstBad        time.Time
	withdrawn       time.Time
	ended           time.Time
	outcome, reason string
	requests, bad   int64
	// lastRun stays in the picture when the release is over.
	lastRun *v1alpha1.AnalysisRun
}

// see takes note of what matters for the summary.
func (w *watch) see(m moment, now time.Time) {
	answers := m.load.Versions[w.release.version]
	w.requests, w.bad, w.firstBad = answers.Requests, answers.Bad, answers.FirstBad
	w.highest = max(w.highest, m.weight)
	w.ended = now
	status := m.rollout.Status
	if w.withdrawn.IsZero() && w.highest > 0 && m.weight == 0 {
		w.withdrawn = now
	}
	switch {
	case m.promoted():
		w.outcome, w.reason, w.highest = promoted, status.Message, 100
	case status.Release != nil && status.Release.Phase == v1alpha1.ReleaseAborted && m.weight == 0 && status.Canary != nil && status.Canary.Weight == 0:
		w.outcome, w.reason = rolledBack, status.Message
	}
}

// result is the release's row in the summary.
func (w *watch) result() screen.Release {
	result := screen.Release{
		Version: w.release.version, Outcome: w.outcome, Took: w.ended.Sub(w.changed), Highest: w.highest,
		Requests: w.requests, Bad: w.bad,
	}
	if w.outcome == rolledBack && !w.firstBad.IsZero() {
		result.Reaction = w.withdrawn.Sub(w.firstBad)
	}
	return result
}
