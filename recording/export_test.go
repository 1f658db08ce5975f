package recording

import "github.com/prometheus/prometheus/storage"

// OpenLimited is Open with another limit of samples.
func OpenLimited(path string, limit int) (*Recording, error) { return openLimited(path, limit) }

// StorageSeries is a series as Prometheus' storage has it.
func StorageSeries(series Series) storage.Series {
	return storage.NewListSeries(series.Labels, series.inOrder())
}
