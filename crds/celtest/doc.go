// Package celtest proves the API's rules on a real API server: each kind has a
// table of objects that are refused, with the message that people read, and of
// objects that are accepted.
//
// What may come in: tests and their tables. No code of the product.
package celtest
