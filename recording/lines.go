package recording

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// MaxLine is the longest line of a text in bytes.
const MaxLine = 4 << 20

// stamp writes milliseconds since 1970 for people. A count that no calendar holds
// stays a number.
func stamp(t int64) string {
	if t < -62_135_596_800_000 || t > 253_402_300_799_999 {
		return strconv.FormatInt(t, 10) + " ms"
	}
	return time.UnixMilli(t).UTC().Format("2006-01-02T15:04:05.999Z07:00")
}

// lineReader reads a text line by line.
type lineReader struct {
	in   *bufio.Reader
	at   position
	long []byte
	// ended tells that the last line had no line break.
	ended bool
}

func newLineReader(in io.Reader, file string) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(in, 64<<10), at: position{file: file}}
}

// next is the next line without its line break, valid until the next call; io.EOF
// after the last.
func (r *lineReader) next() ([]byte, error) {
	r.long = r.long[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if r.long = append(r.long, part...); len(r.long) > MaxLine {
				r.at.line++
				return nil, fmt.Errorf("%s: the line is longer than %d bytes; is this a text?", r.at, MaxLine)
			}
			continue
		case errors.Is(err, io.EOF) && len(part)+len(r.long) == 0:
			return nil, io.EOF
		case errors.Is(err, io.EOF):
			r.ended = true
		case err != nil:
			return nil, readProblem(r.at, err)
		}
		r.at.line++
		if len(r.long) > 0 {
			r.long = append(r.long, part...)
			part = r.long
		}
		return bytes.TrimSuffix(bytes.TrimSuffix(part, []byte("\n")), []byte("\r")), nil
	}
}

// readProblem words an error of reading a file.
func readProblem(at position, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: the file ends in the middle; copy it again", at)
	}
	return fmt.Errorf("%s: reading: %w", at, err)
}

// errTime is a timestamp that cannot be read.
var errTime = errors.New("it is not a number")

// exact is the largest number of milliseconds up to which a float is exact.
const exact = 1 << 53

// seconds reads a number of seconds as milliseconds, rounded. Digits are read as
// such, so that 1.001 is 1001 whatever floats make of it.
func seconds(text string) (int64, error) {
	digits := strings.TrimPrefix(text, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if len(whole) > 0 && len(whole) <= 12 && len(fraction) <= 3 && number(whole) && number(fraction) {
		result, _ := strconv.ParseInt(whole, 10, 64)
		part, _ := strconv.ParseInt((fraction + "000")[:3], 10, 64)
		if result = result*1000 + part; digits != text {
			result = -result
		}
		return result, nil
	}
	value, err := float(text)
	if err != nil || math.IsNaN(value) || math.Abs(value*1000) > exact {
		return 0, errTime
	}
	return int64(math.Round(value * 1000)), nil
}

// number tells a text of digits only; the empty one, too.
func number(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// float reads a number as the text formats write it: no hexadecimal digits and no
// underscores.
func float(text string) (float64, error) {
	if strings.ContainsAny(text, "pPxX_") {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(text, 64)
}
