package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/serin-dev/serin/benchmark/recordings"
)

// recorded is the page's part on recorded incidents. When there are none it says so.
func recorded(folder string, progress io.Writer) (string, error) {
	if _, err := os.Stat(folder); err != nil {
		fmt.Fprintf(progress, "no recordings in %s: their tables are left out\n", folder)
		return "", nil
	}
	judges := append([]recordings.Judge{recordings.DefaultTemplate(serinBudget).Serin()}, recordings.Floors()...)
	results, err := recordings.Run(folder, judges...)
	if err != nil {
		return "", err
	}
	var page strings.Builder
	page.WriteString(`
## Recorded incidents

Labelled incidents of real systems: how many of those that should be taken back are (recall), and how many of the others (false rollbacks), with
Wilson 95 % intervals; beside Serin two naive judges. One template for all datasets, budget 1 %. Shared incidents, cases without a visible effect
(unscored) and regressions that are too small to be found for sure (power only) are apart. The recordings are data of third parties and no part of
this repository.

`)
	if err := results.WriteTable(&page); err != nil {
		return "", err
	}
	page.WriteString(halves)
	if err := results.WriteHalves(&page, "serin"); err != nil {
		return "", err
	}
	page.WriteString(misses)
	return page.String(), nil
}

const (
	halves = `
The same by halves of the cases, drawn by group. Both were seen while the template was made (one for all datasets, never one for a case), so that only
cases that were kept back are a test:

`
	misses = `
What is missed, and what forbids it: regressions with so few events that the best single comparison, made once, would not be sure enough either (errors 5 of
some hundred requests against 0; a service with 7 to 130 slow requests in all), gauges whose own spread or trend is as large as the effect, and some where the
allowance for requests that come in clumps is larger than it had to be. A threshold on the mean finds more of them, and takes good releases back for it.
`
)
