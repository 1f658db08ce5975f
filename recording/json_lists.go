package recording

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/prometheus/prometheus/model/labels"
)

// lists reads a line of VictoriaMetrics: values and timestamps side by side.
func (r *jsonReader) lists(one jsonSeries, named labels.Labels) error {
	var times []int64
	if err := json.Unmarshal(one.Timestamps, &times); err != nil {
		return r.wrong("timestamps of %s: %v; they are whole milliseconds", named, err)
	}
	var values []vmValue
	if err := json.Unmarshal(one.Values, &values); err != nil {
		return r.wrong("values of %s: %v", named, err)
	}
	if len(values) != len(times) {
		return r.wrong("series %s has %d values and %d timestamps", named, len(values), len(times))
	}
	series, nans := r.into.of(named), 0
	for i, at := range times {
		if at < milliseconds && at > 1_000_000_000 {
			return r.wrong("timestamp %d of %s is in seconds; /api/v1/export writes milliseconds", at, named)
		}
		if math.IsNaN(float64(values[i])) {
			nans++
		}
		if err := r.into.add(series, Point{at, float64(values[i])}, r.place()); err != nil {
			return err
		}
	}
	if nans > 0 {
		r.into.warn("%s has null values: VictoriaMetrics writes both NaN and the end of a series so; they are read as NaN", r.file)
	}
	return nil
}

// vmValue is a number as VictoriaMetrics writes it: null is NaN, and infinities are
// texts.
type vmValue float64

func (v *vmValue) UnmarshalJSON(text []byte) error {
	switch word := string(text); word {
	case "null":
		*v = vmValue(math.NaN())
	case `"Infinity"`, `"+Infinity"`:
		*v = vmValue(math.Inf(1))
	case `"-Infinity"`:
		*v = vmValue(math.Inf(-1))
	case `"NaN"`:
		*v = vmValue(math.NaN())
	default:
		value, err := float(word)
		if err != nil {
			return fmt.Errorf("%s is not a number", clipped(text))
		}
		*v = vmValue(value)
	}
	return nil
}
