package recordings

import (
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"

	"github.com/serin-dev/serin/backtest"
)

// Judge decides once and for all whether a case is to be taken back.
type Judge struct {
	Name string
	// Text says in one line what the judge does.
	Text  string
	Fails func(Case) bool
}

// Outcome is what a judge made of a case.
type Outcome struct {
	Case   Case
	Judge  string
	Failed bool
}

// Run judges all cases of a corpus by each judge.
func Run(corpus string, judges ...Judge) (Results, error) {
	cases, err := Load(corpus)
	if err != nil {
		return Results{}, err
	}
	r := Results{Judges: judges}
	for _, c := range cases {
		for _, j := range judges {
			r.Outcomes = append(r.Outcomes, Outcome{Case: c, Judge: j.Name, Failed: j.Fails(c)})
		}
	}
	return r, nil
}

// Results are the outcomes of a run.
type Results struct {
	Judges   []Judge
	Outcomes []Outcome
}

// Rate is how many of some cases a judge took back.
type Rate struct{ Failed, Of int }

// Value is the share; NaN of no cases.
func (r Rate) Value() float64 { return float64(r.Failed) / float64(r.Of) }

// String is the rate with its 95 % Wilson interval.
func (r Rate) String() string {
	if r.Of == 0 {
		return "–"
	}
	low, high := r.Wilson()
	return fmt.Sprintf("%d/%d = %.2f (%.2f–%.2f)", r.Failed, r.Of, r.Value(), low, high)
}

// Wilson is the 95 % interval of a share (Wilson 1927).
func (r Rate) Wilson() (low, high float64) {
	rate := backtest.NewRate(r.Failed, r.Of)
	return rate.Low, rate.High
}

// Rate counts the outcomes of a judge that are chosen.
func (r Results) Rate(judge string, chosen func(Case) bool) Rate {
	var rate Rate
	for _, o := range r.Outcomes {
		if o.Judge == judge && chosen(o.Case) {
			rate.Of++
			if o.Failed {
				rate.Failed++
			}
		}
	}
	return rate
}

// Datasets are the names of the datasets, sorted.
func (r Results) Datasets() []string {
	var names []string
	for _, o := range r.Outcomes {
		names = append(names, o.Case.Dataset)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// columns are the shares of a table.
var columns = [...]struct {
	title  string
	chosen func(Case) bool
}{
	{"recall", func(c Case) bool { return c.Expected == backtest.Rollback }},
	{"false rollbacks", func(c Case) bool { return c.Expected == backtest.Promote && !c.Shared() }},
	{"shared incident", func(c Case) bool { return c.Shared() }},
	{"unscored", func(c Case) bool { return c.Expected == backtest.Unscored }},
	{"power only", func(c Case) bool { return c.Expected == backtest.PowerOnly }},
}

// WriteTable writes a row for each dataset and judge: the shares of cases that were taken
// back, with 95 % intervals.
func (r Results) WriteTable(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| dataset | judge |")
	rule := "|---|---|"
	for _, column := range columns {
		b.WriteString(" " + column.title + " |")
		rule += "---|"
	}
	b.WriteString("\n" + rule + "\n")
	for _, dataset := range r.Datasets() {
		for _, j := range r.Judges {
			fmt.Fprintf(&b, "| %s | %s |", dataset, j.Name)
			for _, column := range columns {
				fmt.Fprintf(&b, " %s |", r.Rate(j.Name, func(c Case) bool { return c.Dataset == dataset && column.chosen(c) }))
			}
			b.WriteString("\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteHalves writes recall and false rollbacks of a judge in two halves of each dataset
// that share no group: what holds in one half only was tuned to it.
func (r Results) WriteHalves(w io.Writer, judge string) error {
	var b strings.Builder
	b.WriteString("| dataset | recall, half A | recall, half B | false, half A | false, half B |\n|---|---|---|---|---|\n")
	for _, dataset := range r.Datasets() {
		fmt.Fprintf(&b, "| %s |", dataset)
		for _, column := range columns[:2] {
			for half := range uint32(2) {
				rate := r.Rate(judge, func(c Case) bool { return c.Dataset == dataset && c.half() == half && column.chosen(c) })
				fmt.Fprintf(&b, " %d/%d |", rate.Failed, rate.Of)
			}
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// half is 0 or 1, the same for all cases of a group.
func (c Case) half() uint32 {
	h := fnv.New32a()
	h.Write([]byte(c.Group))
	sum := h.Sum32()
	return (sum ^ sum>>16) & 1
}

// Wrong are the scored cases that a judge got wrong.
func (r Results) Wrong(judge string) []string {
	var wrong []string
	for _, o := range r.Outcomes {
		scored := o.Case.Expected == backtest.Rollback || o.Case.Expected == backtest.Promote
		if o.Judge == judge && scored && o.Failed != (o.Case.Expected == backtest.Rollback) {
			wrong = append(wrong, o.Case.Dataset+"/"+o.Case.Name)
		}
	}
	return wrong
}
