package recording

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// check reads every chunk once, so that only what can be read is written. It corrects
// the times of chunks, brings them in order, and merges those that overlap.
func (w *Writer) check(list []chunks.Meta) ([]chunks.Meta, error) {
	var times []int64
	var iterator chunkenc.Iterator
	checked := make([]chunks.Meta, 0, len(list))
	for _, meta := range list {
		iterator = meta.Chunk.Iterator(iterator)
		count := 0
		for kind := iterator.Next(); kind != chunkenc.ValNone; kind = iterator.Next() {
			at := iterator.AtT()
			if count > 0 && at <= meta.MaxTime {
				return nil, fmt.Errorf("the samples of a chunk are not in order of time: %s does not come after %s", stamp(at), stamp(meta.MaxTime))
			}
			if count == 0 {
				meta.MinTime = at
			}
			meta.MaxTime = at
			times = append(times, at)
			count++
		}
		if err := iterator.Err(); err != nil {
			return nil, err
		}
		if count > 0 {
			checked = append(checked, meta)
		}
	}
	slices.Sort(times)
	w.intervals.add(times)
	return apart(checked)
}

// apart brings chunks in order of time, and merges those that overlap.
func apart(list []chunks.Meta) ([]chunks.Meta, error) {
	slices.SortStableFunc(list, func(one, other chunks.Meta) int { return cmp.Compare(one.MinTime, other.MinTime) })
	for i := 1; i < len(list); i++ {
		if list[i].MinTime > list[i-1].MaxTime {
			continue
		}
		var each []storage.ChunkSeries
		for _, meta := range list {
			each = append(each, &storage.ChunkSeriesEntry{ChunkIteratorFn: func(chunks.Iterator) chunks.Iterator {
				return storage.NewListChunkSeriesIterator(meta)
			}})
		}
		merge := storage.NewCompactingChunkSeriesMerger(storage.ChainedSeriesMerge)
		return storage.ExpandChunks(merge(each...).Iterator(nil))
	}
	return list, nil
}

// intervals counts how many series have which time between their samples.
type intervals map[time.Duration]int

// add takes the times of one series in order.
func (i intervals) add(times []int64) {
	if len(times) < 2 {
		return
	}
	gaps := make([]int64, 0, len(times)-1)
	for at := 1; at < len(times); at++ {
		gaps = append(gaps, times[at]-times[at-1])
	}
	slices.Sort(gaps)
	every := time.Duration(gaps[len(gaps)/2]) * time.Millisecond
	if every > time.Second {
		every = every.Round(time.Second)
	}
	i[every]++
}

// list is what was counted, the most frequent first.
func (i intervals) list() []Interval {
	list := make([]Interval, 0, len(i))
	for every, series := range i {
		list = append(list, Interval{every, series})
	}
	slices.SortFunc(list, func(one, other Interval) int {
		return cmp.Or(cmp.Compare(other.Series, one.Series), cmp.Compare(one.Every, other.Every))
	})
	return list
}

// isFloats tells the encodings of plain samples from those of native histograms.
func isFloats(of chunkenc.Encoding) bool {
	return of == chunkenc.EncXOR || of == chunkenc.EncXOR2
}
