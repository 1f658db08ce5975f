package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/serin-dev/serin/recording"
)

// The day that is recorded.
const (
	scrape   = 15 * time.Second
	every    = time.Minute
	scrapes  = int(24 * time.Hour / scrape)
	services = 5
)

// start is the first scrape.
func start() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }

// What is asked: a ratio of errors, a quantile, and the counters of two versions for a
// judge. They read 30, 80 and 60 of the series.
const (
	ratio    = `sum(rate(requests_total{service="s1",track="canary",code=~"5.."}[1m])) / sum(rate(requests_total{service="s1",track="canary"}[1m]))`
	quantile = `histogram_quantile(0.99, sum by (le) (rate(latency_seconds_bucket{service="s1",track="canary"}[1m])))`
	// The same over all services: 300 and 800 series.
	wideRatio    = `sum(rate(requests_total{code=~"5.."}[1m])) / sum(rate(requests_total[1m]))`
	wideQuantile = `histogram_quantile(0.99, sum by (le) (rate(latency_seconds_bucket[1m])))`
)

// selectors are what a judge of errors reads.
func selectors() []string {
	var all []string
	for _, track := range []string{"canary", "baseline"} {
		all = append(all, fmt.Sprintf(`requests_total{service="s1",track=%q,code=~"5.."}`, track), fmt.Sprintf(`requests_total{service="s1",track=%q}`, track))
	}
	return all
}

// record writes the day: for each of 5 services and 2 tracks 4 pods with 5 codes and 20
// buckets each, that is 200 and 800 series.
func record(path string) error {
	random := rand.New(rand.NewPCG(1, 2))
	var all []labels.Labels
	for service := range services {
		for _, track := range []string{"baseline", "canary"} {
			for pod := range 4 {
				own := []string{"service", fmt.Sprintf("s%d", service), "track", track, "pod", fmt.Sprintf("s%d-%s-%d", service, track, pod)}
				for _, code := range []string{"200", "204", "404", "500", "503"} {
					all = append(all, labels.FromStrings(append(own, "__name__", "requests_total", "code", code)...))
				}
				for bucket := range 20 {
					le := fmt.Sprintf("%g", 0.005*float64(int(1)<<min(bucket, 18)))
					if bucket == 19 {
						le = "+Inf"
					}
					all = append(all, labels.FromStrings(append(own, "__name__", "latency_seconds_bucket", "le", le)...))
				}
			}
		}
	}
	slices.SortFunc(all, labels.Compare)
	writer, err := recording.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = writer.Abort() }()
	for _, one := range all {
		if err := writer.Add(counter(random, one)); err != nil {
			return err
		}
	}
	return writer.Commit(recording.Manifest{Tool: "benchmark/replay"})
}

// counter draws a counter whose scrapes are some milliseconds late.
func counter(random *rand.Rand, of labels.Labels) recording.Series {
	made := recording.Series{Labels: of, Floats: make([]recording.Point, scrapes)}
	at, total := start().UnixMilli()+random.Int64N(scrape.Milliseconds()), 0.0
	for i := range made.Floats {
		total += float64(random.IntN(60))
		made.Floats[i] = recording.Point{T: at + random.Int64N(5), V: total}
		at += scrape.Milliseconds()
	}
	return made
}

// even are the times of looks, one a minute.
func even() []time.Time {
	var all []time.Time
	for at := start().Add(2 * every); at.Before(start().Add(24 * time.Hour)); at = at.Add(every) {
		all = append(all, at)
	}
	return all
}

// uneven are as many times in the same day, none of them on a grid, as live looks are.
func uneven() []time.Time {
	random := rand.New(rand.NewPCG(3, 4))
	all := even()
	for i := range all {
		all[i] = all[i].Add(time.Duration(random.Int64N(every.Milliseconds())) * time.Millisecond)
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}
