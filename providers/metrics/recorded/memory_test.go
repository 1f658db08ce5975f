package recorded

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/serin-dev/serin/recording"
)

// endless is a source in which every name has a series of a hundred samples.
type endless struct{}

func (endless) Select(_ context.Context, _, _ time.Time, matchers ...*labels.Matcher) ([]recording.Series, error) {
	made := recording.Series{Labels: labels.FromStrings("__name__", matchers[0].Value)}
	for i := range int64(100) {
		made.Floats = append(made.Floats, recording.Point{T: i, V: 1})
	}
	return []recording.Series{made}, nil
}

// TestMemoryIsBounded: whatever is asked for, no more is held than what is allowed, and
// what is held is what is counted.
func TestMemoryIsBounded(t *testing.T) {
	m := newMemory(endless{}, Config{HeldSamples: 1_050})
	for i := range 100 {
		matcher := labels.MustNewMatcher(labels.MatchEqual, "__name__", fmt.Sprint("series", i%37))
		if _, err := m.selected(t.Context(), []*labels.Matcher{matcher}); err != nil {
			t.Fatal(err)
		}
		held := 0
		for _, one := range m.series {
			held += one.size()
		}
		if held != m.samples || held > m.config.HeldSamples || len(m.selections) > len(m.series) {
			t.Fatalf("after %d selectors %d samples of %d series are held by %d selections, and %d are counted; want at most %d", i+1, held, len(m.series), len(m.selections), m.samples, m.config.HeldSamples)
		}
	}
}

// TestFloatsNear: a position that is near finds what a search finds.
func TestFloatsNear(t *testing.T) {
	series, _ := endless{}.Select(t.Context(), time.Time{}, time.Time{}, labels.MustNewMatcher(labels.MatchEqual, "__name__", "x"))
	made, err := decodeSeries(series[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := range made.floats {
		made.floats[i].T *= 3
	}
	for near := range len(made.floats) + 2 {
		for until := int64(-2); until < 302; until++ {
			want := floatsUntil(made.floats, until)
			if got := floatsNear(made.floats, near, until); got != want {
				t.Fatalf("from %d until %d: %d, want %d", near, until, got, want)
			}
			if got := floatsBack(made.floats, len(made.floats), until); got != want {
				t.Fatalf("back until %d: %d, want %d", until, got, want)
			}
		}
	}
}
