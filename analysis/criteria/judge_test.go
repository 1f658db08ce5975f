package criteria

import (
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestJudge: what conditions say about answers of all kinds.
//
// Long: it is a table.
func TestJudge(t *testing.T) {
	tests := []struct {
		reason           string
		success, failure string
		result           Result
		want             string
	}{
		{"a failure wins over an unknown success", `result[1] > 1`, `result[0] > 1`, list(2, nan), "Fail"},
		{"a failure wins over a success that cannot be evaluated", `result[9] > 1`, `result[0] > 1`, list(2), "Fail"},
		{"an unknown failure could be one", `result[0] > 1`, `result[1] > 1`, list(2, nan), "Blind NotANumber"},
		{"a failure condition that cannot be evaluated could be one", `result[0] > 1`, `result[9] > 1`, list(2), "Blind ConditionError"},
		{"an unknown success could be one", `result[1] > 1`, `result[0] > 1`, list(0, nan), "Blind NotANumber"},
		{"neither holds", `result[0] > 0.99`, `result[0] < 0.95`, list(0.97), "Undecided"},
		{"emptiness that is named as a failure", ``, `len(result) == 0`, none, "Fail"},
		{"emptiness that is not named by a failure condition that names it not", ``, `len(result) > 0 && result[0] > 5`, none, "Blind NoData"},
		{"emptiness that is named as a success, beside a failure condition about data", `len(result) == 0 || result[0] > 1`, `result[0] < 1`, none, "Pass"},
		{"a failure that is named wins over a success that is named", `len(result) == 0`, `len(result) == 0`, none, "Fail"},
		{"a nil list is an empty one", `len(result) == 0`, ``, Result{}, "Pass"},
		{"a condition that fits both shapes", `1 < 2`, ``, number(5), "Pass"},
		{"one number where a list is read", `result[0] > 1`, ``, number(5), "Blind ConditionError"},
		{"a list where one number is read", `result > 1`, ``, list(5), "Blind ConditionError"},
		{"an empty list where one number is read", `result > 1`, ``, none, "Blind ConditionError"},
		{"a scalar of no values", `result > 1`, ``, number(), "Blind NoData"},
		{"a scalar of two values", `result > 1`, ``, number(1, 2), "Blind ConditionError"},
		{"x/0", `1 / (result[0] - 2) > 1`, ``, list(2), "Blind NotANumber"},
		{"an infinity that is hidden by a division", `1 / result[0] < 1`, ``, list(inf), "Blind NotANumber"},
		{"what cannot change the outcome does not matter", `result[0] > 1 || result[1] > 1`, ``, list(2, nan), "Pass"},
		{"one pod without traffic among others", `all(result, # < 0.05)`, ``, list(0.01, nan, 0.02), "Blind NotANumber"},
		{"one pod without traffic beside a bad one", `all(result, # < 0.05)`, ``, list(0.01, nan, 0.2), "Fail"},
		{"pods without traffic left out by name", `all(filter(result, not isNaN(#)), # < 0.05)`, ``, list(0.01, nan, 0.02), "Pass"},
		{"all pods without traffic left out by name leave nothing to see", `all(filter(result, not isNaN(#)), # < 0.05)`, ``, list(nan, nan), "Blind NotANumber"},
		{"and their mean is not 0", `mean(filter(result, !isNaN(#))) < 0.05`, ``, list(nan, nan), "Blind NotANumber"},
		{"but that there are none can be named", `len(filter(result, !isNaN(#))) == 0 || mean(result) < 0.05`, ``, list(nan, nan), "Pass"},
		{"none of the values is high: the mean of those that are is not 0", `mean(filter(result, # > 5)) < 9`, ``, list(1, 2), "Blind NotANumber"},
		{"and their sum is", `sum(filter(result, # > 5)) < 9`, ``, list(1, 2), "Pass"},
		{"a largest value beside one that is not a number", `max(result) < 1`, ``, list(0.5, nan), "Blind NotANumber"},
		{"a largest value beside minus infinity", `max(result) < 1`, ``, list(0.5, math.Inf(-1)), "Blind NotANumber"},
		{"a largest value that is infinite, by name", `isInf(max(result))`, ``, list(0.5, inf), "Pass"},
		{"a mean that is not a number, by name", `isNaN(mean(result))`, ``, list(0.5, nan), "Pass"},
		{"a middle value", `median(result) == 2`, ``, list(1, nan, 2), "Blind NotANumber"},
		{"a sum", `sum(result) > 2`, ``, list(1, nan, 2), "Blind NotANumber"},
		{"a fraction cut off", `asInt(result[0]) == 1`, ``, list(1.9), "Pass"},
		{"a fraction of what is not a number", `asInt(result[0]) == 0`, ``, list(nan), "Blind NotANumber"},
		{"a whole number that does not fit", `int(result[0]) == 0`, ``, list(1e300), "Blind ConditionError"},
		{"a default for what is missing", `default(result[0], 0) < 1`, ``, none, "Pass"},
		{"a default is not for what is not a number", `default(result[0], 0) < 1`, ``, list(nan), "Blind NotANumber"},
		{"a default for a mean of nothing", `default(mean(result), 0) < 1`, ``, none, "Pass"},
		{"isNil asks for what is missing", `isNil(result[0]) || result[0] < 1`, ``, none, "Pass"},
		{"isNil of what is there", `isNil(result[0]) || result[0] < 1`, ``, list(2), "Fail"},
		{"nil as a word", `result[0] == nil || result[0] < 1`, ``, none, "Pass"},
		{"nil is not what is not a number", `result[0] != nil && result[0] < 1`, ``, list(nan), "Blind NotANumber"},
		{"a list is not nil", `nil != result`, ``, none, "Pass"},
		{"isNaN of what is missing", `isNaN(result[0]) || result[0] < 1`, ``, none, "Blind NoData"},
		{"a count of nothing", `count(result, # > 5) == 0`, ``, none, "Blind NoData"},
		{"a filter of nothing", `len(filter(result, # > 5)) == 0`, ``, none, "Blind NoData"},
		{"a slice of nothing", `len(result[1:]) == 0`, ``, none, "Blind NoData"},
		{"an empty list is not comparable", `result == []`, ``, none, "Blind NoData"},
		{"being in nothing", `1 in result`, ``, none, "Blind NoData"},
		{"being in a list, beside what is not a number", `1 in result`, ``, list(nan, 1), "Pass"},
		{"not being in a list that is not known whole", `1 in result`, ``, list(nan, 2), "Blind NotANumber"},
		{"not in", `1 not in result`, ``, list(3, 2), "Pass"},
		{"two that hold are not one, whatever the third", `one(result, # > 1)`, ``, list(2, nan, 3), "Fail"},
		{"one that holds may not be the only one", `one(result, # > 1)`, ``, list(2, nan, 0), "Blind NotANumber"},
		{"a test that is unknown, with branches that agree", `result[0] > 1 ? true : 2 > 1`, ``, list(nan), "Pass"},
		{"a test that is unknown", `result[0] > 1 ? true : false`, ``, list(nan), "Blind NotANumber"},
		{"truth values are compared", `(result[0] > 1) == (result[1] > 1)`, ``, list(2, nan), "Blind NotANumber"},
		{"find the last one", `findLast(result, # < 5) == 4`, ``, list(3, 4, 9), "Pass"},
		{"find no last one", `findLast(result, # < 0) == nil`, ``, list(3, 4, 9), "Pass"},
		{"find the place of the last one", `findLastIndex(result, # < 5) == 1`, ``, list(3, 4, 9), "Pass"},
		{"what is found after something unknown may not be the first", `find(result, # < 5) == 4`, ``, list(nan, 4), "Blind NotANumber"},
		{"an order that needs all values", `sort(result)[0] == 1`, ``, list(1, nan), "Blind NotANumber"},
		{"an order by a key", `sortBy(result, -#)[0] == 3`, ``, list(1, 3, 2), "Pass"},
		{"an order that is none", `sortBy(result, -#, "up")[0] == 3`, ``, list(1, 3, 2), "Blind ConditionError"},
		{"a fold with the place", `reduce(result, #acc + # * #index, 0) == 4`, ``, list(5, 2, 1), "Pass"},
		{"a fold of nothing", `reduce(result, #acc + #) == 4`, ``, none, "Blind NoData"},
		{"statements", `let a = result[0]; let b = a + 1; b > a; b == 3`, ``, list(2), "Pass"},
		{"a slice", `sum(result[1:3]) == 5 && sum(result[:-1]) == 6`, ``, list(1, 2, 3, 4), "Pass"},
		{"an item beyond the end", `result[2] > 1`, ``, list(1, 2), "Blind ConditionError"},
		{"an item beyond the end, maybe", `(get(result, 2) ?? 7) == 7`, ``, list(1, 2), "Pass"},
		{"a number is no truth value", `reduce(result, #acc + #, 0) && true`, ``, list(1, 2), "Blind ConditionError"},
		{"whole numbers are divided as fractions", `1 / 2 == 0.5 && 7 % 4 == 3`, ``, list(1), "Pass"},
		{"a remainder of 0", `1 % asInt(result[0]) == 0`, ``, list(0), "Blind ConditionError"},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			conditions, err := Compile(test.success, test.failure)
			if err != nil {
				t.Fatal(err)
			}
			finding := conditions.Judge(test.result)
			if got := strings.TrimSpace(string(finding.Outcome) + " " + finding.Reason); got != test.want {
				t.Errorf("got %s (%s), want %s", got, finding.Message, test.want)
			}
		})
	}
}

func TestMessages(t *testing.T) {
	tests := []struct {
		success, failure string
		result           Result
		want             string
	}{
		{`result[0] >= 0.95`, ``, list(0.94), "successCondition result[0] >= 0.95 is false: result is [0.94]"},
		{`result >= 0.95`, ``, number(1e-7), "successCondition result >= 0.95 is false: result is 1e-07"},
		{"all(result,\n  # < 9)", ``, list(1, 2, 3, 4, 5, 6, 7), "successCondition all(result, # < 9) is true: result is [1, 2, 3, 4, 5, … 7 values]"},
		{``, `result[0] > 2`, list(1), "failureCondition result[0] > 2 is false: result is [1]"},
		{`result[0] > 2`, `result[0] < 1`, list(1.5), "failureCondition result[0] < 1 is false: result is [1.5], and so is successCondition result[0] > 2"},
		{`result[0] > 2`, ``, none, "the query answered no values"},
		{`result[0] > 2`, ``, list(nan), "successCondition result[0] > 2 cannot be decided: result is [NaN]"},
		{`result[3] > 2`, ``, list(1), "successCondition result[3] > 2 cannot be evaluated: index out of range: 3 (array length is 1)"},
		{`result > 2`, ``, list(1, 2), "successCondition result > 2 cannot be evaluated: it reads result as one number, but the query answered a list of 2; write result[0] instead of result, or wrap the query in scalar()"},
		{`result[0] > 2`, ``, number(1), "successCondition result[0] > 2 cannot be evaluated: it reads result as a list, but the query answered one number; write result instead of result[0], or wrap the query in vector()"},
	}
	for _, test := range tests {
		conditions, err := Compile(test.success, test.failure)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, conditions.Judge(test.result).Message); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestBoundedWork: conditions that would take for ever, or all memory, are errors.
func TestBoundedWork(t *testing.T) {
	many := list(make([]float64, 20000)...)
	for _, source := range []string{
		`len(1..1000000000) > 1`,
		`len(-9223372036854775807..9223372036854775807) > 1`,
		`all(result, all(result, all(result, # < 1)))`,
		`len(uniq(1..20000)) > 1`,
		`len(reduce(1..1000, concat(#acc, #acc), [1])) > 1`,
		`len(reduce(1..1000, [#acc, #acc], [1])) > 1 && reduce(1..1000, [#acc, #acc], [1]) == reduce(1..1000, [#acc, #acc], [1])`,
		`max(reduce(1..1000, [#acc, #acc], [1])) > 1`,
		`sum(map(result, sum(map(result, # + 1)))) > 1`,
	} {
		conditions, err := Compile(source, "")
		if err != nil {
			t.Fatal(err)
		}
		finding := conditions.Judge(many)
		if finding.Outcome != Blind || finding.Reason != ConditionError {
			t.Errorf("%s: %+v", source, finding)
		}
	}
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	conditions, err := Compile(`let m = mean(result); any(result, # > m) && m > 1`, `result[0] < 0`)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 100 {
				if got := conditions.Judge(list(1, 2, 3)); got.Outcome != Pass {
					t.Errorf("got %+v", got)
				}
			}
		})
	}
	wait.Wait()
}
