package criteria

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSyntaxErrors: an error names the condition, the place and the problem.
//
// Long: it is a table.
func TestSyntaxErrors(t *testing.T) {
	tests := []struct {
		reason           string
		success, failure string
		want             string
	}{
		{"an expression that ends too early", `result[0] >`, ``, `
successCondition, line 1, column 11: unexpected token EOF
  result[0] >
            ^`},
		{"the condition that is wrong is named", `result[0] > 1`, `result[0] <> 1`, `
failureCondition, line 1, column 12: unexpected token Operator(">")
  result[0] <> 1
             ^`},
		{"the line of a long condition", "result[0] > 0.9 &&\n  resutl[0] < 2 &&\n  len(result) == 1", ``, `
successCondition, line 2, column 3: unknown name resutl
    resutl[0] < 2 &&
    ^`},
		{"characters, not bytes, and tabs of one column", "\t\"é\" == 1", ``, `
successCondition, line 1, column 6: invalid operation: == (mismatched types string and int)
   "é" == 1
       ^`},
		{"a list is compared with a number: the author meant an item", `result[0] == '1'`, ``, `
successCondition, line 1, column 11: invalid operation: == (mismatched types float64 and string)
  result[0] == '1'
            ^`},
		{"without an index it is about one number", `result == '1'`, ``, `
successCondition, line 1, column 8: invalid operation: == (mismatched types float64 and string)
  result == '1'
         ^`},
		{"a number is no verdict", `result[0]`, ``, `
successCondition, line 1, column 1: expected bool, but got float64
  result[0]
  ^`},
		{"the clock", `result[0] > 1 && now().Hour() > 8`, ``, `
successCondition, line 1, column 24: only functions can be called
  result[0] > 1 && now().Hour() > 8
                         ^`},
		{"the clock in a comparison", `now() == now()`, ``, `
successCondition, line 1, column 1: now is not available: a condition depends on result alone, so that it can be replayed
  now() == now()
  ^`},
		{"a time", `date("2026-01-01") == date("2026-01-01")`, ``, `
successCondition, line 1, column 1: date is not available: a condition depends on result alone, so that it can be replayed
  date("2026-01-01") == date("2026-01-01")
  ^`},
		{"maps have no order", `len(keys({"a": 1})) == 1`, ``, `
successCondition, line 1, column 5: keys is not available: result holds numbers, not maps
  len(keys({"a": 1})) == 1
      ^`},
		{"a map", `{"a": 1} == nil`, ``, `
successCondition, line 1, column 1: maps and bytes have no place in a condition: result holds numbers
  {"a": 1} == nil
  ^`},
		{"a field", `{"a": 1}.a == 1`, ``, `
successCondition, line 1, column 10: there is no field a: result holds numbers
  {"a": 1}.a == 1
           ^`},
		{"texts", `"ab" contains "a"`, ``, `
successCondition, line 1, column 6: operator contains is for texts; result holds numbers
  "ab" contains "a"
       ^`},
		{"functions of texts", `upper("a") == "A"`, ``, `
successCondition, line 1, column 1: upper is not available in a condition
  upper("a") == "A"
  ^`},
		{"the environment as a whole", `$env == nil`, ``, `
successCondition, line 1, column 1: unknown name $env
  $env == nil
  ^`},
		{"nothing", ``, ``, `
successCondition, line 1, column 1: neither successCondition nor failureCondition is set, so that nothing could ever pass or fail; set one of them`},
		{"conditions that no answer fits", `result > 1`, `result[0] < 1`, `
failureCondition, line 1, column 1: one condition reads result as a number (result) and the other one as a list (result[0]); no answer fits both
  result[0] < 1
  ^`},
	}
	for _, test := range tests {
		t.Run(test.reason, func(t *testing.T) {
			_, err := Compile(test.success, test.failure)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("got %v, want a *SyntaxError", err)
			}
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestBoundedSource: no condition is too long to be refused politely.
func TestBoundedSource(t *testing.T) {
	for reason, source := range map[string]string{
		"too long":        strings.Repeat(" ", maxLength) + "result > 1",
		"too deep":        strings.Repeat("(", 1<<20),
		"deep, but short": strings.Repeat("(", 1500) + "result > 1" + strings.Repeat(")", 1500),
		"too many nodes":  strings.Repeat("!", 2000) + "true",
		"long line":       "result[0] > 1 && " + strings.Repeat("1 == 1 && ", 100) + "x",
	} {
		_, err := Compile(source, "")
		var syntax *SyntaxError
		if err != nil && !errors.As(err, &syntax) {
			t.Errorf("%s: %v", reason, err)
		}
		if (err == nil) != (reason == "deep, but short") {
			t.Errorf("%s: %v", reason, err)
		}
		if syntax != nil && len(syntax.Error()) > 1000 {
			t.Errorf("%s: an error of %d bytes", reason, len(syntax.Error()))
		}
	}
}
