package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/serin-dev/serin/analysis/judge"
)

// messages are verdicts in words, as the judge wrote them.
type messages struct{ passed, mounting, failed, onePod string }

// tell plays releases of a service of 200 requests per second, with scrapes every 15 s and
// 10 % of the traffic on three pods: a good one, one with five times the errors, and one of
// which a single pod is bad.
func tell(seed uint64) messages {
	const window, share, base = 300, 0.1, 0.001
	p := judge.Proportion{RelativeTolerance: tolerance, MinRequests: minRequests, Budget: budget}.Prepare()
	f := newFleet(share, window)
	f.canaryPods = []string{"web-6d4f-2xkqn", "web-6d4f-8sz7w", "web-6d4f-h5v2c"}
	play := func(story uint64, canary float64, sick bool, reason string) string {
		rng := rand.New(rand.NewPCG(seed, story))
		var s judge.ProportionState
		for i := -history; i < 0; i++ {
			p.Learn(&s, f.errors(i, base, base, rng))
		}
		for i := range 1000 {
			w := f.errors(i, canary, base, rng)
			if sick {
				pod := &w.CanaryPods[2]
				pod.Bad += float64(rng.IntN(8))
				w.Canary.Bad = w.CanaryPods[0].Bad + w.CanaryPods[1].Bad + w.CanaryPods[2].Bad
			}
			if v := p.Observe(&s, w, release()); v.Reason == reason && (reason != judge.NoEvidenceOfHarm || i == 19) {
				return quoted(v)
			}
		}
		return "there was no such verdict"
	}
	return messages{
		passed:   play(1, base, false, judge.NoEvidenceOfHarm),
		mounting: play(2, 5*base, false, judge.EvidenceMounting),
		failed:   play(2, 5*base, false, judge.Regression),
		onePod:   play(3, base, true, judge.OnePod),
	}
}

// quoted is a verdict as a block of text.
func quoted(v judge.Verdict) string {
	text := fmt.Sprintf("%s, %s\n%s", v.Decision, v.Reason, v.Message)
	for _, warning := range v.Warnings {
		text += "\nwarning: " + warning
	}
	return "```\n" + strings.ReplaceAll(text, "```", "") + "\n```"
}
