// Package capture records the raw samples of a window from a server that speaks
// Prometheus' HTTP API.
//
// Remote read (/api/v1/read) is tried first: it gives chunks as the server holds them,
// with stale markers and native histograms. Where a server has none, range vectors
// (`m[range]`) have to do, which lose both. Requests are sent one after the other, each
// for a slice of time with a bounded number of samples; a slice that is too large is
// halved. What has come is kept in a folder beside the recording's place, so that an
// interrupted recording goes on where it stopped, and moves to its place when whole.
//
// What may come in: package recording, the connection of providers/metrics/prometheus,
// the PromQL parser. The clock is an argument; os is for files alone.
package capture
