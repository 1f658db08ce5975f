package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	// redrawEvery and lineEvery are how often progress is shown at most: on a terminal,
	// where it is redrawn in place, and in a log, where each is a line.
	redrawEvery = 100 * time.Millisecond
	lineEvery   = 5 * time.Second
	// barWidth is the bar's, in columns.
	barWidth = 20
)

// progress tells a person who waits how far something is. It writes to stderr, and
// nothing at all about what is over before the first line is due.
type progress struct {
	out      io.Writer
	terminal bool
	ascii    bool
	now      func() time.Time
	what     string

	began, shown time.Time
	drawn        bool
}

// progressOf is the progress of something. Example: recording.
func (s *session) progressOf(what string) *progress {
	return &progress{out: s.Stderr, terminal: s.ErrIsTerminal, ascii: asciiOnly(s.Env), now: s.Now, what: what, began: s.Now(), shown: s.Now()}
}

// at says that done of all are done; all is 0 when nobody knows. Detail may be empty.
// It is not safe for concurrent use.
func (p *progress) at(done, all int64, detail string) {
	now, every := p.now(), lineEvery
	if p.terminal {
		every = redrawEvery
	}
	if now.Sub(p.shown) < every {
		return
	}
	p.shown = now
	text := p.text(done, all, detail, now)
	if p.terminal {
		fmt.Fprintf(p.out, "\r%s\x1b[K", text)
		p.drawn = true
		return
	}
	fmt.Fprintln(p.out, text)
}

// end clears the bar of a terminal.
func (p *progress) end() {
	if p.drawn {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.drawn = false
	}
}

// text is a line of progress. Example: replaying ████░░░░ 40 %, 3s left, case 12.
func (p *progress) text(done, all int64, detail string, now time.Time) string {
	parts := []string{fmt.Sprintf("%s %d", p.what, done)}
	if all > 0 {
		share := min(max(float64(done)/float64(all), 0), 1)
		parts[0] = fmt.Sprintf("%s %d of %d, %d %%", p.what, done, all, int(100*share))
		if p.terminal {
			parts[0] = fmt.Sprintf("%s %s %d %%", p.what, p.bar(share), int(100*share))
		}
		if spent := now.Sub(p.began); share > 0 && share < 1 {
			left := time.Duration(float64(spent) * (1 - share) / share)
			parts = append(parts, left.Round(time.Second).String()+" left")
		}
	}
	if detail != "" {
		parts = append(parts, detail)
	}
	return strings.Join(parts, ", ")
}

// bar is a share of 0 to 1 as a picture.
func (p *progress) bar(share float64) string {
	full, empty := "█", "░"
	if p.ascii {
		full, empty = "#", "."
	}
	n := int(share * barWidth)
	return strings.Repeat(full, n) + strings.Repeat(empty, barWidth-n)
}
