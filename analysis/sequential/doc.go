// Package sequential holds anytime-valid tests: e-processes and confidence
// sequences that may be looked at after every scrape. What may come in: the
// standard library and gonum.
//
// An e-process is a number E >= 0 that begins at 1 and whose expectation is at
// most 1 at every stopping time while the null hypothesis holds. By Ville's
// inequality (Ville 1939) the probability that it ever reaches 1/α is then at most
// α, however often one looks and whatever makes one stop. So "E >= 1/α" is a
// verdict that needs no correction for peeking.
//
// States are values: Observe returns a new one and leaves the old one alone. They
// serialise to small JSON from which the test goes on bit for bit.
package sequential
