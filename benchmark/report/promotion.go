package report

import (
	"fmt"
	"strings"
)

// Promotion is what it took to prove that a good version is less than Ratio times as bad
// as the old one.
type Promotion struct {
	// Rate is the error rate of both versions.
	Rate, Ratio float64
	// Limit is what a proof takes at least on average, in canary requests; Requests is the
	// median that it took, and Estimate what the verdict said at its first look.
	Limit, Requests, Estimate float64
	// Proven is how many of the Replays found a proof.
	Proven, Replays int
}

// promotionBar is how many times the limit a proof may take.
const promotionBar = 2

// promotionTable shows bar 7.
func (r Results) promotionTable(page *strings.Builder) {
	if len(r.Promotions) == 0 {
		return
	}
	fmt.Fprintf(page, "\n### Bar 7\n\nProof that a good version is less than so many times as bad, with an error of 5 %%, at a canary share of 5 %%: median within %d × the\npromotion limit; until then the verdict is inconclusive, and says how many requests it needs.\n\n", promotionBar)
	table(page, []string{"errors", "proven ratio", "", "requests", "promotion limit", "times", "said at the first look", "proven"}, len(r.Promotions), func(i int) []string {
		p := r.Promotions[i]
		return []string{percent(p.Rate), "< " + ratio(p.Ratio), string(verdict(p.Requests <= promotionBar*p.Limit)), count(p.Requests), count(p.Limit), ratio(p.Requests / p.Limit),
			count(p.Estimate), fmt.Sprintf("%d of %d", p.Proven, p.Replays)}
	})
}

// otherBars says where the bars are held that no table is made for.
func otherBars(page *strings.Builder) {
	page.WriteString("\n### Bars 8 to 11\n\n")
	table(page, []string{"bar", "held by"}, 4, func(i int) []string {
		return [][]string{
			{"8: units, order and names change nothing", "properties in `analysis/judge/laws_test.go`"},
			{"9: the same input twice, or cut and resumed anywhere, gives bit-equal verdicts", "properties in `analysis/judge/laws_test.go`"},
			{"10: oracle values; Kayenta's defects K1 to K7", "`go test ./analysis/stats ./analysis/sequential ./analysis/judge`, read from `../shared/golden`"},
			{"11: one metric, one scrape, 20 pods, 12 buckets: at most 50 µs and 10 allocations", "`go test ./analysis/judge -run - -bench Observe -benchmem`"},
		}[i]
	})
}
