package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/serin-dev/serin/backtest"
	"github.com/serin-dev/serin/report/chart"
)

// openWrong is how many wrong cases of a kind are in sight; the others fold away.
const openWrong = 20

// Backtest writes what templates made of a corpus. Bars are what was demanded of them; nil
// if nothing was. A bar of a dataset that is not there is an error.
func Backtest(w io.Writer, result *backtest.Result, bars backtest.Bars) error {
	missed, err := bars.Missed(*result)
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	tables := &backtestTables{Missed: missed, Apart: apartRows(result), Metrics: failedBy(result), Wrong: wrongGroups(result), WrongLeftOut: result.WrongLeftOut,
		Broken: result.Broken, BrokenLeftOut: result.BrokenLeftOut}
	for _, dataset := range withAll(result) {
		tables.Datasets = append(tables.Datasets, datasetRowOf(dataset))
	}
	if tables.Detection, err = detectionFigure(result.All); err != nil {
		return err
	}
	all := result.All
	p := page{
		Title: "Back-test of " + result.Corpus.Name, Kind: "Back-test of " + counted(result.Cases, "case"), Subject: result.Corpus.Name,
		Tone: Plain, Verdict: "recall " + rateWord(all.Recall) + ", false rollbacks " + rateWord(all.False),
		Lead: backtestLead(result),
		Facts: []fact{
			{"Templates", result.Templates.Name}, {"Inconclusive", rateText(all.Inconclusive)},
			{"Detected after (median / p90)", all.Detection.String()},
		},
		Foot: []string{
			"Recall is the share of bad releases that are taken back, false rollbacks that of the good ones. Inconclusive ones are neither taken back nor promoted. Intervals have 95 % confidence (Wilson).",
			"Detection is from the fault's start, or from the canary's where the fault was there before; early are rollbacks before the labelled fault.",
			fmt.Sprintf("Corpus %s, templates %s: the same files give the same report (%s)", result.Corpus.Digest, result.Templates.Digest, result.Format),
		},
	}
	if all.Recall.Of+all.False.Of == 0 {
		p.Verdict = "nothing to score"
	}
	if result.Shard != nil {
		p.Kind += ", shard " + result.Shard.String()
	}
	switch {
	case len(missed) > 0:
		p.Tone = Bad
		tables.Demanded = fmt.Sprintf("%d of %s missed", len(missed), counted(len(bars), "bar"))
	case len(bars) > 0:
		p.Tone = Good
		tables.Demanded = "all bars are met"
	}
	return write(w, p, "backtest.tmpl", tables)
}

// backtestLead is what was decided, in a sentence or two.
func backtestLead(result *backtest.Result) string {
	lead, all := "No case was played that counts.", result.All
	switch {
	case all.Recall.Of > 0 && all.False.Of > 0:
		lead = fmt.Sprintf("Of the bad releases %s were taken back, of the good ones %s.", rateText(all.Recall), rateText(all.False))
	case all.Recall.Of > 0:
		lead = fmt.Sprintf("Of the bad releases %s were taken back; there was no good one.", rateText(all.Recall))
	case all.False.Of > 0:
		lead = fmt.Sprintf("Of the good releases %s were taken back; there was no bad one.", rateText(all.False))
	}
	if broken := len(result.Broken) + result.BrokenLeftOut; broken > 0 {
		lead += fmt.Sprintf(" %d of %s could not be played.", broken, counted(result.Cases, "case"))
	}
	return lead
}

// backtestTables is what backtest.tmpl shows.
type backtestTables struct {
	// Demanded says how many bars are met; empty if there was none.
	Demanded      string
	Missed        []string
	Datasets      []datasetRow
	Detection     *figure
	Apart         []apartRow
	Metrics       []failedRow
	Wrong         []wrongGroup
	WrongLeftOut  int
	Broken        []backtest.Broken
	BrokenLeftOut int
}

type datasetRow struct {
	Name, Templates, Inconclusive, Detection string
	Recall, False                            interval
}

type apartRow struct{ Name, Shared, Unscored, PowerOnly string }

type failedRow struct {
	Dataset string
	backtest.Metric
}

// wrongGroup are cases that went wrong in the same way.
type wrongGroup struct {
	Title string
	// First are in sight, Rest folds away.
	First, Rest []wrongRow
}

type wrongRow struct {
	Name, After string
	// Why is the metric that decided or came nearest, Others are those besides.
	Why    *backtest.Reason
	Others []backtest.Reason
}

// withAll are the datasets, and all of them together if there are several.
func withAll(result *backtest.Result) []backtest.Dataset {
	if len(result.Datasets) == 1 {
		return result.Datasets
	}
	all := result.All
	all.Name = "all"
	return append(append([]backtest.Dataset{}, result.Datasets...), all)
}

func datasetRowOf(d backtest.Dataset) datasetRow {
	row := datasetRow{
		Name: d.Name, Templates: strings.Join(d.Templates, ", "), Detection: d.Detection.String(), Inconclusive: "–",
		Recall: intervalOf(d.Recall), False: intervalOf(d.False),
	}
	if d.Inconclusive.Of > 0 {
		row.Inconclusive = fmt.Sprintf("%d of %d, %s", d.Inconclusive.Count, d.Inconclusive.Of, rateWord(d.Inconclusive))
	}
	return row
}

func intervalOf(r backtest.Rate) interval {
	return newInterval(r.Count, r.Of, r.Value, r.Low, r.High)
}

// rateText is 3 of 4, 75 % (30–95 %).
func rateText(r backtest.Rate) string { return intervalOf(r).String() }

// rateWord is 75 %.
func rateWord(r backtest.Rate) string {
	if r.Of == 0 {
		return "–"
	}
	return short(r.Value)
}

// detectionFigure is how many of all bad releases had been taken back how soon; nil without
// any.
func detectionFigure(all backtest.Dataset) (*figure, error) {
	bad := all.Rollback.Of()
	if bad == 0 || len(all.Detection.Times) == 0 {
		return nil, nil
	}
	times := all.Detection.Times
	c := chart.Chart{
		Title:   "The share of bad releases that had been taken back, over the time since the fault, which is on a logarithmic scale",
		Seconds: true, LogX: true, From: max(times[0].Seconds/2, 0.5), To: max(1.5*times[len(times)-1].Seconds, 2), Percent: true, High: 1,
	}
	taken := all.Detection.Early
	line := chart.Line{Role: chart.Evidence, Steps: true, Points: []chart.Point{{X: c.From, Y: float64(taken) / float64(bad)}}}
	for _, t := range times {
		taken += t.Cases
		line.Points = append(line.Points, chart.Point{X: max(t.Seconds, c.From), Y: float64(taken) / float64(bad)})
	}
	line.Points = append(line.Points, chart.Point{X: c.To, Y: float64(taken) / float64(bad)})
	c.Lines = []chart.Line{line}
	return draw(c, "Share of the bad releases that had been taken back, by the time since the fault", key{"evidence", counted(bad, "bad release")})
}

func apartRows(result *backtest.Result) []apartRow {
	var rows []apartRow
	for _, d := range withAll(result) {
		if d.Shared.Of()+d.Unscored.Of()+d.PowerOnly.Of() > 0 {
			rows = append(rows, apartRow{d.Name, d.Shared.String(), d.Unscored.String(), d.PowerOnly.String()})
		}
	}
	return rows
}

func failedBy(result *backtest.Result) []failedRow {
	var rows []failedRow
	for _, d := range result.Datasets {
		for _, metric := range d.Metrics {
			rows = append(rows, failedRow{d.Name, metric})
		}
	}
	return rows
}

// wrongGroups are the wrong cases: first good releases that were taken back, which cost
// trust.
func wrongGroups(result *backtest.Result) []wrongGroup {
	groups := []wrongGroup{
		{Title: "Good, and taken back"}, {Title: "Bad, and promoted"}, {Title: "Bad, and inconclusive"}, {Title: "Good, and inconclusive"},
	}
	for _, wrong := range result.Wrong {
		at := 3
		switch {
		case wrong.Decided == backtest.Rollback:
			at = 0
		case wrong.Decided == backtest.Promote:
			at = 1
		case wrong.Expected == backtest.Rollback:
			at = 2
		}
		row := wrongRow{Name: wrong.Dataset + "/" + wrong.Case, After: duration(wrong.After)}
		if len(wrong.Reasons) > 0 {
			row.Why, row.Others = &wrong.Reasons[0], wrong.Reasons[1:]
		}
		group := &groups[at]
		if len(group.First) < openWrong {
			group.First = append(group.First, row)
		} else {
			group.Rest = append(group.Rest, row)
		}
	}
	var some []wrongGroup
	for _, group := range groups {
		if n := len(group.First) + len(group.Rest); n > 0 {
			group.Title = fmt.Sprintf("%s (%d)", group.Title, n)
			some = append(some, group)
		}
	}
	return some
}
