// Package criteria compiles success and failure conditions and judges results
// by them, in three values: a condition about data that is not there is neither
// true nor false. What may come in: expr-lang, the bounds of package sequential, the
// tests of package stats, and the standard library.
//
// The language is expr-lang's, as in Argo Rollouts, with result as one number or
// a list of numbers, and asInt, asFloat, isNaN, isInf, isNil and default. Syntax
// and types are expr-lang's; the evaluation is Serin's own, by Kleene's logic
// (S. C. Kleene, Introduction to Metamathematics, 1952, section 64):
//
//   - a comparison with NaN or infinity is unknown, and so is everything that
//     looks into an answer without values;
//   - not unknown is unknown; false and unknown is false; true or unknown is
//     true; all, any, none and one are built from these;
//   - len, isNaN, isInf, isNil, default, ?? and == nil are the ways to name what
//     is not there: they answer true or false, or give a value.
//
// docs/design/0002-three-valued-conditions.md has the reasons, and the table of
// where this differs from Argo Rollouts.
//
// # Comparisons
//
// In a metric that compares two versions (CompileComparison) conditions see
//
//	canary.share, baseline.share    the share of bad requests
//	canary.quantile(0.99)           of the histogram, or else of the points of the gauge
//	canary.above(0.5)               the share of requests, or points, above a limit
//	canary.mean, canary.points      of the gauge
//	canary.bad, canary.total        counts; a total only grows
//	result.ratio, result.difference of the shares of bad requests
//
// All but the points are numbers within bounds, which hold at every look with the
// confidence of the comparison, each on its own; those of a mean only in the limit. With
// them
//
//   - x < c is true when the upper bound is below c, false when the lower one is not, and
//     else not known yet, which is unknown: the metric waits for more data;
//   - arithmetic is that of intervals, so that canary.quantile(0.99) <
//     1.2 * baseline.quantile(0.99) is true when no values within the bounds say otherwise;
//   - a total that has not been reached may still be: canary.total >= 1000 is true or
//     not known yet, never false;
//   - confidence(0.95, x), lower(x, 0.95) and upper(x, 0.95) ask for another confidence.
//
// lower(x), upper(x), estimate(x) and samples(x) are plain numbers, and a comparison of
// them is true or false, however little was seen: upper(canary.share) < 0.01 fails a
// release that canary.share < 0.01 would wait for. pValue(result) and eValue(result) are
// the judge's evidence, and may be looked at all the time.
//
// mannWhitney, kolmogorovSmirnov, welch and brunnerMunzel (of points), fisher, poissonRatio
// and twoProportions (of canary and baseline) give the p-value of "the canary is
// greater", or, by a last argument, "less" or "twoSided"; nonInferiority(canary, baseline,
// 0.01) that of "it is at least so much worse". They are made for one look: a metric that
// is measured again and again will be fooled by them. That one is not below a limit is
// not known yet while no data of this size could have brought it there. superiority and
// hodgesLehmann (of points) are how much greater the canary is.
package criteria

import "errors"

// Result is what a query answered.
type Result struct {
	// Scalar says that Values holds one number and that result is that number;
	// otherwise result is the list.
	Scalar bool
	Values []float64
}

// Outcome is what a result means under the conditions.
type Outcome string

// The outcomes.
const (
	// Pass: the success condition is true, or the failure condition, alone, is false.
	Pass Outcome = "Pass"
	// Fail: the failure condition is true, or the success condition, alone, is false.
	Fail Outcome = "Fail"
	// Undecided: data was seen, both conditions are set, neither is true.
	Undecided Outcome = "Undecided"
	// Blind: nothing was seen that the conditions could be applied to.
	Blind Outcome = "Blind"
)

// The reasons of Blind.
const (
	// NoData: the answer holds no value.
	NoData = "NoData"
	// NotANumber: the outcome depends on a value that is NaN or infinite.
	NotANumber = "NotANumber"
	// NotKnownYet: the outcome depends on a comparison that the bounds do not decide.
	NotKnownYet = "NotKnownYet"
	// ConditionError: a condition cannot be evaluated on this answer.
	ConditionError = "ConditionError"
)

// Finding is an outcome with its explanation.
type Finding struct {
	Outcome Outcome
	// Reason of Blind in one word; else "".
	Reason string
	// Message is a sentence for a person.
	Message string
}

// Conditions are compiled conditions. They are immutable and safe for
// concurrent use.
type Conditions struct {
	success, failure *condition
}

// The names of the conditions, as in an AnalysisTemplate.
const (
	successCondition = "successCondition"
	failureCondition = "failureCondition"
)

// Compile compiles a success and a failure condition. An empty text is a
// condition that is not set; one must be. The error is a *SyntaxError.
func Compile(success, failure string) (*Conditions, error) {
	var c Conditions
	var err error
	if success != "" {
		if c.success, err = compile(successCondition, success); err != nil {
			return nil, err
		}
	}
	if failure != "" {
		if c.failure, err = compile(failureCondition, failure); err != nil {
			return nil, err
		}
	}
	if c.success == nil && c.failure == nil {
		return nil, newSyntaxError(successCondition, "", errNeither)
	}
	if c.success != nil && c.failure != nil && !compatible(c.success, c.failure) {
		return nil, newSyntaxError(failureCondition, failure, errors.New("one condition reads result as a number (result) and the other one as a list (result[0]); no answer fits both"))
	}
	return &c, nil
}

// compatible reports whether there is a shape of result that fits both conditions.
func compatible(a, b *condition) bool {
	return a.number != nil && b.number != nil || a.list != nil && b.list != nil
}
