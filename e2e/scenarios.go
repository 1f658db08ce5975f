package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// scenario is one release under one fault, and what must come of it.
type scenario struct {
	id, title string
	// from and to are the tags of the stable and of the new image.
	from, to string
	// pause is for how long the release stays at each weight.
	pause time.Duration
	// progressDeadline of the Rollout; zero means 600 s.
	progressDeadline time.Duration
	// after is for how long the load goes on after the outcome.
	after time.Duration
	// lossIsHarm counts lost responses as bad ones: the version itself loses them.
	lossIsHarm bool
	// act does everything from the change of the image to the outcome.
	act func(context.Context, *play) error
	// bars are what the result must meet.
	bars []bar
	// recording is the name under which the recording is kept, and expected what should
	// be decided by it: promote or rollback; empty when none is.
	recording, expected string
	// argo and flagger say what these did with the same; empty when nobody measured.
	argo, flagger string
}

// Times of the scenarios: those of the yardstick, except that the dwell at a
// weight is shorter where it cannot matter.
const (
	dwell     = 60 * time.Second
	shortStay = 15 * time.Second
	// blindness is the length of an outage.
	blindness = 90 * time.Second
	// longBlindness is longer than it took a peer to promote the broken version.
	longBlindness = 190 * time.Second
)

// scenarios is the list of what is tested, in order.
func scenarios() []scenario {
	return slices.Concat(badReleases(), goodReleases(), blindReleases(), rightEnds())
}

func badReleases() []scenario {
	return []scenario{
		{
			id: "S1", title: "5 % of the new version's responses are errors", from: "v1", to: "v2-errors-5",
			pause: dwell, after: 10 * time.Second, act: release, recording: "error-regression", expected: "rollback",
			bars: []bar{rolledBack, weightZeroWithin(12 * time.Second), highestWeight(5), takenBackForGood, atMostBad(20), nothingLost, reproduced},
			argo: "36–37 s, 43 bad", flagger: "39–49 s, 47–219 bad, up to 20 %",
		},
		{
			id: "S2", title: "50 % of the new version's responses are errors", from: "v1", to: "v2-errors-50",
			pause: dwell, after: 10 * time.Second, act: release,
			bars: []bar{rolledBack, weightZeroWithin(8 * time.Second), highestWeight(5), takenBackForGood, atMostBad(110), nothingLost},
			argo: "37 s, 453–471 bad", flagger: "40 s, 512–532 bad",
		},
		{
			id: "S3", title: "the new version takes 1.5 times as long", from: "v1", to: "v2-slow",
			pause: dwell, after: 10 * time.Second, act: release,
			bars: []bar{rolledBack, within(20 * time.Second), highestWeight(5), takenBackForGood, nothingBad, nothingLost},
			argo: "promoted it", flagger: "promoted it",
		},
		{
			// Here some of each version's answers are on either side of every bucket's bound.
			id: "S3", title: "the new version takes 1.5 times as long, and latencies scatter", from: "v1-scattered", to: "v2-scattered-slow",
			pause: dwell, after: 10 * time.Second, act: release, recording: "latency-regression", expected: "rollback",
			bars: []bar{rolledBack, within(20 * time.Second), highestWeight(5), takenBackForGood, nothingBad, nothingLost, reproduced},
		},
	}
}

func goodReleases() []scenario {
	return []scenario{
		{
			id: "S4", title: "a good version", from: "v1", to: "v2",
			pause: dwell, after: 35 * time.Second, act: release,
			bars: []bar{promoted, nothingBad, nothingLost},
			argo: "promoted, 0 lost", flagger: "promoted, 0 lost",
		},
		{
			id: "S4", title: "a good version whose app exits at once on SIGTERM", from: "v1-abrupt", to: "v2-abrupt",
			pause: dwell, after: 35 * time.Second, act: release,
			bars: []bar{promoted, nothingBad, nothingLost},
			argo: "promoted, 0 lost", flagger: "promoted, 273 lost",
		},
		{
			id: "S4", title: "a good version whose latencies scatter", from: "v1-scattered", to: "v2-scattered",
			pause: shortStay, after: 35 * time.Second, act: release, recording: "good-release", expected: "promote",
			bars: []bar{promoted, nothingBad, nothingLost, reproduced},
		},
	}
}

func blindReleases() []scenario {
	return []scenario{
		{
			id: "S5", title: "a good version while Prometheus hangs for 90 s", from: "v1", to: "v2",
			pause: dwell, after: 10 * time.Second, act: releaseThrough(hangPrometheus),
			bars: []bar{heldWhileBlind, promoted, nothingBad, nothingLost},
			argo: "promoted, raised while blind", flagger: "rolled back",
		},
		{
			id: "S5", title: "a good version while Prometheus is gone for 90 s", from: "v1", to: "v2",
			pause: dwell, after: 10 * time.Second, act: releaseThrough(losePrometheus), recording: "prometheus-outage", expected: "promote",
			bars: []bar{heldWhileBlind, promoted, nothingBad, nothingLost, reproduced},
			argo: "aborted", flagger: "rolled back",
		},
		{
			id: "S6", title: "50 % errors while Prometheus hangs throughout", from: "v1", to: "v2-errors-50",
			pause: dwell, after: 10 * time.Second, act: releaseBlindly,
			bars: []bar{heldWhileBlind, highestWeight(5), rolledBack, nothingLost},
			argo: "promoted it, 11342 bad", flagger: "rolled back by its failed queries, 481 bad",
		},
	}
}

func rightEnds() []scenario {
	return []scenario{
		{
			id: "S7", title: "an image that crashes when it starts", from: "v1", to: "v2-crash",
			pause: shortStay, progressDeadline: 60 * time.Second, after: 10 * time.Second, act: release,
			bars: []bar{rolledBack, highestWeight(0), nothingBad, nothingLost},
		},
		{
			id: "S7", title: "an image that crashes at its 50th request", from: "v1", to: "v2-crash-in-use",
			pause: shortStay, progressDeadline: 60 * time.Second, after: 10 * time.Second, act: release, lossIsHarm: true,
			bars: []bar{rolledBack, weightZeroWithin(5 * time.Second), highestWeight(5)},
		},
		{
			id: "S8", title: "the controller is killed (SIGKILL) at each step", from: "v1", to: "v2",
			pause: shortStay, after: 35 * time.Second, act: releaseUnderKills,
			bars: []bar{promoted, nothingBad, nothingLost},
		},
		{
			id: "S9", title: "back to the stable template in the middle of a release", from: "v1", to: "v2",
			pause: shortStay, after: 35 * time.Second, act: returnToStable,
			bars: []bar{reverted, nothingBad, nothingLost},
		},
		{
			id: "S10", title: "a third version in the middle of the second", from: "v1", to: "v2",
			pause: shortStay, after: 35 * time.Second, act: overtakeByThird,
			bars: []bar{promoted, thirdAtLast, nothingBad, nothingLost},
		},
	}
}

// values fill manifests/application.yaml.
func (s scenario) values(namespace string) map[string]any {
	deadline := s.progressDeadline
	if deadline == 0 {
		deadline = 600 * time.Second
	}
	return map[string]any{
		"Namespace":        namespace,
		"Image":            imageName(s.from),
		"Pause":            int(s.pause.Seconds()),
		"ProgressDeadline": int(deadline.Seconds()),
	}
}

// choose takes the scenarios with the ids, all when there are none.
func choose(all []scenario, ids []string) ([]scenario, error) {
	if len(ids) == 0 {
		return all, nil
	}
	var chosen []scenario
	var known []string
	for _, scenario := range all {
		if slices.Contains(ids, scenario.id) {
			chosen = append(chosen, scenario)
		}
		if !slices.Contains(known, scenario.id) {
			known = append(known, scenario.id)
		}
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return nil, fmt.Errorf("choosing scenarios: there is no %q; SCENARIOS takes a list of %s", id, strings.Join(known, ","))
		}
	}
	return chosen, nil
}
