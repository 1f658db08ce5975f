package recording

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// OpenLimited is Open with another limit of samples.
func OpenLimited(path string, limit int) (*Recording, error) { return openLimited(path, limit) }

// StorageSeries is a series as Prometheus' storage has it.
func StorageSeries(series Series) storage.Series {
	return storage.NewListSeries(series.Labels, series.inOrder())
}

// Sorted sorts series by labels.
func Sorted(all []Series) []Series {
	slices.SortFunc(all, func(one, other Series) int { return labels.Compare(one.Labels, other.Labels) })
	return all
}
