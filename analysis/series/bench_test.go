package series

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkHistogramAdvance is one look at 20 pods with 12 buckets each, scraped every
// 15 seconds, with the samples that the cursor asks for.
func BenchmarkHistogramAdvance(b *testing.B) {
	var arm Histograms
	for pod := range 20 {
		for i := range 12 {
			one := podLE(fmt.Sprint("web-", pod), bound(i, 12))
			for second := -45.0; second <= 315; second += 15 {
				one.Samples = append(one.Samples, Sample{at(second), (second + 60) * float64(i+1) * 10})
			}
			arm.Classic = append(arm.Classic, one)
		}
	}
	half := len(arm.Classic) / 10
	arms := HistogramArms{Canary: Histograms{Classic: arm.Classic[:half]}, Baseline: Histograms{Classic: arm.Classic[half:]}}
	_, cursor := BeginHistograms(at(0), time.Time{}, Policy{}).Advance(arms, at(300), Policy{})
	for b.Loop() {
		if window, _ := cursor.Advance(arms, at(315), Policy{}); len(window.Baseline) != 18 {
			b.Fatal(window.Doubts)
		}
	}
}
