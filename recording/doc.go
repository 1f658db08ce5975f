// Package recording reads recorded metrics in the formats in which people hold
// them, and writes recordings of Serin's own: a TSDB block and a manifest.
//
// Formats are told apart by their content:
//
//   - a recording made by `serin record`: manifest.json and a block;
//   - a TSDB block, and a folder of blocks such as a snapshot or a data folder;
//   - OpenMetrics text, Prometheus' text with timestamps, and what `promtool tsdb
//     dump` and `dump-openmetrics` print;
//   - the JSON of Prometheus' HTTP API, as `m[range]` answers it;
//   - the JSON lines of VictoriaMetrics' /api/v1/export;
//   - promtool's series notation in YAML, for data written by hand;
//   - a folder with several files of these; each text may be gzipped.
//
// Blocks are read without package tsdb, which would link the SDKs of three clouds:
// by tsdb/index, tsdb/chunks and tsdb/tombstones. Samples of a block are decoded
// when they are selected; those of texts when the file is opened, and at most
// MaxSamples of them.
//
// What may come in: os, because recordings are files; Prometheus' packages for
// labels, chunks and indexes. Never a clock, a network or a metrics engine.
package recording
