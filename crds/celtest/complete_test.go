package celtest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// everyTable is all that the tables of this package want to hear.
func everyTable() []rule {
	return slices.Concat(
		rolloutSpecRules, rolloutSelectorRules, rolloutTemplateRules, rolloutCanaryRules, rolloutStepRules, rolloutAnalysisRules,
		templateRules, thresholdRules, limitRules, prometheusRules, judgeRules, clusterTemplateRules,
		proportionRules, histogramRules, meanRules, mannWhitneyRules, objectiveRules, comparisonRules, weightRules, scoreRules,
		analysisRunRules, analysisRunUpdates, []rule{{want: []string{selectorChanged}}},
	)
}

// TestEveryRuleHasARow finds CEL rules that no row breaks.
func TestEveryRuleHasARow(t *testing.T) {
	heard := map[string]bool{}
	for _, row := range everyTable() {
		for _, want := range row.want {
			_, message, _ := strings.Cut(want, ": ")
			heard[message] = true
		}
	}
	for _, definition := range definitions(t) {
		for _, message := range messages(definition.Object) {
			if !heard[message] {
				t.Errorf("%s: no row breaks the rule that says\n\t%s", definition.GetName(), message)
			}
		}
	}
}

// messages are the messages of all CEL rules in a definition, in any order.
func messages(value any) []string {
	var found []string
	switch value := value.(type) {
	case []any:
		for _, entry := range value {
			found = append(found, messages(entry)...)
		}
	case map[string]any:
		for key, entry := range value {
			if key == "x-kubernetes-validations" {
				for _, rule := range entry.([]any) {
					message, _ := rule.(map[string]any)["message"].(string)
					found = append(found, message)
				}
				continue
			}
			found = append(found, messages(entry)...)
		}
	}
	return found
}

// TestMessagesAreFound shows that the search sees rules at any depth, and one
// without a message as a message that no row has.
func TestMessagesAreFound(t *testing.T) {
	definition := parse(t, `
properties: {a: {items: {x-kubernetes-validations: [{rule: x, message: deep}]}}}
x-kubernetes-validations: [{rule: x}]
`)
	got := messages(definition)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"", "deep"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
