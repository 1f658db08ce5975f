package run

import (
	"fmt"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/series"
)

// unseen says which arm cannot be seen; empty when both can. A canary whose
// metrics have vanished must not keep passing by what it did before.
func (m Metric) unseen(samples Samples, to time.Time) string {
	field, canary, baseline := "total", newestSample(samples.CanaryTotal), newestSample(samples.BaselineTotal)
	switch {
	case m.Histogram != nil:
		field, canary, baseline = "histogram", newestHistogram(samples.CanaryHistogram), newestHistogram(samples.BaselineHistogram)
	case !m.counts():
		return "" // A judge of points says itself that there are none.
	}
	for _, arm := range []struct {
		name   string
		newest time.Time
	}{{"canary", canary}, {"baseline", baseline}} {
		switch {
		case arm.name == "baseline" && m.Alone:
		case arm.newest.IsZero():
			return fmt.Sprintf("there are no samples of the %s's requests; check provider.prometheus.%s.%s if it serves any", arm.name, arm.name, field)
		case to.Sub(arm.newest) > m.freshest():
			return fmt.Sprintf("the newest sample of the %s's requests is of %s, older than %s; check that it is scraped", arm.name, clock(arm.newest), m.freshest())
		}
	}
	return ""
}

// newestHistogram is when the newest sample of a histogram was scraped.
func newestHistogram(h series.Histograms) time.Time { return newestSample(scrapes(h)) }

// scrapes are the last two samples of each series of a histogram, for their times.
func scrapes(h series.Histograms) []series.Series {
	list := slices.Clone(h.Classic)
	for _, one := range h.Native {
		var last []series.Sample
		for _, sample := range one.Samples[max(0, len(one.Samples)-2):] {
			last = append(last, series.Sample{At: sample.At})
		}
		list = append(list, series.Series{Labels: one.Labels, Samples: last})
	}
	return list
}

// freshest is how old the newest sample of an arm's requests may be, so that the arm
// counts as seen: a counter is scraped twice within the lookback.
func (m Metric) freshest() time.Duration { return m.policy().Lookback / 2 }

const (
	// usualGap is between two scrapes, when the samples do not tell.
	usualGap = 30 * time.Second
	// missedScrapes is how many scrapes in a row may be missing.
	missedScrapes = 2
)

// betweenScrapes says whether the canary has no sample in a window only because
// none is due yet: the look came sooner than the scrape.
func (m Metric) betweenScrapes(canary, baseline []series.Series, from, to time.Time) bool {
	newest := newestSample(canary)
	if newest.After(from) {
		return false
	}
	gap := scrapeGap(canary)
	if gap == 0 {
		gap = scrapeGap(baseline)
	}
	if gap == 0 {
		gap = max(usualGap, m.Interval)
	}
	return to.Sub(newest) <= missedScrapes*gap
}

// scrapeGap is the shortest time between the last two samples of a series; 0 when
// no series has two.
func scrapeGap(list []series.Series) time.Duration {
	var shortest time.Duration
	for _, one := range list {
		if n := len(one.Samples); n > 1 {
			if gap := one.Samples[n-1].At.Sub(one.Samples[n-2].At); shortest == 0 || gap < shortest {
				shortest = gap
			}
		}
	}
	return shortest
}

// newestSample is when the newest sample was scraped; zero when there is none.
func newestSample(list []series.Series) time.Time {
	var newest time.Time
	for _, one := range list {
		if n := len(one.Samples); n > 0 && one.Samples[n-1].At.After(newest) {
			newest = one.Samples[n-1].At
		}
	}
	return newest
}
