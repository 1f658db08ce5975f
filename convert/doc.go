// Package convert turns configurations of Argo Rollouts, Flagger and Kayenta into
// Serin's kinds.
//
// It is strict: of each field of the input it is known what became of it. It stands in
// the output, or there is a Finding that says why not and what to write instead; a
// field that nothing here knows is a Finding, too. What means something else in Serin
// is said in a comment of the output, where it stands.
//
// What comes in are texts: YAML or JSON, one object or many. What goes out are texts
// and findings. Nothing is read or written here but what is passed in: no files, no
// cluster, no clock. docs/convert.md has the tables of what becomes of what.
package convert
