// Package translate is the only place that parses the specs of Serin's kinds: it
// turns them into the types of the pure packages and back. The live controllers
// and the CLI share it, so that what one accepts the other does too.
//
// Bad input never gets further than this: it comes back as Problems, all at once,
// each naming the field and the fix.
//
// What may come in: crds, analysis and controller/progression. No client, no
// provider; how a query is checked is an argument.
package translate
