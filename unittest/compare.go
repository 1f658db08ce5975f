package unittest

import (
	"fmt"
	"strings"
	"time"
)

// compare holds what was seen by a time of the run against what is expected.
func (p *player) compare(where string, e Expectation, now time.Duration) {
	if e.Verdict != "" && !p.is(e.Verdict) {
		p.differs(where+".verdict", e.line, e.wanted(e.Verdict), p.at(now), p.reason)
	} else if e.Verdict != "" {
		p.compareTimes(where+".verdict", e.line, e.Verdict, e.Times, p.history)
	}
	if e.Weight != nil && (p.weight == nil || *p.weight != *e.Weight) {
		got := "none"
		if p.weight != nil {
			got = fmt.Sprintf("%d %%", *p.weight)
		}
		p.differs(where+".weight", e.line, fmt.Sprintf("%d %%", *e.Weight), got, p.message)
	}
	p.compareMessages(where+".message", e.line, e.Messages, p.message)
	for _, m := range e.Metrics {
		p.compareMetric(where+".metrics."+m.Name, m, now)
	}
}

// compareMetric is compare for one metric.
func (p *player) compareMetric(where string, e MetricExpectation, now time.Duration) {
	m := p.metric(e.Name)
	if e.Verdict != "" && !m.is(e.Verdict) {
		p.differs(where, e.line, e.wanted(e.Verdict), m.at(now), m.why())
	} else if e.Verdict != "" {
		p.compareTimes(where, e.line, e.Verdict, e.Times, m.history)
	}
	if e.Reason != "" && m.reason != e.Reason {
		got := m.reason
		switch {
		case m.looks == 0:
			got = "no look"
		case got == "":
			got = "a look that saw something"
		}
		p.differs(where+".reason", e.line, e.Reason, got, m.last)
	}
	told := m.message
	if !strings.Contains(told, m.last) {
		told = strings.TrimSpace(told + "\n" + m.last)
	}
	p.compareMessages(where+".message", e.line, e.Messages, told)
}

// compareTimes says when a verdict came that came too early or too late.
func (p *player) compareTimes(where string, line int, verdict Verdict, t Times, h history) {
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

// at is the state by a time. Example: Failed at 1m35s.
func (h *history) at(now time.Duration) string {
	verdict := h.verdict()
	if verdict.final() {
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
