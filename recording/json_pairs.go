package recording

import (
	"bytes"
	"fmt"

	"github.com/prometheus/prometheus/model/labels"
)

// pairs reads values as Prometheus writes them: [[1435781451.781,"1"],…].
func (r *jsonReader) pairs(text []byte, named labels.Labels) error {
	series := r.into.of(named)
	var times []int64
	scan := pairScanner{text: text}
	for {
		at, value, more, err := scan.next()
		if err != nil {
			return r.wrong("values of %s: %v", named, err)
		}
		if !more {
			break
		}
		if at/1000 >= milliseconds {
			return r.wrong("timestamp %d of %s would be in the year %d; Prometheus' API counts seconds", at/1000, named, 1970+at/1000/31_556_952)
		}
		times = append(times, at)
		if err := r.into.add(series, Point{at, value}, r.place()); err != nil {
			return err
		}
	}
	r.grid.add(times)
	return nil
}

// pairScanner reads a list of pairs of a number and a text.
type pairScanner struct {
	text  []byte
	begun bool
}

// next is the next pair: milliseconds and a value; more is false behind the last.
func (s *pairScanner) next() (at int64, value float64, more bool, err error) {
	open := byte(',')
	if !s.begun {
		open = '['
	}
	if s.begun && s.eat(']') {
		return 0, 0, false, s.rest()
	}
	if !s.eat(open) {
		return 0, 0, false, fmt.Errorf("%s: a list of pairs is wanted, such as [[1435781451.781,\"1\"]]", clipped(s.text))
	}
	if !s.begun {
		s.begun = true
		if s.eat(']') {
			return 0, 0, false, s.rest()
		}
	}
	if !s.eat('[') {
		return 0, 0, false, fmt.Errorf("%s: a pair of time and text is wanted, such as [1435781451.781,\"1\"]", clipped(s.text))
	}
	end := bytes.IndexByte(s.text, ',')
	if end < 0 {
		return 0, 0, false, fmt.Errorf("%s is not a pair", clipped(s.text))
	}
	if at, err = seconds(string(bytes.TrimSpace(s.text[:end]))); err != nil {
		return 0, 0, false, fmt.Errorf("timestamp %s: %w", clipped(s.text[:end]), err)
	}
	s.text = s.text[end+1:]
	if !s.eat('"') {
		return 0, 0, false, fmt.Errorf("%s: a value is a text, such as \"1\"", clipped(s.text))
	}
	if end = bytes.IndexByte(s.text, '"'); end < 0 {
		return 0, 0, false, fmt.Errorf("%s is not a text", clipped(s.text))
	}
	if value, err = float(string(s.text[:end])); err != nil {
		return 0, 0, false, fmt.Errorf("value %s is not a number", clipped(s.text[:end]))
	}
	s.text = s.text[end+1:]
	if !s.eat(']') {
		return 0, 0, false, fmt.Errorf("%s stands behind a pair", clipped(s.text))
	}
	return at, value, true, nil
}

// eat takes a character, and space before it.
func (s *pairScanner) eat(character byte) bool {
	s.text = bytes.TrimLeft(s.text, " \t\r\n")
	if len(s.text) == 0 || s.text[0] != character {
		return false
	}
	s.text = s.text[1:]
	return true
}

// rest refuses what stands behind the list.
func (s *pairScanner) rest() error {
	if s.text = bytes.TrimSpace(s.text); len(s.text) > 0 {
		return fmt.Errorf("%s stands behind the list", clipped(s.text))
	}
	return nil
}
