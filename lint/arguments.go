package lint

import (
	"slices"
	"strings"
	"unicode"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// argument is what is known of an argument of a template or a run.
type argument struct {
	name string
	// value that it has by default, or in the first Rollout that uses the template; nil
	// when there is none.
	value *string
	// version is Latest or Stable where a Rollout gives it a hash.
	version v1alpha1.PodTemplateHashValue
	// secret says that it comes from a Secret; given, that a Rollout gives it a value.
	secret, given bool
}

// findArguments gathers the arguments that the object's texts may use: its own, and
// those of the templates that it is used together with. open says that a template is not
// among the files, which may declare more.
func (c *checker) findArguments() (open bool) {
	c.args = map[string]*argument{}
	if c.run != nil {
		for _, argument := range c.run.Spec.Args {
			c.declare(argument)
		}
		return false
	}
	family, missing := c.family(c.object)
	open = len(missing) > 0
	for _, u := range c.uses {
		family, open = append(family, u.templates...), open || len(u.missing) > 0
	}
	for _, o := range append(family, c.includers[c.object]...) {
		if o.template == nil {
			continue
		}
		for _, argument := range o.template.Args {
			c.declare(argument)
		}
	}
	for _, u := range c.uses {
		for _, given := range u.analysis.Args {
			c.give(given, u)
		}
	}
	return open
}

// declare notes an argument as a template declares it.
func (c *checker) declare(declared v1alpha1.Argument) {
	known := c.args[declared.Name]
	if known == nil {
		known = &argument{name: declared.Name}
		c.args[declared.Name] = known
	}
	if known.value == nil {
		known.value = declared.Value
	}
	known.secret = known.secret || declared.ValueFrom != nil
}

// give notes what a Rollout gives to an argument. The first Rollout wins.
func (c *checker) give(given v1alpha1.AnalysisArgument, u *use) {
	known := c.args[given.Name]
	if known == nil {
		return
	}
	known.secret = false
	if known.given {
		return
	}
	known.given = true
	switch from := given.ValueFrom; {
	case given.Value != nil:
		known.value = given.Value
	case from == nil:
	case from.PodTemplateHashValue != nil:
		known.version = *from.PodTemplateHashValue
		known.value = pointer(map[v1alpha1.PodTemplateHashValue]string{v1alpha1.HashStable: stableHash, v1alpha1.HashLatest: latestHash}[known.version])
	case from.Baseline != nil:
		known.value = pointer("")
		if u.rollout.rollout.Spec.Strategy.Canary.Baseline != nil {
			known.value = pointer(v1alpha1.BaselineFresh)
		}
	}
}

// filledText is a text with its arguments filled in.
type filledText struct {
	written
	// guessed says that an argument without a value stands outside quotes, so that what it
	// makes of the text is not known; unknown, that it is the whole text.
	guessed, unknown bool
}

// fill fills arguments into a text. An argument without a value gets one that fits where
// it stands.
func (c *checker) fill(n *node) filledText {
	var result filledText
	result.written = c.source.write(n, func(name string, before, after []rune) (string, bool) {
		known := c.args[name]
		switch {
		case known != nil && known.value != nil:
			return *known.value, true
		case name == "":
			result.guessed = true
			return "", false
		}
		quoted, last := inQuotes(before)
		switch {
		case quoted:
			return "any-" + name, true
		case strings.TrimSpace(string(before)+string(after)) == "":
			result.unknown = true
		}
		result.guessed = true
		if last == '[' || last == ':' || strings.HasSuffix(strings.TrimSpace(string(before)), "offset") {
			return "5m", true
		}
		return "1", true
	})
	return result
}

// inQuotes says whether the end of a text is in quotes, and what its last character is.
func inQuotes(text []rune) (quoted bool, last rune) {
	var open rune
	for i := 0; i < len(text); i++ {
		switch r := text[i]; {
		case open != 0 && r == '\\':
			i++
		case open != 0:
			if r == open {
				open = 0
			}
		case r == '"' || r == '\'' || r == '`':
			open = r
		}
		if i < len(text) && !unicode.IsSpace(text[i]) {
			last = text[i]
		}
	}
	return open != 0, last
}

// texts are the scalars of a node that may hold arguments, the metric's name and its
// numbers included.
func (n *node) texts() []*node {
	if n == nil {
		return nil
	}
	if n.shape == scalar {
		if _, is := n.value.(string); is {
			return []*node{n}
		}
		return nil
	}
	var found []*node
	for _, child := range n.children() {
		found = append(found, child.texts()...)
	}
	return found
}

// references are the uses of arguments in a text.
func (o *object) references(n *node) []reference {
	if !strings.Contains(n.text, "{{") {
		return nil
	}
	return o.source.write(n, func(string, []rune, []rune) (string, bool) { return "", false }).filled
}

// checkArguments reports arguments that nobody declares, and those that nobody uses.
func (c *checker) checkArguments() {
	open := c.findArguments()
	for _, metric := range c.metrics() {
		for _, text := range metric.texts() {
			for _, reference := range c.references(text) {
				c.checkReference(reference, open)
				c.checkShown(text, reference)
			}
		}
	}
	if c.template == nil || open {
		return
	}
	used := map[string]bool{}
	family, _ := c.family(c.object)
	for _, o := range append(family, c.includers[c.object]...) {
		for _, metric := range o.metrics() {
			for _, text := range metric.texts() {
				for _, reference := range o.references(text) {
					used[reference.name] = true
				}
			}
		}
	}
	if args := c.spec().get("args"); args != nil {
		for _, item := range args.items {
			if name := item.get("name").string(); name != "" && !used[name] {
				c.report(item.get("name").place(), "unused-arg", "nothing uses {{args.%s}}%s; remove the argument, or use it", name, c.misspelt(name, used))
			}
		}
	}
}

// checkReference reports a use of an argument that cannot be filled in.
func (c *checker) checkReference(use reference, open bool) {
	if use.name == "" {
		fix := "only arguments can be used: {{args.name}}"
		if c.args[use.text] != nil {
			fix = "write {{args." + use.text + "}}"
		}
		c.report(use.at, "undeclared-arg", "{{%s}} is no argument; %s", use.text, fix)
		return
	}
	if c.args[use.name] != nil || open {
		return
	}
	declared := make([]string, 0, len(c.args))
	for name := range c.args {
		declared = append(declared, name)
	}
	slices.Sort(declared)
	fix := "add it to args"
	if meant := nearest(use.name, declared); meant != "" {
		fix = "did you mean " + meant + "?"
	}
	c.report(use.at, "undeclared-arg", "{{args.%s}} is declared by no template; %s", use.name, fix)
}

// checkShown reports an argument from a Secret in a text that is shown: anything but the
// connection.
func (c *checker) checkShown(text *node, use reference) {
	argument := c.args[use.name]
	if argument == nil || !argument.secret {
		return
	}
	for n := text; n != nil; n = n.parent {
		if n.parent != nil && n.parent.name == "prometheus" && slices.Contains([]string{"address", "headers", "authentication", "tls"}, n.name) {
			return
		}
	}
	c.report(use.at, "shown-secret", "{{args.%s}} comes from a Secret and would be shown here, in the status and in logs; use it in address, headers, authentication or tls only", use.name)
}

// misspelt names the use that may mean an unused argument.
func (c *checker) misspelt(name string, used map[string]bool) string {
	var unknown []string
	for candidate := range used {
		if candidate != "" && c.args[candidate] == nil {
			unknown = append(unknown, candidate)
		}
	}
	slices.Sort(unknown)
	if meant := nearest(name, unknown); meant != "" {
		return " (but {{args." + meant + "}} is used)"
	}
	return ""
}
