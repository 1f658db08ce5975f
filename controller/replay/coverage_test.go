package replay_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/recording"
)

// TestCatalogue names the matcher that is at fault, and what there is instead.
func TestCatalogue(t *testing.T) {
	start := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	var all []recording.Series
	add := func(pairs ...string) {
		all = append(all, recording.Series{Labels: labels.FromStrings(pairs...), Floats: []recording.Point{{T: start.UnixMilli(), V: 1}}})
	}
	add("__name__", "requests_total", "hash", "aaa", "code", "200")
	add("__name__", "requests_total", "hash", "bbb", "code", "500")
	for i := range 9 {
		add("__name__", fmt.Sprintf("other_%d", i))
	}
	find := replay.Catalogue(recording.FromSeries(all), start, start.Add(time.Minute))
	for _, test := range []struct {
		reason, expression string
		want               []string
	}{
		{"all match", `sum(rate(requests_total{hash="aaa"}[1m])) / sum(rate(requests_total[1m]))`, nil},
		{"a value", `requests_total{hash="ccc"}`, []string{`requests_total{hash="ccc"} matches no series of the recording; requests_total has hash="aaa", "bbb"`}},
		{"a pattern", `requests_total{code=~"3.."}`, []string{`requests_total{code=~"3.."} matches no series of the recording; requests_total has code="200", "500"`}},
		{"a label", `requests_total{pod="a"}`, []string{`requests_total{pod="a"} matches no series of the recording; requests_total has no label pod, it has "code", "hash"`}},
		{"two labels that do not meet", `requests_total{hash="aaa",code="500"}`, []string{`requests_total{code="500",hash="aaa"} matches no series of the recording; each of its labels matches some, and no series has them all`}},
		{"a name", `rate(request_total[1m])`, []string{`request_total matches no series of the recording; its metrics are "other_0", "other_1", "other_2", "other_3", "other_4", "other_5" and 4 more`}},
		{"an absent label may be asked for", `requests_total{pod=""}`, nil},
		{"each selector once", `a / a`, []string{`a matches no series of the recording; its metrics are "other_0", "other_1", "other_2", "other_3", "other_4", "other_5" and 4 more`}},
	} {
		got, err := find(t.Context(), test.expression)
		if err != nil || strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s: %s\n got %q, %v\nwant %q", test.reason, test.expression, got, err, test.want)
		}
	}
	if _, err := find(t.Context(), "rate("); err == nil {
		t.Error("what is no PromQL is accepted")
	}
	if got, want := replay.HashLabels(t.Context(), recording.FromSeries(all), start, start.Add(time.Minute)), `hash="aaa", "bbb"`; got != want {
		t.Errorf("HashLabels = %q, want %q", got, want)
	}
}
