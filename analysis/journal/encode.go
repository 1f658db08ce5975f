package journal

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/serin-dev/serin/analysis/criteria"
	"github.com/serin-dev/serin/analysis/run"
)

// The text is "1:" and, in base64, a byte that says whether the journal is full, and the
// entries. Times are differences in microseconds; texts that came before are numbers.
const version = "1:"

// What an entry has.
const (
	hasFailure = 1 << iota
	hasResult
	hasDigest
	hasSamples
	hasFrom
	hasWeight
	hasWarnings
	isByHand
)

// writer writes entries, each with regard to the one before.
type writer struct {
	out    []byte
	last   time.Time
	weight Weight
	texts  map[string]uint64
}

func encode(journal Journal) string {
	w := writer{texts: map[string]uint64{}}
	w.out = append(w.out, flag(journal.Full))
	for _, entry := range journal.Entries {
		w.entry(entry)
	}
	return version + base64.RawStdEncoding.EncodeToString(w.out)
}

func flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}

func (w *writer) entry(entry Entry) {
	has := w.has(entry)
	w.out = append(w.out, has)
	w.time(w.last, entry.StartedAt)
	w.last = entry.StartedAt
	if has&isByHand != 0 {
		return
	}
	w.number(uint64(entry.Metric))
	w.time(entry.StartedAt, entry.FinishedAt)
	if has&hasFrom != 0 {
		w.time(entry.From, entry.StartedAt)
	}
	if has&hasWeight != 0 {
		w.newWeight(entry.Weight)
	}
	if has&hasFailure != 0 {
		w.text(string(entry.Failure.Reason))
		w.text(entry.Failure.Message)
	}
	if has&hasResult != 0 {
		w.out = append(w.out, flag(entry.Result.Scalar))
		w.values(entry.Result.Values)
	}
	if has&hasDigest != 0 {
		w.out = binary.LittleEndian.AppendUint32(w.out, entry.Seen.Whole)
	}
	if has&hasSamples != 0 {
		w.seen(entry)
	}
	if has&hasWarnings != 0 {
		w.number(uint64(len(entry.Warnings)))
		for _, warning := range entry.Warnings {
			w.text(warning)
		}
	}
}

// has is what an entry has.
func (w *writer) has(entry Entry) byte {
	if entry.Metric == ByHand {
		return isByHand
	}
	var has byte
	set := func(when bool, bit byte) {
		if when {
			has |= bit
		}
	}
	judged := entry.Seen.Part != [Parts]uint16{}
	set(entry.Failure != nil, hasFailure)
	set(entry.Result != nil, hasResult)
	set(entry.Failure == nil, hasDigest)
	set(judged, hasSamples)
	set(!entry.From.IsZero(), hasFrom)
	set(entry.Weight != w.weight, hasWeight)
	set(len(entry.Warnings) > 0, hasWarnings)
	return has
}

func (w *writer) newWeight(weight Weight) {
	w.weight = weight
	w.out = append(w.out, flag(weight.Known), flag(!weight.Since.IsZero()))
	w.number(uint64(uint32(weight.Percent)))
	if !weight.Since.IsZero() {
		w.time(w.last, weight.Since)
	}
}

// seen writes the fingerprints of the parts that are there, and the points.
func (w *writer) seen(entry Entry) {
	var mask byte
	for part, mark := range entry.Seen.Part {
		if mark != 0 {
			mask |= 1 << part
		}
	}
	w.out = append(w.out, mask)
	for _, mark := range entry.Seen.Part {
		if mark != 0 {
			w.out = binary.LittleEndian.AppendUint16(w.out, mark)
		}
	}
	if mask&(1<<CanaryPoints|1<<BaselinePoints) != 0 {
		w.values(entry.CanaryPoints)
		w.values(entry.BaselinePoints)
	}
}

func (w *writer) values(values []float64) {
	w.number(uint64(len(values)))
	for _, value := range values {
		w.out = binary.LittleEndian.AppendUint64(w.out, math.Float64bits(value))
	}
}

func (w *writer) number(v uint64) { w.out = binary.AppendUvarint(w.out, v) }

// time writes a time as a difference. The zero time counts as the beginning of 1970.
func (w *writer) time(from, to time.Time) {
	w.out = binary.AppendVarint(w.out, micros(to)-micros(from))
}

func (w *writer) text(text string) {
	if place, known := w.texts[text]; known {
		w.number(place)
		return
	}
	w.texts[text] = uint64(len(w.texts) + 1)
	w.number(0)
	w.number(uint64(len(text)))
	w.out = append(w.out, text...)
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// errTorn says that a journal ends in the middle of an entry.
var errTorn = errors.New("it ends in the middle of an entry")

// Decode reads a journal's text; an empty one is the journal of a run that has not looked.
func Decode(text string) (Journal, error) {
	if text == "" {
		return Journal{}, nil
	}
	body, found := strings.CutPrefix(text, version)
	if !found {
		return Journal{}, fmt.Errorf("reading the journal of a run: it does not begin with %q; was it written by another version of Serin?", version)
	}
	content, err := base64.RawStdEncoding.DecodeString(body)
	if err != nil {
		return Journal{}, fmt.Errorf("reading the journal of a run: %w", err)
	}
	if len(content) == 0 {
		return Journal{}, fmt.Errorf("reading the journal of a run: %w", errTorn)
	}
	journal := Journal{Full: content[0] == 1}
	r := reader{in: content[1:], texts: []string{""}}
	for len(r.in) > 0 && r.err == nil {
		if entry := r.entry(); r.err == nil {
			journal.Entries = append(journal.Entries, entry)
		}
	}
	if r.err != nil {
		return Journal{}, fmt.Errorf("reading entry %d of the journal of a run: %w", len(journal.Entries)+1, r.err)
	}
	return journal, nil
}

// reader reads entries; after the first error it reads nothing more.
type reader struct {
	in     []byte
	err    error
	last   time.Time
	weight Weight
	texts  []string
}

func (r *reader) entry() Entry {
	has := r.byte()
	entry := Entry{Metric: ByHand, StartedAt: r.time(r.last, 1)}
	r.last = entry.StartedAt
	if has&isByHand != 0 {
		return entry
	}
	entry.Metric = int(min(r.number(), math.MaxInt32))
	entry.FinishedAt = r.time(entry.StartedAt, 1)
	if has&hasFrom != 0 {
		entry.From = r.time(entry.StartedAt, -1)
	}
	if has&hasWeight != 0 {
		r.weight = r.newWeight()
	}
	entry.Weight = r.weight
	if has&hasFailure != 0 {
		entry.Failure = &run.Failure{Reason: run.Reason(r.text()), Message: r.text()}
	}
	if has&hasResult != 0 {
		entry.Result = &criteria.Result{Scalar: r.byte() == 1, Values: r.values()}
	}
	if has&hasDigest != 0 {
		entry.Seen.Whole = binary.LittleEndian.Uint32(r.bytes(4))
	}
	if has&hasSamples != 0 {
		r.seen(&entry)
	}
	if has&hasWarnings != 0 {
		for range r.count(1) {
			entry.Warnings = append(entry.Warnings, r.text())
		}
	}
	return entry
}

func (r *reader) newWeight() Weight {
	known, since := r.byte() == 1, r.byte() == 1
	weight := Weight{Known: known, Percent: int32(uint32(r.number()))}
	if since {
		weight.Since = r.time(r.last, 1)
	}
	return weight
}

func (r *reader) seen(entry *Entry) {
	mask := r.byte()
	for part := range Parts {
		if mask&(1<<part) != 0 {
			entry.Seen.Part[part] = binary.LittleEndian.Uint16(r.bytes(2))
		}
	}
	if mask&(1<<CanaryPoints|1<<BaselinePoints) != 0 {
		entry.CanaryPoints, entry.BaselinePoints = r.values(), r.values()
	}
}

func (r *reader) values() []float64 {
	var values []float64
	for range r.count(8) {
		values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(r.bytes(8))))
	}
	return values
}

func (r *reader) text() string {
	if place := r.number(); place > 0 {
		if place >= uint64(len(r.texts)) {
			r.fail(fmt.Errorf("it refers to text %d of %d", place, len(r.texts)-1))
			return ""
		}
		return r.texts[place]
	}
	text := string(r.bytes(r.count(1)))
	r.texts = append(r.texts, text)
	return text
}

// count is a number of things of a size, of which not more can be there than there is
// left to read.
func (r *reader) count(size int) int {
	count := r.number()
	if count > uint64(len(r.in)/size) {
		r.fail(errTorn)
		return 0
	}
	return int(count)
}

func (r *reader) time(other time.Time, direction int64) time.Time {
	difference, read := binary.Varint(r.in)
	if read <= 0 {
		r.fail(errTorn)
		return time.Time{}
	}
	r.in = r.in[read:]
	at := micros(other) + direction*difference
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMicro(at).UTC()
}

func (r *reader) number() uint64 {
	v, read := binary.Uvarint(r.in)
	if read <= 0 {
		r.fail(errTorn)
		return 0
	}
	r.in = r.in[read:]
	return v
}

func (r *reader) byte() byte { return r.bytes(1)[0] }

func (r *reader) bytes(n int) []byte {
	if n > len(r.in) {
		r.fail(errTorn)
		return make([]byte, n)
	}
	taken := r.in[:n]
	r.in = r.in[n:]
	return taken
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.in = nil
}
