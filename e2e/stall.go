package main

import (
	"context"
	"time"
)

// tooLong is for how long the machine may stand still in a run. Longer than that,
// times and lost responses say more about the machine than about the release.
const tooLong = 2 * time.Second

// longestStall wakes up every 20 ms until the context ends, and returns by how much
// it was late at worst. It talks to nobody, so only the machine can make it late.
func longestStall(ctx context.Context) time.Duration {
	const period = 20 * time.Millisecond
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	var longest time.Duration
	for before := time.Now(); ; {
		select {
		case <-ctx.Done():
			return longest
		case <-ticker.C:
			now := time.Now()
			longest = max(longest, now.Sub(before)-period)
			before = now
		}
	}
}
