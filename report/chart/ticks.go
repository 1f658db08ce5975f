package chart

import (
	"math"
	"strconv"
	"time"

	"gonum.org/v1/plot"
)

// clock marks an axis of time, in UTC, at round times: about seven of them.
type clock struct{}

// steps are the distances that marks may have.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 168 * time.Hour,
}

// Ticks implements plot.Ticker.
func (clock) Ticks(low, high float64) []plot.Tick {
	length := time.Duration((high - low) * float64(time.Second))
	step := steps[len(steps)-1]
	for _, candidate := range steps {
		if length <= 8*candidate {
			step = candidate
			break
		}
	}
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
	if power >= -3 && power <= 5 {
		return strconv.FormatFloat(math.Pow(10, float64(power)), 'f', max(0, -power), 64)
	}
	return "1e" + strconv.Itoa(power)
}
