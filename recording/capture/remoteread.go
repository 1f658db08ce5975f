package capture

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strings"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/serin-dev/serin/recording"
)

// Limits of what a server may send in one piece.
const (
	maxFrame   = 64 << 20
	maxMessage = 512 << 20
)

// remoteRead is how samples come by remote read.
const remoteRead = "remote read"

// readRemotely asks for the samples of a slice by remote read:
// https://prometheus.io/docs/prometheus/latest/querying/remote_read_api/.
func (c *capture) readRemotely(ctx context.Context, of slice) (*batch, error) {
	query := &prompb.Query{StartTimestampMs: of.from, EndTimestampMs: of.to}
	for _, matcher := range of.matchers {
		query.Matchers = append(query.Matchers, &prompb.LabelMatcher{Type: matcherType(matcher.Type), Name: matcher.Name, Value: matcher.Value})
	}
	request := &prompb.ReadRequest{
		Queries:               []*prompb.Query{query},
		AcceptedResponseTypes: []prompb.ReadRequest_ResponseType{prompb.ReadRequest_STREAMED_XOR_CHUNKS, prompb.ReadRequest_SAMPLES},
	}
	plain, err := request.Marshal()
	if err != nil {
		return nil, err
	}
	response, err := c.Server.Send(ctx, "/api/v1/read", http.Header{
		"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"snappy"}, "X-Prometheus-Remote-Read-Version": {"0.1.0"},
	}, snappy.Encode(nil, plain))
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // It was only read.
	into := newBatch(of, c.MaxSamples, c.external)
	kind := response.Header.Get("Content-Type")
	switch {
	case strings.HasPrefix(kind, "application/x-streamed-protobuf"):
		err = readFrames(response.Body, into)
	case strings.HasPrefix(kind, "application/x-protobuf"):
		err = readSamples(response.Body, into)
	default:
		return nil, errNoRemoteRead
	}
	if err != nil {
		return nil, c.broken(ctx, err)
	}
	return into, nil
}

// errNoRemoteRead says that the server does not speak remote read.
var errNoRemoteRead = errors.New("the server has no remote read")

// matcherType is a matcher's type on the wire.
func matcherType(of labels.MatchType) prompb.LabelMatcher_Type {
	switch of {
	case labels.MatchNotEqual:
		return prompb.LabelMatcher_NEQ
	case labels.MatchRegexp:
		return prompb.LabelMatcher_RE
	case labels.MatchNotRegexp:
		return prompb.LabelMatcher_NRE
	default:
		return prompb.LabelMatcher_EQ
	}
}

// readFrames reads a stream of chunks: each frame is its length, its CRC-32C and a
// ChunkedReadResponse.
func readFrames(body io.Reader, into *batch) error {
	in := bufio.NewReader(body)
	sums := crc32.MakeTable(crc32.Castagnoli)
	var frame []byte
	for {
		size, err := binary.ReadUvarint(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if size > maxFrame {
			return fmt.Errorf("a frame of %d bytes is too large: the answer was cut or is no remote read", size)
		}
		var sum uint32
		if err := binary.Read(in, binary.BigEndian, &sum); err != nil {
			return cut(err)
		}
		if uint64(cap(frame)) < size {
			frame = make([]byte, size)
		}
		frame = frame[:size]
		if _, err := io.ReadFull(in, frame); err != nil {
			return cut(err)
		}
		if got := crc32.Checksum(frame, sums); got != sum {
			return fmt.Errorf("a frame is damaged: its checksum is %08x and should be %08x", got, sum)
		}
		var message prompb.ChunkedReadResponse
		if err := message.Unmarshal(frame); err != nil {
			return fmt.Errorf("a frame cannot be read: %w", err)
		}
		for _, series := range message.ChunkedSeries {
			if err := addChunks(series, into); err != nil {
				return err
			}
		}
	}
}

// cut is the end of an answer in the middle.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// addChunks takes the chunks of one series.
func addChunks(series *prompb.ChunkedSeries, into *batch) error {
	named := labelsOf(series.Labels)
	for _, sent := range series.Chunks {
		chunk, err := chunkenc.FromData(chunkenc.Encoding(sent.Type), append([]byte(nil), sent.Data...))
		if err != nil {
			return fmt.Errorf("a chunk of %s: %w", named, err)
		}
		meta := chunks.Meta{MinTime: sent.MinTimeMs, MaxTime: sent.MaxTimeMs, Chunk: chunk}
		if err := into.chunk(named, meta); err != nil {
			return err
		}
	}
	return nil
}

// readSamples reads an answer in one piece, as servers other than Prometheus give it.
func readSamples(body io.Reader, into *batch) error {
	packed, err := io.ReadAll(io.LimitReader(body, maxMessage+1))
	if err != nil {
		return err
	}
	if size, err := snappy.DecodedLen(packed); err != nil || size > maxMessage || len(packed) > maxMessage {
		return fmt.Errorf("%w: the answer is not packed by snappy, or larger than %d bytes", recording.ErrTooMany, maxMessage)
	}
	plain, err := snappy.Decode(nil, packed)
	if err != nil {
		return fmt.Errorf("unpacking the answer: %w", err)
	}
	var message prompb.ReadResponse
	if err := message.Unmarshal(plain); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	for _, result := range message.Results {
		for _, sent := range result.Timeseries {
			series := recording.Series{Labels: labelsOf(sent.Labels)}
			for _, sample := range sent.Samples {
				series.Floats = append(series.Floats, recording.Point{T: sample.Timestamp, V: sample.Value})
			}
			for _, sample := range sent.Histograms {
				series.Histograms = append(series.Histograms, recording.HistogramPoint{T: sample.Timestamp, H: sample.ToFloatHistogram()})
			}
			if err := into.samples(series); err != nil {
				return err
			}
		}
	}
	return nil
}

// labelsOf are labels from the wire.
func labelsOf(sent []prompb.Label) labels.Labels {
	builder := labels.NewScratchBuilder(len(sent))
	for _, label := range sent {
		if label.Value != "" {
			builder.Add(label.Name, label.Value)
		}
	}
	builder.Sort()
	return builder.Labels()
}
