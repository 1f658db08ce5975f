package recording

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// Writer writes a recording into a folder beside its place, and moves it there when
// it is whole. It is for one goroutine. In memory it holds the labels and the places
// of chunks, some hundred bytes for each series and 40 for each 120 samples.
type Writer struct {
	path, temporary string
	block           *blockWriter
	intervals       intervals
}

// Create begins a recording at a path where nothing may be yet. Call Commit in the
// end, and Abort in any case: after Commit it does nothing.
func Create(path string) (*Writer, error) {
	if err := Free(path); err != nil {
		return nil, err
	}
	path = filepath.Clean(path)
	temporary, err := os.MkdirTemp(filepath.Dir(path), "."+filepath.Base(path)+".unfinished-")
	if err != nil {
		return nil, fmt.Errorf("creating recording %s: %w", path, err)
	}
	w := &Writer{path: path, temporary: temporary, intervals: intervals{}}
	err = os.Chmod(temporary, 0o755) // #nosec: like any folder that a user makes; MkdirTemp's is private.
	if err == nil {
		err = writeDurably(filepath.Join(temporary, unfinishedName), []byte("serin has not finished this recording; remove the folder\n"))
	}
	if err == nil {
		w.block, err = newBlockWriter(filepath.Join(temporary, "block"))
	}
	if err != nil {
		return nil, errors.Join(w.failed(err), w.Abort())
	}
	return w, nil
}

// Free tells whether a recording may be created at a path.
func Free(path string) error {
	switch _, err := os.Lstat(path); {
	case err == nil:
		return fmt.Errorf("creating recording: %s exists; name another place or remove it", path)
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("creating recording: %w", err)
	}
	return nil
}

// failed words an error of writing.
func (w *Writer) failed(err error) error {
	return fmt.Errorf("writing recording %s: %w", w.path, err)
}

// Add writes one series. Series come in strictly ascending order of labels
// (labels.Compare); their samples are brought in order of time. An empty series is
// left out.
func (w *Writer) Add(series Series) error {
	series.settle()
	if series.samples() == 0 {
		return nil
	}
	for _, point := range series.Histograms { // One that contradicts itself cannot be encoded.
		if err := point.H.Validate(); err != nil {
			return w.failed(fmt.Errorf("series %s, histogram at %s: %w", series.Labels, stamp(point.T), err))
		}
	}
	encoder := storage.NewSeriesToChunkEncoder(storage.NewListSeries(series.Labels, series.inOrder()))
	list, err := storage.ExpandChunks(encoder.Iterator(nil))
	if err != nil {
		return w.failed(fmt.Errorf("series %s: %w", series.Labels, err))
	}
	return w.AddChunks(series.Labels, list)
}

// AddChunks writes one series from encoded chunks, which may come in any order.
// Chunks are kept as they are, unless they overlap in time: then their samples are
// merged, and of two at one time the one from the earlier chunk in the list stays.
func (w *Writer) AddChunks(named labels.Labels, list []chunks.Meta) error {
	checked, err := w.check(list)
	if err != nil {
		return w.failed(fmt.Errorf("series %s: %w", named, err))
	}
	if len(checked) == 0 {
		return nil
	}
	if err := w.block.add(named, checked); err != nil {
		return w.failed(fmt.Errorf("series %s: %w", named, err))
	}
	return nil
}

// Series and Samples count what was added.
func (w *Writer) Series() int { return w.block.meta.Stats.NumSeries }

// Samples counts what was added.
func (w *Writer) Samples() int64 { return w.block.meta.Stats.NumSamples }

// Commit finishes the recording: it writes what the manifest does not know yet
// (counts, intervals, files), makes all files durable and moves the folder to its
// place. Where From and To of the manifest are zero, they become the times of the
// first and the last sample. After an error nothing is left.
func (w *Writer) Commit(m Manifest) error {
	if err := w.commit(m); err != nil {
		return errors.Join(w.failed(err), w.Abort())
	}
	w.temporary = ""
	return nil
}

func (w *Writer) commit(m Manifest) error {
	if w.temporary == "" {
		return errors.New("the recording was finished before")
	}
	name, err := w.block.finish()
	if err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(w.temporary, "block"), filepath.Join(w.temporary, name)); err != nil {
		return err
	}
	m.Version, m.Series, m.Samples, m.Intervals = manifestVersion, w.Series(), w.Samples(), w.intervals.list()
	if m.From.IsZero() && m.To.IsZero() && m.Samples > 0 {
		m.From, m.To = time.UnixMilli(w.block.meta.MinTime).UTC(), time.UnixMilli(w.block.meta.MaxTime-1).UTC()
	}
	if m.Files, err = fileList(w.temporary, name); err != nil {
		return err
	}
	if err := m.write(w.temporary); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(w.temporary, unfinishedName)); err != nil {
		return err
	}
	if err := syncFolders(w.temporary); err != nil {
		return err
	}
	if err := Free(w.path); err != nil { // Somebody else was faster.
		return err
	}
	if err := os.Rename(w.temporary, w.path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(w.path))
}

// Abort removes what was written; after Commit it does nothing.
func (w *Writer) Abort() error {
	if w.temporary == "" {
		return nil
	}
	if w.block != nil {
		w.block.close()
	}
	err := os.RemoveAll(w.temporary)
	w.temporary = ""
	return err
}

// listed is a sample as package storage takes it.
type listed struct {
	t int64
	v float64
	h *histogram.FloatHistogram
}

func (l listed) ST() int64                     { return 0 }
func (l listed) T() int64                      { return l.t }
func (l listed) F() float64                    { return l.v }
func (l listed) H() *histogram.Histogram       { return nil }
func (l listed) FH() *histogram.FloatHistogram { return l.h }
func (l listed) Copy() chunks.Sample           { return listed{l.t, l.v, l.h.Copy()} }
func (l listed) Type() chunkenc.ValueType {
	if l.h != nil {
		return chunkenc.ValFloatHistogram
	}
	return chunkenc.ValFloat
}

// inOrder is all samples of a series in order of time.
func (s Series) inOrder() []chunks.Sample {
	all := make([]chunks.Sample, 0, s.samples())
	floats, histograms := s.Floats, s.Histograms
	for len(floats) > 0 || len(histograms) > 0 {
		if len(histograms) == 0 || len(floats) > 0 && floats[0].T < histograms[0].T {
			all = append(all, listed{t: floats[0].T, v: floats[0].V})
			floats = floats[1:]
			continue
		}
		all = append(all, listed{t: histograms[0].T, h: histograms[0].H})
		histograms = histograms[1:]
	}
	return all
}
