package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/serin-dev/serin/plan"
)

// Plan writes what a simulation of releases came to.
func Plan(w io.Writer, result *plan.Result) error {
	good := result.Good
	p := page{
		Title: "Simulation of " + result.Rollout, Kind: "Simulation of releases", Subject: result.Rollout, Tone: Plain,
		Verdict: "no good release is promoted", Lead: goodLead(result), Facts: serviceFacts(result.Service),
		Foot: []string{
			"Detection is from the first request of the new version until it was taken back; requests are medians of what it served until then. Extra are those that the stable version would not have had. Bad latency is slower than the stable version's 99th percentile. Intervals have 95 % confidence (Wilson).",
			fmt.Sprintf("Seed %d gives the same report again.", result.Seed),
		},
	}
	if good.Duration.Count > 0 {
		p.Verdict = "a good release takes " + duration(good.Duration.P50)
	}
	if good.Promoted.Of > 0 && good.Promoted.Count == 0 || spends(result) && good.TakenBack.Lower > result.Budget {
		p.Tone = Bad
	}
	tables := planTables{
		Path: pathOf(result), Good: goodRows(result), Waits: waitRows(result), Example: good.Example,
		Changes: changeRows(result), Focus: result.Focus, Metrics: metricRows(result), Notes: result.Notes, Service: result.Service,
	}
	if good.Example == "" {
		tables.Example = good.HeldExample
	}
	var err error
	if tables.Weights, err = pathFigure(good); err != nil {
		return err
	}
	if tables.Durations, err = durationFigure(good); err != nil {
		return err
	}
	for _, scenario := range result.Regressions {
		tables.Regressions = append(tables.Regressions, regressionRowOf(scenario))
		tables.Minimum = tables.Minimum || scenario.Minimum != nil
	}
	if tables.Detection, err = detectionsFigure(result.Regressions); err != nil {
		return err
	}
	if tables.Cost, err = costFigure(result.Regressions); err != nil {
		return err
	}
	return write(w, p, "plan.tmpl", tables)
}

// planTables is what plan.tmpl shows.
type planTables struct {
	Path string
	Good []shareRow
	// Weights are those of a usual release, and Durations how long all took.
	Weights, Durations *figure
	Waits              []waitRow
	Example            string
	Regressions        []regressionRow
	// Minimum says that one is known.
	Minimum         bool
	Detection, Cost *figure
	Focus           string
	Changes         []changeRow
	Metrics         []madeUp
	Notes           []string
	Service         plan.Service
}

type shareRow struct {
	Name  string
	Share interval
	Note  string
}

// waitRow is where promoted releases spent their time; Width is in percent of the longest.
type waitRow struct {
	Step, Why, P50, P90 string
	Width               float64
}

type regressionRow struct {
	Name                                                            string
	Caught                                                          interval
	Missed, Held, P50, P90, Requests, Bad, Extra, Most, By, Minimum string
	HeldExample                                                     string
}

type changeRow struct {
	Name, Caught, Median, MedianRatio, Extra, ExtraRatio, Sooner, Later, Good string
	Halves                                                                    bool
}

type madeUp struct{ Name, Judge, Interval, Reads, Assumed string }

func shareOf(s plan.Share) interval { return newInterval(s.Count, s.Of, s.Share, s.Lower, s.Upper) }

// goodLead is what becomes of good releases, in a sentence.
func goodLead(result *plan.Result) string {
	good := result.Good
	text := fmt.Sprintf("Of %s %s promoted, and %s taken back", counted(good.Releases, "good release"), short(good.Promoted.Share), short(good.TakenBack.Share))
	if good.TakenBack.Of > 0 {
		text += fmt.Sprintf(" (%s to %s)", short(good.TakenBack.Lower), short(good.TakenBack.Upper))
	}
	if spends(result) {
		text += fmt.Sprintf("; falseAlarmBudget promises at most %s", short(result.Budget))
	}
	return text + "."
}

// spends says whether any metric draws on the budget.
func spends(result *plan.Result) bool {
	return result.Budget > 0 && slices.ContainsFunc(result.Metrics, func(m plan.Metric) bool { return m.Judge != "conditions" && m.Judge != "mannWhitney" })
}

func serviceFacts(s plan.Service) []fact {
	facts := []fact{
		{"Traffic", fmt.Sprintf("%s requests/s on %s", count(s.RequestsPerSecond), counted(int(s.Pods), "pod"))},
		{"Errors", short(s.ErrorRate)}, {"Latency", strings.ReplaceAll(s.Latency, ",", ", ")}, {"Scraped every", duration(s.ScrapeSeconds)},
	}
	if s.RequestsPerSecond < 100 {
		facts[0].Value = fmt.Sprintf("%s requests/s on %s", number(s.RequestsPerSecond), counted(int(s.Pods), "pod"))
	}
	if s.PodSpread > 0 {
		facts = append(facts, fact{"Pods differ by", short(s.PodSpread)})
	}
	return facts
}

func pathOf(result *plan.Result) string {
	if len(result.Steps) == 0 {
		return "no steps"
	}
	return strings.Join(result.Steps, ", ")
}

func goodRows(result *plan.Result) []shareRow {
	good := result.Good
	rows := []shareRow{{Name: "promoted", Share: shareOf(good.Promoted)}, {Name: "taken back: false alarms", Share: shareOf(good.TakenBack)}, {Name: "held", Share: shareOf(good.Held)}}
	if d := good.Duration; d.Count > 0 {
		rows[0].Note = duration(d.P50) + " from beginning to end"
		if d.P90 > d.P50 {
			rows[0].Note += ", one in ten more than " + duration(d.P90)
		}
	}
	if spends(result) {
		rows[1].Note = "falseAlarmBudget promises at most " + short(result.Budget)
	}
	if good.Held.Count > 0 {
		rows[2].Note = good.HeldExample
	}
	return rows
}

// leastWait is from when on a wait is shown, in seconds.
const leastWait = 1

func waitRows(result *plan.Result) []waitRow {
	longest := 0.0
	for _, wait := range result.Good.Waits {
		longest = max(longest, wait.P50)
	}
	var rows []waitRow
	for _, wait := range result.Good.Waits {
		if wait.P90 < leastWait {
			continue
		}
		row := waitRow{Step: fmt.Sprintf("%d. %s", wait.Step, wait.Text), Why: plan.ReasonText(wait.Reason), P50: duration(wait.P50), P90: duration(wait.P90), Width: tenth(100 * wait.P50 / max(longest, leastWait))}
		if wait.Step > len(result.Steps) {
			row.Step = "taking over"
		}
		rows = append(rows, row)
	}
	return rows
}

func regressionRowOf(s plan.Scenario) regressionRow {
	row := regressionRow{
		Name: s.Name, Caught: shareOf(s.TakenBack), Missed: short(s.Promoted.Share), Held: short(s.Held.Share), HeldExample: s.HeldExample,
		P50: "–", P90: "–", Requests: "–", Bad: "–", Extra: "–", Most: "–", Minimum: "–",
	}
	if s.Minimum != nil {
		row.Minimum = duration(s.Minimum.Seconds)
	}
	if s.Detection.Count == 0 {
		return row
	}
	row.P50, row.P90 = duration(s.Detection.P50), duration(s.Detection.P90)
	row.Requests, row.Bad, row.Extra = amount(s.Requests.P50), amount(s.Bad.P50), amount(s.Extra.P50)
	if len(s.Where) > 0 {
		most := slices.MaxFunc(s.Where, func(a, b plan.Place) int { return cmp.Compare(a.Count, b.Count) })
		row.Most = fmt.Sprintf("%d %% (%s of them)", most.Weight, short(float64(most.Count)/float64(s.TakenBack.Count)))
	}
	var by []string
	for _, metric := range s.By {
		by = append(by, fmt.Sprintf("%s %d", metric.Metric, metric.Count))
	}
	row.By = strings.Join(by, ", ")
	return row
}

// amount is a number of requests; a gauge has no bad ones.
func amount(v float64) string {
	switch {
	case v == 0:
		return "–"
	case v < 100:
		return number(v)
	default:
		return count(v)
	}
}

// changeRows begin with what there is without a change.
func changeRows(result *plan.Result) []changeRow {
	if len(result.Changes) == 0 {
		return nil
	}
	var rows []changeRow
	for _, s := range result.Regressions {
		if s.Name == result.Focus {
			rows = append(rows, changeRowOf("nothing", s, result.Good))
		}
	}
	for _, change := range result.Changes {
		row := changeRowOf(change.Name, change.Bad, change.Good)
		row.MedianRatio, row.ExtraRatio, row.Halves = times(change.Detection), times(change.Extra), change.Halves
		row.Sooner, row.Later = count(float64(change.Sooner)), count(float64(change.Later))
		rows = append(rows, row)
	}
	return rows
}

func changeRowOf(name string, bad, good plan.Scenario) changeRow {
	row := changeRow{Name: name, Caught: short(bad.TakenBack.Share), Median: "–", Extra: "–", Good: "none is promoted"}
	if bad.Detection.Count > 0 {
		row.Median, row.Extra = duration(bad.Detection.P50), amount(bad.Extra.P50)
	}
	if good.Duration.Count > 0 {
		row.Good = duration(good.Duration.P50)
	}
	if good.TakenBack.Count > 0 {
		row.Good += fmt.Sprintf(" (%d of %d taken back)", good.TakenBack.Count, good.Releases)
	}
	return row
}

// times is a ratio: ×0.52; empty if it is not known.
func times(ratio float64) string {
	if ratio == 0 {
		return ""
	}
	return fmt.Sprintf("×%.2g", ratio)
}

func metricRows(result *plan.Result) []madeUp {
	var rows []madeUp
	for _, m := range result.Metrics {
		rows = append(rows, madeUp{m.Name, m.Judge, m.Interval, m.Reads, m.Assumed})
	}
	return rows
}
