package unittest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/serin-dev/serin/analysis/run"
)

// compare holds what was seen by a time of the run against what is expected.
func (p *player) compare(where string, e Expectation, now time.Duration) {
	if e.Verdict != "" && !p.run.is(e.Verdict) {
		p.differs(where+".verdict", e.line, e.wanted(e.Verdict), p.run.told(now), p.reason())
	} else if e.Verdict != "" {
		p.compareTimes(where+".verdict", e.line, e.Verdict, e.Times, &p.run)
	}
	p.compareMessages(where+".message", e.line, e.Messages, p.state.Message)
	for _, m := range e.Metrics {
		p.compareMetric(where+".metrics."+m.Name, m, now)
	}
}

// compareMetric is compare for one metric.
func (p *player) compareMetric(where string, m MetricExpectation, now time.Duration) {
	i := slices.IndexFunc(p.state.Metrics, func(state run.MetricState) bool { return state.Name == m.Name })
	metric, h := p.state.Metrics[i], p.metrics[m.Name]
	last, _ := lastOf(metric)
	if m.Verdict != "" && !h.is(m.Verdict) {
		p.differs(where, m.line, m.wanted(m.Verdict), h.told(now), withReason(last, messageOf(metric)))
	} else if m.Verdict != "" {
		p.compareTimes(where, m.line, m.Verdict, m.Times, h)
	}
	if m.Reason != "" && (!last.Blind() || string(last.Reason) != m.Reason) {
		got := "a look that saw something"
		switch {
		case last.StartedAt.IsZero():
			got = "no look"
		case last.Blind():
			got = string(last.Reason)
		}
		p.differs(where+".reason", m.line, m.Reason, got, last.Message)
	}
	told := metric.Message
	if !strings.Contains(told, last.Message) {
		told = strings.TrimSpace(told + "\n" + last.Message)
	}
	p.compareMessages(where+".message", m.line, m.Messages, told)
}

// compareTimes says when a verdict came that came too early or too late.
func (p *player) compareTimes(where string, line int, verdict Verdict, t Times, h *history) {
	reached := h.first[verdict]
	early := t.After != nil && reached < *t.After
	late := t.Within != nil && reached > *t.Within
	off := t.At != nil && (reached-*t.At > t.Tolerance || *t.At-reached > t.Tolerance)
	if early || late || off {
		p.differs(where, line, t.wanted(verdict), fmt.Sprintf("%s at %s", verdict, short(reached)), "")
	}
}

func (p *player) compareMessages(where string, line int, wanted []string, got string) {
	for _, text := range wanted {
		if !strings.Contains(got, text) {
			p.differs(where, line, fmt.Sprintf("a text with %q", text), fmt.Sprintf("%q", strings.ReplaceAll(got, "\n", "; ")), "")
		}
	}
}

func (p *player) differs(where string, line int, want, got, why string) {
	p.result.Differences = append(p.result.Differences, Difference{Where: where, Line: line, Want: want, Got: got, Why: why})
}

// reason is why the run is in its state: its message, or what the metrics say that hold it.
func (p *player) reason() string {
	if !p.state.Phase.Live() {
		return p.state.Message
	}
	var all []string
	for _, metric := range p.state.Metrics {
		if last, measured := lastOf(metric); measured && last.Phase != run.Successful && metric.Phase.Live() {
			all = append(all, metric.Name+": "+withReason(last, last.Message))
		}
	}
	return strings.Join(all, "\n")
}

func withReason(last run.Outcome, message string) string {
	if last.Blind() && !strings.HasPrefix(message, string(last.Reason)) {
		return string(last.Reason) + ": " + message
	}
	return message
}

// wanted is a verdict with the times that are asked for. Example: Failed within 2m.
func (t Times) wanted(verdict Verdict) string {
	text := string(verdict)
	if t.At != nil {
		text += " at " + short(*t.At)
		if t.Tolerance > 0 {
			text += " ± " + short(t.Tolerance)
		}
	}
	if t.After != nil {
		text += " not before " + short(*t.After)
	}
	if t.Within != nil {
		text += " within " + short(*t.Within)
	}
	return text
}

// told is the state by a time. Example: Failed at 1m35s.
func (h *history) told(now time.Duration) string {
	verdict := h.verdict()
	switch verdict {
	case Successful, Failed, Inconclusive:
		now = h.first[verdict]
	}
	return fmt.Sprintf("%s at %s", verdict, short(now))
}

// short is a duration without what is zero. Example: 2m, not 2m0s.
func short(d time.Duration) string {
	text := d.Round(time.Millisecond).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func listed(names []string) string { return strings.Join(names, ", ") }
