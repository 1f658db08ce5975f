package unittest

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// text is a scalar as it is written.
func (r *reader) text(node *yaml.Node, what string) (string, bool) {
	node, ok := r.follow(node)
	if !ok {
		return "", false
	}
	if node.Kind != yaml.ScalarNode {
		r.wrong(node, "%s is %s; write one value", what, shape(node))
		return "", false
	}
	if node.Tag == "!!null" {
		r.wrong(node, `%s is empty; write a value, "" for an empty text`, what)
		return "", false
	}
	return node.Value, true
}

// named is a text that must not be empty.
func (r *reader) named(node *yaml.Node, what string) (string, bool) {
	text, ok := r.text(node, what)
	if ok && strings.TrimSpace(text) == "" {
		r.wrong(node, "%s is empty; write it, or remove the field", what)
		return "", false
	}
	return text, ok
}

// duration is a length of time of 0 or more.
func (r *reader) duration(node *yaml.Node, what string) (time.Duration, bool) {
	text, ok := r.text(node, what)
	if !ok {
		return 0, false
	}
	value, err := time.ParseDuration(text)
	switch _, number := strconv.ParseFloat(text, 64); {
	case err == nil && value >= 0 && value <= longest:
		return value, true
	case err == nil && value >= 0:
		r.wrong(node, "%s is %s, which is longer than a year; write less", what, text)
	case err == nil:
		r.wrong(node, "%s is %s; a time is counted forward, from 0s", what, text)
	case number == nil:
		r.wrong(node, "%s is %s without a unit; write %ss or %sm", what, text, text, text)
	default:
		r.wrong(node, "%s is %q; write a duration such as 90s or 1h30m", what, text)
	}
	return 0, false
}

// longest is how long anything may last.
const longest = 366 * 24 * time.Hour

// percent is a whole number of 0 to 100.
func (r *reader) percent(node *yaml.Node, what string) (int32, bool) {
	text, ok := r.text(node, what)
	if !ok {
		return 0, false
	}
	value, err := strconv.ParseInt(strings.TrimSuffix(text, "%"), 10, 32)
	if err != nil || value < 0 || value > 100 {
		r.wrong(node, "%s is %q; write the canary's share of traffic in percent, 0 to 100", what, text)
		return 0, false
	}
	return int32(value), true
}

// yes is true or false.
func (r *reader) yes(node *yaml.Node, what string) bool {
	text, _ := r.oneOf(node, what, []string{"true", "false"})
	return text == "true"
}

// oneOf is one of some words.
func (r *reader) oneOf(node *yaml.Node, what string, words []string) (string, bool) {
	text, ok := r.text(node, what)
	if !ok || slices.Contains(words, text) {
		return text, ok
	}
	if near := nearest(text, words); near != "" {
		r.wrong(node, "%s is %q; did you mean %s?", what, text, near)
	} else {
		r.wrong(node, "%s is %q; write one of %s", what, text, strings.Join(words, ", "))
	}
	return "", false
}

// texts is one text, or a list of some.
func (r *reader) texts(node *yaml.Node, what string) []string {
	var all []string
	add := func(one *yaml.Node) {
		if text, ok := r.named(one, what); ok {
			all = append(all, text)
		}
	}
	if target, ok := r.follow(node); ok && target.Kind == yaml.SequenceNode {
		r.list(target, what, add)
	} else if ok {
		add(target)
	}
	return all
}

// shape names what a node is.
func shape(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.SequenceNode:
		return "a list"
	case node.Kind == yaml.MappingNode:
		return "a mapping"
	case node.Tag == "!!null":
		return "empty"
	default:
		return "the text " + strconv.Quote(shortened(node.Value))
	}
}

// shortened keeps a message short that repeats what somebody wrote.
func shortened(text string) string {
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return text
}

// nearest is the word that differs by at most two letters; empty without one.
func nearest(text string, words []string) string {
	best, least := "", 3
	for _, word := range words {
		if d := distance(strings.ToLower(text), strings.ToLower(word)); d < least && d < len(word) {
			best, least = word, d
		}
	}
	return best
}

// distance is how many letters must be put in, left out or changed.
func distance(a, b string) int {
	if len(a) > 60 || len(b) > 60 {
		return 60
	}
	before := make([]int, len(b)+1)
	for j := range before {
		before[j] = j
	}
	for i := range len(a) {
		now := make([]int, len(b)+1)
		now[0] = i + 1
		for j := range len(b) {
			now[j+1] = min(before[j+1]+1, now[j]+1, before[j]+1)
			if a[i] == b[j] {
				now[j+1] = min(now[j+1], before[j])
			}
		}
		before = now
	}
	return before[len(b)]
}
