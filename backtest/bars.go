package backtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Bars are what a Result must reach, in order.
type Bars []Bar

// Bar is a bound of one rate.
type Bar struct {
	// Dataset is its name; empty for all.
	Dataset string
	// Rate is recall, false or inconclusive.
	Rate string
	// Limit is the least recall, or the most of the others.
	Limit float64
}

// rates are what can be bounded, and whether the bound is the least.
func rates() map[string]bool {
	return map[string]bool{"recall": true, "false": false, "inconclusive": false}
}

// ParseBars reads recall=0.9,false=0.05,petshop.recall=0.95.
func ParseBars(text string) (Bars, error) {
	var bars Bars
	for _, part := range strings.Split(text, ",") {
		name, value, cut := strings.Cut(strings.TrimSpace(part), "=")
		bar := Bar{Rate: name}
		if at := strings.LastIndex(name, "."); at >= 0 {
			bar.Dataset, bar.Rate = name[:at], name[at+1:]
		}
		limit, err := strconv.ParseFloat(value, 64)
		_, known := rates()[bar.Rate]
		if !cut || !known || err != nil || !(limit >= 0 && limit <= 1) || strings.HasPrefix(name, ".") {
			return nil, fmt.Errorf("%q is no bar; write recall=0.9, false=0.05, inconclusive=0.2 or DATASET.recall=0.9, with numbers from 0 to 1", part)
		}
		bar.Limit = limit
		bars = append(bars, bar)
	}
	return bars, nil
}

// Check says which bar is of a dataset that is not there.
func (b Bars) Check(datasets []string) error {
	for _, bar := range b {
		if bar.Dataset != "" && !slices.Contains(datasets, bar.Dataset) {
			return fmt.Errorf("bar %s.%s: there is no dataset %s (there are: %s)", bar.Dataset, bar.Rate, bar.Dataset, strings.Join(datasets, ", "))
		}
	}
	return nil
}

// Missed says which bars a result misses, a sentence each. A bar of nothing is missed: it
// was not measured. The error is that of Check.
func (b Bars) Missed(r Result) ([]string, error) {
	var names, missed []string
	for _, d := range r.Datasets {
		names = append(names, d.Name)
	}
	if err := b.Check(names); err != nil {
		return nil, err
	}
	for _, bar := range b {
		table := r.All
		if bar.Dataset != "" {
			table = r.Datasets[slices.Index(names, bar.Dataset)]
		}
		if text := bar.missed(table); text != "" {
			missed = append(missed, text)
		}
	}
	return missed, nil
}

// missed says how a table misses the bar; empty if it does not.
func (b Bar) missed(table Dataset) string {
	rate := map[string]Rate{"recall": table.Recall, "false": table.False, "inconclusive": table.Inconclusive}[b.Rate]
	least := rates()[b.Rate]
	bound := "at most"
	if least {
		bound = "at least"
	}
	switch {
	case rate.Of == 0:
		return fmt.Sprintf("%s of %s: no case to measure it by, %s %g demanded", b.Rate, table.name(), bound, b.Limit)
	case least && rate.Value < b.Limit, !least && rate.Value > b.Limit:
		return fmt.Sprintf("%s of %s is %s, %s %g demanded", b.Rate, table.name(), rate, bound, b.Limit)
	default:
		return ""
	}
}
