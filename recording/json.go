package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

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
