// Package ext stands for a module that Traefik keeps inside its repository and
// that no module proxy serves: the fields that its other editions add to the
// configuration of a router. There are none here.
package ext

// HTTP adds no settings to the HTTP configuration.
type HTTP struct{}

// DeepCopyInto copies nothing, because there is nothing.
func (*HTTP) DeepCopyInto(*HTTP) {}

// Router adds no settings to a router.
type Router struct{}

// DeepCopyInto copies nothing, because there is nothing.
func (*Router) DeepCopyInto(*Router) {}
