package analysisrun

import (
	"context"
	"sync"

	"github.com/serin-dev/serin/providers/metrics"
)

// slots bounds how many measurements are under way, in all and at one address, so
// that an address that hangs cannot use them all up.
type slots struct {
	all        chan struct{}
	perAddress int

	mu        sync.Mutex
	addresses map[string]*addressSlots
}

// addressSlots are the slots of one address, for as long as somebody uses them.
type addressSlots struct {
	free  chan struct{}
	users int
}

func newSlots(all, perAddress int) *slots {
	return &slots{all: make(chan struct{}, all), perAddress: perAddress, addresses: map[string]*addressSlots{}}
}

// take waits for a slot. The caller calls release when it is done.
func (s *slots) take(ctx context.Context, address string) (release func(), err error) {
	own := s.join(address)
	select {
	case own.free <- struct{}{}:
	case <-ctx.Done():
		s.leave(address)
		return nil, waitError(ctx)
	}
	select {
	case s.all <- struct{}{}:
	case <-ctx.Done():
		<-own.free
		s.leave(address)
		return nil, waitError(ctx)
	}
	return func() {
		<-s.all
		<-own.free
		s.leave(address)
	}, nil
}

// join is the slots of an address.
func (s *slots) join(address string) *addressSlots {
	s.mu.Lock()
	defer s.mu.Unlock()
	own, exists := s.addresses[address]
	if !exists {
		own = &addressSlots{free: make(chan struct{}, s.perAddress)}
		s.addresses[address] = own
	}
	own.users++
	return own
}

// leave forgets the slots of an address that nobody uses.
func (s *slots) leave(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.addresses[address]
	if own.users--; own.users == 0 {
		delete(s.addresses, address)
	}
}

// waitError says that a measurement was not begun.
func waitError(ctx context.Context) error {
	return &unavailable{what: "waiting for a free measurement slot", cause: ctx.Err()}
}

// unavailable is a failure that another try may cure.
type unavailable struct {
	what  string
	cause error
}

func (u *unavailable) Error() string   { return u.what + ": " + u.cause.Error() }
func (u *unavailable) Unwrap() []error { return []error{metrics.ErrUnavailable, u.cause} }
