package lint

import (
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/ext"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// oracle evaluates rules by both, and counts how often each held and broke.
type oracle struct {
	environment *cel.Env
	rules       *celRules
	held, broke map[string]int
}

// TestRulesOfSchemas holds what celRules makes of each rule of the schemas, on all kinds of
// values, to the library that the API server evaluates them with.
func TestRulesOfSchemas(t *testing.T) {
	environment, err := cel.NewEnv(
		cel.Variable("self", cel.DynType),
		ext.Strings(),
		cel.Function("sum", cel.MemberOverload("list_sum", []*cel.Type{cel.ListType(cel.DynType)}, cel.DynType, cel.UnaryBinding(librarySum))),
	)
	if err != nil {
		t.Fatal(err)
	}
	o := &oracle{environment: environment, rules: newRules(), held: map[string]int{}, broke: map[string]int{}}
	seen := map[string]bool{}
	for _, kind := range kinds() {
		root, err := loadSchema(kind)
		if err != nil {
			t.Fatal(err)
		}
		root.walk(func(s *schema) {
			for _, v := range s.Validations {
				if !seen[v.Rule] && !strings.Contains(v.Rule, "oldSelf") {
					seen[v.Rule] = true
					o.compare(t, s, v.Rule)
				}
			}
		})
	}
	if len(seen) < 60 {
		t.Errorf("%d rules, want all", len(seen))
	}
	dull := 0
	for rule := range seen {
		if o.held[rule] == 0 || o.broke[rule] == 0 {
			dull++
		}
	}
	t.Logf("%d rules, of which %d came to the same on all values", len(seen), dull)
	if dull > len(seen)/5 {
		t.Errorf("%d of %d rules came to the same on all values: the values are too dull", dull, len(seen))
	}
}

// compare evaluates a rule on values of its schema.
func (o *oracle) compare(t *testing.T, s *schema, rule string) {
	t.Helper()
	checked, issues := o.environment.Compile(rule)
	if issues.Err() != nil {
		t.Fatalf("%s: %v", rule, issues.Err())
	}
	program, err := o.environment.Program(checked)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range 100 {
		self := s.defaulted(s.example(5).Example(seed))
		result, _, failed := program.Eval(map[string]any{"self": self})
		want := failed != nil || result != types.True
		got, err := o.rules.broken(rule, self)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Fatalf("%s\non %v\nis broken: %v, and by the library %v (%v, %v)", rule, self, got, want, result, failed)
		}
		if got {
			o.broke[rule]++
		} else {
			o.held[rule]++
		}
	}
}

// librarySum adds a list of numbers up, as Kubernetes' library of lists does.
func librarySum(list ref.Val) ref.Val {
	items, is := list.(traits.Lister)
	if !is {
		return types.MaybeNoSuchOverloadErr(list)
	}
	var sum ref.Val = types.Int(0)
	for i := items.Iterator(); i.HasNext() == types.True; {
		adder, is := sum.(traits.Adder)
		if !is {
			return types.MaybeNoSuchOverloadErr(sum)
		}
		sum = adder.Add(i.Next())
	}
	return sum
}

// walk visits a schema and all below it.
func (s *schema) walk(visit func(*schema)) {
	visit(s)
	for _, property := range s.Properties {
		property.walk(visit)
	}
	if s.AdditionalProperties != nil {
		s.AdditionalProperties.walk(visit)
	}
	if s.Items != nil {
		s.Items.walk(visit)
	}
}

// example generates values that have the types of a schema.
//
// Complex: a case for each type.
func (s *schema) example(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		text := rapid.SampledFrom([]string{"", "0", "1", "3", "-1", "12", "abc", "web", "30s", "5m", "1h30m", "45m", "0s", "-5s", "1%", "0%", "12.5%", "150%", "1.5", "0.99", "0.0",
			"metadata.name", "metadata.labels['a']", "http://x:9090", "{{args.x}}", "sum(x)", "x[1m]", `x{a="b"}`, "In", "Exists", "Always", "increase", "decrease", "either", "serin.dev/baseline", "a", "b"})
		number := rapid.SampledFrom([]int64{-2, -1, 0, 1, 2, 5, 30, 60, 100, 700, 2000000})
		switch {
		case s.IntOrString:
			if rapid.Bool().Draw(t, "text") {
				return text.Draw(t, "value")
			}
			return number.Draw(t, "value")
		case s.Type == "object" && s.AdditionalProperties != nil:
			object := map[string]any{}
			for range rapid.IntRange(0, 3).Draw(t, "entries") {
				object[rapid.SampledFrom([]string{"a", "b", "app", "serin.dev/baseline", "serin.dev/pod-template-hash"}).Draw(t, "key")] = s.AdditionalProperties.example(depth-1).Draw(t, "value")
			}
			return object
		case s.Type == "object":
			object := map[string]any{}
			for name, property := range s.Properties {
				odds := 3
				if len(s.Properties) > 12 {
					odds = 6
				}
				if required := contain(s.Required, name); required || depth > 0 && rapid.IntRange(0, odds).Draw(t, name) == 0 || len(s.Properties) < 8 && rapid.Bool().Draw(t, name) {
					object[name] = property.example(depth-1).Draw(t, name)
				}
			}
			return object
		case s.Type == "array":
			list := []any{}
			if depth <= 0 {
				return list
			}
			for range rapid.IntRange(0, 3).Draw(t, "items") {
				list = append(list, s.Items.example(depth-1).Draw(t, "item"))
			}
			return list
		case s.Type == "integer" || s.Type == "number":
			return number.Draw(t, "value")
		case s.Type == "boolean":
			return rapid.Bool().Draw(t, "value")
		case len(s.Enum) > 0:
			return rapid.SampledFrom(s.Enum).Draw(t, "value")
		default:
			return text.Draw(t, "value")
		}
	})
}

func contain(list []string, text string) bool {
	for _, item := range list {
		if item == text {
			return true
		}
	}
	return false
}

// TestErrorsOfRules are rules that cannot be evaluated: they count as broken, unless the other
// side of && or || decides.
func TestErrorsOfRules(t *testing.T) {
	self := map[string]any{"a": int64(1), "list": []any{int64(1), "x"}, "text": "abc"}
	got := map[string]bool{}
	for _, rule := range []string{
		"self.b == 1", "self.b == 1 || self.a == 1", "self.a == 1 || self.b == 1", "self.b == 1 && self.a == 2", "!(self.b == 1 && self.a == 2)",
		"self.list.exists(x, x == 1)", "self.list.all(x, x + 1 > 1)", "self.list.exists(x, x + 1 == 2)", "int(self.text) > 0", "self.text.substring(0, 9) == ''",
		"self.text.matches('[')", "self.list[0] == 1", "self.list[7] == 1", "self.a < self.text", "nobody == 1", "self.a", "'a' in self", "2 in self.list", "1.0 in self.list",
	} {
		broken, err := newRules().broken(rule, self)
		if err != nil {
			t.Fatal(err)
		}
		got[rule] = broken
	}
	want := map[string]bool{
		"self.b == 1": true, "self.b == 1 || self.a == 1": false, "self.a == 1 || self.b == 1": false, "self.b == 1 && self.a == 2": true, "!(self.b == 1 && self.a == 2)": false,
		"self.list.exists(x, x == 1)": false, "self.list.all(x, x + 1 > 1)": true, "self.list.exists(x, x + 1 == 2)": false, "int(self.text) > 0": true, "self.text.substring(0, 9) == ''": true,
		"self.text.matches('[')": true, "self.list[0] == 1": false, "self.list[7] == 1": true, "self.a < self.text": true, "nobody == 1": true, "self.a": true, "'a' in self": false, "2 in self.list": true, "1.0 in self.list": false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
