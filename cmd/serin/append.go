package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/serin-dev/serin/cmd/serin/view"
)

// appending is a screen for pipes and files: the whole text once, then only the
// blocks that have changed, under a line with the time.
type appending struct {
	session *session
	// began is the clock of all comparisons: with it, time alone changes nothing.
	began time.Time
	last  map[string]string
	away  bool
}

// show prints what has changed.
func (a *appending) show(o view.Objects) {
	s := a.session
	if a.away {
		fmt.Fprintf(s.Stdout, "--- %s the cluster can be reached again\n", a.clock())
		a.away = false
	}
	if a.last == nil {
		a.began = s.Now()
	}
	frozen := s.settings()
	frozen.Now = a.began
	texts := map[string]string{}
	for _, block := range view.Rollout(o, frozen) {
		texts[block.Name] = strings.Join(block.Lines, "\n")
	}
	var changed []view.Block
	settings := s.settings()
	for _, block := range view.Rollout(o, settings) {
		if text, known := a.last[block.Name]; !known || text != texts[block.Name] {
			changed = append(changed, block)
		}
	}
	if len(changed) > 0 {
		if a.last != nil {
			fmt.Fprintf(s.Stdout, "\n--- %s\n", a.clock())
		}
		fmt.Fprint(s.Stdout, view.Text(changed, settings.Style))
	}
	a.last = texts
}

// lost says once that the cluster cannot be reached.
func (a *appending) lost(err error) {
	if !a.away {
		fmt.Fprintf(a.session.Stdout, "\n--- %s %s; trying again\n", a.clock(), view.Clean(asFailure(err).what))
	}
	a.away = true
}

// close has nothing to do: everything is printed.
func (a *appending) close() {}

// clock is the time of day.
func (a *appending) clock() string {
	return a.session.Now().UTC().Format("15:04:05Z")
}
