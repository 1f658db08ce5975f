package translate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"
)

// maxNumber is the largest count or limit.
const maxNumber = 1_000_000

// parseDuration reads a duration such as 1m30s; the empty text is 0.
func (p *Problems) parseDuration(field, text string, shortest time.Duration) time.Duration {
	if text == "" {
		return 0
	}
	duration, err := time.ParseDuration(text)
	switch {
	case err != nil:
		p.add(field, "%q is not a duration; write it as 30s, 5m or 1h30m", text)
		return 0
	case duration < shortest:
		p.add(field, "%s is shorter than %s; write at least %s", text, shortest, shortest)
		return 0
	}
	return duration
}

// parseNumber reads a whole number that may be written as a string. Nothing is
// given for nil.
func (p *Problems) parseNumber(field string, value *intstr.IntOrString, smallest, absent int) int {
	if value == nil {
		return absent
	}
	number := int(value.IntVal)
	if value.Type == intstr.String {
		parsed, err := strconv.ParseInt(value.StrVal, 10, 32)
		if err != nil {
			p.add(field, "%q is not a whole number; write it as 3", value.StrVal)
			return absent
		}
		number = int(parsed)
	}
	switch {
	case number < smallest && smallest == -1:
		p.add(field, "must be >= 0, or -1 to be disabled, and is %d", number)
		return absent
	case number < smallest:
		p.add(field, "must be >= %d, and is %d", smallest, number)
		return absent
	case number > maxNumber:
		p.add(field, "must be <= %d, and is %d", maxNumber, number)
		return absent
	}
	return number
}

// parsePercent reads "25%" as 0.25.
func parsePercent(text string) (float64, error) {
	digits, found := strings.CutSuffix(text, "%")
	percent, err := parsePlain(digits)
	if !found || err != nil {
		return 0, fmt.Errorf("%q is not a percentage", text)
	}
	return percent / 100, nil
}

// parsePlain reads digits with at most one point: no sign, no exponent, no NaN.
func parsePlain(text string) (float64, error) {
	if text == "" || strings.Trim(text, "0123456789.") != "" {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return value, nil
}
