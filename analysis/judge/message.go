package judge

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const nothingCompared = "nothing could be compared yet: the baseline has served no request while the canary did; check the baseline's selectors"

const nothingServed = "nothing could be compared yet: since the analysis began, no scrape has brought a request of the canary; the next one may"

// failed says how much worse the canary is, and how sure that is.
func (l *look) failed(e Evidence) string {
	text := fmt.Sprintf("%s, evidence %s of %s after %s canary requests",
		l.comparison(e), power(l.state.Highest), power(e.LogLimit), count(e.Canary.Total))
	if e.WorstPod != "" {
		text += fmt.Sprintf("; without pod %s still about %s", e.WorstPod, power(e.LogEWithoutWorstPod))
	}
	return text + l.accepting(e)
}

// accepting is what would have changed a failure: the tolerance with which it would not
// be sure that the canary is worse than accepted. Empty for a histogram, and where the
// bounds of the ratio are less sure than the evidence.
func (l *look) accepting(e Evidence) string {
	if !(e.RatioLower > l.test.null) {
		return ""
	}
	return fmt.Sprintf("; a tolerance of %s %% or more would have let it go on", count(math.Ceil(100*(e.RatioLower-1))))
}

// onePodOnly says which pod it is.
func (l *look) onePodOnly(e Evidence) string {
	return fmt.Sprintf("pod %s alone stands out (%s); without it the evidence is about %s: a bad pod or node rather than a bad version; look at that pod, and delete it if it does not recover",
		e.WorstPod, l.comparison(e), power(e.LogEWithoutWorstPod))
}

// stillWarm says that there is nothing to compare yet.
func (l *look) stillWarm() string {
	return fmt.Sprintf("all of the canary's pods are warming up: the %s requests of this window are not compared", count(l.window.warmingUp.total()))
}

// unproven says what is missing to the proof that was asked for.
func (l *look) unproven(e Evidence) string {
	text := l.finding(fmt.Sprintf("nothing speaks against it, and it is not yet proven that it is less than %s as bad", times(l.test.proof)), e)
	text = strings.TrimSuffix(text, fmt.Sprintf("; at these rates about %s more would decide against it", count(e.RequestsNeeded)))
	text += fmt.Sprintf(" (proof %s of %s)", power(e.LogProof), power(e.LogProofLimit))
	if math.IsInf(e.RequestsNeeded, 1) {
		return text + "; without any bad request on either side it cannot be proven"
	}
	return text + fmt.Sprintf("; about %s more requests would prove it", count(e.RequestsNeeded))
}

// passed says the same about a canary that does not stand out.
func (l *look) passed(e Evidence) string {
	return l.finding("no evidence of harm", e)
}

// mounting says how much speaks against the canary.
func (l *look) mounting(e Evidence) string {
	return l.finding("evidence of harm is mounting", e)
}

// finding is a judgement with the numbers behind it.
func (l *look) finding(judgement string, e Evidence) string {
	memory := l.state.memory()
	text := l.describe(sentence(memory.text[:0]).add(judgement, ": "), e)
	text = text.add(", evidence ").power(e.LogE).add(" of ").power(e.LogLimit).add(" after ").count(e.Canary.Total).add(" canary requests")
	if e.RequestsNeeded > 0 {
		text = text.add("; at these rates about ").count(e.RequestsNeeded).add(" more would decide against it")
	}
	memory.text = text
	return string(text)
}

// tooFew says how many requests are missing.
func (l *look) tooFew(e Evidence) string {
	return fmt.Sprintf("%s of %s canary requests compared at this weight, %s more needed; so far %s",
		count(math.Floor(l.state.Compared)), count(l.rules.minRequests), count(math.Ceil(e.RequestsNeeded)), l.comparison(e))
}

// noCanary says that there was no traffic to judge.
func (l *look) noCanary() string {
	if l.window.baseline.total() > 0 {
		return "no request reached the canary in this window: check that traffic is routed to it, and the canary's selectors"
	}
	return "no request reached either version in this window: there is no traffic, or the selectors match nothing"
}

// comparison is what was seen: the shares, and the ratio with its bounds.
func (l *look) comparison(e Evidence) string { return string(l.describe(nil, e)) }

// describe adds what was seen.
func (l *look) describe(to sentence, e Evidence) sentence {
	switch {
	case e.Canary.Bad+e.Baseline.Bad > 0:
	case l.histogram != nil:
		return to.add("no request was slower than any edge on either side")
	default:
		return to.add("no bad request on either side")
	}
	to = l.events(to, e.Kind).add(" ").share(e.Baseline).add(" -> ").share(e.Canary)
	if e.RatioLower <= 0 && math.IsInf(e.RatioUpper, 1) {
		return to
	}
	to = to.add(" (")
	if !math.IsInf(e.RatioEstimate, 1) {
		to = to.times(e.RatioEstimate).add(", ")
	}
	to = strconv.AppendFloat(to, 100*(1-l.rules.budget), 'g', 4, 64)
	to = to.add(" % sure of ")
	switch {
	case e.RatioLower > 1 || math.IsInf(e.RatioUpper, 1):
		to = to.add("at least ").times(e.RatioLower)
	case e.RatioUpper < 1 || e.RatioLower <= 0:
		to = to.add("at most ").times(e.RatioUpper)
	default:
		to = to.times(e.RatioLower).add(" to ").times(e.RatioUpper)
	}
	return to.add(")")
}
