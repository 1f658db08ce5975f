// Package config holds the manifests of an installation; README.md says how to use
// them. Its tests hold them against a real API server.
//
// What may come in: manifests, and tests of them. No code of the product.
package config
