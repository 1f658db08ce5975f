package screen

import (
	"fmt"
	"time"
)

// Release is how one release went.
type Release struct {
	Version string
	// Outcome in words. Example: promoted.
	Outcome string
	// Took is the time from the change to the outcome.
	Took time.Duration
	// Reaction is the time from the first bad answer to weight 0; 0 is none.
	Reaction time.Duration
	// Highest is the highest weight that it got.
	Highest int32
	// Requests and Bad are the answers that users got from it during its release.
	Requests, Bad int64
}

// Totals are the answers of all versions.
type Totals struct{ Requests, Bad, Lost int64 }

// Summary is the table at the end.
func Summary(releases []Release, totals Totals) []string {
	const row = "  %-9s%-13s%9s%20s%10s%11s%8s"
	lines := []string{fmt.Sprintf(row, "release", "outcome", "took", "first error->0 %", "highest", "requests", "errors")}
	for _, release := range releases {
		reaction := "-"
		if release.Reaction > 0 {
			reaction = seconds(release.Reaction)
		}
		lines = append(lines, fmt.Sprintf(row, release.Version, release.Outcome, seconds(release.Took), reaction,
			fmt.Sprintf("%d %%", release.Highest), count(release.Requests), count(release.Bad)))
	}
	return append(lines, "", fmt.Sprintf("  Users sent %s; %s came back, %s lost on the way.",
		plural(totals.Requests+totals.Lost, "request"), plural(totals.Bad, "error"), wasLost(totals.Lost)))
}

func wasLost(number int64) string {
	if number == 0 {
		return "none was"
	}
	if number == 1 {
		return "1 was"
	}
	return count(number) + " were"
}
