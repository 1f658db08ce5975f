// Package series holds samples as plain data, and turns raw counters into exact
// counts over disjoint windows. Only the standard library may come in.
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
