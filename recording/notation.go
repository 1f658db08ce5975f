package recording

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"
)

// ParseNotation reads one series in the notation of `promtool test rules`: a series
// such as `requests_total{code="500"}`, and values such as `0+10x60 _x2 stale` or
// `{{schema:0 sum:5 count:4 buckets:[1 2 1]}}x3`. The first value stands at the start,
// each other an interval later; _ is a missing sample, stale a stale marker.
func ParseNotation(series, values string, start time.Time, interval time.Duration) (Series, error) {
	if interval < time.Millisecond {
		return Series{}, fmt.Errorf("series %s: the interval between its values is %s and must be at least 1ms", series, interval)
	}
	if err := notTooMany(values); err != nil {
		return Series{}, fmt.Errorf("series %s: %w", series, err)
	}
	named, sequence, err := parser.NewParser(parser.Options{}).ParseSeriesDesc(series + " " + values)
	if err != nil {
		return Series{}, fmt.Errorf("series %s, values %s: %w", series, clipped([]byte(values)), err)
	}
	read := Series{Labels: named}
	for i, value := range sequence {
		at := start.Add(time.Duration(i) * interval).UnixMilli()
		switch {
		case value.Omitted:
		case value.Histogram != nil:
			read.Histograms = append(read.Histograms, HistogramPoint{at, value.Histogram})
		default:
			read.Floats = append(read.Floats, Point{at, value.Value})
		}
	}
	return read, nil
}

// maxNotation is the most values that one series in notation may have.
const maxNotation = 1_000_000

// notTooMany refuses repetitions that would fill the memory: the parser makes room
// for as many values as a text asks for.
func notTooMany(values string) error {
	total, count, repeats := 0, 0, false
	for i := 0; i <= len(values); i++ {
		if i < len(values) && repeats && values[i] >= '0' && values[i] <= '9' {
			count = min(count*10+int(values[i]-'0'), maxNotation+1)
			continue
		}
		total, count = total+count, 0
		repeats = i < len(values) && values[i] == 'x'
		if total > maxNotation {
			return fmt.Errorf("its values have more than %d samples", maxNotation)
		}
	}
	return nil
}

// NotedSeries is one series in notation, as promtool's files have it.
type NotedSeries struct {
	Series string `json:"series"`
	Values string `json:"values"`
}

// notationFile is a YAML file of series in notation, for which time begins in 1970.
type notationFile struct {
	Interval string        `json:"interval"`
	Start    string        `json:"start"`
	Input    []NotedSeries `json:"input_series"`
	Series   []NotedSeries `json:"series"`
	Tests    []notedTest   `json:"tests"`
}

// notedTest is a test of promtool, of which only the input is read.
type notedTest struct {
	Interval string        `json:"interval"`
	Input    []NotedSeries `json:"input_series"`
}

// maxNotationFile is the largest file of series in notation, in bytes.
const maxNotationFile = 16 << 20

// readNotation reads a YAML file with `interval`, an optional `start` (RFC 3339) and
// `input_series`; a file of promtool tests must have one test.
func readNotation(in io.Reader, file string, into *collector) error {
	text, err := io.ReadAll(io.LimitReader(in, maxNotationFile+1))
	if err != nil {
		return readProblem(position{file: file}, err)
	}
	if len(text) > maxNotationFile {
		return fmt.Errorf("%s: the file is larger than %d bytes, too large for series notation", file, maxNotationFile)
	}
	var read notationFile
	if err := yaml.Unmarshal(text, &read); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	all, interval, err := read.input()
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	start := time.UnixMilli(0)
	if read.Start != "" {
		if start, err = time.Parse(time.RFC3339, read.Start); err != nil {
			return fmt.Errorf("%s: start: %w; write it as 2026-01-31T12:00:00Z", file, err)
		}
	}
	for i, noted := range all {
		series, err := ParseNotation(noted.Series, noted.Values, start, interval)
		if err != nil {
			return fmt.Errorf("%s: series %d: %w", file, i+1, err)
		}
		target := into.of(series.Labels)
		for _, point := range series.Floats {
			if err := into.add(target, point, position{file: file}); err != nil {
				return err
			}
		}
		for _, point := range series.Histograms {
			target.Histograms = append(target.Histograms, point)
			if err := into.note(point.T, position{file: file}); err != nil {
				return err
			}
		}
	}
	return nil
}

// input is the series of a file and their interval.
func (f notationFile) input() ([]NotedSeries, time.Duration, error) {
	all, text := append(f.Input, f.Series...), f.Interval
	switch {
	case len(f.Tests) > 1 || len(f.Tests) == 1 && len(all) > 0:
		return nil, 0, fmt.Errorf("there are %d tests in it and a recording is one; put the input_series of each into a file of its own", len(f.Tests))
	case len(f.Tests) == 1:
		all, text = f.Tests[0].Input, f.Tests[0].Interval
	}
	if len(all) == 0 {
		return nil, 0, errors.New("there are no input_series in it")
	}
	if text == "" { // As promtool has it.
		text = "1m"
	}
	interval, err := model.ParseDuration(text)
	if err != nil {
		return nil, 0, fmt.Errorf("interval: %w; write it as 15s", err)
	}
	return all, time.Duration(interval), nil
}
