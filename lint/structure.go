package lint

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// structure checks a document against the schema of its kind, as the API server does with
// `kubectl apply --validate=strict`.
type structure struct {
	source *source
	object string
	rules  *celRules
	// patterns are compiled once.
	patterns map[string]*regexp.Regexp
	// ruled are the nodes at which a rule of the schema was broken.
	ruled []ruled
}

// ruled is a broken rule of the schema. It is reported last, unless something else has said
// the same at a better place.
type ruled struct {
	node    *node
	message string
}

// check looks at a value and all that is in it. It marks as broken what has another type
// than it must have.
func (c *structure) check(n *node, s *schema) {
	if n.shape == scalar && n.value == nil {
		if s.Type != "" || s.IntOrString {
			c.break_(n, "%s is empty (null), and must be %s; write a value, or remove the field", fieldOrDocument(n), s.typeName())
		}
		return
	}
	if !s.fits(n) {
		c.wrongType(n, s)
		return
	}
	switch n.shape {
	case mapping:
		c.checkMapping(n, s)
	case sequence:
		c.checkSequence(n, s)
	default:
		c.checkScalar(n, s)
	}
}

// wrongType says which type a value must have, and how to write it.
func (c *structure) wrongType(n *node, s *schema) {
	fix := "write " + s.typeName()
	switch {
	case s.Type == "string" && n.shape == scalar:
		fix = fmt.Sprintf("put it in quotes: %q", n.text)
	case s.Type == "integer" && n.shape == scalar && n.style != 0 && numeric(n.text):
		fix = "remove the quotes: " + n.text
	case s.Type == "boolean" && n.shape == scalar:
		fix = "write true or false"
	case s.Type == "array" && n.shape != sequence:
		fix = "write a list: each item begins with `- `"
	}
	c.break_(n, "%s is %s, and must be %s; %s", fieldOrDocument(n), n.typeName(), s.typeName(), fix)
}

// break_ reports a value that cannot be read further.
func (c *structure) break_(n *node, format string, values ...any) {
	n.broken = true
	c.source.report(n.place(), "schema", c.object, format, values...)
}

// typeName is the type of a schema for people.
func (s *schema) typeName() string {
	switch {
	case s.IntOrString:
		return "a whole number or a text"
	case s.Type == "object":
		return "a mapping"
	case s.Type == "array":
		return "a list"
	case s.Type == "integer":
		return "a whole number"
	case s.Type == "number":
		return "a number"
	case s.Type == "boolean":
		return "true or false"
	default:
		return "a text"
	}
}

// typeName is the type of a value for people.
func (n *node) typeName() string {
	switch n.shape {
	case mapping:
		return "a mapping"
	case sequence:
		return "a list"
	}
	switch n.value.(type) {
	case bool:
		return "true or false (" + n.text + ")"
	case int64:
		return "the number " + n.text
	case float64:
		return "the number " + n.text
	case nil:
		return "empty"
	default:
		return "the text " + quoted(n.text)
	}
}

func numeric(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// fieldOrDocument names a value.
func fieldOrDocument(n *node) string {
	if field := n.field(); field != "" {
		return field
	}
	return "the document"
}

// fits says whether a value has the type of a schema.
func (s *schema) fits(n *node) bool {
	switch {
	case s.IntOrString:
		_, isText := n.value.(string)
		_, isNumber := n.value.(int64)
		return n.shape == scalar && (isText || isNumber)
	case s.Type == "":
		return true
	case s.Type == "object":
		return n.shape == mapping
	case s.Type == "array":
		return n.shape == sequence
	default:
		return n.shape == scalar && s.holds(n.value)
	}
}

// holds says whether a scalar has the type of a schema.
func (s *schema) holds(value any) bool {
	switch value := value.(type) {
	case string:
		return s.Type == "string"
	case bool:
		return s.Type == "boolean"
	case int64:
		return s.Type == "integer" || s.Type == "number"
	case float64:
		return s.Type == "number" || s.Type == "integer" && value == math.Trunc(value) && math.Abs(value) < 1<<53
	default:
		return false
	}
}

// checkMapping looks for fields that nobody knows, and for those that are missing.
func (c *structure) checkMapping(n *node, s *schema) {
	for _, entry := range n.entries {
		switch property, known := s.Properties[entry.name]; {
		case known:
			c.check(entry, property)
		case s.AdditionalProperties != nil:
			c.check(entry, s.AdditionalProperties)
		case s.Type == "object":
			c.unknown(entry, s)
		}
	}
	for _, name := range s.Required {
		if n.get(name) == nil {
			c.source.report(n.place(), "schema", c.object, "%s has no %s, which is required; add it", fieldOrDocument(n), name)
			n.broken = n.parent != nil
		}
	}
	if s.MaxProperties != nil && len(n.entries) > *s.MaxProperties {
		c.source.report(n.place(), "schema", c.object, "%s has %d entries, and at most %d are allowed; remove some", fieldOrDocument(n), len(n.entries), *s.MaxProperties)
	}
	c.applyRules(n, s)
}

// unknown reports a field that the schema does not have, and which one may be meant.
func (c *structure) unknown(n *node, s *schema) {
	known := slices.Sorted(maps.Keys(s.Properties))
	fix := "remove it"
	if len(known) > 0 && len(known) <= 8 {
		fix = "known are " + strings.Join(known, ", ")
	}
	if meant := nearest(n.name, known); meant != "" {
		fix = "did you mean " + meant + "?"
	} else if above := c.elsewhere(n); above != "" {
		fix = above
	}
	c.source.report(n.key, "unknown-field", c.object, "%s has no field %s, and the API server would drop it; %s", parentName(n), quoted(n.name), fix)
}

// parentName names what a field is in.
func parentName(n *node) string {
	if n.parent == nil || n.parent.parent == nil {
		return "the object"
	}
	return n.parent.field()
}

// elsewhere knows fields of Argo Rollouts that Serin has not, or at another place.
func (c *structure) elsewhere(n *node) string {
	return map[string]string{
		"dryRun":                  "Serin has no dry run; put the metric into a template of its own, or replay it with `serin replay`",
		"measurementRetention":    "Serin keeps the last measurements by itself; remove it",
		"setCanaryScale":          "Serin starts the pods that a weight needs by itself; remove the step",
		"experiment":              "Serin compares with the stable pods, or with fresh ones: strategy.canary.baseline",
		"workloadRef":             "write the pod template into the Rollout",
		"blueGreen":               "Serin releases in steps; write strategy.canary",
		"rangeQuery":              "Serin asks at each look; use a function over time in the query, such as avg_over_time",
		"istio":                   "Serin splits traffic by gatewayAPI",
		"nginx":                   "Serin splits traffic by gatewayAPI",
		"alb":                     "Serin splits traffic by gatewayAPI",
		"web":                     "Serin asks Prometheus; export the number, or ask another exporter",
		"job":                     "Serin asks Prometheus; let the job push its result",
		"datadog":                 "Serin asks Prometheus, or what speaks its API",
		"consecutiveFailureLimit": "count failures by failureLimit, or judge with a judge",
	}[n.name]
}

// checkSequence looks at each item, and for those that must not be twice.
func (c *structure) checkSequence(n *node, s *schema) {
	if s.MinItems != nil && len(n.items) < *s.MinItems {
		c.source.report(n.place(), "schema", c.object, "%s has %d items, and needs at least %d; add what is missing", fieldOrDocument(n), len(n.items), *s.MinItems)
	}
	if s.MaxItems != nil && len(n.items) > *s.MaxItems {
		c.source.report(n.place(), "schema", c.object, "%s has %d items, and at most %d are allowed; remove some", fieldOrDocument(n), len(n.items), *s.MaxItems)
		n.items = n.items[:*s.MaxItems] // Whatever is wrong with the others can wait.
	}
	seen := map[string]*node{}
	for _, item := range n.items {
		if s.Items != nil {
			c.check(item, s.Items)
		}
		identity, at := s.identity(item)
		if identity == "" {
			continue
		}
		if first, twice := seen[identity]; twice {
			c.source.report(at.place(), "schema", c.object, "%s: %s is there twice, first in line %d; rename or remove one", fieldOrDocument(n), identity, first.at.line)
			continue
		}
		seen[identity] = item
	}
	c.applyRules(n, s)
}

// identity is what tells an item of a set or a map from the others; empty where items
// may repeat.
func (s *schema) identity(item *node) (identity string, at *node) {
	switch s.ListType {
	case "set":
		if item.shape == scalar {
			return fmt.Sprint(item.value), item
		}
	case "map":
		var parts []string
		for _, key := range s.ListMapKeys {
			value := item.get(key)
			if value == nil || value.shape != scalar {
				return "", item
			}
			parts, at = append(parts, fmt.Sprintf("%s %s", key, quoted(fmt.Sprint(value.value)))), value
		}
		return strings.Join(parts, ", "), at
	}
	return "", item
}

// checkScalar looks at limits, words and patterns.
func (c *structure) checkScalar(n *node, s *schema) {
	complaint := c.textComplaint(n, s)
	if number, is := asNumber(n.value); is {
		complaint = s.numberComplaint(n.text, number)
	}
	if complaint == "" {
		complaint = s.enumComplaint(n)
	}
	if complaint != "" {
		c.source.report(n.place(), "schema", c.object, "%s %s", fieldOrDocument(n), complaint)
	}
	c.applyRules(n, s)
}

// textComplaint says what is wrong with a text; empty when nothing is.
func (c *structure) textComplaint(n *node, s *schema) string {
	text, is := n.value.(string)
	if !is {
		return ""
	}
	length := utf8.RuneCountInString(text)
	switch {
	case s.MinLength != nil && length < *s.MinLength && length == 0:
		return "is empty; write a value, or remove the field"
	case s.MinLength != nil && length < *s.MinLength:
		return fmt.Sprintf("has %d characters, and needs at least %d", length, *s.MinLength)
	case s.MaxLength != nil && length > *s.MaxLength:
		return fmt.Sprintf("has %d characters, and at most %d are allowed; shorten it", length, *s.MaxLength)
	case s.Pattern != "" && !c.matches(s.Pattern, text):
		return fmt.Sprintf("is %s, which does not match %s", quoted(text), s.Pattern)
	default:
		return ""
	}
}

// numberComplaint says what is wrong with a number; empty when nothing is.
func (s *schema) numberComplaint(text string, number float64) string {
	switch {
	case s.Minimum != nil && number < *s.Minimum:
		return fmt.Sprintf("is %s, and must be at least %g", text, *s.Minimum)
	case s.Maximum != nil && number > *s.Maximum:
		return fmt.Sprintf("is %s, and must be at most %g", text, *s.Maximum)
	case s.Format == "int32" && (number > math.MaxInt32 || number < math.MinInt32):
		return fmt.Sprintf("is %s, which does not fit into 32 bits; write a smaller number", text)
	default:
		return ""
	}
}

// enumComplaint says which words are known; empty when the value is one of them.
func (s *schema) enumComplaint(n *node) string {
	if len(s.Enum) == 0 || slices.ContainsFunc(s.Enum, func(known any) bool { return fmt.Sprint(known) == fmt.Sprint(n.value) }) {
		return ""
	}
	words := make([]string, 0, len(s.Enum))
	for _, word := range s.Enum {
		words = append(words, fmt.Sprint(word))
	}
	fix := "write " + strings.Join(words, " or ")
	if meant := nearest(fmt.Sprint(n.value), words); meant != "" {
		fix = "did you mean " + meant + "?"
	}
	return fmt.Sprintf("is %s, which is unknown; %s", quoted(n.text), fix)
}

func asNumber(value any) (float64, bool) {
	switch value := value.(type) {
	case int64:
		return float64(value), true
	case float64:
		return value, true
	}
	return 0, false
}

// matches says whether a text matches a pattern of the schema.
func (c *structure) matches(pattern, text string) bool {
	compiled, known := c.patterns[pattern]
	if !known {
		compiled, _ = regexp.Compile(pattern)
		c.patterns[pattern] = compiled
	}
	return compiled == nil || compiled.MatchString(text)
}

// nearest is the known word that a misspelt one is likely to mean; empty when none is near.
func nearest(word string, known []string) string {
	best, distance := "", len(word)/3+1
	for _, candidate := range known {
		if d := EditDistance(strings.ToLower(word), strings.ToLower(candidate)); d < distance || d == distance && best == "" && d <= 2 {
			best, distance = candidate, d
		}
	}
	return best
}

// EditDistance is the number of letters to insert, delete or replace (Levenshtein).
func EditDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
