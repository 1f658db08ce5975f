package backtest

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"
)

const (
	// columns is how wide the text is at most.
	columns = 100
	// shownWrong is how many wrong cases the text shows unless all are asked for.
	shownWrong = 10
)

// WriteText writes a Result for people, at most 100 columns wide: the tables, then the
// wrong cases with the metric that came nearest to deciding them. All of these are shown
// if allWrong; else the first few.
func (r Result) WriteText(w io.Writer, allWrong bool) error {
	t := &text{}
	t.head(r)
	t.confusion(r)
	t.apart(r)
	t.metrics(r)
	t.wrong(r, allWrong)
	t.broken(r)
	_, err := w.Write(t.out.Bytes())
	return err
}

// text is a page in the making.
type text struct{ out bytes.Buffer }

func (t *text) line(format string, args ...any) { fmt.Fprintf(&t.out, format+"\n", args...) }

// table writes rows whose cells are separated by tabs.
func (t *text) table(rows []string) {
	w := tabwriter.NewWriter(&t.out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, row)
	}
	_ = w.Flush() // A buffer takes everything.
}

// head says what was judged by what.
func (t *text) head(r Result) {
	part := ""
	if r.Shard != nil {
		part = ", shard " + r.Shard.String()
	}
	t.paragraph("", fmt.Sprintf("%s of %s%s, judged by %s.", counted(r.Cases, "case"), r.Corpus.Name, part, r.Templates.Name))
	t.line("")
}

// confusion is what should have been decided, against what was.
func (t *text) confusion(r Result) {
	rows := []string{"DATASET\tRECALL\tFALSE ROLLBACKS\tINCONCLUSIVE\tDETECTED AFTER"}
	for _, d := range r.withAll() {
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s", d.name(), d.Recall, d.False, share(d.Inconclusive.Count, d.Inconclusive.Of), d.Detection))
	}
	t.table(rows)
	t.line("")
	t.line("Recall is the share of bad releases that are taken back, with its 95 %% interval (Wilson);")
	t.line("inconclusive ones are neither taken back nor promoted. Detected: median and p90 since the fault.")
}

// withAll are the datasets, and all of them together if there are several.
func (r Result) withAll() []Dataset {
	if len(r.Datasets) == 1 {
		return r.Datasets
	}
	return append(slices.Clip(r.Datasets), r.All)
}

func (d Dataset) name() string {
	if d.Name == "" {
		return "all"
	}
	return d.Name
}

// String is 64/68 0.94 (0.86–0.98).
func (r Rate) String() string {
	if r.Of == 0 {
		return "–"
	}
	return fmt.Sprintf("%d/%d %.2f (%.2f–%.2f)", r.Count, r.Of, r.Value, r.Low, r.High)
}

// String is 1m5s / 5m46s.
func (d Detection) String() string {
	if len(d.Times) == 0 && d.Early == 0 {
		return "–"
	}
	text := seconds(d.Median) + " / " + seconds(d.P90)
	if len(d.Times) == 0 {
		text = "–"
	}
	if d.Early > 0 {
		text += fmt.Sprintf(" (%d early)", d.Early)
	}
	return text
}

// seconds is a duration for people: 25.5s, 5m46s, 2h.
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second)).Round(time.Second)
	switch {
	case s < 60:
		return strconv.FormatFloat(math.Round(10*s)/10, 'f', -1, 64) + "s"
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return strings.TrimSuffix(d.String(), "0s")
	default:
		return d.String()
	}
}

func share(count, of int) string {
	if of == 0 {
		return "–"
	}
	return fmt.Sprintf("%d/%d", count, of)
}

// apart are the cases that are in no score.
func (t *text) apart(r Result) {
	rows := []string{"ROLLED BACK OF\tSHARED INCIDENTS\tUNSCORED\tPOWER-ONLY"}
	for _, d := range r.withAll() {
		if d.Shared.Of()+d.Unscored.Of()+d.PowerOnly.Of() == 0 {
			continue
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s", d.name(), d.Shared, d.Unscored, d.PowerOnly))
	}
	if len(rows) == 1 {
		return
	}
	t.line("")
	t.table(rows)
}

// String is 1/10 (2 inconclusive).
func (t Tally) String() string {
	text := share(t.RolledBack, t.Of())
	if t.Inconclusive > 0 {
		text += fmt.Sprintf(" (%d inconclusive)", t.Inconclusive)
	}
	return text
}

// metrics are those that failed a case.
func (t *text) metrics(r Result) {
	rows := []string{"FAILED BY\tDATASET\tRIGHTLY\tFALSELY\tOTHERWISE\tTOGETHER"}
	for _, d := range r.Datasets {
		for _, m := range d.Metrics {
			rows = append(rows, fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%d", m.Name, d.Name, m.Rightly, m.Falsely, m.Otherwise, m.Together))
		}
	}
	if len(rows) == 1 {
		return
	}
	t.line("")
	t.table(rows)
}

// wrong are the cases that were decided otherwise than they should have been.
func (t *text) wrong(r Result, all bool) {
	total := len(r.Wrong) + r.WrongLeftOut
	t.line("")
	if total == 0 {
		t.line("No scored case was decided wrongly.")
		return
	}
	t.paragraph("", r.wrongInWords())
	// A good release that is taken back costs trust: first.
	shown := slices.Clone(r.Wrong)
	slices.SortStableFunc(shown, func(a, b Wrong) int { return a.rank() - b.rank() })
	if !all && len(shown) > shownWrong {
		shown = shown[:shownWrong]
	}
	for _, w := range shown {
		t.line("")
		t.line("  %s/%s", w.Dataset, w.Case)
		t.paragraph("    ", fmt.Sprintf("should be %s, is %s after %s", past(w.Expected), past(w.Decided), seconds(w.After)))
		if len(w.Reasons) > 0 {
			reason := w.Reasons[0]
			said, _, _ := strings.Cut(reason.Text, "; doubts:")
			t.paragraph("    ", reason.Metric+": "+said)
		}
	}
	if more := total - len(shown); more > 0 {
		t.line("")
		t.line("  … and %d more: %s", more, map[bool]string{true: "only so many are kept", false: "--wrong shows them, -o json says what every metric saw"}[all])
	}
}

// wrongInWords counts the wrong cases.
func (r Result) wrongInWords() string {
	a := r.All
	var parts []string
	for _, part := range []struct {
		count int
		text  string
	}{
		{a.Promote.RolledBack, "of the good rolled back"}, {a.Rollback.Promoted, "of the bad promoted"},
		{a.Rollback.Inconclusive, "of the bad inconclusive"}, {a.Promote.Inconclusive, "of the good inconclusive"},
		{a.Shared.RolledBack + a.Shared.Inconclusive, "of the shared incidents not promoted"},
	} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.count, part.text))
		}
	}
	return "Decided wrongly: " + strings.Join(parts, ", ") + "."
}

// rank is where a wrong case comes in the text.
func (w Wrong) rank() int {
	switch {
	case w.Decided == Rollback:
		return 0
	case w.Decided == Promote:
		return 1
	case w.Expected == Rollback:
		return 2
	default:
		return 3
	}
}

// past is a decision in words.
func past(decision string) string {
	switch decision {
	case Rollback:
		return "rolled back"
	case Promote:
		return "promoted"
	default:
		return decision
	}
}

// broken are the cases that could not be played.
func (t *text) broken(r Result) {
	total := len(r.Broken) + r.BrokenLeftOut
	if total == 0 {
		return
	}
	t.line("")
	t.line("%s could not be played:", counted(total, "case"))
	for _, b := range r.Broken[:min(len(r.Broken), 2*shownWrong)] {
		t.line("")
		t.line("  %s", b.Case)
		t.paragraph("    ", b.Problem)
	}
	if more := total - min(len(r.Broken), 2*shownWrong); more > 0 {
		t.line("")
		t.line("  … and %d more: see -o json", more)
	}
}

// paragraph writes words within the columns. A word that is longer stands alone.
func (t *text) paragraph(indent, words string) {
	line := indent
	for _, word := range strings.Fields(words) {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns && line != indent {
			t.line("%s", line)
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	t.line("%s", line)
}

// counted is "1 case" or "2 cases".
func counted(n int, one string, many ...string) string {
	switch {
	case n == 1:
		return "1 " + one
	case len(many) > 0:
		return fmt.Sprintf("%d %s", n, many[0])
	default:
		return fmt.Sprintf("%d %ss", n, one)
	}
}
