package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/rogpeppe/go-internal/testscript"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lab/controlplane"
)

// testNow is the time that the program believes in, in all tests.
var testNow = time.Date(2026, time.March, 1, 3, 0, 0, 0, time.UTC)

// testBuild is the version that the program believes to be, in all tests.
const testBuild = "v0.1.0 (go1.26, linux/amd64)"

// plane is the API server of all tests of this package; there is no controller.
var plane testPlane

// testPlane is an API server, an administrator's client, and what users of it have.
type testPlane struct {
	admin client.Client
	users map[string]*envtest.AuthenticatedUser
}

// TestMain runs the tests with an API server, or, when a script runs this binary
// under the name of the program, the program.
func TestMain(m *testing.M) {
	program := func() { os.Exit(run(testProcess())) }
	testscript.Main(withPlane{m}, map[string]func(){"serin": program, "kubectl-serin": program})
}

// testProcess is the environment of this process with a clock that stands still.
func testProcess() environment {
	env := processEnvironment()
	env.Now = func() time.Time { return testNow }
	env.Build = testBuild
	return env
}

// withPlane starts the API server before the tests, and stops it after them.
type withPlane struct{ tests *testing.M }

// Run runs the tests.
func (w withPlane) Run() int {
	log.SetLogger(logr.Discard())
	running, err := controlplane.Start(controlplane.Options{CRDs: []string{"../../crds/bases"}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := running.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stopping the control plane:", err)
		}
	}()
	if err := plane.prepare(running); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return w.tests.Run()
}

// prepare makes the users: ana may do everything, viewer may read Rollouts only,
// reader may read everything.
func (p *testPlane) prepare(running *controlplane.ControlPlane) error {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	admin, err := client.New(running.Config, client.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	p.admin, p.users = admin, map[string]*envtest.AuthenticatedUser{}
	for name, groups := range map[string][]string{"ana": {"system:masters"}, "viewer": nil, "reader": nil} {
		user, err := running.Environment.AddUser(envtest.User{Name: name, Groups: groups}, nil)
		if err != nil {
			return err
		}
		p.users[name] = user
	}
	for name, rules := range map[string][]rbacv1.PolicyRule{
		"viewer": {{APIGroups: []string{"serin.dev"}, Resources: []string{"rollouts"}, Verbs: []string{"get", "list"}}},
		"reader": {{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"get", "list"}}},
	} {
		if err := p.allow(name, rules); err != nil {
			return err
		}
	}
	return nil
}

// allow gives a user permissions in all namespaces.
func (p *testPlane) allow(name string, rules []rbacv1.PolicyRule) error {
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "test-" + name}, Rules: rules}
	if err := p.admin.Create(context.Background(), role); err != nil {
		return err
	}
	return p.admin.Create(context.Background(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "test-" + name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}},
	})
}

// documents splits YAML into its documents.
func documents(text string) []string {
	var all []string
	for _, document := range strings.Split("\n"+text, "\n---\n") {
		if strings.TrimSpace(document) != "" {
			all = append(all, document)
		}
	}
	return all
}
