package peers_test

import (
	"math/rand/v2"
	"testing"

	"github.com/serin-dev/serin/benchmark/peers"
	"github.com/serin-dev/serin/benchmark/world"
)

// BenchmarkPeers says what each judge costs per rollout without a regression.
func BenchmarkPeers(b *testing.B) {
	s := world.Families()[2]
	r := world.Simulate(s, rand.New(rand.NewPCG(1, 1)))
	for _, peer := range peers.All() {
		b.Run(peer.Name, func(b *testing.B) {
			for b.Loop() {
				peer.Judge(r, s)
			}
		})
	}
}
