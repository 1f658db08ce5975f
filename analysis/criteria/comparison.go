package criteria

import (
	"errors"
	"fmt"
	"math"

	"github.com/serin-dev/serin/analysis/sequential"
)

// Comparison is what is known of two versions, for conditions that read canary,
// baseline and result. It is plain data; the zero value has seen nothing.
type Comparison struct {
	Canary, Baseline Arm
	Effect           Effect
	// Confidence is that of the bounds, where a condition does not ask for another:
	// above 0 and below 1; 0 is 0.99.
	Confidence float64
}

// Arm is all that one version has shown so far. What is not known is left zero.
type Arm struct {
	// Bad requests among Total requests; whole or not, at least 0.
	Bad, Total float64
	// Points are values of a gauge, in order of time.
	Points []float64
	// Buckets are requests by how long they took, or by another value that is not
	// negative.
	Buckets sequential.Buckets
	// Dispersion is how many requests are worth one independent one, because they come
	// in clumps or pods differ; bounds rest on as many fewer. Below 1 it is 1.
	Dispersion float64
}

// Effect is what a judge holds of the difference between the two.
type Effect struct {
	// Judged says that a judge holds evidence, be it none yet. Without one, conditions
	// that ask for it have no data.
	Judged bool
	// LogE is the natural logarithm of the evidence against the canary, and HighestLogE
	// the highest that it has been; 0 is none.
	LogE, HighestLogE float64
	// Ratio is what the bounds of the ratio of bad requests rest on. Zero when there
	// is none.
	Ratio sequential.RateRatioState
}

// defaultConfidence is Comparison.Confidence when it is not set.
const defaultConfidence = 0.99

// ComparisonConditions are compiled conditions on a Comparison. They are immutable
// and safe for concurrent use.
type ComparisonConditions struct {
	success, failure *condition
}

// CompileComparison compiles conditions for a metric that compares canary and
// baseline; result is then the comparison and not the answer of a query. An empty
// text is a condition that is not set; one must be. The error is a *SyntaxError.
func CompileComparison(success, failure string) (*ComparisonConditions, error) {
	var c ComparisonConditions
	var err error
	if success != "" {
		if c.success, err = compileComparison(successCondition, success); err != nil {
			return nil, err
		}
	}
	if failure != "" {
		if c.failure, err = compileComparison(failureCondition, failure); err != nil {
			return nil, err
		}
	}
	if c.success == nil && c.failure == nil {
		return nil, newSyntaxError(successCondition, "", errNeither)
	}
	return &c, nil
}

// errNeither is a metric that could never be decided.
const errNeither = problem("neither successCondition nor failureCondition is set, so that nothing could ever pass or fail; set one of them")

// Judge applies the conditions to a comparison, by the rules of Conditions.Judge. A
// condition that the bounds do not decide is unknown, for the reason NotKnownYet; there
// are no data while the canary has shown nothing.
func (c *ComparisonConditions) Judge(data Comparison) Finding {
	if data.Confidence == 0 {
		data.Confidence = defaultConfidence
	}
	if err := data.validate(); err != nil {
		return Finding{Blind, ConditionError, "the comparison cannot be used: " + err.Error()}
	}
	return decide(c.success, c.failure, c.success.compare(&data), c.failure.compare(&data), &data)
}

// compare evaluates a condition on a comparison.
func (c *condition) compare(data *Comparison) value {
	if c == nil {
		return value{}
	}
	m := &machine{
		variables:  make([]any, c.comparison.variables),
		comparison: data, confidence: data.Confidence,
		known: map[quantity]any{},
	}
	if data.empty() {
		m.nothing = missing
	}
	return m.value(c.comparison)
}

// empty reports whether the canary has shown nothing.
func (d *Comparison) empty() bool {
	return d.Canary.requests() == 0 && len(d.Canary.Points) == 0
}

// nothing says that there are no data.
func (d *Comparison) nothing() string { return "the canary has shown nothing yet" }

// shown is what a condition compared.
func (d *Comparison) shown(v value) string { return v.notes }

// requests are all requests of an arm, however they were counted.
func (a *Arm) requests() float64 {
	if a.Total > 0 {
		return a.Total
	}
	sum := 0.0
	for _, count := range a.Buckets.Counts {
		sum += count
	}
	return sum
}

// worth is how many requests are worth one.
func (a *Arm) worth() float64 {
	if a.Dispersion > 1 {
		return a.Dispersion
	}
	return 1
}

// validate says what makes a comparison impossible. Points may be anything: those that
// are no numbers make unknown what is computed from them.
func (d *Comparison) validate() error {
	if !isLevel(d.Confidence) {
		return fmt.Errorf("a confidence of %v is not between 0 and 1", d.Confidence)
	}
	if err := d.Canary.validate(); err != nil {
		return fmt.Errorf("the canary: %w", err)
	}
	if err := d.Baseline.validate(); err != nil {
		return fmt.Errorf("the baseline: %w", err)
	}
	if math.IsNaN(d.Effect.LogE) || math.IsNaN(d.Effect.HighestLogE) {
		return errors.New("the evidence is not a number")
	}
	return d.Effect.Ratio.Validate()
}

func (a *Arm) validate() error {
	if !(a.Bad >= 0 && a.Bad <= a.Total) || math.IsInf(a.Total, 0) {
		return fmt.Errorf("%v bad requests among %v", a.Bad, a.Total)
	}
	if math.IsInf(a.Dispersion, 0) || math.IsNaN(a.Dispersion) {
		return fmt.Errorf("a dispersion of %v", a.Dispersion)
	}
	if len(a.Buckets.Edges) == 0 && len(a.Buckets.Counts) == 0 {
		return nil
	}
	if err := a.Buckets.Validate(); err != nil {
		return err
	}
	if !finite(a.requests()) {
		return errors.New("more requests than can be counted")
	}
	return nil
}

// isLevel reports whether bounds can have this confidence.
func isLevel(confidence float64) bool { return confidence > 0 && confidence <= 1-1e-12 }
