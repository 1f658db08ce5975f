package progression

import "fmt"

// missing is what a release waits for from pods and router. Waiting for time,
// evidence or people is not among it.
type missing struct {
	// what names it, without numbers; empty when nothing is missing.
	what string
	// have is how much of it there is.
	have int32
	// text says it to people.
	text string
}

// noteProgress remembers when pods and router last came closer to what is wanted.
// Only more than ever before counts: pods that come and go are no progress.
func (d *decision) noteProgress() {
	missing := d.missing()
	if missing.what == d.Missing && missing.have <= d.MissingHave {
		return
	}
	d.Missing, d.MissingHave, d.ProgressAt = missing.what, missing.have, d.o.Now
}

// overdue says whether something has been missing for longer than the progress
// deadline.
func overdue(s State, o Observation, missing missing) bool {
	return missing.what != "" && missing.what == s.Missing && missing.have <= s.MissingHave &&
		!o.Now.Before(s.ProgressAt.Add(o.Spec.ProgressDeadline))
}

// missing says what the release waits for from pods and router.
func (d *decision) missing() missing {
	switch {
	case d.Phase == Promoting:
		if version := d.o.Versions[d.Current]; version.Available < d.o.Spec.Replicas {
			return missingPods("pods of the new version", version, d.o.Spec.Replicas)
		}
		return d.missingSplit(100)
	case d.Phase == Progressing && d.Weight > 0:
		return d.missingSplit(d.Weight)
	case d.Phase == Progressing || d.Stable == "":
		return missing{}
	default:
		return d.missingStable()
	}
}

// missingSplit says what is missing for a weight to be in force.
func (d *decision) missingSplit(weight int32) missing {
	version := d.o.Versions[d.Current]
	needed := d.o.Spec.needed(weight)
	if !d.o.Spec.Routed {
		needed, _ = d.ratioGoal(weight)
	}
	switch {
	case version.Available < needed:
		return missingPods("canary pods", version, needed)
	case d.baselineShort().what != "":
		return d.baselineShort()
	case d.splitSettled(weight), d.o.Spec.Routed && weight > d.o.Route.Weight && d.raisesBlindly():
		// Nobody has told the router to give it more while the release is held.
		return missing{}
	case !d.o.Spec.Routed:
		return missing{what: "room", text: "waiting for the stable version's pods to make room"}
	case !d.serves(CanaryService, d.Current):
		return missing{what: "canary service", text: "waiting for the canary Service to select the new version"}
	default:
		text := fmt.Sprintf("waiting for the router to follow weight %d", weight)
		if d.o.Route.Message != "" {
			text += ": " + d.o.Route.Message
		}
		return missing{what: "router", text: text}
	}
}

// missingStable says what is missing of the stable version.
func (d *decision) missingStable() missing {
	version := d.o.Versions[d.Stable]
	if version.Available >= d.o.Spec.Replicas {
		return missing{}
	}
	return missingPods("stable pods", version, d.o.Spec.Replicas)
}

// missingPods says how many pods are missing and what is wrong with them.
func missingPods(name string, version Version, wanted int32) missing {
	text := fmt.Sprintf("waiting for %s: %d of %d available", name, version.Available, wanted)
	if version.Trouble != "" {
		text += " (" + version.Trouble + ")"
	}
	return missing{what: name, have: version.Available, text: text}
}
