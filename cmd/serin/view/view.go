package view

import (
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Objects are what was read from the cluster.
type Objects struct {
	// Rollout is never nil.
	Rollout *v1alpha1.Rollout
	// ReplicaSets are those that the Rollout owns.
	ReplicaSets []appsv1.ReplicaSet
	// Pods are those of these ReplicaSets.
	Pods []corev1.Pod
	// Runs are the Rollout's AnalysisRuns.
	Runs []v1alpha1.AnalysisRun
	// Unread says in a line each what could not be read, and why.
	Unread []string
}

// Settings say how to write.
type Settings struct {
	// Now is the time that ages are told from.
	Now time.Time
	// Style is colours and signs.
	Style Style
	// Width is the number of columns of the terminal; 0 is no limit.
	Width int
	// Command is what the user types: serin, or kubectl serin.
	Command string
	// Connection are the flags that led to this cluster, for the commands under
	// Next. Example: --context prod.
	Connection string
	// Namespace is the flag that led to this namespace. Example: -n shop.
	Namespace string
}

// Block is a part of the text that belongs together.
type Block struct {
	// Name of the block: its heading, or empty for the headline.
	Name string
	// Lines follow the heading.
	Lines []string
}

// Rollout writes everything about one Rollout. Blocks that have nothing to say
// are left out.
func Rollout(o Objects, s Settings) []Block {
	all := []Block{
		{"", headline(o, s)},
		{"Versions", versionLines(o, s)},
		{"Steps", stepLines(o, s)},
		{"Analysis", analysisLines(o, s)},
		{"Aborted", abortLines(o, s)},
		{"By hand", handLines(o, s)},
		{"Not read", unreadLines(o, s)},
		{"Next", nextLines(o, s)},
	}
	var blocks []Block
	for _, block := range all {
		if len(block.Lines) > 0 {
			blocks = append(blocks, block)
		}
	}
	return blocks
}

// Text puts blocks together, with an empty line between them.
func Text(blocks []Block, style Style) string {
	var text strings.Builder
	for i, block := range blocks {
		if i > 0 {
			text.WriteByte('\n')
		}
		if block.Name != "" {
			text.WriteString(style.bold(block.Name) + "\n")
		}
		for _, line := range block.Lines {
			text.WriteString(strings.TrimRight(strings.ReplaceAll(line, "\n", " "), " ") + "\n")
		}
	}
	return strip(text.String(), style.Color)
}

// unreadLines tell what is missing in the text, so that nobody takes its absence
// for a fact.
func unreadLines(o Objects, s Settings) []string {
	var lines []string
	for _, what := range o.Unread {
		lines = append(lines, "  "+s.Style.warning(what))
	}
	return lines
}
