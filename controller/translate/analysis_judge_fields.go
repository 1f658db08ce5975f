package translate

import (
	"slices"
	"strings"
	"time"
)

// judgeParser reads the fields of one judge.
type judgeParser struct {
	// field is the judge's path, and before how many problems there were without it.
	field    string
	before   int
	budget   float64
	problems *Problems
}

// judge begins to read a judge.
func (p metricParser) judge(method string) *judgeParser {
	return &judgeParser{field: p.field + ".judge." + method, before: len(*p.problems), budget: p.budget, problems: p.problems}
}

// refuse notes a problem of a field.
func (j *judgeParser) refuse(field, format string, values ...any) {
	j.problems.add(j.field+"."+field, format, values...)
}

// clean says that nothing is wrong so far.
func (j *judgeParser) clean() bool { return len(*j.problems) == j.before }

// validate asks the judge itself, when nothing else is wrong: it knows what the fields
// must be together. A budget that cannot be read was reported already.
func (j *judgeParser) validate(validate func() error) {
	if !j.clean() || j.budget <= 0 {
		return
	}
	if err := validate(); err != nil {
		j.problems.add(j.field, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
}

// worse reads the direction of a regression; the first one is the default.
func (j *judgeParser) worse(text string, known ...string) string {
	return j.oneOf("worse", or(text, known[0]), known...)
}

// oneOf refuses a word that is not known.
func (j *judgeParser) oneOf(field, text string, known ...string) string {
	if !slices.Contains(known, text) {
		j.refuse(field, "%q is unknown; write %s", text, strings.Join(known, " or "))
	}
	return text
}

// percent reads "25%" as 0.25.
func (j *judgeParser) percent(field, text, example string) float64 {
	value, err := parsePercent(text)
	if err != nil {
		j.refuse(field, "%q is not a percentage; write it as %s", text, example)
	}
	return value
}

// number reads a number of more than 0.
func (j *judgeParser) number(field, text, example string) float64 {
	value, err := parsePlain(text)
	if err != nil || value <= 0 {
		j.refuse(field, "%q is not a number above 0; write it as %s", text, example)
		return 0
	}
	return value
}

// atLeast reads a number that may be missing.
func (j *judgeParser) atLeast(field string, value *int64, smallest, absent int64) float64 {
	if value == nil {
		return float64(absent)
	}
	if *value < smallest {
		j.refuse(field, "must be >= %d, and is %d", smallest, *value)
		return float64(absent)
	}
	return float64(*value)
}

// warmUp reads how old a pod must be.
func (j *judgeParser) warmUp(text string) time.Duration {
	duration := j.problems.parseDuration(j.field+".warmUp", text, 0)
	if longest, err := time.ParseDuration(longestWarmUp); err == nil && duration > longest {
		j.refuse("warmUp", "%s is longer than %s; write at most that", text, longestWarmUp)
		return 0
	}
	return duration
}

// history is how many points there are in a time before the first look. Of an interval
// that cannot be read there are none.
func (j *judgeParser) history(text string, interval time.Duration) int {
	duration := j.problems.parseDuration(j.field+".history", text, 0)
	if duration > longestHistory {
		j.refuse("history", "%s is longer than 720h; write at most that", text)
		return 0
	}
	if interval <= 0 {
		return 0
	}
	return int(duration / interval)
}

// or is a text, or its default.
func or(text, absent string) string {
	if text == "" {
		return absent
	}
	return text
}
