package series

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// label is one pair of a label set, and where it stands in the text.
type label struct {
	name, value string
	start, end  int
}

// usualLabels are more than most series have.
const usualLabels = 8

// labelsOf reads a label set in Prometheus' notation: name{a="b", c="d"}. It stops
// at what it cannot read.
func labelsOf(text string) []label {
	at := strings.IndexByte(text, '{')
	if at < 0 {
		return nil
	}
	all := make([]label, 0, usualLabels)
	for at++; at < len(text); {
		if text[at] == ' ' || text[at] == ',' {
			at++
			continue
		}
		if text[at] == '}' {
			break
		}
		start := at
		name, after := labelName(text, at)
		if after < len(text) && (text[after] == ',' || text[after] == '}') {
			at = after // The metric's name, quoted.
			continue
		}
		if after+1 >= len(text) || text[after] != '=' || text[after+1] != '"' {
			break
		}
		value, end, closed := quoted(text, after+1)
		if !closed {
			break
		}
		all = append(all, label{name: name, value: value, start: start, end: end})
		at = end
	}
	return all
}

// labelName reads a name, which is quoted when it is more than letters, and
// returns where it ends.
func labelName(text string, at int) (name string, after int) {
	if text[at] == '"' {
		name, after, _ = quoted(text, at)
		return name, after
	}
	length := strings.IndexAny(text[at:], "=,}")
	if length < 0 {
		return "", len(text)
	}
	return strings.TrimSpace(text[at : at+length]), at + length
}

// quoted reads a quoted text that begins at a quote.
func quoted(text string, at int) (value string, after int, closed bool) {
	escaped := false
	for i := at + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			escaped = true
			i++
		case '"':
			value = text[at+1 : i]
			if escaped {
				value = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n").Replace(value)
			}
			return value, i + 1, true
		}
	}
	return "", len(text), false
}

// podNames are the labels that name a pod, the best first.
var podNames = [...]string{"pod", "instance", "kubernetes_pod_name", "pod_name"}

// podOf is the pod of a series: the value of the first of podNames that it has;
// empty when it has none.
func podOf(labels []label) string {
	for _, name := range podNames {
		for _, l := range labels {
			if l.name == name && l.value != "" {
				return l.value
			}
		}
	}
	return ""
}

// valueOf is the value of a label; empty without it.
func valueOf(labels []label, name string) string {
	for _, l := range labels {
		if l.name == name {
			return l.value
		}
	}
	return ""
}

// keyOf is a short name for some texts together: 48 bits of their FNV-1a hash.
func keyOf(texts ...string) string {
	hash := fnv.New64a()
	for _, text := range texts {
		_, _ = hash.Write([]byte(text)) // It never fails.
		_, _ = hash.Write([]byte{0xff})
	}
	return fmt.Sprintf("%012x", hash.Sum64()>>16)
}
