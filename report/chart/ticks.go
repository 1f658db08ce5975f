package chart

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gonum.org/v1/plot"
)

// clock marks an axis of time, in UTC, at round times: not more than most of them.
type clock struct{ most int }

// steps are the distances that marks may have.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 168 * time.Hour,
}

// stepOf is the smallest distance of marks of which there are not more than most.
func stepOf(length time.Duration, most int) time.Duration {
	for _, candidate := range steps {
		if length <= time.Duration(most)*candidate {
			return candidate
		}
	}
	return steps[len(steps)-1]
}

// Ticks implements plot.Ticker.
func (c clock) Ticks(low, high float64) []plot.Tick {
	length := time.Duration((high - low) * float64(time.Second))
	step := stepOf(length, c.most)
	layout := "15:04:05"
	switch {
	case step >= 24*time.Hour:
		layout = "2 Jan"
	case step >= time.Minute && length > 24*time.Hour:
		layout = "2 Jan 15:04"
	case step >= time.Minute:
		layout = "15:04"
	}
	var ticks []plot.Tick
	for at := time.UnixMicro(int64(low * 1e6)).UTC().Truncate(step); ; at = at.Add(step) {
		x := float64(at.UnixMicro()) / 1e6
		if x > high || len(ticks) > 50 {
			return ticks
		}
		if x >= low {
			ticks = append(ticks, plot.Tick{Value: x, Label: at.Format(layout)})
		}
	}
}

// durations marks an axis of durations in seconds at round ones.
type durations struct{ most int }

// Ticks implements plot.Ticker.
func (d durations) Ticks(low, high float64) []plot.Tick {
	step := stepOf(time.Duration((high-low)*float64(time.Second)), d.most).Seconds()
	var ticks []plot.Tick
	for i := math.Ceil(low / step); i*step <= high && len(ticks) < 50; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: durationLabel(i * step)})
	}
	return ticks
}

// magnitudes marks a logarithmic axis of durations in seconds: at a few of those that people
// know, or at all of them when there are few.
type magnitudes struct{ most int }

// Ticks implements plot.Ticker.
func (m magnitudes) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for _, known := range [][]float64{
		{0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18000, 36000, 86400, 172800},
		{0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800, 3600, 10800, 36000, 86400, 259200},
		{0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 36000, 864000},
		{0.01, 1, 60, 3600, 86400},
	} {
		ticks = nil
		for _, value := range known {
			if value >= low && value <= high {
				ticks = append(ticks, plot.Tick{Value: value, Label: durationLabel(value)})
			}
		}
		if len(ticks) <= m.most {
			break
		}
	}
	return ticks
}

// durationLabel is a number of seconds in one unit or two: 500ms, 1m30s, 2h, 3d.
func durationLabel(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
	if d >= 48*time.Hour && d%(24*time.Hour) == 0 {
		return strconv.Itoa(int(d/(24*time.Hour))) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// names marks the places 0, 1, 2 … with names.
type names []string

// Ticks implements plot.Ticker.
func (n names) Ticks(float64, float64) []plot.Tick {
	ticks := make([]plot.Tick, len(n))
	for i, name := range n {
		ticks[i] = plot.Tick{Value: float64(i), Label: name}
	}
	return ticks
}

// crowded says that names beside each other would touch.
func crowded(names []string, width int) bool {
	// A letter of nine points is about five wide.
	room := (width - left - right) / 5 / max(len(names), 1)
	for _, name := range names {
		for line := range strings.SplitSeq(name, "\n") {
			if utf8.RuneCountInString(line)+1 > room {
				return true
			}
		}
	}
	return false
}

// few marks a linear axis at about four round values.
type few struct{ percent bool }

// Ticks implements plot.Ticker.
func (f few) Ticks(low, high float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/3)))
	for _, factor := range []float64{5, 2} {
		if (high-low)/(step*factor) >= 2.5 {
			step *= factor
			break
		}
	}
	if !(step > 0) || math.IsInf(step, 0) {
		return nil
	}
	var ticks []plot.Tick
	for i := math.Ceil(low/step - 1e-9); i*step <= high*(1+1e-12) && len(ticks) < 20; i++ {
		// Adding zero makes zero of what is called minus zero.
		ticks = append(ticks, plot.Tick{Value: i * step, Label: f.label(i*step+0, step)})
	}
	return ticks
}

// label writes a value to as many digits as the step has.
func (f few) label(value, step float64) string {
	unit := ""
	if f.percent {
		value, step, unit = value*100, step*100, " %"
	}
	switch {
	case math.Abs(value) >= 1e9:
		return strconv.FormatFloat(value/1e9, 'g', 4, 64) + " G" + unit
	case math.Abs(value) >= 1e6:
		return strconv.FormatFloat(value/1e6, 'g', 4, 64) + " M" + unit
	case math.Abs(value) >= 1e4:
		return strconv.FormatFloat(value/1e3, 'g', 4, 64) + " k" + unit
	}
	digits := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	return strconv.FormatFloat(value, 'f', min(digits, 9), 64) + unit
}

// powers marks a logarithmic axis at powers of ten, at most eight of them.
type powers struct{}

// Ticks implements plot.Ticker.
func (powers) Ticks(low, high float64) []plot.Tick {
	first, last := int(math.Ceil(math.Log10(low))), int(math.Floor(math.Log10(high)))
	every := max(1, (last-first+5)/6)
	var ticks []plot.Tick
	for power := first; power <= last; power++ {
		if power%every != 0 {
			continue
		}
		ticks = append(ticks, plot.Tick{Value: math.Pow(10, float64(power)), Label: powerLabel(power)})
	}
	return ticks
}

// powerLabel is a power of ten as people read it.
func powerLabel(power int) string {
	if power >= -3 && power <= 4 {
		return strconv.FormatFloat(math.Pow(10, float64(power)), 'f', max(0, -power), 64)
	}
	return "1e" + strconv.Itoa(power)
}
