package plan

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteText writes a result for people, in 100 columns.
func (r *Result) WriteText(to io.Writer) error {
	var b strings.Builder
	fmt.Fprintln(&b, wrapped(r.Rollout+": "+r.path(), "  "))
	fmt.Fprintln(&b, wrapped("assumed: "+r.Service.text(), "  "))
	r.writeGood(&b)
	r.writeRegressions(&b)
	r.writeChanges(&b)
	r.writeMetrics(&b)
	_, err := io.WriteString(to, b.String())
	return err
}

// timesOver is how often something was done.
func timesOver(count int) string {
	if count == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", count)
}

// path are the steps in one line: setWeight 5, pause 5m, …
func (r *Result) path() string {
	if len(r.Steps) == 0 {
		return "no steps"
	}
	return strings.Join(r.Steps, ", ")
}

// text is the service in one line or two.
func (s Service) text() string {
	parts := []string{
		fmt.Sprintf("%s requests/s on %d pods", number(s.RequestsPerSecond), s.Pods), percent(s.ErrorRate) + " errors",
		"latency " + s.Latency, "scraped every " + seconds(s.ScrapeSeconds),
	}
	if s.PodSpread > 0 {
		parts = append(parts, "pods differ by "+percent(s.PodSpread))
	}
	return strings.Join(parts, ", ")
}

// writeGood writes what becomes of good releases.
func (r *Result) writeGood(b *strings.Builder) {
	g := r.Good
	fmt.Fprintf(b, "\nA good release, %s\n", timesOver(g.Releases))
	if g.Duration.Count > 0 {
		fmt.Fprintf(b, "  takes         %s", seconds(g.Duration.P50))
		if g.Duration.P90 > g.Duration.P50 {
			fmt.Fprintf(b, ", one in ten more than %s", seconds(g.Duration.P90))
		}
		fmt.Fprintln(b)
	}
	fmt.Fprintf(b, "  promoted      %s\n", g.Promoted.text())
	fmt.Fprintf(b, "  false alarms  %s", g.TakenBack.text())
	if r.spends() {
		fmt.Fprintf(b, "; falseAlarmBudget promises at most %s", percent(r.Budget))
	}
	fmt.Fprintln(b)
	if g.Held.Count > 0 {
		fmt.Fprintf(b, "  held          %s\n", g.Held.text())
	}
	r.writeWaits(b)
	if g.Example != "" {
		fmt.Fprintln(b, "  "+wrapped("the first that was not promoted: "+g.Example, "    "))
	}
}

// longWait is from when on a wait is worth a line, in seconds.
const longWait = 2

// writeWaits writes where the time goes, beyond the pauses themselves.
func (r *Result) writeWaits(b *strings.Builder) {
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, wait := range r.Good.Waits {
		if wait.P90 < longWait {
			continue
		}
		name := "taking over"
		if wait.Step <= len(r.Steps) {
			name = fmt.Sprintf("step %d %s", wait.Step, wait.Text)
		}
		text := seconds(wait.P50)
		if wait.P90 > wait.P50 {
			text += ", one in ten " + seconds(wait.P90)
		}
		fmt.Fprintf(table, "    %s\t%s\t%s\n", name, ReasonText(wait.Reason), text)
	}
	_ = table.Flush() // A strings.Builder takes everything.
}

// ReasonText is a reason of the core for people. Example: waits for evidence.
func ReasonText(reason string) string {
	switch reason {
	case "Progressing":
		return "as planned"
	case "WaitingForPods":
		return "waits for pods or the router"
	case "WaitingForEvidence":
		return "waits for evidence"
	case "Blind":
		return "sees too little"
	case "Paused":
		return "waits for a person"
	default:
		return reason
	}
}

// text is a share with its interval: 58 of 60, 97% [89%, 99%].
func (s Share) text() string {
	return fmt.Sprintf("%d of %d, %s [%s to %s]", s.Count, s.Of, whole(s.Share), whole(s.Lower), whole(s.Upper))
}

// whole writes a share as a percentage of two digits.
func whole(share float64) string {
	switch p := 100 * share; {
	case p == 0 || p >= 9.95:
		return fmt.Sprintf("%.0f%%", p)
	default:
		return fmt.Sprintf("%.1f%%", p)
	}
}

// writeRegressions writes the table of regressions.
func (r *Result) writeRegressions(b *strings.Builder) {
	if len(r.Regressions) == 0 {
		return
	}
	fmt.Fprintf(b, "\nA regression, %s each: how many are caught, how soon, and what they cost until then\n", timesOver(r.Regressions[0].Releases))
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  REGRESSION\tCAUGHT\tMISSED\tMEDIAN\tP90\tREQUESTS\tBAD\tEXTRA\tMOST AT\tMINIMUM")
	known := false
	for _, s := range r.Regressions {
		minimum := "-"
		if s.Minimum != nil {
			minimum, known = seconds(s.Minimum.Seconds), true
		}
		cells := []string{s.Name, s.TakenBack.cell(), whole(s.Promoted.Share), "-", "-", "-", "-", "-", "-", minimum}
		if s.Detection.Count > 0 {
			copy(cells[3:], []string{seconds(s.Detection.P50), seconds(s.Detection.P90), number(s.Requests.P50), orNone(s.Bad.P50), orNone(s.Extra.P50), s.most()})
		}
		fmt.Fprintln(table, "  "+strings.Join(cells, "\t"))
	}
	_ = table.Flush()
	legend := "MISSED: promoted. MEDIAN and P90 are from the first request of the new version until it was taken back. " +
		"REQUESTS, BAD and EXTRA are medians of what it served until then: all, bad ones, and those that the stable version would not have had. " +
		"Bad latency is slower than the stable p99."
	if known {
		legend += " MINIMUM: on average no test with this budget is faster (Wald)."
	}
	fmt.Fprintln(b, "  "+wrapped(legend, "  "))
	for _, s := range r.Regressions {
		if s.Held.Count > 0 {
			fmt.Fprintln(b, "  "+wrapped(fmt.Sprintf("%s was held %d of %d times; the first: %s", s.Name, s.Held.Count, s.Held.Of, s.HeldExample), "    "))
			break
		}
	}
}

// orNone is a count, or a dash for none: a gauge has no bad requests.
func orNone(value float64) string {
	if value == 0 {
		return "-"
	}
	return number(value)
}

// spends says whether any metric draws on the budget.
func (r *Result) spends() bool {
	return r.Budget > 0 && slices.ContainsFunc(r.Metrics, func(m Metric) bool { return m.Judge != "conditions" && m.Judge != "mannWhitney" })
}

// cell is a share with its interval, short: 83% (64-93).
func (s Share) cell() string {
	return fmt.Sprintf("%s (%s-%s)", whole(s.Share), strings.TrimSuffix(whole(s.Lower), "%"), strings.TrimSuffix(whole(s.Upper), "%"))
}

// most is where most were taken back: 25%, step 4.
func (s Scenario) most() string {
	best := Place{}
	for _, place := range s.Where {
		if place.Count > best.Count {
			best = place
		}
	}
	return fmt.Sprintf("%d%% (%s)", best.Weight, whole(float64(best.Count)/float64(max(s.TakenBack.Count, 1))))
}

// writeChanges writes what single changes come to.
func (r *Result) writeChanges(b *strings.Builder) {
	if len(r.Changes) == 0 {
		return
	}
	fmt.Fprintf(b, "\nWhat would halve it, measured: %s again with one thing changed, %s each\n", r.Focus, timesOver(r.Changes[0].Bad.Releases))
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  CHANGE\tCAUGHT\tMEDIAN\t\tEXTRA\t\tSOONER/LATER\tGOOD RELEASE")
	for _, s := range r.Regressions {
		if s.Name == r.Focus {
			fmt.Fprintf(table, "  none\t%s\t%s\t\t%s\t\t\t%s\n", whole(s.TakenBack.Share), seconds(s.Detection.P50), number(s.Extra.P50), takes(r.Good))
		}
	}
	for _, c := range r.Changes {
		good := takes(c.Good)
		if c.Halves {
			good += "  <- halves it"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\t%s\t%d/%d\t%s\n", c.Name, whole(c.Bad.TakenBack.Share), seconds(c.Bad.Detection.P50), times(c.Detection),
			number(c.Bad.Extra.P50), times(c.Extra), c.Sooner, c.Later, good)
	}
	_ = table.Flush()
	fmt.Fprintln(b, "  "+wrapped("SOONER/LATER: releases that were caught sooner, and later or never, than those of the same seed.", "  "))
}

// takes is how long good releases take.
func takes(good Scenario) string {
	text := "none promoted"
	if good.Duration.Count > 0 {
		text = seconds(good.Duration.P50)
	}
	if good.TakenBack.Count > 0 {
		text += fmt.Sprintf(" (%d of %d taken back)", good.TakenBack.Count, good.Releases)
	}
	return text
}

// times is a ratio: ×0.52.
func times(ratio float64) string {
	if ratio == 0 {
		return ""
	}
	return fmt.Sprintf("×%.2g", ratio)
}

// writeMetrics writes what was made of each metric, and the notes.
func (r *Result) writeMetrics(b *strings.Builder) {
	fmt.Fprintf(b, "\nMade up for\n")
	for _, m := range r.Metrics {
		text := fmt.Sprintf("%s (%s): %s", m.Name, m.Judge, m.Reads)
		if m.Assumed != "" {
			text += "; " + m.Assumed
		}
		fmt.Fprintln(b, "  "+wrapped(text, "    "))
	}
	fmt.Fprintf(b, "\nIntervals have 95%% confidence; seed %d gives the same again.\n", r.Seed)
	for _, note := range r.Notes {
		fmt.Fprintln(b, wrapped("Note: "+note+".", "  "))
	}
}

// width is that of a text, in columns.
const width = 98

// wrapped breaks a text into lines, all but the first with an indent.
func wrapped(text, indent string) string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width-len(indent)-2 {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return strings.Join(append(lines, line), "\n"+indent)
}

// seconds writes a time for people: 35s, 5m19s, 1h2m.
func seconds(value float64) string {
	d := time.Duration(value * float64(time.Second)).Round(time.Second)
	if d < 10*time.Second {
		d = time.Duration(value * float64(time.Second)).Round(100 * time.Millisecond)
	}
	if d >= time.Hour {
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
	return short(d)
}

// number writes a count for people: three digits, and thousands with a comma.
func number(value float64) string {
	if value < 100 {
		return fmt.Sprintf("%.3g", value)
	}
	digits := fmt.Sprintf("%.0f", math.Round(value))
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
