package recording

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
)

// segmentSize is the size of a file of chunks, in bytes. The writer of package
// chunks reserves it in advance, so it is small enough for a disk that is nearly
// full, and large enough for few files.
const segmentSize = 16 << 20

// blockWriter writes the files of a block.
type blockWriter struct {
	folder string
	chunks *chunks.Writer
	series []placed
	meta   blockMeta
}

// placed is a series whose chunks are written.
type placed struct {
	labels labels.Labels
	list   []chunks.Meta
}

func newBlockWriter(folder string) (*blockWriter, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil { // #nosec: like any folder that a user makes.
		return nil, err
	}
	writer, err := chunks.NewWriter(filepath.Join(folder, chunksName), chunks.WithSegmentSize(segmentSize))
	if err != nil {
		return nil, err
	}
	meta := blockMeta{Version: 1, MinTime: math.MaxInt64, MaxTime: math.MinInt64, Compaction: blockCompaction{Level: 1}}
	return &blockWriter{folder: folder, chunks: writer, meta: meta}, nil
}

// add writes the chunks of one series, which are in order and do not overlap.
func (w *blockWriter) add(named labels.Labels, list []chunks.Meta) error {
	if named.IsEmpty() {
		return errors.New("it has no labels")
	}
	if last := len(w.series) - 1; last >= 0 && labels.Compare(w.series[last].labels, named) >= 0 {
		return fmt.Errorf("it comes behind %s, and series are written in ascending order of labels, each once", w.series[last].labels)
	}
	if err := w.chunks.WriteChunks(list...); err != nil {
		return err
	}
	stats := &w.meta.Stats
	for i := range list {
		count := int64(list[i].Chunk.NumSamples())
		stats.NumSamples += count
		if isFloats(list[i].Chunk.Encoding()) {
			stats.NumFloatSamples += count
		} else {
			stats.NumHistogramSamples += count
		}
		list[i].Chunk = nil // It is on the disk.
	}
	stats.NumChunks += len(list)
	stats.NumSeries++
	w.meta.MinTime = min(w.meta.MinTime, list[0].MinTime)
	w.meta.MaxTime = max(w.meta.MaxTime, list[len(list)-1].MaxTime+1)
	w.series = append(w.series, placed{named, list})
	return nil
}

// close ends the writing of chunks. An error is told by what wrote them.
func (w *blockWriter) close() {
	if w.chunks != nil {
		_ = w.chunks.Close()
		w.chunks = nil
	}
}

// finish writes the index and meta.json, and answers the name of the block.
func (w *blockWriter) finish() (string, error) {
	writer := w.chunks
	w.chunks = nil
	if err := writer.Close(); err != nil {
		return "", err
	}
	if err := w.writeIndex(); err != nil {
		return "", err
	}
	if len(w.series) == 0 {
		w.meta.MinTime, w.meta.MaxTime = 0, 0
	}
	name, err := w.name()
	if err != nil {
		return "", err
	}
	w.meta.ULID, w.meta.Compaction.Sources = name, []string{name}
	text, err := json.MarshalIndent(w.meta, "", "\t")
	if err != nil {
		return "", err
	}
	return name, writeDurably(filepath.Join(w.folder, metaName), append(text, '\n'))
}

// writeIndex writes the index.
func (w *blockWriter) writeIndex() (err error) {
	writer, err := index.NewWriter(context.Background(), filepath.Join(w.folder, indexName))
	if err != nil {
		return err
	}
	defer func() {
		if failed := writer.Close(); err == nil {
			err = failed
		}
	}()
	symbols := map[string]struct{}{"": {}}
	for _, series := range w.series {
		series.labels.Range(func(label labels.Label) {
			symbols[label.Name], symbols[label.Value] = struct{}{}, struct{}{}
		})
	}
	for _, symbol := range slices.Sorted(maps.Keys(symbols)) {
		if err := writer.AddSymbol(symbol); err != nil {
			return err
		}
	}
	for i, series := range w.series {
		if err := writer.AddSeries(storage.SeriesRef(i), series.labels, series.list...); err != nil {
			return err
		}
	}
	return nil
}

// crockford is the alphabet of ULIDs.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// name is a ULID from the time of the last sample and the checksum of the content:
// what is recorded twice has one name, and no clock or randomness is asked.
func (w *blockWriter) name() (string, error) {
	hash := sha256.New()
	files, err := fileList(w.folder, ".")
	if err != nil {
		return "", err
	}
	for _, file := range files {
		fmt.Fprintf(hash, "%s %s\n", file.Path, file.SHA256)
	}
	var id [16]byte
	copy(id[6:], hash.Sum(nil))
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(max(w.meta.MaxTime, 0)))
	copy(id[:6], at[2:])
	// 128 bits are 26 digits of five bits, with two zero bits in front.
	padded := make([]byte, 20)
	copy(padded[4:], id[:])
	digits := base32.NewEncoding(crockford).EncodeToString(padded)
	return digits[len(digits)-26:], nil
}

// fileList lists the files below a folder's folder with sizes and checksums.
func fileList(folder, below string) ([]File, error) {
	var list []File
	err := filepath.WalkDir(filepath.Join(folder, below), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		sum, size, err := checksum(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		list = append(list, File{Path: filepath.ToSlash(relative), Size: size, SHA256: sum})
		return err
	})
	return list, err
}
