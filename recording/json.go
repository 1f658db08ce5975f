package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// MaxSeriesBytes is the largest JSON text of one series, in bytes.
const MaxSeriesBytes = 256 << 20

// jsonSeries is one series in any of the JSON formats. Prometheus has values as
// pairs of time and text, VictoriaMetrics as numbers beside a list of timestamps.
type jsonSeries struct {
	Metric     map[string]string `json:"metric"`
	Values     json.RawMessage   `json:"values"`
	Timestamps json.RawMessage   `json:"timestamps"`
	Value      json.RawMessage   `json:"value"`
	Histogram  json.RawMessage   `json:"histogram"`
	Histograms json.RawMessage   `json:"histograms"`
}

// jsonReader reads a stream of JSON values: answers of Prometheus' API, series by
// themselves or in lists, and lines of VictoriaMetrics.
type jsonReader struct {
	into    *collector
	file    string
	in      *meteredReader
	decoder *json.Decoder
	builder labels.ScratchBuilder
	grid    grid
	// histograms counts series that had native histograms, which are not read.
	histograms int
	found      bool
}

// meteredReader ends when more is read than one value may have.
type meteredReader struct {
	in   io.Reader
	left int
}

// errTooLong is a JSON value without an end.
var errTooLong = fmt.Errorf("%w: one series has more than %d bytes; record it in parts", ErrTooMany, MaxSeriesBytes)

func (m *meteredReader) Read(into []byte) (int, error) {
	if m.left <= 0 {
		return 0, errTooLong
	}
	n, err := m.in.Read(into)
	m.left -= n
	return n, err
}

// readJSON reads all JSON formats.
func readJSON(in io.Reader, file string, into *collector) error {
	metered := &meteredReader{in: in, left: MaxSeriesBytes}
	r := &jsonReader{into: into, file: file, in: metered, decoder: json.NewDecoder(metered), builder: labels.NewScratchBuilder(16)}
	for {
		metered.left = MaxSeriesBytes
		token, err := r.decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return r.end()
		case err != nil:
			return r.broken(err)
		case token == json.Delim('{'):
			err = r.object()
		case token == json.Delim('['):
			err = r.list()
		default:
			err = r.wrong("%v is neither a series nor an answer of Prometheus' API", token)
		}
		if err != nil {
			return err
		}
	}
}

// end judges the file as a whole.
func (r *jsonReader) end() error {
	if !r.found {
		return fmt.Errorf("%s: there is no result in it; record the answer of /api/v1/query?query=m[range]&time=…", r.file)
	}
	if r.histograms > 0 {
		r.into.warn("%s: native histograms of %d series are not read, because JSON does not say their schema; record with serin record, or take a snapshot", r.file, r.histograms)
	}
	if step := r.grid.step(); step > 0 {
		r.into.warn("%s looks like an answer of query_range (all %d series have samples at the same whole seconds, every %s): those are evaluated values, not samples, and rate() over them is not the rate; record m[range] by an instant query instead", r.file, r.grid.series, step)
	}
	return nil
}

// object reads what is behind the brace of an object: an answer, its data, or one
// series, of which this gathers the parts.
func (r *jsonReader) object() error {
	var one jsonSeries
	var answered string
	var series bool
	parts := map[string]any{
		"metric": &one.Metric, "values": &one.Values, "timestamps": &one.Timestamps, "value": &one.Value,
		"histogram": &one.Histogram, "histograms": &one.Histograms, "error": &answered,
	}
	for r.decoder.More() {
		key, err := r.decoder.Token()
		if err != nil {
			return r.broken(err)
		}
		name, _ := key.(string)
		part, isPart := parts[name]
		switch {
		case name == "data" || name == "result":
			err = r.nested(name)
		case name == "resultType":
			err = r.resultType()
		case isPart:
			series = series || name != "error"
			err = r.decode(part)
		default:
			var other json.RawMessage
			err = r.decode(&other)
		}
		if err != nil {
			return err
		}
	}
	if _, err := r.decoder.Token(); err != nil {
		return r.broken(err)
	}
	if answered != "" {
		return r.wrong("the server answered an error: %s", clipped([]byte(answered)))
	}
	if series {
		return r.series(one)
	}
	return nil
}

// nested reads data, which is an object, or result, which is a list.
func (r *jsonReader) nested(name string) error {
	token, err := r.decoder.Token()
	switch {
	case err != nil:
		return r.broken(err)
	case token == json.Delim('{') && name == "data":
		return r.object()
	case token == json.Delim('['):
		return r.list()
	case token == nil: // An answer of an error has no data.
		return nil
	}
	return r.wrong("%q is neither an object nor a list", name)
}

// resultType refuses what holds no samples.
func (r *jsonReader) resultType() error {
	var kind string
	if err := r.decode(&kind); err != nil {
		return err
	}
	if kind != "matrix" {
		return r.wrong("the result is a %s, which is one evaluation and no recording; ask for a range such as m[24h]", clipped([]byte(kind)))
	}
	return nil
}

// list reads series up to the end of a list.
func (r *jsonReader) list() error {
	r.found = true
	for r.decoder.More() {
		var one jsonSeries
		if err := r.decode(&one); err != nil {
			return err
		}
		if err := r.series(one); err != nil {
			return err
		}
	}
	if _, err := r.decoder.Token(); err != nil {
		return r.broken(err)
	}
	return nil
}

// decode reads one value.
func (r *jsonReader) decode(into any) error {
	r.in.left = MaxSeriesBytes
	if err := r.decoder.Decode(into); err != nil {
		return r.broken(err)
	}
	return nil
}

// series takes one series.
func (r *jsonReader) series(one jsonSeries) error {
	r.found = true
	if len(one.Histograms) > 0 || len(one.Histogram) > 0 {
		r.histograms++
	}
	r.builder.Reset()
	for name, value := range one.Metric {
		if value != "" {
			r.builder.Add(name, value)
		}
	}
	r.builder.Sort()
	named := r.builder.Labels()
	switch {
	case len(one.Value) > 0 && len(one.Values) == 0:
		return r.wrong("series %s has one value, which is an evaluation and no recording; ask for a range such as m[24h]", named)
	case len(one.Timestamps) > 0:
		return r.lists(one, named)
	case len(one.Values) > 0:
		return r.pairs(one.Values, named)
	}
	return nil
}

// lists reads a line of VictoriaMetrics: values and timestamps side by side.
func (r *jsonReader) lists(one jsonSeries, named labels.Labels) error {
	var times []int64
	if err := json.Unmarshal(one.Timestamps, &times); err != nil {
		return r.wrong("timestamps of %s: %v; they are whole milliseconds", named, err)
	}
	var values []vmValue
	if err := json.Unmarshal(one.Values, &values); err != nil {
		return r.wrong("values of %s: %v", named, err)
	}
	if len(values) != len(times) {
		return r.wrong("series %s has %d values and %d timestamps", named, len(values), len(times))
	}
	series, nans := r.into.of(named), 0
	for i, at := range times {
		if at < milliseconds && at > 1_000_000_000 {
			return r.wrong("timestamp %d of %s is in seconds; /api/v1/export writes milliseconds", at, named)
		}
		if math.IsNaN(float64(values[i])) {
			nans++
		}
		if err := r.into.add(series, Point{at, float64(values[i])}, r.place()); err != nil {
			return err
		}
	}
	if nans > 0 {
		r.into.warn("%s has null values: VictoriaMetrics writes both NaN and the end of a series so; they are read as NaN", r.file)
	}
	return nil
}

// vmValue is a number as VictoriaMetrics writes it: null is NaN, and infinities are
// texts.
type vmValue float64

func (v *vmValue) UnmarshalJSON(text []byte) error {
	switch word := string(text); word {
	case "null":
		*v = vmValue(math.NaN())
	case `"Infinity"`, `"+Infinity"`:
		*v = vmValue(math.Inf(1))
	case `"-Infinity"`:
		*v = vmValue(math.Inf(-1))
	case `"NaN"`:
		*v = vmValue(math.NaN())
	default:
		value, err := float(word)
		if err != nil {
			return fmt.Errorf("%s is not a number", clipped(text))
		}
		*v = vmValue(value)
	}
	return nil
}

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

// place is the byte that the decoder has come to.
func (r *jsonReader) place() position {
	return position{file: r.file, byte: r.decoder.InputOffset()}
}

// wrong words an error where the decoder is.
func (r *jsonReader) wrong(format string, arguments ...any) error {
	return fmt.Errorf("%s: %s", r.place(), fmt.Sprintf(format, arguments...))
}

// broken words what is no JSON.
func (r *jsonReader) broken(err error) error {
	where := r.place()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: the file ends in the middle of a JSON value; copy it again", where)
	}
	return fmt.Errorf("%s: the value that begins there: %w", where, err)
}

// grid watches whether all series have their samples at the same regular times, on
// whole seconds: then they were evaluated, not scraped.
type grid struct {
	series, longest int
	every, phase    int64
	off             bool
}

// add looks at the times of one series.
func (g *grid) add(times []int64) {
	if len(times) == 0 || g.off {
		return
	}
	g.series++
	if len(times) > 1 && g.every == 0 {
		g.every = times[1] - times[0]
		for i := 2; i < len(times); i++ {
			g.every = min(g.every, times[i]-times[i-1])
		}
		if g.every <= 0 {
			g.off = true
			return
		}
	}
	if g.series == 1 {
		g.phase = times[0]
	}
	g.longest = max(g.longest, len(times))
	g.off = g.every == 0 || slices.ContainsFunc(times, func(at int64) bool { return at%1000 != 0 || (at-g.phase)%g.every != 0 })
}

// step is the interval of the grid; 0 if there is none.
func (g *grid) step() (every time.Duration) {
	if g.off || g.series < 2 || g.every == 0 || g.longest < 3 {
		return 0
	}
	return time.Duration(g.every) * time.Millisecond
}
