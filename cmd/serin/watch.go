package main

import (
	"context"
	"time"

	"github.com/serin-dev/serin/cmd/serin/view"
)

// watchPoll is how often a watch looks.
const watchPoll = time.Second

// screen shows a Rollout as it changes.
type screen interface {
	// show shows what was read.
	show(view.Objects)
	// lost says that nothing can be read at present.
	lost(error)
	// close ends it and leaves the last state behind.
	close()
}

// watchRollout shows a Rollout until Ctrl-C. An API server that cannot be reached
// is waited for, once it has been reached.
func (s *session) watchRollout(ctx context.Context, c *cluster, name string) error {
	var shown screen = &appending{session: s}
	if s.IsTerminal {
		shown = &redrawing{session: s}
	}
	defer shown.close()
	for first := true; ; first = false {
		objects, err := s.readObjects(ctx, c, name)
		switch {
		case interrupted(ctx):
			return nil
		case err == nil:
			shown.show(objects)
		case first || asFailure(err).code != exitUnreachable:
			return err
		default:
			shown.lost(err)
		}
		s.Sleep(ctx, watchPoll)
		if interrupted(ctx) {
			return nil
		}
	}
}
