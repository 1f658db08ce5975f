package report

import (
	"fmt"
	"math"
	"strings"
)

// percent writes a share.
func percent(share float64) string {
	switch digits := 100 * share; {
	case math.IsNaN(share):
		return "–"
	case digits == 0 || digits >= 99.95:
		return fmt.Sprintf("%.0f %%", digits)
	case digits < 1:
		return fmt.Sprintf("%.2f %%", digits)
	default:
		return fmt.Sprintf("%.1f %%", digits)
	}
}

// count writes a number of requests, with spaces between thousands.
func count(value float64) string {
	switch {
	case math.IsNaN(value):
		return "–"
	case math.IsInf(value, 0):
		return "∞"
	case value < 10 && value != math.Trunc(value):
		return fmt.Sprintf("%.1f", value)
	}
	digits := fmt.Sprintf("%.0f", value)
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, groups...), " ")
}

// seconds writes a time; never, if it is infinite.
func seconds(value float64) string {
	switch {
	case math.IsNaN(value):
		return "–"
	case math.IsInf(value, 1):
		return "never"
	}
	return fmt.Sprintf("%.0f s", value)
}

// ratio writes a factor.
func ratio(value float64) string {
	switch {
	case math.IsNaN(value):
		return "–"
	case math.IsInf(value, 0):
		return "∞"
	case value >= 99.5:
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf("%.1f", value)
}
