// Package series holds samples as plain data, and turns raw counters into exact
// counts over disjoint windows. Only the standard library may come in.
//
// A counter only ever grows, and begins at zero when its process starts. So the
// requests of a window are the sum, over the series, of the differences between
// consecutive samples; a sample that is lower than the one before it comes from a
// process that restarted, and counts in full. Nothing is extrapolated, as rate()
// and increase() do: a request is counted in the window of the sample that first
// shows it, once. Histograms, classic and native, are cumulative counters by bucket;
// their windows hold the requests by bucket.
//
// A Cursor and a HistogramCursor are all that is remembered from one window to the
// next. Both tell the pods apart, by the label pod, or else instance,
// kubernetes_pod_name or pod_name, and know their age.
package series

import "time"

// Sample is one value that was scraped.
type Sample struct {
	At    time.Time
	Value float64
}

// Series is one time series: the samples in order of time, oldest first.
type Series struct {
	// Labels identifies the series: its label set in Prometheus' own notation,
	// names sorted. Equal series have equal Labels.
	Labels  string
	Samples []Sample
}
