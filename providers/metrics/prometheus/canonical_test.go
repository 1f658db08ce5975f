package prometheus

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/promql/parser"
)

// FuzzCanonicalSelector checks that the form of a selector that is sent means
// what was written, and takes a range.
func FuzzCanonicalSelector(f *testing.F) {
	for _, text := range []string{"up", `{"a.b", c=~"d"}`, "up # x", `{__name__="a", __name__!="b"}`, "up{a=\"\\xff\\n\"}", "up{a=`\\`}", `{"__name__"="b c"}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		canonical, err := parseSelector(text)
		if err != nil {
			return
		}
		again, err := parseSelector(canonical)
		if err != nil || again != canonical {
			t.Fatalf("%q becomes %q, and that %q (%v)", text, canonical, again, err)
		}
		reader := parser.NewParser(parser.Options{})
		written, _ := reader.ParseExpr(text)
		ranged, err := reader.ParseExpr(canonical + "[1ms]")
		if err != nil {
			t.Fatalf("%q takes no range: %v", canonical, err)
		}
		want := matchers(written.(*parser.VectorSelector))
		got := matchers(ranged.(*parser.MatrixSelector).VectorSelector.(*parser.VectorSelector))
		if difference := cmp.Diff(want, got); difference != "" {
			t.Errorf("%q becomes %q, which selects something else (-want +got):\n%s", text, canonical, difference)
		}
	})
}

// matchers counts what a selector wants, in no order.
func matchers(selector *parser.VectorSelector) map[string]int {
	counts := map[string]int{}
	for _, matcher := range selector.LabelMatchers {
		counts[matcher.Name+"\x00"+matcher.Type.String()+"\x00"+matcher.Value]++
	}
	return counts
}
