// Command crdtrim makes generated CustomResourceDefinitions small enough for
// client-side `kubectl apply`, which keeps a copy of the whole object in an
// annotation of at most 262,144 bytes.
//
// It removes the descriptions below spec.template, which are Kubernetes' own and
// two thirds of the size; types, bounds and defaults stay, so pod templates are
// still validated. Descriptions of Serin's own fields stay, for `kubectl explain`.
// It also adds bounds to the labels that a CEL rule walks (see bound.go).
//
// Usage: crdtrim FILE...    (each file is rewritten in place)
//
// What may come in: edits of generated CRDs that markers cannot express.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: crdtrim FILE...")
		os.Exit(2)
	}
	for _, path := range os.Args[1:] {
		if err := trimFile(path); err != nil {
			fmt.Fprintf(os.Stderr, "crdtrim: trimming %s: %v\n", path, err)
			os.Exit(1)
		}
	}
}

// trimFile rewrites one file.
func trimFile(path string) error {
	definition, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	trimmed, err := trim(definition)
	if err != nil {
		return err
	}
	return os.WriteFile(path, trimmed, 0o644)
}
