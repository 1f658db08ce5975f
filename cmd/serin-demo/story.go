package main

import (
	"context"
	"fmt"
	"time"

	"github.com/serin-dev/serin/cmd/serin-demo/screen"
)

// demo is the story, and what has happened so far.
type demo struct {
	settings settings
	screen   screen.Screen
	world    *world
	begin    time.Time
	releases []screen.Release
}

// good and broken are the two releases of the story.
var (
	good = release{version: "v2", previous: "v1", errorShare: "0.005", wanted: promoted,
		title: "Releasing v2: as good as v1"}
	broken = release{version: "v3", previous: "v2", errorShare: "0.1", wanted: rolledBack,
		title: "Releasing v3: one answer in ten is an error"}
)

// tell tells the story, from nothing to the summary.
func (d *demo) tell(ctx context.Context) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	for _, chapter := range []struct {
		title string
		tell  func(context.Context) error
	}{
		{"Starting etcd, kube-apiserver and kube-controller-manager", d.world.startControlPlane},
		{"Starting pods, router and Prometheus on loopback", func(ctx context.Context) error { return d.world.startParts(ctx, fail) }},
		{"Starting serin-controller", func(context.Context) error { return d.world.startController(d.settings.controller, fail) }},
		{"Applying Services, HTTPRoute, AnalysisTemplate and Rollout web", d.world.applyManifests},
		{"Waiting until v1 is healthy", d.world.waitForFirstVersion},
		{fmt.Sprintf("Sending %d requests per second", rate), func(ctx context.Context) error { return d.world.startLoad(ctx, fail) }},
		{"", func(ctx context.Context) error { return d.release(ctx, good) }},
		{"", func(ctx context.Context) error { return d.release(ctx, broken) }},
		{"", d.summarise},
		{"", d.linger},
	} {
		if chapter.title != "" {
			d.say("%s", chapter.title)
		}
		if err := chapter.tell(ctx); err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			return err
		}
	}
	return nil
}

// say writes a line with the time since the beginning.
func (d *demo) say(format string, values ...any) {
	d.screen.Say(fmt.Sprintf("%6.1f s  ", time.Since(d.begin).Seconds()) + fmt.Sprintf(format, values...))
}

// summarise ends the load and shows what it cost.
func (d *demo) summarise(ctx context.Context) error {
	// The answers to the last requests are still on their way.
	if err := sleep(ctx, time.Second); err != nil {
		return err
	}
	snapshot := d.world.load.Snapshot()
	for i, done := range d.releases {
		if done.Outcome == rolledBack {
			answers := snapshot.Versions[done.Version]
			d.releases[i].Requests, d.releases[i].Bad = answers.Requests, answers.Bad
		}
	}
	requests, bad := snapshot.Total()
	d.screen.Leave()
	d.screen.Say("")
	for _, line := range screen.Summary(d.releases, screen.Totals{Requests: requests, Bad: bad, Lost: snapshot.LostTotal()}) {
		d.screen.Say(line)
	}
	return nil
}

// linger says what to try next; with -stay it waits for Ctrl-C.
func (d *demo) linger(ctx context.Context) error {
	d.screen.Say("")
	if !d.settings.stay {
		d.screen.Say("  Next: read cmd/serin-demo/manifests, which is all that the demo applied. Change a version's")
		d.screen.Say("  errors in cmd/serin-demo/story.go, or look around while it runs: make demo DEMO_FLAGS=-stay")
		return nil
	}
	kubeconfig, err := d.world.writeKubeconfig("admin", "system:masters")
	if err != nil {
		return err
	}
	d.screen.Say("  Everything keeps running until Ctrl-C. In another terminal:")
	d.screen.Say("    export KUBECONFIG=" + kubeconfig)
	d.screen.Say("    bin/serin get rollout web --namespace " + namespace)
	<-ctx.Done()
	return nil
}
