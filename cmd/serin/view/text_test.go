package view

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSpan(t *testing.T) {
	for _, test := range []struct {
		reason   string
		duration time.Duration
		want     string
	}{
		{"clocks disagree", -3 * time.Second, "0s"},
		{"fractions are cut", 1999 * time.Millisecond, "1s"},
		{"below a minute", 59 * time.Second, "59s"},
		{"whole minutes", 5 * time.Minute, "5m"},
		{"two units", 3*time.Minute + 20*time.Second, "3m20s"},
		{"hours leave the seconds out", 2*time.Hour + 5*time.Minute + 9*time.Second, "2h5m"},
		{"days leave the minutes out", 50*time.Hour + 59*time.Minute, "2d2h"},
	} {
		if got := span(test.duration); got != test.want {
			t.Errorf("%s: span(%s) = %q, want %q", test.reason, test.duration, got, test.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, test := range []struct{ reason, decimal, want string }{
		{"whole numbers in groups", "1234567", "1,234,567"},
		{"zeros inside a group stay", "1000001", "1,000,001"},
		{"negative numbers", "-1204", "-1,204"},
		{"three digits count", "0.0012345", "0.00123"},
		{"large evidence", "1.5e+21", "1.5e+21"},
		{"a whole number written as a fraction", "3.0", "3"},
		{"not a number", "NaN", "NaN"},
		{"infinite", "+Inf", "+Inf"},
		{"a text", "ok", "ok"},
		{"nothing", "", ""},
	} {
		if got := number(test.decimal); got != test.want {
			t.Errorf("%s: number(%q) = %q, want %q", test.reason, test.decimal, got, test.want)
		}
	}
}

func TestValue(t *testing.T) {
	for _, test := range []struct{ reason, text, want string }{
		{"a scalar", "0.99731", "0.997"},
		{"a vector of one", "[0.99731]", "0.997"},
		{"a vector of two", "[1, 20000]", "1, 20,000"},
		{"an empty vector", "[]", ""},
		{"a long vector", "[1,2,3,4,5]", "5 values"},
	} {
		if got := value(test.text); got != test.want {
			t.Errorf("%s: value(%q) = %q, want %q", test.reason, test.text, got, test.want)
		}
	}
}

// TestBar: a share that is neither nothing nor all must not look like it.
func TestBar(t *testing.T) {
	for percent := -5; percent <= 105; percent++ {
		bar := Style{ASCII: true}.bar(percent, 20)
		full := strings.Count(bar, "#")
		if len(bar) != 20 || (full == 0) != (percent <= 0) || (full == 20) != (percent >= 100) {
			t.Errorf("bar(%d) = %s", percent, bar)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		reason, text string
		width        int
		want         []string
	}{
		{"no width, no break", "a  b\nc", 0, []string{"a b c"}},
		{"breaks at words", "one two three", 9, []string{"one two", "-three"}},
		{"a long word stands alone", "a incomprehensibilities b", 5, []string{"a", "-incomprehensibilities", "-b"}},
		{"nothing", "", 10, []string{""}},
	} {
		if diff := cmp.Diff(test.want, wrap(test.text, "-", test.width)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.reason, diff)
		}
	}
}

// TestStrip: whatever others write, nothing but colours reaches the terminal.
func TestStrip(t *testing.T) {
	for _, test := range []struct {
		reason, text string
		colors       bool
		want         string
	}{
		{"colours stay", "\x1b[31mred\x1b[0m", true, "\x1b[31mred\x1b[0m"},
		{"colours go", "\x1b[31mred\x1b[0m", false, "[31mred[0m"},
		{"the cursor stays where it is", "\x1b[2J\x1b[H\x1b]0;t\a", true, "[2J[H]0;t"},
		{"the one-byte form as well", "\u009b2J", true, "2J"},
		{"carriage return", "a\rb", true, "ab"},
		{"an escape at the end", "a\x1b", true, "a"},
	} {
		if got := strip(test.text, test.colors); got != test.want {
			t.Errorf("%s: strip(%q) = %q, want %q", test.reason, test.text, got, test.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if cleaned := Clean(text); strings.ContainsAny(cleaned, "\x00\x07\x08\x1b\r\n\u009b") {
			t.Fatalf("Clean(%q) = %q", text, cleaned)
		}
	})
}

func TestShorten(t *testing.T) {
	images := []string{"registry.example.com/web:1.8.2"}
	for _, test := range []struct {
		reason string
		room   int
		want   string
	}{
		{"no limit", 0, "registry.example.com/web:1.8.2"},
		{"enough room", 30, "registry.example.com/web:1.8.2"},
		{"the tag stays", 16, "…e.com/web:1.8.2"},
	} {
		if got := shorten(images, test.room); got != test.want {
			t.Errorf("%s: %q, want %q", test.reason, got, test.want)
		}
	}
}
