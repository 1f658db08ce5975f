// Package lint reads manifests as people write them and says, with file, line and column,
// what would go wrong with them in a release: what the API server would refuse, what the
// controller would refuse, and what both accept although it cannot work as it is meant.
//
// What may come in: the texts of YAML or JSON files, with their names. Nothing is asked of
// a cluster, a metrics server, a clock or a file system. What goes out: Diagnostics, in the order of
// the files and their lines, the same for the same texts.
//
// The rules are those of Rules; docs/lint-rules.md shows each of them with an example.
package lint
