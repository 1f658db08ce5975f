// Package criteria compiles success and failure conditions and judges results
// by them, in three values: a condition about data that is not there is neither
// true nor false. expr-lang and the standard library may come in.
package criteria

// Result is what a query answered.
type Result struct {
	// Scalar says that Values holds one number and result is that number;
	// otherwise result is the list.
	Scalar bool
	Values []float64
}

// Outcome is what a result means under the conditions.
type Outcome string

// The outcomes.
const (
	Pass Outcome = "Pass"
	Fail Outcome = "Fail"
	// Undecided: data was seen, both conditions are set, neither is true.
	Undecided Outcome = "Undecided"
	// Blind: nothing was seen that the conditions could be applied to.
	Blind Outcome = "Blind"
)

// The reasons of Blind.
const (
	NoData         = "NoData"
	NotANumber     = "NotANumber"
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

// SyntaxError is a condition that cannot be used.
type SyntaxError struct {
	// Condition is successCondition or failureCondition.
	Condition string
	// Line and Column count from 1.
	Line, Column int
	Message      string
	// Snippet is the line and a caret below the column.
	Snippet string
}

// Error says what is wrong, where.
func (e *SyntaxError) Error() string { return e.Condition + ": " + e.Message }

// Conditions are compiled conditions. They are immutable and safe for
// concurrent use.
type Conditions struct{}

// Compile compiles a success and a failure condition; an empty text is a
// condition that is not set, but one must be. The error is a *SyntaxError.
func Compile(success, failure string) (*Conditions, error) { return &Conditions{}, nil }

// Judge applies the conditions to a result.
func (c *Conditions) Judge(r Result) Finding { return Finding{Outcome: Blind, Reason: NoData} }
