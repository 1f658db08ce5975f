package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// milliseconds is the least timestamp that is taken for milliseconds: as seconds it
// would lie in the year 5138, and as milliseconds in 1973.
const milliseconds = 100_000_000_000

// textReader reads OpenMetrics, and what resembles it: Prometheus' text format and
// the dumps of promtool.
type textReader struct {
	into  *collector
	lines *lineReader
	// known are the series by their text.
	known   map[string]*Series
	builder labels.ScratchBuilder
	// unit is "s" or "ms", from the first timestamp on.
	unit string
	// typed and finished tell of TYPE lines and of # EOF; nans counts values that
	// are no numbers.
	typed, finished bool
	nans            int
}

// readText reads a text of samples with timestamps.
func readText(in io.Reader, file string, into *collector) error {
	r := &textReader{into: into, lines: newLineReader(in, file), known: map[string]*Series{}, builder: labels.NewScratchBuilder(16)}
	for {
		line, err := r.lines.next()
		if errors.Is(err, io.EOF) {
			return r.end()
		}
		if err == nil {
			err = r.line(line)
		}
		if err != nil {
			return err
		}
	}
}

// end judges the file as a whole.
func (r *textReader) end() error {
	where := r.lines.at
	if !r.finished && (r.unit != "ms" || r.lines.ended) {
		return fmt.Errorf("%s: the file ends without the line \"# EOF\", so it may have been cut; copy it again, or add that line if it is whole", where)
	}
	if r.nans > 0 && !r.typed {
		r.into.warn("%s has %d values NaN and no TYPE lines, as a dump of promtool: those may have been stale markers, and a query sees NaN where it saw no data; read the block itself instead", where.file, r.nans)
	}
	return nil
}

// line reads one line.
func (r *textReader) line(line []byte) error {
	if r.lines.at.line == 1 {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	switch trimmed := bytes.TrimSpace(line); {
	case len(trimmed) == 0:
		return nil
	case r.finished:
		return r.wrong("there is more after \"# EOF\"; several files in one have to be read one by one")
	case trimmed[0] == '#':
		r.finished = bytes.Equal(trimmed, []byte("# EOF"))
		r.typed = r.typed || bytes.HasPrefix(trimmed, []byte("# TYPE "))
		return nil
	default:
		return r.sample(trimmed)
	}
}

// wrong words an error in the line that is read.
func (r *textReader) wrong(format string, arguments ...any) error {
	return fmt.Errorf("%s: %s", r.lines.at, fmt.Sprintf(format, arguments...))
}

// sample reads a line such as: requests_total{code="200"} 12 1767312000.123
func (r *textReader) sample(line []byte) error {
	end, err := seriesEnd(line)
	if err != nil {
		return r.wrong("%v", err)
	}
	series, known := r.known[string(line[:end])]
	if !known {
		named, err := parseSeries(string(line[:end]), &r.builder)
		if err != nil {
			return r.wrong("%v", err)
		}
		series = r.into.of(named)
		r.known[string(line[:end])] = series
	}
	value, rest := field(line[end:])
	at, rest := field(rest)
	if len(value) == 0 {
		return r.wrong("there is no value behind the series")
	}
	point := Point{}
	if point.V, err = float(string(value)); err != nil {
		return r.wrong("value %s is not a number", clipped(value))
	}
	if math.IsNaN(point.V) {
		r.nans++
	}
	if len(at) == 0 || at[0] == '#' {
		return r.wrong("the sample has no timestamp; a recording needs one behind each value, as `promtool tsdb dump-openmetrics` writes it")
	}
	if point.T, err = r.time(string(at)); err != nil {
		return err
	}
	if len(rest) > 0 && rest[0] != '#' { // An exemplar may follow; it is not kept.
		return r.wrong("%s stands behind the timestamp", clipped(rest))
	}
	return r.into.add(series, point, r.lines.at)
}

// time reads a timestamp in the unit of the file.
func (r *textReader) time(text string) (int64, error) {
	at, err := seconds(text)
	if err != nil {
		return 0, r.wrong("timestamp %s: %v", clipped([]byte(text)), err)
	}
	unit := "s"
	if at/1000 >= milliseconds || at/1000 <= -milliseconds {
		unit = "ms"
	}
	if r.unit == "" {
		r.unit = unit
	}
	switch {
	case unit != r.unit && unit == "ms":
		return 0, r.wrong("timestamp %s would be in the year %d, counted in seconds as those before it; is it in milliseconds?", text, 1970+at/1000/31_556_952)
	case unit != r.unit:
		return 0, r.wrong("timestamp %s is in seconds and those before it are in milliseconds; use one unit", text)
	case unit == "ms":
		whole, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, r.wrong("timestamp %s has a fraction of a millisecond", text)
		}
		return whole, nil
	}
	return at, nil
}

// field takes one word from the beginning of a line.
func field(line []byte) (word, rest []byte) {
	line = bytes.TrimLeft(line, " \t")
	end := bytes.IndexAny(line, " \t")
	if end < 0 {
		return line, nil
	}
	return line[:end], bytes.TrimLeft(line[end:], " \t")
}

// clipped quotes a text for a message, at most 40 bytes of it.
func clipped(text []byte) string {
	if len(text) > 40 {
		return strconv.Quote(string(text[:40])) + "…"
	}
	return strconv.Quote(string(text))
}

// seriesEnd is where the text of a series ends: behind its braces, or behind its
// name if it has none.
func seriesEnd(line []byte) (int, error) {
	open := bytes.IndexAny(line, "{ \t")
	switch {
	case open < 0:
		return 0, fmt.Errorf("%s is neither a comment nor a sample (name{label=\"value\"} value timestamp)", clipped(line))
	case line[open] != '{':
		rest := bytes.TrimLeft(line[open:], " \t")
		if len(rest) == 0 || rest[0] != '{' { // A space may stand before the brace.
			return open, nil
		}
		open = len(line) - len(rest)
	}
	quoted := false
	for i := open; i < len(line); i++ {
		switch {
		case quoted && line[i] == '\\':
			i++
		case line[i] == '"':
			quoted = !quoted
		case line[i] == '}' && !quoted:
			return i + 1, nil
		}
	}
	return 0, fmt.Errorf("the braces of %s are not closed", clipped(line))
}

// parseSeries reads the text of a series: name{a="b", "c d"="e"} or {"name",a="b"}.
func parseSeries(text string, builder *labels.ScratchBuilder) (labels.Labels, error) {
	builder.Reset()
	name, braces, has := strings.Cut(text, "{")
	name = strings.TrimRight(name, " \t")
	if name != "" {
		if !model.LegacyValidation.IsValidMetricName(name) {
			return labels.EmptyLabels(), fmt.Errorf("%s is not the name of a metric", clipped([]byte(name)))
		}
		builder.Add(model.MetricNameLabel, name)
	}
	if has {
		if err := parseBraces(strings.TrimSuffix(braces, "}"), name != "", builder); err != nil {
			return labels.EmptyLabels(), fmt.Errorf("in %s: %w", clipped([]byte(text)), err)
		}
	}
	builder.Sort()
	named := builder.Labels()
	if twice, is := named.HasDuplicateLabelNames(); is {
		return labels.EmptyLabels(), fmt.Errorf("in %s: label %s stands twice", clipped([]byte(text)), twice)
	}
	if named.Get(model.MetricNameLabel) == "" {
		return labels.EmptyLabels(), fmt.Errorf("%s has no name", clipped([]byte(text)))
	}
	return named, nil
}

// parseBraces reads what stands between braces.
func parseBraces(text string, named bool, builder *labels.ScratchBuilder) error {
	for text = strings.TrimLeft(text, " \t"); text != ""; {
		name, rest, quoted, err := labelName(text)
		if err != nil {
			return err
		}
		rest = strings.TrimLeft(rest, " \t")
		value, assigned := strings.CutPrefix(rest, "=")
		switch {
		case assigned:
			var content string
			if content, rest, err = unquoted(strings.TrimLeft(value, " \t")); err != nil {
				return fmt.Errorf("label %s: %w", name, err)
			}
			if content != "" { // An empty label is none.
				builder.Add(name, content)
			}
		case quoted && !named:
			builder.Add(model.MetricNameLabel, name)
			named = true
		default:
			return fmt.Errorf("label %s has no value", name)
		}
		rest = strings.TrimLeft(rest, " \t")
		if text = strings.TrimLeft(strings.TrimPrefix(rest, ","), " \t"); rest != "" && rest[0] != ',' {
			return fmt.Errorf("%s stands where a comma should", clipped([]byte(rest)))
		}
	}
	return nil
}

// labelName takes the name of a label from the beginning of a text.
func labelName(text string) (name, rest string, quoted bool, err error) {
	if text[0] == '"' {
		name, rest, err = unquoted(text)
		if err == nil && name == "" {
			err = errors.New("a label has no name")
		}
		return name, rest, true, err
	}
	end := strings.IndexAny(text, "=, \t")
	if end < 0 {
		end = len(text)
	}
	if name = text[:end]; !model.LegacyValidation.IsValidLabelName(name) {
		return "", "", false, fmt.Errorf("%s is not the name of a label", clipped([]byte(name)))
	}
	return name, text[end:], false, nil
}

// unquoted takes a text in quotes from the beginning of another. Only \\, \" and \n
// are escapes; a backslash before anything else stands for itself.
func unquoted(text string) (content, rest string, err error) {
	if text == "" || text[0] != '"' {
		return "", "", fmt.Errorf("%s is not in quotes", clipped([]byte(text)))
	}
	var plain strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '"':
			if content = plain.String(); !model.LabelValue(content).IsValid() {
				return "", "", fmt.Errorf("%s is not UTF-8", clipped([]byte(content)))
			}
			return content, text[i+1:], nil
		case text[i] != '\\' || i+1 == len(text):
			plain.WriteByte(text[i])
		default:
			i++
			switch text[i] {
			case 'n':
				plain.WriteByte('\n')
			case '\\', '"':
				plain.WriteByte(text[i])
			default:
				plain.WriteByte('\\')
				plain.WriteByte(text[i])
			}
		}
	}
	return "", "", errors.New("a quote is not closed")
}
