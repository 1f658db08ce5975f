package unittest

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/controller/translate"
)

// drawTests draws tests that are right.
func drawTests(t *rapid.T) []Test {
	text := rapid.StringMatching(`[ -~äß€]{0,12}[a-z0-9:#'"-]`)
	name := rapid.StringMatching(`[a-z][a-z-]{0,8}`)
	var all []Test
	for i := range rapid.IntRange(1, 3).Draw(t, "tests") {
		test := Test{
			Name: fmt.Sprint(text.Draw(t, "name"), i), Templates: rapid.SliceOfNDistinct(name, 1, 3, rapid.ID).Draw(t, "templates"),
			Kind:     rapid.SampledFrom([]translate.Kind{translate.Step, translate.Background}).Draw(t, "kind"),
			Interval: drawDuration(t, "interval") + time.Second, Duration: drawDuration(t, "duration") + time.Second, Start: drawDuration(t, "start"),
			Expect: drawExpectation(t, text, name, true), CanarySince: drawMoment(t, "canary since"), BaselineSince: drawMoment(t, "baseline since"),
		}
		if rapid.Bool().Draw(t, "a Rollout") {
			test.ofRollout(t, name)
		}
		for _, name := range rapid.SliceOfNDistinct(name, 0, 3, rapid.ID).Draw(t, "args") {
			test.Args = append(test.Args, Arg{name, rapid.StringMatching(`[ -~äß€]{0,9}`).Draw(t, "value")})
		}
		if rapid.Bool().Draw(t, "recording") {
			test.Recording.Path = text.Draw(t, "path")
		} else {
			for range rapid.IntRange(1, 3).Draw(t, "series") {
				test.Series = append(test.Series, Series{Labels: text.Draw(t, "labels"), Values: text.Draw(t, "values")})
			}
		}
		from := time.Duration(0)
		for range rapid.IntRange(0, 2).Draw(t, "weights") {
			if test.Rollout == "" {
				test.Weights = append(test.Weights, Weight{from, rapid.Int32Range(0, 100).Draw(t, "weight")})
			}
			test.Unavailable = append(test.Unavailable, Outage{from, drawDuration(t, "outage") + 1})
			from += drawDuration(t, "weight after") + 1
		}
		for range rapid.IntRange(0, 2).Draw(t, "checkpoints") {
			c := Checkpoint{drawDuration(t, "at"), drawExpectation(t, text, name, false)}
			if test.Rollout != "" {
				c.ofRollout(t)
			}
			test.Checkpoints = append(test.Checkpoints, c)
		}
		all = append(all, test)
	}
	return all
}

// ofRollout makes a test one of a Rollout.
func (test *Test) ofRollout(t *rapid.T, name *rapid.Generator[string]) {
	test.Templates, test.Kind, test.CanarySince, test.BaselineSince = nil, translate.Background, nil, nil
	test.Rollout = name.Draw(t, "rollout")
	test.Release = Release{
		Stable: name.Draw(t, "stable"), Canary: name.Draw(t, "canary"), Startup: drawDuration(t, "startup"),
		CheckSplit: rapid.Bool().Draw(t, "check the split"), PromotePauses: rapid.Bool().Draw(t, "promote pauses"),
	}
	test.Expect.ofRollout(t)
}

func (e *Expectation) ofRollout(t *rapid.T) {
	e.Verdict = Verdict(rapid.SampledFrom(releaseVerdicts).Draw(t, "verdict of a release"))
	if rapid.Bool().Draw(t, "a weight") {
		weight := rapid.Int32Range(0, 100).Draw(t, "weight")
		e.Weight = &weight
	}
}

// drawExpectation draws one that can be missed.
func drawExpectation(t *rapid.T, text, name *rapid.Generator[string], times bool) Expectation {
	e := Expectation{Verdict: Verdict(rapid.SampledFrom(runVerdicts).Draw(t, "verdict")), Messages: rapid.SliceOfN(text, 0, 2).Draw(t, "messages")}
	if times {
		e.Times = drawTimes(t)
	}
	for _, name := range rapid.SliceOfNDistinct(name, 0, 2, rapid.ID).Draw(t, "metrics") {
		m := MetricExpectation{Name: name, Verdict: Verdict(rapid.SampledFrom(metricVerdicts).Draw(t, "verdict")), Messages: rapid.SliceOfN(text, 0, 2).Draw(t, "messages")}
		if rapid.Bool().Draw(t, "a reason") {
			m.Reason = rapid.SampledFrom(reasons).Draw(t, "reason")
		}
		if times {
			m.Times = drawTimes(t)
		}
		e.Metrics = append(e.Metrics, m)
	}
	return e
}

func drawTimes(t *rapid.T) Times {
	if rapid.Bool().Draw(t, "at a time") {
		at := drawDuration(t, "at")
		return Times{At: &at, Tolerance: drawDuration(t, "tolerance")}
	}
	times := Times{After: drawMoment(t, "after"), Within: drawMoment(t, "within")}
	if times.After != nil && times.Within != nil && *times.Within < *times.After {
		times.After, times.Within = times.Within, times.After
	}
	return times
}

func drawDuration(t *rapid.T, what string) time.Duration {
	return time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, what))
}

func drawMoment(t *rapid.T, what string) *time.Duration {
	if !rapid.Bool().Draw(t, "has "+what) {
		return nil
	}
	moment := drawDuration(t, what)
	return &moment
}

// written is a test as its YAML.
func (test Test) written() map[string]any {
	out := map[string]any{
		"name": test.Name, "interval": test.Interval.String(),
		"duration": test.Duration.String(), "start": test.Start.String(), "expect": test.Expect.written(),
	}
	if test.Rollout != "" {
		out["rollout"] = test.Rollout
		out["release"] = map[string]any{
			"stable": test.Release.Stable, "canary": test.Release.Canary, "startup": test.Release.Startup.String(),
			"checkSplit": test.Release.CheckSplit, "promotePauses": test.Release.PromotePauses,
		}
	} else {
		out["template"], out["kind"] = test.Templates, string(test.Kind)
	}
	putMoment(out, "canarySince", test.CanarySince)
	putMoment(out, "baselineSince", test.BaselineSince)
	args := yamlMap{}
	for _, arg := range test.Args {
		args = append(args, pair{arg.Name, arg.Value})
	}
	out["args"] = args
	if test.Recording.Path != "" {
		out["recording"] = test.Recording.Path
	}
	var series, weights, outages, checkpoints []any
	for _, one := range test.Series {
		series = append(series, map[string]any{"series": one.Labels, "values": one.Values})
	}
	for _, one := range test.Weights {
		weights = append(weights, map[string]any{"from": one.From.String(), "weight": one.Weight})
	}
	for _, one := range test.Unavailable {
		outages = append(outages, map[string]any{"from": one.From.String(), "for": one.For.String()})
	}
	for _, one := range test.Checkpoints {
		c := one.Expectation.written()
		c["at"] = one.At.String()
		checkpoints = append(checkpoints, c)
	}
	for name, list := range map[string][]any{"series": series, "weight": weights, "unavailable": outages, "checkpoints": checkpoints} {
		if len(list) > 0 {
			out[name] = list
		}
	}
	return out
}

func (e Expectation) written() map[string]any {
	out := map[string]any{"verdict": string(e.Verdict)}
	e.Times.put(out)
	if e.Weight != nil {
		out["weight"] = *e.Weight
	}
	putTexts(out, e.Messages)
	metrics := yamlMap{}
	for _, m := range e.Metrics {
		if len(m.Messages) == 0 && m.Reason == "" && m.Times == (Times{}) {
			metrics = append(metrics, pair{m.Name, string(m.Verdict)})
			continue
		}
		one := map[string]any{"verdict": string(m.Verdict)}
		m.Times.put(one)
		putTexts(one, m.Messages)
		if m.Reason != "" {
			one["reason"] = m.Reason
		}
		metrics = append(metrics, pair{m.Name, one})
	}
	if len(metrics) > 0 {
		out["metrics"] = metrics
	}
	return out
}

func (t Times) put(into map[string]any) {
	putMoment(into, "at", t.At)
	putMoment(into, "within", t.Within)
	putMoment(into, "after", t.After)
	if t.At != nil {
		into["tolerance"] = t.Tolerance.String()
	}
}

func putMoment(into map[string]any, name string, moment *time.Duration) {
	if moment != nil {
		into[name] = moment.String()
	}
}

// putTexts writes one text as a text, and more as a list.
func putTexts(into map[string]any, texts []string) {
	switch len(texts) {
	case 0:
	case 1:
		into["message"] = texts[0]
	default:
		into["message"] = texts
	}
}

// yamlMap is a mapping in the order of its pairs.
type yamlMap []pair

type pair struct {
	key   string
	value any
}

// MarshalYAML is that of yaml.Marshaler.
func (m yamlMap) MarshalYAML() (any, error) {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for _, p := range m {
		var value yaml.Node
		if err := value.Encode(p.value); err != nil {
			return nil, err
		}
		node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: p.key}, &value)
	}
	return node, nil
}
