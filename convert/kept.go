package convert

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// keepDocument passes an object on that belongs to none of the sources. What refers to
// a Rollout of Argo, such as an autoscaler, refers to Serin's then; what refers to a
// Deployment that has become a Rollout, too.
func (c *conversion) keepDocument(d *document) {
	whole := field{key: &yaml.Node{}, value: d.root}
	if d.apiVersion == "" || d.kind == "" {
		c.refuse(field{value: d.root}, "this is no object of Argo Rollouts, Flagger or Kayenta, and no other object of Kubernetes: apiVersion or kind is missing",
			"write them; or say what it is with --from")
		return
	}
	out := c.trace.keep(d.root)
	c.retarget(out, d.root, whole, "")
	c.note(Kept, field{value: d.root}, "this is passed on as it is", "")
	out.HeadComment = joinComments(out.HeadComment, whole.key.HeadComment)
	c.emit(out)
	last := len(c.outputs[d]) - 1
	c.outputs[d][last].Kept = true
}

// retarget changes references to what has become a Rollout of Serin.
func (c *conversion) retarget(out, in *yaml.Node, whole field, path string) {
	if out.Kind == yaml.MappingNode {
		version, kind, name := child(out, "apiVersion"), child(out, "kind"), text(child(out, "name"))
		switch {
		case version == nil || kind == nil || path == "":
		case kind.Value == "Rollout" && strings.HasPrefix(version.Value, "argoproj.io/"),
			kind.Value == "Deployment" && name != "" && c.becameRollout(kind.Value, name, c.current.namespace):
			c.changed(field{key: whole.key, value: child(in, "kind"), path: path}, "it points to the Rollout %s of Serin", name)
			version.Value, kind.Value = v1alpha1.GroupVersion.String(), "Rollout"
		}
	}
	for i, content := range out.Content {
		sub := path
		if out.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			sub = join(path, out.Content[i-1].Value)
		}
		c.retarget(content, in.Content[i], whole, sub)
	}
}

// becameRollout says whether a workload of the inputs is part of a Rollout now.
func (c *conversion) becameRollout(kind, name, namespace string) bool {
	for d := range c.consumed {
		if d.kind == kind && d.name == name && sameNamespace(d.namespace, namespace) {
			return true
		}
	}
	return false
}

// find finds an object of the inputs.
func (c *conversion) find(kind, name, namespace string) *document {
	for _, d := range c.documents {
		if d.kind == kind && d.name == name && sameNamespace(d.namespace, namespace) {
			return d
		}
	}
	return nil
}

// sameNamespace says whether two objects may be in the same namespace: manifests often
// leave it to whoever applies them.
func sameNamespace(a, b string) bool { return a == b || a == "" || b == "" }
