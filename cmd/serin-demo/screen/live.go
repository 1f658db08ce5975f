package screen

import (
	"io"
	"strings"
)

// What a terminal understands.
const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	clearBelow = "\x1b[J"
	lineUp     = "\x1b[A"
)

// Live redraws one block in place, below the lines that stay.
type Live struct {
	output io.Writer
	size   func() (columns, lines int)
	scene  *Scene
	height int
}

// NewLive makes a Screen for a terminal.
func NewLive(output io.Writer, size func() (columns, lines int)) *Live {
	return &Live{output: output, size: size}
}

// Say writes a line above the block.
func (l *Live) Say(text string) {
	_, _ = io.WriteString(l.output, l.erased()+text+"\n")
	l.height = 0
	if l.scene != nil {
		l.Show(*l.scene)
	}
}

// Show draws the block anew, in one write, so that it does not flicker.
func (l *Live) Show(scene Scene) {
	columns, lines := l.size()
	var out strings.Builder
	out.WriteString(hideCursor + l.erased())
	l.scene, l.height = &scene, 0
	// One column stays free: some terminals wrap when the last one is written.
	// One line stays free: the block must not scroll.
	for _, line := range block(scene, columns-1) {
		if l.height < lines-1 {
			out.WriteString(line.render(columns-1, true) + "\n")
			l.height++
		}
	}
	_, _ = io.WriteString(l.output, out.String())
}

// Leave makes the block stay.
func (l *Live) Leave() {
	_, _ = io.WriteString(l.output, showCursor)
	l.scene, l.height = nil, 0
}

// erased moves the cursor to where the block begins and clears it.
func (l *Live) erased() string {
	if l.height == 0 {
		return ""
	}
	return "\r" + strings.Repeat(lineUp, l.height) + clearBelow
}
