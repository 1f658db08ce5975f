package replay

import (
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/serin-dev/serin/analysis/journal"
	"github.com/serin-dev/serin/analysis/run"
	"github.com/serin-dev/serin/analysis/series"
)

// A scrape's samples bear the time at which it began, and arrive when it ends. A look in
// between did not see them, and a recording has them all the same. Which ones they were
// follows from the journal's fingerprints: those of the last scrapes of all targets, or of
// a few of them.
const (
	// latest is how long a scrape takes at most: Prometheus' usual scrape_timeout, and a
	// half more.
	latest = 15 * time.Second
	// mostCutoffs and mostTargets bound the search.
	mostCutoffs = 64
	mostTargets = 24
)

// reconcileSamples sets aside, part by part, what a live look had not seen.
func reconcileSamples(taken run.Measurement, entry journal.Entry) (run.Measurement, Fidelity) {
	if journal.SeenSamples(*taken.Samples).Whole == entry.Seen.Whole {
		return taken, Same
	}
	samples := *taken.Samples
	fidelity := Late
	for part, want := range entry.Seen.Part {
		part := journal.Part(part)
		if journal.SeenPart(samples, part) == want {
			continue
		}
		found, how := samples, Late
		switch part {
		case journal.CanaryPoints, journal.BaselinePoints:
			found, how = journalledPoints(samples, part, want, entry), Journalled
		default:
			found = withoutLate(samples, part, want, entry.StartedAt)
		}
		if journal.SeenPart(found, part) != want {
			return taken, Different
		}
		samples = found
		if how == Journalled {
			fidelity = Journalled
		}
	}
	if journal.SeenSamples(samples).Whole != entry.Seen.Whole {
		return taken, Different
	}
	taken.Samples = &samples
	return taken, fidelity
}

// journalledPoints takes a gauge's last points from the journal: what they were calculated
// from may not have arrived then, so that they were others, or the point of the look itself
// was not there. The part is as it was if that does not explain it.
func journalledPoints(samples run.Samples, part journal.Part, want uint16, entry journal.Entry) run.Samples {
	values := entry.CanaryPoints
	if part == journal.BaselinePoints {
		values = entry.BaselinePoints
	}
	_, _, recorded := part.In(&samples)
	before := slices.DeleteFunc(slices.Clone(*recorded), func(p series.Sample) bool { return !p.At.Before(entry.StartedAt) })
	with := append(slices.Clone(before), series.Sample{At: entry.StartedAt})
	for _, points := range [][]series.Sample{with, before} {
		if len(points) < len(values) {
			continue
		}
		for i, value := range values {
			points[len(points)-len(values)+i].Value = value
		}
		guess := samples
		_, _, guessed := part.In(&guess)
		*guessed = points
		if journal.SeenPart(guess, part) == want {
			return guess
		}
	}
	return samples
}

// withoutLate sets aside samples of a part until its fingerprint is the wanted one; the
// part is as it was if that cannot be.
func withoutLate(samples run.Samples, part journal.Part, want uint16, at time.Time) run.Samples {
	for _, had := range guesses(samples, part, at) {
		guess := filtered(samples, part, had)
		if journal.SeenPart(guess, part) == want {
			return guess
		}
	}
	return samples
}

// arrived says until when, exclusively, the samples of a series had arrived; the zero time
// is for all of them.
type arrived func(labels string) (before time.Time)

// guesses are what may not have arrived, the likeliest first: the scrapes since some time,
// the last scrape of one target, those of two.
func guesses(samples run.Samples, part journal.Part, at time.Time) []arrived {
	var all []arrived
	times, lasts := scrapesOf(samples, part, at.Add(-latest))
	for i := 0; i < len(times) && i < mostCutoffs; i++ {
		cutoff := times[len(times)-1-i]
		all = append(all, func(string) time.Time { return cutoff })
	}
	targets := slices.Sorted(maps.Keys(lasts))
	targets = targets[:min(len(targets), mostTargets)]
	for i, one := range targets {
		for _, other := range targets[i:] {
			all = append(all, func(labels string) time.Time {
				if target := targetOf(labels); target == one || target == other {
					return lasts[target]
				}
				return time.Time{}
			})
		}
	}
	return all
}

// scrapesOf are the times of the scrapes since a time, sorted, and the last one of each
// target.
func scrapesOf(samples run.Samples, part journal.Part, since time.Time) (times []time.Time, lasts map[string]time.Time) {
	lasts = map[string]time.Time{}
	see := func(labels string, at time.Time) {
		if at.After(since) {
			times = append(times, at)
			if target := targetOf(labels); at.After(lasts[target]) {
				lasts[target] = at
			}
		}
	}
	counters, native, _ := part.In(&samples)
	for _, one := range *counters {
		for _, sample := range one.Samples {
			see(one.Labels, sample.At)
		}
	}
	for _, one := range *native {
		for _, sample := range one.Samples {
			see(one.Labels, sample.At)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal), lasts
}

// identity finds the labels that tell targets apart.
var identity = regexp.MustCompile(`\b(?:instance|pod|job|namespace)="(?:[^"\\]|\\.)*"`)

// targetOf is what a series was scraped from; the series itself when its labels do not say.
func targetOf(labels string) string {
	found := ""
	for _, label := range identity.FindAllString(labels, -1) {
		found += label + ","
	}
	if found == "" {
		return labels
	}
	return found
}

// filtered is a copy with what had arrived of a part; a series of which nothing is left is
// left out, as a source does.
func filtered(samples run.Samples, part journal.Part, had arrived) run.Samples {
	counters, native, _ := part.In(&samples)
	var kept []series.Series
	for _, one := range *counters {
		if one.Samples = before(one.Samples, had(one.Labels), func(s series.Sample) time.Time { return s.At }); len(one.Samples) > 0 {
			kept = append(kept, one)
		}
	}
	var keptNative []series.HistogramSeries
	for _, one := range *native {
		if one.Samples = before(one.Samples, had(one.Labels), func(h series.Histogram) time.Time { return h.At }); len(one.Samples) > 0 {
			keptNative = append(keptNative, one)
		}
	}
	*counters, *native = kept, keptNative
	return samples
}

// before are the samples before a time, which are sorted; all of them for the zero time.
func before[S any](samples []S, end time.Time, at func(S) time.Time) []S {
	if end.IsZero() {
		return samples
	}
	n := len(samples)
	for n > 0 && !at(samples[n-1]).Before(end) {
		n--
	}
	return samples[:n]
}
