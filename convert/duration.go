package convert

import (
	"regexp"
	"strconv"
	"time"
)

// plainDuration is a duration as the CRDs take it.
var plainDuration = regexp.MustCompile(`^([0-9]{1,6}([.][0-9]{1,6})?(ms|s|m|h))+$`)

// parseDuration reads a duration in milliseconds.
func parseDuration(text string) (int64, error) {
	duration, err := time.ParseDuration(text)
	return duration.Milliseconds(), err
}

// formatDuration writes milliseconds in the largest unit that is whole.
func formatDuration(milliseconds int64) string {
	for _, unit := range []struct {
		name string
		size int64
	}{{"h", 3600_000}, {"m", 60_000}, {"s", 1000}} {
		if milliseconds >= unit.size && milliseconds%unit.size == 0 {
			return strconv.FormatInt(milliseconds/unit.size, 10) + unit.name
		}
	}
	return strconv.FormatInt(milliseconds, 10) + "ms"
}
