package convert

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// writtenByCluster is why metadata of a running object is left out.
const writtenByCluster = "the API server writes it"

// noName is the name of what has none.
const noName = "to-fill-in"

// metadata is the rule of metadata.
func metadata(c *conversion, f field) *yaml.Node {
	out := c.fields(f, table{
		"name": keepText, "generateName": keepText, "namespace": keepText,
		"labels": keep, "annotations": annotations,
		"uid": omitted(writtenByCluster), "resourceVersion": omitted(writtenByCluster), "generation": omitted(writtenByCluster),
		"creationTimestamp": omitted(writtenByCluster), "managedFields": omitted(writtenByCluster), "selfLink": omitted(writtenByCluster),
		"deletionTimestamp": omitted(writtenByCluster), "deletionGracePeriodSeconds": omitted(writtenByCluster),
		"ownerReferences": refused("its owner is an object of the other system", "apply it by itself"),
		"finalizers":      refused("a finalizer of another controller would keep the object from being deleted", "there is nothing to write instead"),
	})
	if out != nil && text(child(out, "name")) == "" && text(child(out, "generateName")) == "" {
		c.missing(f, "name", "an object without a name cannot be applied", "replace the name below")
		out.Content = append([]*yaml.Node{str("name"), str(noName)}, out.Content...)
	}
	return out
}

// annotations keeps what is not about the other system.
func annotations(c *conversion, f field) *yaml.Node {
	t := table{}
	for i := 0; i+1 < len(f.value.Content) && f.value.Kind == yaml.MappingNode; i += 2 {
		name := f.value.Content[i].Value
		domain, _, _ := strings.Cut(name, "/")
		switch {
		case name == "kubectl.kubernetes.io/last-applied-configuration":
			t[name] = omitted("kubectl writes it")
		case domain == "notifications.argoproj.io" || strings.HasPrefix(domain, "notifications.argoproj.io"):
			t[name] = refused("Serin sends no notifications", "alert on its events or metrics, for example with Alertmanager")
		case domain == "rollout.argoproj.io" || strings.HasSuffix(domain, ".rollout.argoproj.io") || domain == "deployment.kubernetes.io":
			t[name] = omitted("the other controller writes it")
		default:
			t[name] = keepText
		}
	}
	out := c.fields(f, t)
	if out != nil && len(out.Content) == 0 && len(f.value.Content) > 0 {
		return nil
	}
	return out
}
