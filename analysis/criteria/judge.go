package criteria

import (
	"fmt"
	"strconv"
	"strings"
)

// value is what a condition comes to: true, false, or neither and why.
type value struct {
	set          bool
	known, holds bool
	// why is a reason of Blind, when the value is not known.
	why string
	// err is the cause of ConditionError.
	err error
	// notes say what was compared, in a condition on a comparison.
	notes string
}

func (v value) isTrue() bool { return v.set && v.known && v.holds }
func (v value) isOpen() bool { return v.set && !v.known }

// Judge applies the conditions to a result.
//
// With data: a failure condition that is true fails, and wins; a success
// condition that is true passes; a condition that is false says the opposite when
// it stands alone, and nothing when both are set; a condition that is unknown
// leaves the outcome blind when it could have changed it. Without data a
// condition that is false decides nothing: only one that is true does, because
// then its author has named emptiness.
func (c *Conditions) Judge(r Result) Finding {
	if r.Scalar && len(r.Values) > 1 {
		return Finding{Blind, ConditionError, fmt.Sprintf("the answer is a scalar with %d values; a scalar has one", len(r.Values))}
	}
	return decide(c.success, c.failure, c.success.apply(r), c.failure.apply(r), r)
}

// subject is what conditions are applied to.
type subject interface {
	// empty says that there are no data, and nothing says so in words.
	empty() bool
	nothing() string
	// shown are the data as a condition compared them.
	shown(v value) string
}

// decide is the outcome of two conditions of which one may not be set.
func decide(c, f *condition, success, failure value, data subject) Finding {
	switch {
	case failure.isTrue():
		return Finding{Outcome: Fail, Message: f.verdict(data, failure, "is true")}
	case failure.isOpen() && (failure.err != nil || !data.empty()):
		return f.blind(data, failure)
	case success.isTrue():
		return Finding{Outcome: Pass, Message: c.verdict(data, success, "is true")}
	case success.isOpen():
		return c.blind(data, success)
	case data.empty():
		return Finding{Blind, NoData, data.nothing()}
	case !failure.set:
		return Finding{Outcome: Fail, Message: c.verdict(data, success, "is false")}
	case !success.set:
		return Finding{Outcome: Pass, Message: f.verdict(data, failure, "is false")}
	default:
		return Finding{Outcome: Undecided, Message: f.verdict(data, failure, "is false") + ", and so is " + c.title()}
	}
}

// apply evaluates a condition on a result.
func (c *condition) apply(r Result) value {
	if c == nil {
		return value{}
	}
	p := c.list
	if r.Scalar {
		p = c.number
	}
	if p == nil {
		return value{set: true, why: ConditionError, err: c.misfit(r)}
	}
	return newMachine(r, p.variables).value(p)
}

// value runs a program.
func (m *machine) value(p *program) value {
	outcome, err := m.run(p.evaluate)
	if err != nil {
		return value{set: true, why: ConditionError, err: err}
	}
	if why, is := outcome.(unknown); is {
		return value{set: true, why: string(why), notes: m.notes.text(true)}
	}
	holds, known := truth(outcome)
	return value{set: true, known: known, holds: holds, notes: m.notes.text(false)}
}

// misfit says that the answer has another shape than the condition reads.
func (c *condition) misfit(r Result) error {
	if r.Scalar {
		return fmt.Errorf("it reads result as a list, but the query answered one number; write result instead of result[0], or wrap the query in vector()")
	}
	return fmt.Errorf("it reads result as one number, but the query answered a list of %d; write result[0] instead of result, or wrap the query in scalar()", len(r.Values))
}

// title names a condition with its text.
func (c *condition) title() string {
	return c.name + " " + strings.Join(strings.Fields(c.source), " ")
}

// verdict says what a condition came to, on which data.
func (c *condition) verdict(data subject, v value, outcome string) string {
	return c.title() + " " + outcome + ": " + data.shown(v)
}

// blind says why a condition could not be decided.
func (c *condition) blind(data subject, v value) Finding {
	message := ""
	switch v.why {
	case NoData:
		if data.empty() {
			message = data.nothing()
			break
		}
		fallthrough
	case NotANumber:
		message = c.title() + " cannot be decided: " + data.shown(v)
	case NotKnownYet:
		message = c.title() + " is not known yet: " + data.shown(v)
	default:
		message = c.title() + " cannot be evaluated: " + v.err.Error()
	}
	return Finding{Blind, v.why, message}
}

func (r Result) empty() bool        { return len(r.Values) == 0 }
func (r Result) nothing() string    { return "the query answered no values" }
func (r Result) shown(value) string { return show(r) }

// shownValues is how many values of a list a message shows.
const shownValues = 5

// show is the result as a condition would compare it.
func show(r Result) string {
	texts := make([]string, 0, shownValues)
	for _, v := range r.Values[:min(len(r.Values), shownValues)] {
		texts = append(texts, strconv.FormatFloat(v, 'g', -1, 64))
	}
	list := strings.Join(texts, ", ")
	switch {
	case r.Scalar && len(r.Values) == 1:
		return "result is " + list
	case len(r.Values) > shownValues:
		return fmt.Sprintf("result is [%s, … %d values]", list, len(r.Values))
	default:
		return "result is [" + list + "]"
	}
}
