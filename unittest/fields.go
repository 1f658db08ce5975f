package unittest

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/controller/translate"
)

// setting are the fields of a test that defaults may have, too.
func (r *reader) setting(t *Test) []field {
	return []field{
		{"template", func(node *yaml.Node) { t.Templates = r.texts(node, "template") }},
		{"rollout", func(node *yaml.Node) { t.Rollout, _ = r.named(node, "rollout") }},
		{"release", func(node *yaml.Node) { t.Release = r.release(node) }},
		{"kind", func(node *yaml.Node) {
			kind, _ := r.oneOf(node, "kind", []string{string(translate.Step), string(translate.Background)})
			t.Kind = translate.Kind(kind)
		}},
		{"args", func(node *yaml.Node) {
			r.each(node, "args", func(key, value *yaml.Node) {
				if text, ok := r.text(value, "args."+key.Value); ok {
					t.Args = append(t.Args, Arg{key.Value, text})
				}
			})
		}},
		{"series", func(node *yaml.Node) {
			r.list(node, "series", func(one *yaml.Node) { t.Series = append(t.Series, r.series(one)) })
		}},
		{"interval", func(node *yaml.Node) {
			interval, ok := r.duration(node, "interval")
			if ok && interval < time.Millisecond {
				r.wrong(node, "interval is %s; write the time from value to value, such as 15s", node.Value)
			}
			t.Interval = interval
		}},
		{"recording", func(node *yaml.Node) {
			path, _ := r.named(node, "recording")
			t.Recording = File{path, placeOf(node)}
		}},
		{"start", func(node *yaml.Node) { r.start(node, t) }},
		{"duration", func(node *yaml.Node) {
			duration, ok := r.duration(node, "duration")
			if ok && duration == 0 {
				r.wrong(node, "duration is 0; write how long to play the run, or remove it to play to the end of the metrics")
			}
			t.Duration = duration
		}},
		{"canarySince", func(node *yaml.Node) { t.CanarySince = r.moment(node, "canarySince") }},
		{"baselineSince", func(node *yaml.Node) { t.BaselineSince = r.moment(node, "baselineSince") }},
		{"weight", func(node *yaml.Node) { t.Weights = r.weights(node) }},
		{"unavailable", func(node *yaml.Node) {
			r.list(node, "unavailable", func(one *yaml.Node) { t.Unavailable = append(t.Unavailable, r.outage(one)) })
		}},
	}
}

func (r *reader) series(node *yaml.Node) Series {
	one := Series{place: placeOf(node)}
	before := len(r.problems)
	r.mapping(node, "a series",
		field{"series", func(node *yaml.Node) { one.Labels, _ = r.named(node, "series") }},
		field{"values", func(node *yaml.Node) { one.Values, _ = r.named(node, "values") }},
	)
	if len(r.problems) == before && (one.Labels == "" || one.Values == "") {
		r.wrong(node, `a series needs its labels and its values; write {series: 'requests_total{code="200"}', values: '0+10x60'}`)
	}
	return one
}

// start reads a time after the first sample, or a moment.
func (r *reader) start(node *yaml.Node, t *Test) {
	text, ok := r.text(node, "start")
	if !ok {
		return
	}
	if moment, err := time.Parse(time.RFC3339, text); err == nil {
		t.StartAt = moment.UTC()
		return
	}
	if strings.Contains(text, "-") && strings.Contains(text, ":") {
		r.wrong(node, "start is %q; write a moment with its time zone, such as 2026-03-01T12:00:00Z, or a time after the first sample, such as 5m", text)
		return
	}
	t.Start, _ = r.duration(node, "start")
}

// moment is a duration that may be absent.
func (r *reader) moment(node *yaml.Node, what string) *time.Duration {
	value, ok := r.duration(node, what)
	if !ok {
		return nil
	}
	return &value
}

// weights are one for the whole run, or a list with the times from which they are in force.
func (r *reader) weights(node *yaml.Node) []Weight {
	node, ok := r.follow(node)
	if !ok {
		return nil
	}
	if node.Kind == yaml.ScalarNode {
		weight, _ := r.percent(node, "weight")
		return []Weight{{Weight: weight}}
	}
	var all []Weight
	r.list(node, "weight", func(one *yaml.Node) {
		var next Weight
		r.mapping(one, "a weight",
			field{"from", func(node *yaml.Node) { next.From, _ = r.duration(node, "from") }},
			field{"weight", func(node *yaml.Node) { next.Weight, _ = r.percent(node, "weight") }},
		)
		if n := len(all); n > 0 && next.From <= all[n-1].From {
			r.wrong(one, "weights must come in the order of their times: this one is from %s, the one before from %s", next.From, all[n-1].From)
		}
		all = append(all, next)
	})
	return all
}

func (r *reader) release(node *yaml.Node) Release {
	var one Release
	r.mapping(node, "release",
		field{"canary", func(node *yaml.Node) { one.Canary, _ = r.named(node, "release.canary") }},
		field{"stable", func(node *yaml.Node) { one.Stable, _ = r.named(node, "release.stable") }},
		field{"startup", func(node *yaml.Node) { one.Startup, _ = r.duration(node, "release.startup") }},
		field{"checkSplit", func(node *yaml.Node) { one.CheckSplit = r.yes(node, "release.checkSplit") }},
		field{"promotePauses", func(node *yaml.Node) { one.PromotePauses = r.yes(node, "release.promotePauses") }},
	)
	return one
}

func (r *reader) outage(node *yaml.Node) Outage {
	var o Outage
	before := len(r.problems)
	r.mapping(node, "a time in unavailable",
		field{"from", func(node *yaml.Node) { o.From, _ = r.duration(node, "from") }},
		field{"for", func(node *yaml.Node) { o.For, _ = r.duration(node, "for") }},
	)
	if len(r.problems) == before && o.For == 0 {
		r.wrong(node, "a time in unavailable needs its length; write {from: 2m, for: 3m}")
	}
	return o
}
