package capture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/tsdbutil"

	"github.com/serin-dev/serin/recording"
)

// framed puts a message into a frame, as it is streamed.
func framed(message []byte) []byte {
	head := binary.AppendUvarint(nil, uint64(len(message)))
	head = binary.BigEndian.AppendUint32(head, crc32.Checksum(message, crc32.MakeTable(crc32.Castagnoli)))
	return append(head, message...)
}

// chunksOf are encoded chunks of all kinds.
func chunksOf(t testing.TB) []prompb.Chunk {
	t.Helper()
	floats := chunkenc.NewXORChunk()
	appender, err := floats.Appender()
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(10) {
		appender.Append(0, i*1000, float64(i))
	}
	whole, err := single(chunkenc.NewHistogramChunk(), tsdbutil.GenerateTestHistogram(1))
	if err != nil {
		t.Fatal(err)
	}
	return []prompb.Chunk{{Type: prompb.Chunk_XOR, Data: floats.Bytes(), MaxTimeMs: 9000}, {Type: prompb.Chunk_HISTOGRAM, Data: whole.Bytes()}}
}

func single(chunk chunkenc.Chunk, h *histogram.Histogram) (chunkenc.Chunk, error) {
	appender, err := chunk.Appender()
	if err != nil {
		return nil, err
	}
	_, _, _, err = appender.AppendHistogram(nil, 0, 5, h, false)
	return chunk, err
}

// FuzzRemoteRead feeds anything to the readers of remote read, with a checksum that fits:
// no answer may end the process, and what is taken can be written and read again.
func FuzzRemoteRead(f *testing.F) {
	message, err := (&prompb.ChunkedReadResponse{ChunkedSeries: []*prompb.ChunkedSeries{{Labels: []prompb.Label{{Name: "__name__", Value: "x"}}, Chunks: chunksOf(f)}}}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(message, true)
	plain, err := (&prompb.ReadResponse{Results: []*prompb.QueryResult{{Timeseries: []*prompb.TimeSeries{{
		Labels: []prompb.Label{{Name: "__name__", Value: "x"}}, Samples: []prompb.Sample{{Timestamp: 1, Value: 2}}, Histograms: []prompb.Histogram{prompb.FromIntHistogram(3, tsdbutil.GenerateTestHistogram(1))},
	}}}}}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain, false)
	f.Fuzz(func(t *testing.T, message []byte, streamed bool) {
		into := newBatch(slice{from: 0, to: 5000}, 100_000, labels.FromStrings("a", "b"))
		var err error
		if streamed {
			err = readFrames(bytes.NewReader(framed(message)), into)
		} else {
			err = readSamples(bytes.NewReader(snappy.Encode(nil, message)), into)
		}
		if err != nil {
			return
		}
		path := t.TempDir() + "/part"
		writer, err := recording.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = writer.Abort() }()
		if into.write(writer) != nil || writer.Commit(recording.Manifest{}) != nil {
			return
		}
		part, err := recording.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = part.Close() }()
		if _, err := part.Select(t.Context(), time.UnixMilli(0), time.UnixMilli(5000)); err != nil {
			t.Fatal(err)
		}
	})
}

// TestDamagedStream cuts a stream everywhere, and flips bits: only the whole one is read.
func TestDamagedStream(t *testing.T) {
	message, err := (&prompb.ChunkedReadResponse{ChunkedSeries: []*prompb.ChunkedSeries{{Labels: []prompb.Label{{Name: "__name__", Value: "x"}}, Chunks: chunksOf(t)}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	whole := framed(message)
	read := func(stream []byte) error {
		return readFrames(bytes.NewReader(stream), newBatch(slice{from: 0, to: 10_000}, 100, labels.EmptyLabels()))
	}
	if err := read(whole); err != nil {
		t.Fatal(err)
	}
	for length := 1; length < len(whole); length++ {
		if read(whole[:length]) == nil {
			t.Fatalf("a stream of %d of %d bytes is read", length, len(whole))
		}
	}
	for at := 2; at < len(whole); at++ {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 1
		if read(damaged) == nil {
			t.Fatalf("a stream with another bit in byte %d is read", at)
		}
	}
	if err := read(append(bytes.Clone(whole), "context deadline exceeded\n"...)); err == nil {
		t.Error("an error behind the stream is not seen")
	}
}

// FuzzSelections feeds any query: what it selects can be written as a selector again.
func FuzzSelections(f *testing.F) {
	for _, query := range []string{`sum(rate(x{a="b"}[5m] offset 1m)) / x @ end()`, `max_over_time(rate(x[1m])[10m:30s] @ 5)`, `{"a b"="c"}`, `x{a=~"b|c` + Any + `"}`} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		from, to := time.Unix(1_000_000, 0), time.Unix(1_003_600, 0)
		all, err := OfQuery(query, from, to)
		if err != nil {
			return
		}
		for _, selection := range Unite(all) {
			if selection.Check() != nil {
				continue
			}
			again, err := OfSelector(selection.Selector(), selection.From, selection.To)
			if err != nil || len(again.Matchers) != len(selection.Matchers) {
				t.Fatalf("%s selects %s: %v", strings.ReplaceAll(query, Any, "…"), selection.Selector(), err)
			}
		}
	})
}
