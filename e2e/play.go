package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lab/controlplane"
	"github.com/serin-dev/serin/lab/load"
)

// The outcomes of a release, as its status has them.
const (
	outcomePromoted = "Promoted"
	outcomeAborted  = "Aborted"
	outcomeReverted = "Reverted"
)

// play is one run of a scenario.
type play struct {
	cluster   *cluster
	scenario  scenario
	namespace string
	load      *load.Generator
	recording *recording
	// changed is t = 0: the moment before the image is changed.
	changed time.Time
	// revision is the last one before the release that is waited for.
	revision int64
	// blind are the outages of Prometheus.
	blind []interval
	// note adds to the outcome.
	note string
}

// interval is a time from, to.
type interval struct{ from, to time.Time }

// run plays a scenario in a fresh namespace and returns what was seen.
func run(ctx context.Context, cluster *cluster, scenario scenario) (result, error) {
	p := &play{
		cluster: cluster, scenario: scenario,
		namespace: fmt.Sprintf("%s-%d", strings.ToLower(scenario.id), time.Now().Unix()),
	}
	defer p.cleanUp()
	if err := p.prepare(ctx); err != nil {
		return result{}, fmt.Errorf("preparing: %w", err)
	}
	loading, endLoad := context.WithCancel(ctx)
	defer endLoad()
	loaded := make(chan struct{})
	go func() { p.load.Run(loading); close(loaded) }()
	recording, endRecording := context.WithCancel(ctx)
	recorded := make(chan struct{})
	go func() { p.record(recording); close(recorded) }()
	stalled := make(chan time.Duration, 1)
	go func() { stalled <- longestStall(recording) }()

	err := p.perform(ctx)
	endLoad()
	<-loaded
	p.keepObjects()
	unlikeReplay := "the run was not captured"
	if err == nil && p.scenario.recording != "" {
		unlikeReplay = p.playAgain(ctx)
	}
	endRecording()
	<-recorded
	result := newResult(p)
	result.stall = <-stalled
	result.unlikeReplay = unlikeReplay
	return result, err
}

// perform is the scenario itself, with load before and after.
func (p *play) perform(ctx context.Context) error {
	if err := wait(ctx, 8*time.Second); err != nil {
		return err
	}
	if err := p.scenario.act(ctx, p); err != nil {
		return err
	}
	return wait(ctx, p.scenario.after)
}

// prepare installs the stable version and waits until users reach it.
func (p *play) prepare(ctx context.Context) error {
	if err := p.cluster.ensure(ctx); err != nil {
		return err
	}
	if err := p.cluster.applyManifest(ctx, "application.yaml", p.scenario.values(p.namespace)); err != nil {
		return err
	}
	timed, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	err := controlplane.WaitFor(timed, "the stable version to be healthy", func(ctx context.Context) (bool, error) {
		rollout, err := p.rollout(ctx)
		if err != nil {
			return false, err
		}
		status := rollout.Status
		return status.Phase == v1alpha1.PhaseHealthy && status.AvailableReplicas == 4, fmt.Errorf("the Rollout is %q: %s", status.Phase, status.Message)
	})
	if err != nil {
		return err
	}
	if err := reach(timed, entrance); err != nil {
		return err
	}
	p.recording, err = newRecording(filepath.Join(p.cluster.options.logs, p.namespace+".txt"))
	if err != nil {
		return err
	}
	p.load, err = load.New(load.Options{URL: entrance, Rate: rate, Timeout: 5 * time.Second})
	return err
}

// rate of the requests, per second.
const rate = 500

// change begins the release: t = 0 is the moment before.
func (p *play) change(ctx context.Context, tag string) error {
	rollout, err := p.rollout(ctx)
	if err != nil {
		return err
	}
	if rollout.Status.Release != nil {
		p.revision = rollout.Status.Release.Revision
	}
	p.changed = time.Now()
	return p.setImage(ctx, tag)
}

// setImage changes the image of the pod template and nothing else.
func (p *play) setImage(ctx context.Context, tag string) error {
	rollout := &v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Namespace: p.namespace, Name: "web"}}
	patch := fmt.Sprintf(`[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": %q}]`, imageName(tag))
	if err := p.cluster.client.Patch(ctx, rollout, client.RawPatch("application/json-patch+json", []byte(patch))); err != nil {
		return fmt.Errorf("changing the image to %s: %w", tag, err)
	}
	p.recording.mark("the image is changed to " + tag)
	return nil
}

// rollout reads the Rollout.
func (p *play) rollout(ctx context.Context) (*v1alpha1.Rollout, error) {
	var rollout v1alpha1.Rollout
	return &rollout, p.cluster.client.Get(ctx, client.ObjectKey{Namespace: p.namespace, Name: "web"}, &rollout)
}

// ended says whether the release that is waited for is over, and its traffic
// where it belongs.
func (p *play) ended(s sample) bool {
	if s.revision <= p.revision || s.outcome == "" || s.weight != 0 {
		return false
	}
	return s.outcome != outcomePromoted || s.rollout == v1alpha1.PhaseHealthy
}

// until waits until a sample is as wanted.
func (p *play) until(ctx context.Context, patience time.Duration, what string, wanted func(sample) bool) error {
	deadline := time.Now().Add(patience)
	for {
		last := p.recording.last()
		if wanted(last) {
			return nil
		}
		if err := p.cluster.exited(); err != nil {
			return fmt.Errorf("waiting for %s: %w", what, err)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited %s in vain for %s; last: %s", patience, what, last)
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("waiting for %s: %w", what, err)
		}
	}
}

// outage makes Prometheus unavailable until the function that it returns is called.
type outage func(*play) (end func(context.Context) error, err error)

// hangPrometheus stops Prometheus: it takes connections and does not answer.
func hangPrometheus(p *play) (func(context.Context) error, error) {
	begin := time.Now()
	if err := p.cluster.prometheus.Signal(syscall.SIGSTOP); err != nil {
		return nil, err
	}
	p.recording.mark("Prometheus hangs")
	return func(context.Context) error {
		p.blind = append(p.blind, interval{begin, time.Now()})
		p.recording.mark("Prometheus answers again")
		return p.cluster.prometheus.Signal(syscall.SIGCONT)
	}, nil
}

// losePrometheus kills Prometheus; at the end it is started again on its data.
func losePrometheus(p *play) (func(context.Context) error, error) {
	begin := time.Now()
	lost := p.cluster.prometheus
	// What has ended on purpose is not a part that failed.
	p.cluster.prometheus = nil
	lost.Kill()
	p.recording.mark("Prometheus is gone")
	return func(ctx context.Context) error {
		p.blind = append(p.blind, interval{begin, time.Now()})
		p.recording.mark("Prometheus is started again")
		return p.cluster.startPrometheus(ctx)
	}, nil
}

// cleanUp removes the namespace and waits until its pods are gone, so that the
// next run has the machine for itself.
func (p *play) cleanUp() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.namespace}}
	if p.cluster.client.Delete(ctx, namespace) != nil {
		return
	}
	_ = controlplane.WaitFor(ctx, "the namespace to be gone", func(ctx context.Context) (bool, error) {
		err := p.cluster.client.Get(ctx, client.ObjectKey{Name: p.namespace}, &corev1.Namespace{})
		return apierrors.IsNotFound(err), err
	})
}
