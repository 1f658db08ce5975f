package run

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/serin-dev/serin/analysis/criteria"
)

const (
	// messageLimit is the longest message of a measurement, in bytes.
	messageLimit = 512
	// valueLimit is the longest value that is kept, in bytes.
	valueLimit = 256
	// shortValueLimit is the longest value inside a message, in bytes.
	shortValueLimit = 120
)

// resultValue writes a result as Argo Rollouts does: 0.5 for a scalar, [0.5,1] for
// a vector.
func resultValue(result criteria.Result) string {
	if result.Scalar && len(result.Values) == 1 {
		return number(result.Values[0])
	}
	var text strings.Builder
	text.WriteByte('[')
	for i, value := range result.Values {
		if i > 0 {
			text.WriteByte(',')
		}
		if text.Len() > valueLimit {
			break
		}
		text.WriteString(number(value))
	}
	text.WriteByte(']')
	return bounded(text.String(), valueLimit)
}

// number writes a number in the shortest form that reads back the same, without an
// exponent as far as people can read that.
func number(value float64) string {
	if size := math.Abs(value); size >= 1e-6 && size < 1e15 {
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return strconv.FormatFloat(value, 'g', -1, 64)
}

// bounded shortens a text to so many bytes, and makes it valid UTF-8.
func bounded(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= limit {
		return text
	}
	end := limit - len("…")
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// clock writes a time for people: without a date, in UTC.
func clock(t time.Time) string {
	return t.UTC().Format("15:04:05Z")
}
