package screen

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// block draws a scene as lines for a terminal of a width.
func block(scene Scene, width int) []line {
	lines := []line{
		{},
		{{"  " + pad(scene.Title, min(width, 72)-12), bold}, {fmt.Sprintf("%10s", seconds(scene.Elapsed)), dim}},
		{},
		weightLine(scene, width),
		{},
	}
	lines = append(lines, versionLines(scene.Versions)...)
	if len(scene.Evidence) > 0 {
		lines = append(lines, line{})
	}
	for _, evidence := range scene.Evidence {
		lines = append(lines, evidenceLine(evidence, width))
	}
	return append(append(lines, messageLines(scene, width)...), line{})
}

// label begins a line.
func label(text string) span { return span{fmt.Sprintf("  %-10s", text), dim} }

// weightLine draws how much traffic the new version gets.
func weightLine(scene Scene, width int) line {
	step := ""
	if scene.Step != "" {
		step = "   step " + strings.Replace(scene.Step, "/", " of ", 1)
	}
	filled, rest := bar(float64(scene.Weight)/100, width)
	return line{label("weight"), {filled, green}, {rest, dim}, {fmt.Sprintf("  %3d %%", scene.Weight), bold}, {step, plain}}
}

// versionLines draws the versions as a table.
func versionLines(versions []Version) []line {
	lines := []line{{{fmt.Sprintf("  %-10s%-8s%7s%11s%9s%10s", "version", "", "pods", "requests", "errors", "share"), dim}}}
	for _, version := range versions {
		errors := plain
		if version.Requests > 0 && version.Bad*50 > version.Requests {
			errors = red
		}
		lines = append(lines, line{
			{fmt.Sprintf("  %-10s", version.Name), bold},
			{fmt.Sprintf("%-8s", version.Role), plain},
			{fmt.Sprintf("%7s%11s", pods(version), count(version.Requests)), plain},
			{fmt.Sprintf("%9s%10s", count(version.Bad), share(version.Bad, version.Requests)), errors},
		})
	}
	return lines
}

// evidenceLine draws what one metric says.
func evidenceLine(evidence Evidence, width int) line {
	if evidence.Limit <= 1 {
		return line{label(evidence.Metric), {evidence.State, plain}}
	}
	level := logarithmic(evidence.Value, evidence.Limit)
	filled, rest := bar(level, width)
	colour := yellow
	if level >= 1 {
		colour = red
	}
	return line{label(evidence.Metric), {filled, colour}, {rest, dim}, {"  " + against(evidence), plain}}
}

// against says the evidence in numbers.
func against(evidence Evidence) string {
	value := "below 1"
	if evidence.Value >= 1 {
		value = significant(evidence.Value)
	}
	return fmt.Sprintf("evidence %s of %s", value, significant(evidence.Limit))
}

// significant writes a number with three digits at most, as far as that makes it short.
func significant(value float64) string {
	if value >= 1e6 {
		return strconv.FormatFloat(value, 'e', 1, 64)
	}
	if value >= 100 {
		return strconv.FormatFloat(value, 'f', 0, 64)
	}
	return strconv.FormatFloat(value, 'f', 1, 64)
}

// logarithmic is how far the evidence has come: 0 at none (1), 1 at its limit.
func logarithmic(value, limit float64) float64 {
	if !(value > 1) {
		return 0
	}
	return min(math.Log(value)/math.Log(limit), 1)
}

// messageLines draws what the engine does, in three lines at most.
func messageLines(scene Scene, width int) []line {
	words := scene.Phase
	if scene.Message != "" {
		words += ": " + scene.Message
	}
	lines := []line{{}}
	for i, text := range wrap(words, max(width-14, 20)) {
		name := ""
		if i == 0 {
			name = "Serin"
		}
		if i < 3 {
			lines = append(lines, line{label(name), {text, plain}})
		}
	}
	return lines
}

// bar draws a share of a bar that fits the width.
func bar(filled float64, width int) (full, rest string) {
	length := min(40, max(width-46, 10))
	cells := int(math.Round(filled * float64(length)))
	return strings.Repeat("█", cells), strings.Repeat("░", length-cells)
}

// pods writes how many pods are ready.
func pods(version Version) string { return fmt.Sprintf("%d/%d", version.Ready, version.Pods) }

// pad fills a text up to a width.
func pad(text string, width int) string { return fmt.Sprintf("%-*s", max(width, 0), cut(text, width)) }
