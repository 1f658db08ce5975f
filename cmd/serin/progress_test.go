package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestProgress: a bar that is redrawn on a terminal, seldom lines in a log, and nothing
// about what is over at once.
func TestProgress(t *testing.T) {
	for _, test := range []struct {
		reason   string
		terminal bool
		every    time.Duration
		all      int64
		want     string
	}{
		{"a log", false, 2 * time.Second, 4, "replaying 3 of 4, 75 %, 2s left, a case\n"},
		{"a terminal", true, 2 * time.Second, 4, "\rreplaying #####............... 25 %, 6s left, a case\x1b[K" +
			"\rreplaying ##########.......... 50 %, 4s left, a case\x1b[K" +
			"\rreplaying ###############..... 75 %, 2s left, a case\x1b[K" +
			"\rreplaying #################### 100 %, a case\x1b[K\r\x1b[K"},
		{"nobody knows how much", false, 2 * time.Second, 0, "replaying 3, a case\n"},
		{"over at once", false, time.Millisecond, 4, ""},
		{"over at once, on a terminal", true, time.Millisecond, 4, ""},
	} {
		t.Run(test.reason, func(t *testing.T) {
			now := testNow
			var out strings.Builder
			s := &session{environment: environment{
				Stderr: &out, ErrIsTerminal: test.terminal, Now: func() time.Time { return now },
				Env: func(name string) string { return map[string]string{"LANG": "C"}[name] },
			}}
			p := s.progressOf("replaying")
			for done := int64(1); done <= 4; done++ {
				now = now.Add(test.every)
				p.at(done, test.all, "a case")
			}
			p.end()
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
