package capture_test

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/http"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb"
)

// external are the server's external labels.
var external = labels.FromStrings("cluster", "one", "env", "prod")

// remoteRead answers remote read as storage/remote of Prometheus does it (that package
// would bring in half of OpenTelemetry): series in order, with external labels, a frame
// for each; a matcher of an external label wants no such label in the database.
func remoteRead(w http.ResponseWriter, r *http.Request, db *tsdb.DB, plain bool) error {
	packed, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	text, err := snappy.Decode(nil, packed)
	if err != nil {
		return err
	}
	var request prompb.ReadRequest
	if err := request.Unmarshal(text); err != nil {
		return err
	}
	query := request.Queries[0]
	var matchers []*labels.Matcher
	for _, sent := range query.Matchers {
		kind := []labels.MatchType{labels.MatchEqual, labels.MatchNotEqual, labels.MatchRegexp, labels.MatchNotRegexp}[sent.Type]
		value := sent.Value
		if kind == labels.MatchEqual && external.Get(sent.Name) == value {
			value = ""
		}
		matchers = append(matchers, labels.MustNewMatcher(kind, sent.Name, value))
	}
	if plain {
		return remoteSamples(w, db, query, matchers)
	}
	querier, err := db.ChunkQuerier(query.StartTimestampMs, query.EndTimestampMs)
	if err != nil {
		return err
	}
	defer func() { _ = querier.Close() }()
	w.Header().Set("Content-Type", "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse")
	set := querier.Select(context.Background(), true, nil, matchers...)
	for set.Next() {
		sent := &prompb.ChunkedSeries{Labels: onWire(set.At().Labels())}
		chunks := set.At().Iterator(nil)
		for chunks.Next() {
			chunk := chunks.At()
			sent.Chunks = append(sent.Chunks, prompb.Chunk{
				MinTimeMs: chunk.MinTime, MaxTimeMs: chunk.MaxTime, Type: prompb.Chunk_Encoding(chunk.Chunk.Encoding()), Data: chunk.Chunk.Bytes(),
			})
		}
		if err := chunks.Err(); err != nil {
			return err
		}
		frame, err := (&prompb.ChunkedReadResponse{ChunkedSeries: []*prompb.ChunkedSeries{sent}}).Marshal()
		if err != nil {
			return err
		}
		head := binary.AppendUvarint(nil, uint64(len(frame)))
		head = binary.BigEndian.AppendUint32(head, crc32.Checksum(frame, crc32.MakeTable(crc32.Castagnoli)))
		if _, err := w.Write(append(head, frame...)); err != nil {
			return err
		}
	}
	return set.Err()
}

// remoteSamples answers in one piece, as servers without chunks do.
func remoteSamples(w http.ResponseWriter, db *tsdb.DB, query *prompb.Query, matchers []*labels.Matcher) error {
	querier, err := db.Querier(query.StartTimestampMs, query.EndTimestampMs)
	if err != nil {
		return err
	}
	defer func() { _ = querier.Close() }()
	result := &prompb.QueryResult{}
	set := querier.Select(context.Background(), true, nil, matchers...)
	for set.Next() {
		sent := &prompb.TimeSeries{Labels: onWire(set.At().Labels())}
		samples := set.At().Iterator(nil)
		for samples.Next() != 0 {
			at, v := samples.At()
			sent.Samples = append(sent.Samples, prompb.Sample{Timestamp: at, Value: v})
		}
		result.Timeseries = append(result.Timeseries, sent)
	}
	if set.Err() != nil {
		return set.Err()
	}
	plain, err := (&prompb.ReadResponse{Results: []*prompb.QueryResult{result}}).Marshal()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, err = w.Write(snappy.Encode(nil, plain))
	return err
}

// onWire are labels with the external ones, which the series' own win over.
func onWire(of labels.Labels) []prompb.Label {
	builder := labels.NewBuilder(of)
	external.Range(func(label labels.Label) {
		if of.Get(label.Name) == "" {
			builder.Set(label.Name, label.Value)
		}
	})
	return prompb.FromLabels(builder.Labels(), nil)
}
