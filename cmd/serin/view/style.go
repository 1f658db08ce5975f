package view

import "strings"

// Style is how the text looks.
type Style struct {
	// Color allows ANSI colours.
	Color bool
	// ASCII forbids signs that only a UTF-8 terminal can show.
	ASCII bool
}

// The colours that are used, as ANSI parameters.
const (
	ansiBold   = "1"
	ansiDim    = "2"
	ansiRed    = "31"
	ansiGreen  = "32"
	ansiYellow = "33"
	ansiCyan   = "36"
)

// paint colours a text, where colours are allowed.
func (s Style) paint(ansi, text string) string {
	if !s.Color || ansi == "" || text == "" {
		return text
	}
	return "\x1b[" + ansi + "m" + text + "\x1b[0m"
}

func (s Style) bold(text string) string    { return s.paint(ansiBold, text) }
func (s Style) dim(text string) string     { return s.paint(ansiDim, text) }
func (s Style) warning(text string) string { return s.paint(ansiYellow, text) }

// Bad colours what went wrong.
func (s Style) Bad(text string) string { return s.paint(ansiRed, text) }

// Warning colours what deserves a look.
func (s Style) Warning(text string) string { return s.warning(text) }

// phase colours the name of a phase.
func (s Style) phase(name string) string {
	return s.paint(phaseColor(name), name)
}

// phaseColor tells good, bad, waiting and at work apart.
func phaseColor(name string) string {
	switch name {
	case "Healthy", "Successful", "accepted":
		return ansiGreen
	case "Degraded", "Failed", "Error", "refused":
		return ansiRed
	case "Paused", "Inconclusive", "blind":
		return ansiYellow
	case "Progressing", "Running", "Pending":
		return ansiCyan
	default:
		return ""
	}
}

// sign is a mark in the margin.
type sign int

// The signs.
const (
	signNone sign = iota
	signDone
	signNow
	signBad
	signAsk
)

// mark writes a sign.
func (s Style) mark(which sign) string {
	unicode := [...]string{" ", "✓", "▶", "✗", "?"}
	ascii := [...]string{" ", "+", ">", "x", "?"}
	colors := [...]string{"", ansiGreen, ansiCyan, ansiRed, ansiYellow}
	if s.ASCII {
		return s.paint(colors[which], ascii[which])
	}
	return s.paint(colors[which], unicode[which])
}

// arrow leads from the stable version to the canary.
func (s Style) arrow() string {
	if s.ASCII {
		return "->"
	}
	return "→"
}

// times stands before a factor.
func (s Style) times() string {
	if s.ASCII {
		return "x"
	}
	return "×"
}

// bar draws a share of width, in percent. A share that is neither nothing nor all
// never looks like it.
func (s Style) bar(percent, width int) string {
	filled := (min(max(percent, 0), 100)*width + 50) / 100
	if percent > 0 {
		filled = max(filled, 1)
	}
	if percent < 100 {
		filled = min(filled, width-1)
	}
	full, empty := "█", "░"
	if s.ASCII {
		full, empty = "#", "."
	}
	return strings.Repeat(full, filled) + strings.Repeat(empty, width-filled)
}
