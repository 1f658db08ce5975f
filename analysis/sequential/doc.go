// Package sequential holds anytime-valid tests: e-processes and confidence
// sequences that may be looked at after every scrape. The standard library and
// gonum may come in.
package sequential
