package lint_test

import (
	"testing"

	"github.com/serin-dev/serin/lint"
)

func TestEditDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "abc", 3}, {"full", "full", 0}, {"full", "ful", 1}, {"revision", "reviison", 2}, {"kitten", "sitting", 3},
	} {
		if got, back := lint.EditDistance(test.a, test.b), lint.EditDistance(test.b, test.a); got != test.want || back != test.want {
			t.Errorf("EditDistance(%q, %q) = %d and %d, want %d", test.a, test.b, got, back, test.want)
		}
	}
}
