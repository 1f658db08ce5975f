package judge

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const nothingCompared = "nothing could be compared yet: the baseline has served no request while the canary did; check the baseline's selectors"

// failed says how much worse the canary is, and how sure that is.
func (l *look) failed(e Evidence) string {
	text := fmt.Sprintf("%s, evidence %s of %s after %s canary requests",
		l.comparison(e), power(l.state.Highest), power(e.LogLimit), count(e.Canary.Total))
	if e.WorstPod != "" {
		text += fmt.Sprintf("; without pod %s still about %s", e.WorstPod, power(e.LogEWithoutWorstPod))
	}
	return text
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
	text := fmt.Sprintf("%s: %s, evidence %s of %s after %s canary requests",
		judgement, l.comparison(e), power(e.LogE), power(e.LogLimit), count(e.Canary.Total))
	if e.RequestsNeeded > 0 {
		text += fmt.Sprintf("; at these rates about %s more would decide against it", count(e.RequestsNeeded))
	}
	return text
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
func (l *look) comparison(e Evidence) string {
	if e.Canary.Bad+e.Baseline.Bad == 0 {
		return l.none
	}
	shares := fmt.Sprintf("%s %s -> %s", l.what(e.Kind), share(e.Baseline), share(e.Canary))
	sure := strconv.FormatFloat(100*(1-l.rules.budget), 'g', 4, 64) + " % sure of "
	switch {
	case e.RatioLower <= 0 && math.IsInf(e.RatioUpper, 1):
		return shares
	case e.RatioLower > 1 || math.IsInf(e.RatioUpper, 1):
		sure += "at least " + times(e.RatioLower)
	case e.RatioUpper < 1 || e.RatioLower <= 0:
		sure += "at most " + times(e.RatioUpper)
	default:
		sure += times(e.RatioLower) + " to " + times(e.RatioUpper)
	}
	if math.IsInf(e.RatioEstimate, 1) {
		return shares + " (" + sure + ")"
	}
	return shares + " (" + times(e.RatioEstimate) + ", " + sure + ")"
}

// share is the share of bad requests.
func share(c Counts) string {
	if c.Total <= 0 {
		return "none"
	}
	return percent(c.Bad / c.Total)
}

// percent is a share with two significant digits, or one decimal from 10 % on.
func percent(share float64) string {
	v := 100 * share
	decimals := 1
	if v > 0 && v < 10 {
		decimals = min(1-int(math.Floor(math.Log10(v))), 9)
		decimals = max(decimals, 2)
	}
	if v == math.Trunc(v) && (v == 0 || v >= 10) {
		decimals = 0
	}
	return strconv.FormatFloat(v, 'f', decimals, 64) + " %"
}

// times is a ratio with two significant digits, or none behind the point.
func times(ratio float64) string {
	if ratio >= 10 && ratio < 1e6 {
		return "x" + strconv.FormatFloat(ratio, 'f', 0, 64)
	}
	return "x" + strconv.FormatFloat(ratio, 'g', 2, 64)
}

// power is e^log, which may be beyond all numbers: three significant digits, or
// two and a power of ten.
func power(log float64) string {
	ten := log / math.Ln10
	if ten < 3 && ten > -3 {
		return strconv.FormatFloat(math.Exp(log), 'g', 3, 64)
	}
	exponent := math.Floor(ten)
	mantissa := math.Round(10*math.Pow(10, ten-exponent)) / 10
	if mantissa >= 10 {
		mantissa, exponent = 1, exponent+1
	}
	return fmt.Sprintf("%.1fe%+03.0f", mantissa, exponent)
}

// count is a number of requests.
func count(v float64) string { return strconv.FormatFloat(math.Round(v), 'f', -1, 64) }
