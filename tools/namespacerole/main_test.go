package main

import (
	"strings"
	"testing"
)

const generated = `---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: serin-controller
rules:
- apiGroups: [serin.dev]
  resources: [analysistemplates, clusteranalysistemplates]
  verbs: [get]
- apiGroups: [serin.dev]
  resources: [clusteranalysistemplates]
  verbs: [watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: serin-controller
  namespace: serin-system
rules:
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
`

const derived = `---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: serin-controller
  namespace: serin-system
rules:
- apiGroups:
  - serin.dev
  resources:
  - analysistemplates
  verbs:
  - get
- apiGroups:
  - coordination.k8s.io
  resources:
  - leases
  verbs:
  - create
`

func TestDerive(t *testing.T) {
	got, err := derive([]byte(generated))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != derived {
		t.Errorf("got\n%s\nwant\n%s", got, derived)
	}
}

func TestDeriveRefuses(t *testing.T) {
	for _, row := range []struct{ reason, file, want string }{
		{"no YAML", "\t", "parsing the YAML"},
		{"no namespace", strings.Split(generated, "\n---\n")[0], "run controller-gen rbac first"},
	} {
		_, err := derive([]byte(row.file))
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got error %v, want one that says %q", row.reason, err, row.want)
		}
	}
}
