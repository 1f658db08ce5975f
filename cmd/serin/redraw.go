package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/serin-dev/serin/cmd/serin/view"
)

// What a terminal understands.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l"
	leaveScreen = "\x1b[?25h\x1b[?1049l"
	toTopLeft   = "\x1b[H"
	clearLine   = "\x1b[K"
	clearBelow  = "\x1b[J"
	resetColor  = "\x1b[0m"
)

// redrawing is a screen for terminals: the text in place, on the alternate screen,
// so that the shell's history stays as it was.
type redrawing struct {
	session *session
	last    *view.Objects
	// lostAt is since when the cluster cannot be reached; zero while it can.
	lostAt time.Time
}

// show draws what was read.
func (r *redrawing) show(o view.Objects) {
	if r.last == nil {
		fmt.Fprint(r.session.Stdout, enterScreen)
	}
	r.last, r.lostAt = &o, time.Time{}
	r.draw("Ctrl-C ends this.")
}

// lost draws the last state, and that it is old.
func (r *redrawing) lost(err error) {
	now := r.session.Now()
	if r.lostAt.IsZero() {
		r.lostAt = now
	}
	r.draw(fmt.Sprintf("No answer from the cluster for %ds (%s); trying again. This is what was seen last.",
		int(now.Sub(r.lostAt).Seconds()), view.Clean(rootCause(err).Error())))
}

// close leaves the alternate screen and prints the last state.
func (r *redrawing) close() {
	if r.last == nil {
		return
	}
	settings := r.session.settings()
	fmt.Fprint(r.session.Stdout, leaveScreen+view.Text(view.Rollout(*r.last, settings), settings.Style))
}

// draw writes one picture at once, so that it does not flicker.
func (r *redrawing) draw(footer string) {
	settings := r.session.settings()
	columns, height := r.session.Size()
	lines, hidden := fit(view.Rollout(*r.last, settings), settings.Style, height-2)
	if hidden > 0 {
		footer += fmt.Sprintf(" %d lines are hidden: make the window higher.", hidden)
	}
	lines = append(lines, "", settings.Style.Warning(footer))
	var picture strings.Builder
	picture.WriteString(toTopLeft)
	for i, line := range lines {
		if i > 0 {
			picture.WriteString("\r\n")
		}
		picture.WriteString(clip(line, columns) + clearLine)
	}
	picture.WriteString(clearBelow)
	fmt.Fprint(r.session.Stdout, picture.String())
}

// fit writes blocks in a number of lines. When there are too few, lines in the
// middle are hidden: the headline and the last block, what can be typed now, stay.
func fit(blocks []view.Block, style view.Style, room int) (lines []string, hidden int) {
	lines = textLines(view.Text(blocks, style))
	hidden = len(lines) - room
	if room <= 0 || hidden <= 0 {
		return lines, 0
	}
	end := textLines(view.Text(blocks[len(blocks)-1:], style))
	if len(end)+1 >= room {
		return lines[:room], hidden
	}
	return append(lines[:room-len(end)-1:room-len(end)-1], append([]string{""}, end...)...), hidden
}

// textLines splits a text into its lines.
func textLines(text string) []string {
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// clip cuts a line at a number of columns. Colours take no column.
func clip(line string, columns int) string {
	if columns <= 0 {
		return line
	}
	var clipped strings.Builder
	taken := 0
	for len(line) > 0 {
		if end := strings.IndexByte(line, 'm') + 1; strings.HasPrefix(line, "\x1b[") && end > 0 {
			clipped.WriteString(line[:end])
			line = line[end:]
			continue
		}
		_, size := utf8.DecodeRuneInString(line)
		if taken == columns {
			return clipped.String() + resetColor
		}
		clipped.WriteString(line[:size])
		line = line[size:]
		taken++
	}
	return clipped.String()
}
