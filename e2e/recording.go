package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"

	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// sample is what was seen at one moment.
type sample struct {
	at time.Time
	// weight of the canary in the HTTPRoute.
	weight int32
	// revision, phase, outcome and step of the release.
	revision int64
	phase    v1alpha1.ReleasePhase
	outcome  string
	step     int32
	// rollout is the phase of the Rollout, message its message.
	rollout v1alpha1.RolloutPhase
	message string
	// bad and lost are the users' bad and lost responses so far.
	bad, lost int64
}

func (s sample) String() string {
	return fmt.Sprintf("weight %d, revision %d %s step %d %s, Rollout %s: %s", s.weight, s.revision, s.phase, s.step, s.outcome, s.rollout, s.message)
}

// gist is what of a sample is worth a line: its message without numbers, which
// would change all the time.
func gist(s sample) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, s.message) + fmt.Sprint(s.weight, s.revision, s.phase, s.outcome, s.step, s.rollout)
}

// recording is all samples of a run, ten a second, and a text file with the moments at
// which something changed, for people.
type recording struct {
	lock    sync.Mutex
	begun   time.Time
	samples []sample
	file    *os.File
}

// newRecording makes a recording with its file.
func newRecording(path string) (*recording, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	return &recording{file: file, begun: time.Now()}, nil
}

// add adds a sample.
func (r *recording) add(s sample) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if n := len(r.samples); n == 0 || gist(r.samples[n-1]) != gist(s) {
		r.write(s.at, fmt.Sprintf("%s (%d bad, %d lost)", s, s.bad, s.lost))
	}
	r.samples = append(r.samples, s)
}

// mark notes something that the test itself did.
func (r *recording) mark(what string) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.write(time.Now(), "-- "+what)
}

func (r *recording) write(at time.Time, text string) {
	fmt.Fprintf(r.file, "%s %8.3f %s\n", at.Format("15:04:05.000"), at.Sub(r.begun).Seconds(), text)
}

// last is the newest sample, or an empty one.
func (r *recording) last() sample {
	r.lock.Lock()
	defer r.lock.Unlock()
	if len(r.samples) == 0 {
		return sample{}
	}
	return r.samples[len(r.samples)-1]
}

// since is how long after a moment the first sample was as wanted; negative when
// none was.
func (r *recording) since(moment time.Time, wanted func(sample) bool) time.Duration {
	r.lock.Lock()
	defer r.lock.Unlock()
	for _, s := range r.samples {
		if s.at.After(moment) && wanted(s) {
			return s.at.Sub(moment)
		}
	}
	return -1
}

// record takes a sample every 100 ms until the context ends.
func (p *play) record(ctx context.Context) {
	defer p.recording.file.Close()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		if s, err := p.look(ctx); err == nil {
			p.recording.add(s)
		} else if ctx.Err() == nil {
			p.recording.mark(fmt.Sprintf("looking: %s", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// look takes one sample.
func (p *play) look(ctx context.Context) (sample, error) {
	var route gatewayv1.HTTPRoute
	if err := p.cluster.client.Get(ctx, client.ObjectKey{Namespace: p.namespace, Name: "web"}, &route); err != nil {
		return sample{}, err
	}
	s := sample{at: time.Now()}
	for _, rule := range route.Spec.Rules {
		for _, backend := range rule.BackendRefs {
			if backend.Name == "web-canary" && backend.Weight != nil {
				s.weight = *backend.Weight
			}
		}
	}
	counts := p.load.Snapshot()
	_, s.bad = counts.Total()
	s.lost = counts.LostTotal()
	rollout, err := p.rollout(ctx)
	if err != nil {
		return sample{}, err
	}
	s.rollout, s.message = rollout.Status.Phase, rollout.Status.Message
	if release := rollout.Status.Release; release != nil {
		s.revision, s.phase, s.outcome, s.step = release.Revision, release.Phase, release.Outcome, release.Step
	}
	// The status may still be about the template before the change.
	if rollout.Status.ObservedGeneration != rollout.Generation {
		s.outcome = ""
	}
	return s, nil
}
