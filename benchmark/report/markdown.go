package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/serin-dev/serin/benchmark/peers"
	"github.com/serin-dev/serin/benchmark/world"
)

// Names of the pictures, beside the page, in a folder of the page's name.
const (
	ExposurePicture       = "benchmark/exposure.svg"
	FalseRollbacksPicture = "benchmark/false-rollbacks.svg"
)

// Markdown writes the page.
func (r Results) Markdown(w io.Writer) error {
	var page strings.Builder
	r.opening(&page)
	r.barTable(&page)
	r.falseTable(&page)
	r.exposureTable(&page)
	r.candidateTable(&page)
	r.checkTables(&page)
	r.promotionTable(&page)
	otherBars(&page)
	page.WriteString(r.Recordings)
	_, err := io.WriteString(w, page.String())
	return err
}

func (r Results) opening(page *strings.Builder) {
	fmt.Fprintf(page, `# Benchmark of judges

Several judges look at the same made-up rollouts, in which the new version is as good as the old one (families A) or worse (families B).
Measured are how often a judge takes a good version back, and how many requests a bad one has served until it does.

This page is written by

    %s

and comes out the same whenever the seed is the same, on any number of processors. Each family is replayed %s.

**The world** (`+"`benchmark/world`"+`). A service has %d equal pods. For %d min all run the old version; then 1, 2, 5 and 10 of them run the
new one, for %d min each. A scrape every %d s gives requests, errors and %d latency buckets of each pod. Unless a family says otherwise: 200
requests per second around a daily wave and bursts, 0.1 %% errors, latency lognormal with a median of 80 ms and a p99 of 256 ms, and shocks
that all pods share.

**The judges** (`+"`benchmark/peers`"+`, as they are documented). %s is the one that the bars are for.

`, r.Command, r.replays(), world.Pods, world.HistoryTicks*world.TickSeconds/60, world.StepTicks*world.TickSeconds/60, world.TickSeconds, world.Buckets, r.Candidate)
	table(page, []string{"judge", "what it does"}, len(r.Judges), func(i int) []string { return []string{r.Judges[i], r.Texts[i]} })
	page.WriteString(`
All of this is simulation: it says how judges compare under stated laws, not what production traffic will do. Medians may lie below the Wald
limit, which bounds a mean.

`)
}

// replays says how many there are.
func (r Results) replays() string {
	var counts []string
	for _, bad := range []bool{false, true} {
		for _, family := range r.Families {
			if family.Scenario.Bad() == bad {
				counts = append(counts, fmt.Sprintf("%d times (%s)", len(family.Outcomes[0]), family.Scenario.Name[:1]))
				break
			}
		}
	}
	return strings.Join(counts, " or ")
}

// barTable says which bars are met.
func (r Results) barTable(page *strings.Builder) {
	fmt.Fprintf(page, "## Bars\n\n")
	checks := r.Checks()
	table(page, []string{"bar", "demand", "met", "missed"}, len(Bars()), func(i int) []string {
		met, missed := 0, []string{}
		for _, check := range checks {
			switch {
			case check.Bar != i+1:
			case check.Status == Met:
				met++
			case check.Status == Missed:
				missed = append(missed, check.Family)
			}
		}
		return []string{fmt.Sprint(i + 1), Bars()[i+1], fmt.Sprint(met), strings.Join(slices.Compact(missed), ", ")}
	})
	page.WriteString("\nThe figures of each family stand at the end of this page.\n\n")
}

// falseTable shows the A families.
func (r Results) falseTable(page *strings.Builder) {
	judges := slices.DeleteFunc(slices.Clone(r.Judges), func(name string) bool { return name == oracle })
	families := r.families(false)
	if len(families) == 0 {
		return
	}
	fmt.Fprintf(page, "## False rollbacks\n\nShare of good releases that are taken back; in brackets the one-sided upper 95 %% bound (Clopper–Pearson).\n\n")
	fmt.Fprintf(page, "![False rollbacks by judge](%s)\n\n", FalseRollbacksPicture)
	table(page, append([]string{"family"}, judges...), len(families), func(i int) []string {
		row := []string{families[i].Name + " " + families[i].Text}
		for _, judge := range judges {
			found, _ := r.of(families[i].Name, judge)
			row = append(row, fmt.Sprintf("%s (%s)", percent(found.rate()), percent(found.upper())))
		}
		return row
	})
	page.WriteString("\n")
}

// exposureTable shows the B families.
func (r Results) exposureTable(page *strings.Builder) {
	families := r.families(true)
	if len(families) == 0 {
		return
	}
	page.WriteString("## Exposure\n\nMedian of the canary requests served until the rollback, and median time. Where a judge finds less than half, the number is the exposure of the\nwhole plan, and the time is \"never\". A share is that of the replays in which the regression was found, if it is below 99 %.\n\n")
	fmt.Fprintf(page, "![Exposure by judge and family](%s)\n\n", ExposurePicture)
	table(page, append([]string{"family", "Wald limit"}, r.Judges...), len(families), func(i int) []string {
		row := []string{families[i].Name + " " + families[i].Text, count(peers.WaldLimit(families[i]))}
		for _, judge := range r.Judges {
			found, _ := r.of(families[i].Name, judge)
			cell := fmt.Sprintf("%s [%s]", count(found.medianRequests), seconds(found.medianSeconds))
			if found.rate() < .99 {
				cell += " " + percent(found.rate())
			}
			row = append(row, cell)
		}
		return row
	})
	page.WriteString("\n")
}

// candidateTable shows the candidate in detail.
func (r Results) candidateTable(page *strings.Builder) {
	families := r.families(true)
	if len(families) == 0 {
		return
	}
	fmt.Fprintf(page, "## %s in detail\n\nRequests and errors are medians of what the canary served from the regression's begin. The last two columns say how many times more requests the\nother judge exposes.\n\n", r.Candidate)
	header := []string{"family", "found", "too early", "median", "p90", "requests", "errors", "× Wald limit", "× oracle", "Kayenta ×", "Flagger ×"}
	table(page, header, len(families), func(i int) []string {
		s := families[i]
		found, _ := r.of(s.Name, r.Candidate)
		row := []string{s.Name + " " + s.Text, percent(found.rate()), fmt.Sprint(found.early), seconds(found.medianSeconds), seconds(found.p90Seconds),
			count(found.medianRequests), count(found.medianErrors), ratio(found.medianRequests / peers.WaldLimit(s))}
		for _, judge := range []string{oracle, kayenta, flagger} {
			other, ok := r.of(s.Name, judge)
			switch {
			case !ok:
				row = append(row, "–")
			case judge == oracle:
				row = append(row, ratio(found.medianRequests/other.medianRequests))
			case other.detectedHalf():
				row = append(row, ratio(other.medianRequests/found.medianRequests))
			default:
				row = append(row, "≥ "+ratio(other.medianRequests/found.medianRequests))
			}
		}
		return row
	})
	page.WriteString("\n")
}

// checkTables shows each bar's figures.
func (r Results) checkTables(page *strings.Builder) {
	checks := r.Checks()
	page.WriteString("## Figures of the bars\n")
	for bar := 1; bar <= len(Bars()); bar++ {
		mine := slices.DeleteFunc(slices.Clone(checks), func(check Check) bool { return check.Bar != bar })
		if len(mine) == 0 {
			continue
		}
		fmt.Fprintf(page, "\n### Bar %d\n\n%s\n\n", bar, Bars()[bar])
		table(page, []string{"family", "", "figures", "what may forbid it"}, len(mine), func(i int) []string {
			return []string{mine[i].Family, string(mine[i].Status), mine[i].Figures, mine[i].Limit}
		})
	}
}

// families lists the scenarios with or without a regression.
func (r Results) families(bad bool) []world.Scenario {
	var found []world.Scenario
	for _, family := range r.Families {
		if family.Scenario.Bad() == bad {
			found = append(found, family.Scenario)
		}
	}
	return found
}

// table writes a table.
func table(page *strings.Builder, header []string, rows int, row func(i int) []string) {
	fmt.Fprintf(page, "| %s |\n|%s\n", strings.Join(header, " | "), strings.Repeat("---|", len(header)))
	for i := range rows {
		fmt.Fprintf(page, "| %s |\n", strings.Join(row(i), " | "))
	}
}
