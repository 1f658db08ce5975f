package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/serin-dev/serin/recording"
)

// loop is the ratio of errors, written by hand for one grid: two positions in each
// slice that only move on, and no more than the arithmetic of rate().
type loop struct {
	held *recording.Recording
	// of are the series of both sides of the ratio, by expression.
	of map[string][2][][]recording.Point
}

func newLoop(held *recording.Recording) (*loop, error) {
	made := &loop{held: held, of: map[string][2][][]recording.Point{}}
	for expression, matched := range map[string][2]string{
		ratio:     {`requests_total{service="s1",track="canary",code=~"5.."}`, `requests_total{service="s1",track="canary"}`},
		wideRatio: {`requests_total{code=~"5.."}`, `requests_total`},
	} {
		var sides [2][][]recording.Point
		for i, selector := range matched {
			matchers, err := parser.NewParser(parser.Options{}).ParseMetricSelector(selector)
			if err != nil {
				return nil, err
			}
			if sides[i], err = made.read(matchers); err != nil {
				return nil, err
			}
		}
		made.of[expression] = sides
	}
	return made, nil
}

func (l *loop) read(matchers []*labels.Matcher) ([][]recording.Point, error) {
	from, to := l.held.Bounds()
	found, err := l.held.Select(context.Background(), from, to, matchers...)
	if err != nil {
		return nil, err
	}
	var all [][]recording.Point
	for _, one := range found {
		all = append(all, one.Floats)
	}
	return all, nil
}

// errNotWritten says that nobody wrote the loop for an expression.
var errNotWritten = errors.New("not written by hand")

func (l *loop) run(expression string) error {
	sides, ok := l.of[expression]
	if !ok {
		return errNotWritten
	}
	sums := make([][]float64, 2)
	for i, side := range sides {
		sums[i] = make([]float64, len(even()))
		for _, points := range side {
			rates(points, even()[0].UnixMilli(), every.Milliseconds(), time.Minute.Milliseconds(), sums[i])
		}
	}
	for i := range sums[0] {
		if share := sums[0][i] / sums[1][i]; math.IsNaN(share) || share > 1 {
			return fmt.Errorf("the loop by hand gives %g in step %d", share, i)
		}
	}
	return nil
}

// rates adds the rate of one series to the sum of each step.
func rates(points []recording.Point, at, step, length int64, sums []float64) {
	low, high := 0, 0
	for i := range sums {
		until := at + int64(i)*step
		for high < len(points) && points[high].T <= until {
			high++
		}
		for low < high && points[low].T <= until-length {
			low++
		}
		if high-low >= 2 {
			sums[i] += increase(points[low:high], until-length, until) / (float64(length) / 1000)
		}
	}
}

// increase is that of a window, resets counted and extrapolated to its ends.
func increase(window []recording.Point, after, until int64) float64 {
	first, last := window[0], window[len(window)-1]
	grown := last.V - first.V
	for i := 1; i < len(window); i++ {
		if window[i].V < window[i-1].V {
			grown += window[i-1].V
		}
	}
	sampled := float64(last.T - first.T)
	average := sampled / float64(len(window)-1)
	before, behind := float64(first.T-after), float64(until-last.T)
	if before >= average*1.1 {
		before = average / 2
	}
	if grown > 0 && first.V >= 0 {
		before = min(before, sampled*(first.V/grown))
	}
	if behind >= average*1.1 {
		behind = average / 2
	}
	return grown * ((sampled + before + behind) / sampled)
}
