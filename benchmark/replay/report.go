package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// The bars.
const (
	longestReplay = 300 * time.Millisecond
	largestPeak   = 200 << 20
	unevenFactor  = 3
)

// row is one way: the time of one look of each question; zero if it has no answer.
type row struct {
	name  string
	looks []time.Duration
}

// questions are the columns of the table.
func questions() []string { return []string{"ratio", "p99", "judge", "wide ratio", "wide p99"} }

// measureAll measures all ways in turn, several times, and keeps the best times: so a
// disturbance hits all of them.
func measureAll(path string, rounds int) ([]row, error) {
	ways, end, err := waysOf(path)
	if err != nil {
		return nil, err
	}
	table := make([]row, len(ways))
	for round := range rounds + 1 {
		for i, way := range ways {
			looks, err := measure(way)
			if err != nil {
				return nil, errors.Join(fmt.Errorf("%s: %w", way.name, err), end())
			}
			// The first round decodes what the others use.
			if round == 0 {
				table[i].name = way.name
				continue
			}
			table[i].keep(looks)
		}
	}
	return table, end()
}

func (r *row) keep(looks []time.Duration) {
	if r.looks == nil {
		r.looks = looks
	}
	for i, look := range looks {
		r.looks[i] = min(r.looks[i], look)
	}
}

// measure times each question over the day, by the processor's time.
func measure(way way) ([]time.Duration, error) {
	looks := make([]time.Duration, len(questions()))
	for i, run := range []func() error{
		func() error { return way.query(ratio) }, func() error { return way.query(quantile) }, way.judge,
		func() error { return way.query(wideRatio) }, func() error { return way.query(wideQuantile) },
	} {
		if run == nil {
			continue
		}
		began := processor()
		err := run()
		if errors.Is(err, errNotWritten) {
			continue
		}
		if err != nil {
			return nil, err
		}
		looks[i] = (processor() - began) / time.Duration(len(even()))
	}
	return looks, nil
}

// report prints the tables, and fails if a bar is missed.
func report(out io.Writer, table []row, alone []whole) error {
	fmt.Fprintf(out, "A day of 1,000 series at 15 s (%d samples), %d looks. Microseconds of processor time for one look (and that of the engine's range query as 1):\n\n",
		1000*scrapes, len(even()))
	yardstick := table[3].looks
	writer := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(writer, "|")
	for _, name := range append([]string{""}, questions()...) {
		fmt.Fprintf(writer, " %s\t|", name)
	}
	fmt.Fprintln(writer, "\n|---\t|---\t|---\t|---\t|---\t|---\t|")
	for _, row := range table {
		fmt.Fprintf(writer, "| %s\t|", row.name)
		for i, look := range row.looks {
			switch {
			case look == 0:
				fmt.Fprint(writer, " –\t|")
			case yardstick[i] == 0:
				fmt.Fprintf(writer, " %.2f\t|", microseconds(look))
			default:
				fmt.Fprintf(writer, " %.2f (%.2f)\t|", microseconds(look), float64(look)/float64(yardstick[i]))
			}
		}
		fmt.Fprintln(writer)
	}
	fmt.Fprintf(writer, "\n| alone, in a process of its own\t| open\t| replay of ratio, p99 and judge\t| processor time\t| peak memory\t|\n|---\t|---\t|---\t|---\t|---\t|\n")
	for _, one := range alone {
		fmt.Fprintf(writer, "| %s\t| %.1f ms\t| %.0f ms\t| %.0f ms\t| %d MB\t|\n", one.Name, milliseconds(one.Opened), milliseconds(one.All), milliseconds(one.CPU), one.Peak>>20)
	}
	if err := writer.Flush(); err != nil {
		return err
	}
	return bars(out, table, alone)
}

// bars compares with what was promised.
func bars(out io.Writer, table []row, alone []whole) error {
	worst := 0.0
	for i, look := range table[1].looks {
		worst = max(worst, float64(look)/float64(table[0].looks[i]))
	}
	var slowest time.Duration
	var largest int64
	for _, one := range alone {
		if one.Name != rangeName {
			slowest, largest = max(slowest, one.CPU), max(largest, one.Peak)
		}
	}
	fmt.Fprintf(out, "\nuneven times cost at most %.2f × even ones (bar: %d); the slowest replay takes %.0f ms of processor time (bar: %.0f) and %d MB (bar: %d)\n",
		worst, unevenFactor, milliseconds(slowest), milliseconds(longestReplay), largest>>20, int64(largestPeak)>>20)
	if worst > unevenFactor || slowest > longestReplay || largest > largestPeak {
		return errors.New("a bar is missed")
	}
	return nil
}

func microseconds(duration time.Duration) float64 {
	return float64(duration) / float64(time.Microsecond)
}

func milliseconds(duration time.Duration) float64 {
	return float64(duration) / float64(time.Millisecond)
}
