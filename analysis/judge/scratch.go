package judge

import "github.com/serin-dev/serin/analysis/sequential"

// scratch is memory that a look needs while it lasts, kept for the next one: no part
// of a state. Nothing that outlives the look may be made of it.
type scratch struct {
	numbers []float64
	pods    []sequential.PodEvents
	indices []int
	text    []byte
}

// begin gives all of it back.
func (s *scratch) begin() {
	s.numbers, s.pods = s.numbers[:0], s.pods[:0]
}

// floats are n zeros.
func (s *scratch) floats(n int) []float64 {
	if len(s.numbers)+n > cap(s.numbers) {
		// What was handed out stays where it is.
		s.numbers = make([]float64, 0, 2*cap(s.numbers)+n)
	}
	from := len(s.numbers)
	s.numbers = s.numbers[:from+n]
	floats := s.numbers[from : from+n : from+n]
	clear(floats)
	return floats
}

// room is for n pods: none yet.
func (s *scratch) room(n int) []sequential.PodEvents {
	if len(s.pods)+n > cap(s.pods) {
		s.pods = make([]sequential.PodEvents, 0, 2*cap(s.pods)+n)
	}
	from := len(s.pods)
	s.pods = s.pods[:from+n]
	return s.pods[from : from : from+n]
}

// memory is the scratch of a state.
func (s *Comparison) memory() *scratch {
	if s.scratch == nil {
		s.scratch = &scratch{}
	}
	return s.scratch
}
