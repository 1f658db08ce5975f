package criteria

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the table in docs/design/0002-three-valued-conditions.md")

var (
	nan  = math.NaN()
	inf  = math.Inf(1)
	none = Result{Values: []float64{}}
)

func list(values ...float64) Result   { return Result{Values: values} }
func number(values ...float64) Result { return Result{Scalar: true, Values: values} }

// row is one row of Argo Rollouts' truth table, executed against its own code,
// and what Serin makes of it.
type row struct {
	result           Result
	success, failure string
	// argo is Successful, Failed, Inconclusive or Error.
	argo string
	// serin is an outcome, an outcome and a reason, or refused: Compile returns an error.
	serin string
	// why they differ; empty when they agree.
	why string
}

// The rows that have a map, a text or nil as their result are left out: a Result
// holds numbers, because no provider answers with anything else.
var truthTable = []row{
	{list(0.96), `result[0] >= 0.95`, ``, "Successful", "Pass", ""},
	{list(0.94), `result[0] >= 0.95`, ``, "Failed", "Fail", ""},
	{list(nan), `result[0] >= 0.95`, ``, "Failed", "Blind NotANumber", "0/0 is no traffic, not a regression"},
	{list(nan), ``, `result[0] < 0.95`, "Successful", "Blind NotANumber", "0/0 is no traffic, not a success"},
	{list(nan), `result[0] >= 0.95`, `result[0] < 0.95`, "Inconclusive", "Blind NotANumber", "nothing was seen; it must not count towards inconclusiveLimit"},
	{list(nan), `isNaN(result[0]) || result[0] >= 0.95`, ``, "Successful", "Pass", ""},
	{list(nan), `isNaN(result) || result[0] >= 0.95`, ``, "Error", "refused", "a type error is found before the release, not at the first measurement"},
	{none, `result[0] >= 0.95`, ``, "Error", "Blind NoData", ""},
	{none, ``, `result[0] < 0.95`, "Error", "Blind NoData", ""},
	{none, `len(result) == 0 || result[0] >= 0.95`, ``, "Successful", "Pass", ""},
	{none, `len(result) > 0 && result[0] >= 0.95`, ``, "Failed", "Blind NoData", "false without data says nothing about the version"},
	{none, `len(result)>0 && result[0]>=0.95`, `len(result)>0 && result[0]<0.95`, "Inconclusive", "Blind NoData", "nothing was seen; it must not count towards inconclusiveLimit"},
	{none, `all(result, # < 1000)`, ``, "Successful", "Blind NoData", "all of nothing is vacuously true: no data would pass"},
	{none, `none(result, # > 1)`, ``, "Successful", "Blind NoData", "none of nothing is vacuously true: no data would pass"},
	{none, `any(result, # > 1)`, ``, "Failed", "Blind NoData", "any of nothing is vacuously false: no data would roll back"},
	{none, `mean(result) >= 0.95`, ``, "Failed", "Blind NoData", "the mean of nothing is not 0"},
	{none, `isNil(result)`, ``, "Failed", "Blind NoData", "an empty list is not nil, and false without data decides nothing"},
	{none, `default(result,0)==0`, ``, "Failed", "Blind NoData", "an empty list is not nil; default(result[0], 0) names what is missing"},
	{none, `result?.[0] >= .95`, ``, "Error", "Blind NoData", ""},
	{none, `(result[0] ?? 1) >= .95`, ``, "Error", "Pass", "the author named the value to use when there is none"},
	{none, `first(result) >= .95`, ``, "Error", "Blind NoData", ""},
	{none, `result && result[0] >= .9`, ``, "Error", "refused", "a list is not a truth value, whatever the data"},
	{list(1, 2), `result[5] > 1`, ``, "Error", "Blind ConditionError", ""},
	{list(1, 2), `result[-1] == 2`, ``, "Successful", "Pass", ""},
	{list(1, 2, 3), `mean(result)==2 && median(result)==2 && sum(result)==6 && max(result)==3`, ``, "Successful", "Pass", ""},
	{list(inf), `result[0] >= 0.95`, ``, "Successful", "Blind NotANumber", "x/0 is no traffic, not a large success"},
	{list(inf), ``, `isInf(result[0])`, "Failed", "Fail", ""},
	{number(10), `result == 10`, `result != 10`, "Successful", "Pass", ""},
	{number(10), `result[0] == 10`, ``, "Error", "Blind ConditionError", ""},
	{number(nan), `result >= .9`, `result < .9`, "Inconclusive", "Blind NotANumber", "nothing was seen; it must not count towards inconclusiveLimit"},
	{list(nan), ``, ``, "Successful", "refused", "a metric that judges nothing cannot pass"},
	{list(1), `result[0]==1`, `result[0]==1`, "Failed", "Fail", ""},
	{list(1), `result[0]`, ``, "Error", "refused", "a type error is found before the release, not at the first measurement"},
	{list(1), `result[0] >`, ``, "Error", "refused", "a syntax error is found before the release, not at the first measurement"},
	{list(1), `value > 1`, ``, "Error", "refused", "a misspelt name is found before the release, not at the first measurement"},
	{list(1), `result[0] == '1'`, ``, "Error", "refused", "a type error is found before the release, not at the first measurement"},
	{list(2, 4), `let m = mean(result); m > 2.5`, ``, "Successful", "Pass", ""},
	// Found in the same code: isNil and default look at result, whatever they are given.
	{none, `default(result[0], 1) >= .95`, ``, "Error", "Pass", "default looks at its argument: the author named the value to use when there is none"},
	{list(0.9), `default(result[0], 1) >= .95`, ``, "Error", "Fail", "default looks at its argument"},
}

func TestTruthTable(t *testing.T) {
	for _, r := range truthTable {
		t.Run(r.name(), func(t *testing.T) {
			if got := r.judge(t); got != r.serin {
				t.Errorf("got %q, want %q", got, r.serin)
			}
			if agree := r.agrees(); agree != (r.why == "") {
				t.Errorf("argo %q and serin %q agree: %t, but why is %q", r.argo, r.serin, agree, r.why)
			}
		})
	}
}

func (r row) name() string {
	return fmt.Sprintf("%s/success=%s/failure=%s", show(r.result), r.success, r.failure)
}

// judge is what Serin makes of the row.
func (r row) judge(t *testing.T) string {
	conditions, err := Compile(r.success, r.failure)
	if err != nil {
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Fatalf("the error is a %T, want a *SyntaxError", err)
		}
		return "refused"
	}
	finding := conditions.Judge(r.result)
	if finding.Message == "" {
		t.Error("a finding without a message")
	}
	return strings.TrimSpace(string(finding.Outcome) + " " + finding.Reason)
}

// agrees reports whether both come to the same: Argo's Error is what Serin calls
// blind, apart from what it does to the release.
func (r row) agrees() bool {
	same := map[string]string{"Successful": "Pass", "Failed": "Fail", "Inconclusive": "Undecided", "Error": "Blind"}
	return strings.Fields(r.serin)[0] == same[r.argo]
}

// TestTruthTableIsDocumented keeps the rows that differ in the decision record.
func TestTruthTableIsDocumented(t *testing.T) {
	const begin, end = "<!-- rows: begin -->\n", "<!-- rows: end -->"
	path := filepath.Join(repositoryRoot(t), "docs", "design", "0002-three-valued-conditions.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(text), begin)
	table, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no table between %q and %q", path, begin, end)
	}
	want := differingRows()
	if *update {
		if err := os.WriteFile(path, []byte(head+begin+want+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != want {
		t.Errorf("the table in %s is out of date; run go test ./analysis/criteria -run Documented -update", path)
	}
}

// differingRows is the Markdown table of the rows that differ.
func differingRows() string {
	var b strings.Builder
	b.WriteString("| result | successCondition | failureCondition | Argo Rollouts | Serin | why |\n|---|---|---|---|---|---|\n")
	cell := func(condition string) string {
		if condition == "" {
			return "–"
		}
		return "`" + strings.ReplaceAll(condition, "|", `\|`) + "`"
	}
	for _, r := range truthTable {
		if r.why == "" {
			continue
		}
		result := strings.TrimPrefix(show(r.result), "result is ")
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", result, cell(r.success), cell(r.failure), r.argo, r.serin, r.why)
	}
	return b.String()
}

// repositoryRoot is the folder of go.mod.
func repositoryRoot(t *testing.T) string {
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		if folder == filepath.Dir(folder) {
			t.Fatal("no go.mod above the test")
		}
		folder = filepath.Dir(folder)
	}
}
