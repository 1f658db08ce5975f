package plan

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
)

// seed is where random numbers come from. Its children have numbers of their own.
type seed struct{ high, low uint64 }

// child is the seed of a part, by its name.
func (s seed) child(name string) seed {
	hash := fnv.New128a()
	var parent [16]byte
	binary.BigEndian.PutUint64(parent[:8], s.high)
	binary.BigEndian.PutUint64(parent[8:], s.low)
	_, _ = hash.Write(parent[:]) // It never fails.
	_, _ = hash.Write([]byte(name))
	sum := hash.Sum(nil)
	return seed{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

// rng is the seed's generator.
func (s seed) rng() *rand.Rand { return rand.New(rand.NewPCG(s.high, s.low)) }
