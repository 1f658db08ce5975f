// Command namespacerole derives the Role of a single-namespace installation from
// the generated rights of the cluster-wide one, so that the two cannot drift apart.
//
// Usage: namespacerole config/rbac/role.yaml > config/namespaced/role.yaml
//
// What may come in: the mapping of cluster-wide rights to those in a namespace.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// clusterScoped are the resources that no Role can grant. A controller that
// watches one namespace does without them.
var clusterScoped = []string{"clusteranalysistemplates"}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: namespacerole FILE")
		os.Exit(2)
	}
	generated, err := os.ReadFile(os.Args[1])
	if err == nil {
		var role []byte
		if role, err = derive(generated); err == nil {
			_, err = os.Stdout.Write(role)
		}
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "namespacerole: deriving a Role from %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

// derive merges the rules of all roles of a file into one Role.
func derive(generated []byte) ([]byte, error) {
	role := rbacv1.Role{}
	role.APIVersion, role.Kind = rbacv1.SchemeGroupVersion.String(), "Role"
	for _, document := range bytes.Split(generated, []byte("\n---\n")) {
		var source rbacv1.Role // A ClusterRole has the same fields, and one more that we do not use.
		if err := yaml.Unmarshal(document, &source); err != nil {
			return nil, fmt.Errorf("parsing the YAML: %w", err)
		}
		if source.Name != "" {
			role.Name = source.Name
		}
		if source.Namespace != "" {
			role.Namespace = source.Namespace
		}
		role.Rules = append(role.Rules, namespaced(source.Rules)...)
	}
	if role.Name == "" || role.Namespace == "" {
		return nil, errors.New("the file needs a ClusterRole and a Role with a namespace; run controller-gen rbac first")
	}
	body, err := yaml.Marshal(role)
	if err != nil {
		return nil, err
	}
	return append([]byte("---\n"), body...), nil
}

// namespaced drops the cluster-scoped resources from rules.
func namespaced(rules []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var kept []rbacv1.PolicyRule
	for _, rule := range rules {
		rule.Resources = slices.DeleteFunc(rule.Resources, func(resource string) bool {
			return slices.Contains(clusterScoped, resource)
		})
		if len(rule.Resources) > 0 {
			kept = append(kept, rule)
		}
	}
	return kept
}
