package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// row is a line of the table.
type row struct {
	scenario scenario
	result   result
	// misses are the bars that were missed; none is well.
	misses []string
}

// columns are the table's columns.
func columns() []string {
	return []string{
		"id", "scenario", "first bad s", "to weight 0 s", "bad until then (all)", "highest weight",
		"outcome", "lost", "Argo Rollouts 1.10.2", "Flagger 1.44.0", "bars",
	}
}

// cells are a row's cells.
func (r row) cells() []string {
	verdict := "met"
	if len(r.misses) > 0 {
		verdict = "MISSED"
	}
	bad := fmt.Sprintf("%d (%d)", r.result.badUntilZero, r.result.bad)
	if r.result.bad == 0 {
		bad = "0"
	}
	return []string{
		r.scenario.id, r.scenario.title, seconds(r.result.firstBad), seconds(r.result.detect), bad,
		fmt.Sprint(r.result.highest), r.result.ending(), fmt.Sprint(r.result.lost),
		orDash(r.scenario.argo), orDash(r.scenario.flagger), verdict,
	}
}

// ending is the outcome in words.
func (r result) ending() string {
	words := map[string]string{
		outcomePromoted: "promoted", outcomeAborted: "rolled back", outcomeReverted: "reverted", "": "none",
	}[r.outcome]
	if words == "" {
		words = r.outcome
	}
	if r.ended >= 0 {
		words += fmt.Sprintf(" after %.1f s", r.ended.Seconds())
	}
	if r.note != "" {
		words += ", " + r.note
	}
	return words
}

func seconds(duration time.Duration) string {
	if duration < 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f", duration.Seconds())
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// printRow prints what just came out, with what was missed.
func printRow(w io.Writer, r row) {
	cells := r.cells()
	fmt.Fprintf(w, "    first bad %s s, then %s s to weight 0; bad %s; highest weight %s; %s; lost %s: bars %s\n",
		cells[2], cells[3], cells[4], cells[5], cells[6], cells[7], cells[10])
	for _, miss := range r.misses {
		fmt.Fprintf(w, "    MISSED: %s\n", miss)
	}
}

// printTable prints all rows for a terminal.
func printTable(w io.Writer, rows []row) {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(columns(), "\t"))
	for _, row := range rows {
		fmt.Fprintln(table, strings.Join(row.cells(), "\t"))
	}
	_ = table.Flush()
}

// markdown is the table for a page.
func markdown(rows []row) string {
	var text strings.Builder
	header := columns()
	fmt.Fprintf(&text, "| %s |\n|%s\n", strings.Join(header, " | "), strings.Repeat("---|", len(header)))
	for _, row := range rows {
		fmt.Fprintf(&text, "| %s |\n", strings.Join(row.cells(), " | "))
	}
	return text.String()
}
