// Package view turns a Rollout and the objects around it into the text that
// `serin get rollout` and `serin list rollouts` print: what is it doing, why, and
// what can be typed now.
//
// Everything here is a function of objects and settings. The time, the width and
// the colours are arguments; nothing is read or written. What may come in: new
// blocks of the text, one file each.
package view
