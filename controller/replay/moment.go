package replay

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseTime reads a time as people type it: RFC 3339 with a zone, or seconds or
// milliseconds since 1970. A time without a zone is refused: whose night is it?
// Example: 2026-03-01T03:00:00Z, 2026-03-01 04:00+01:00, 1772334000.
func ParseTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return epoch(text, seconds)
	}
	candidate := strings.Replace(text, " ", "T", 1)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, candidate); err == nil {
			return at.UTC(), nil
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02"} {
		if at, err := time.Parse(layout, candidate); err == nil {
			return time.Time{}, fmt.Errorf("%q has no time zone; write %s if that is UTC, or the offset, as in %s", text,
				at.Format("2006-01-02T15:04:05Z"), at.Format("2006-01-02T15:04:05")+"+02:00")
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time; write it as 2026-03-01T03:00:00Z, or as seconds since 1970", text)
}

// epoch reads seconds or milliseconds since 1970: the latter are those that would be
// after the year 5000 as seconds.
func epoch(text string, seconds float64) (time.Time, error) {
	if seconds > 1e11 {
		seconds /= 1000
	}
	if !(seconds >= 0 && seconds < 1e11) {
		return time.Time{}, fmt.Errorf("%q is not a time; write it as 2026-03-01T03:00:00Z, or as seconds since 1970", text)
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(part*1e6))*1000).UTC(), nil
}
