package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata and docs")

// TestScripts runs testdata/script. Every script has a namespace of its own, named
// after it, in which no controller runs; $BASE is a release in progress. Further
// commands:
//
//	apply FILE                            create or replace objects with their status
//	patch NAME FILE                       merge a change into a Rollout and its status
//	answer NAME accepted|refused MESSAGE  answer the next intent as the controller would
//	overtake NAME ACTION                  let ben ask for an abort when an action was asked for
//	intent NAME                           print the intent without its id
//	template NAME                         print spec.template
//	as USER                               be somebody else: ana, viewer or reader
//	network up|down|connected             cut the way to the API server, or wait for somebody
//	exits CODE PROGRAM ARGS...            run a program and check its exit code
func TestScripts(t *testing.T) {
	base, err := filepath.Abs("view/testdata/base.yaml")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			name := strings.TrimPrefix(filepath.Base(env.WorkDir), "script-")
			w, err := newWorld(name, env.WorkDir)
			if err != nil {
				return err
			}
			env.Defer(w.network.down)
			env.Values[worldKey{}] = w
			env.Setenv("BASE", base)
			path, err := w.kubeconfig("ana")
			env.Setenv("KUBECONFIG", path)
			env.Setenv("LANG", "C.UTF-8")
			env.Setenv("USER", "account")
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"apply": scriptApply, "patch": scriptPatch, "answer": scriptAnswer, "overtake": scriptOvertake, "intent": scriptIntent,
			"template": scriptTemplate, "as": scriptAs, "network": scriptNetwork, "exits": scriptExits,
		},
	})
}

// worldKey is the key of the script's world.
type worldKey struct{}

// worldOf is the script's world. Arguments are counted; 0 is any number.
func worldOf(ts *testscript.TestScript, negated bool, args []string, count int) *world {
	if negated || count > 0 && len(args) != count {
		ts.Fatalf("wrong use; see TestScripts")
	}
	return ts.Value(worldKey{}).(*world)
}

func scriptApply(ts *testscript.TestScript, negated bool, args []string) {
	w := worldOf(ts, negated, args, 1)
	content, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(w.apply(string(content)))
}

func scriptPatch(ts *testscript.TestScript, negated bool, args []string) {
	w := worldOf(ts, negated, args, 2)
	var change map[string]any
	ts.Check(yaml.Unmarshal([]byte(ts.ReadFile(args[1])), &change))
	object, err := w.rollout(args[0])
	ts.Check(err)
	ts.Check(w.patch(object, change))
}

func scriptAnswer(ts *testscript.TestScript, negated bool, args []string) {
	w := worldOf(ts, negated, args, 3)
	ts.Check(w.answer(args[0], args[1] == "accepted", args[2]))
}

func scriptOvertake(ts *testscript.TestScript, negated bool, args []string) {
	w := worldOf(ts, negated, args, 2)
	object, _, err := w.awaitIntent(args[0], args[1])
	ts.Check(err)
	ts.Check(w.patch(object, map[string]any{"metadata": map[string]any{"annotations": map[string]any{
		v1alpha1.AnnotationIntent: `{"id":"0123456789abcdef0123","action":"abort","revision":7,"by":"ben","at":"2026-03-01T02:59:59.000000Z"}`,
	}}}))
}

func scriptIntent(ts *testscript.TestScript, negated bool, args []string) {
	w := worldOf(ts, negated, args, 1)
	_, intent, err := w.awaitIntent(args[0], "")
	ts.Check(err)
	if len(intent.ID) != 20 {
		ts.Fatalf("the id %q is not 20 digits long", intent.ID)
	}
	fmt.Fprintf(ts.Stdout(), "%s of revision %d by %s at %s, reason %q\n", intent.Action, intent.Revision, intent.By, intent.At.UTC().Format("15:04:05"), intent.Reason)
}

func scriptTemplate(ts *testscript.TestScript, negated bool, args []string) {
	object, err := worldOf(ts, negated, args, 1).rollout(args[0])
	ts.Check(err)
	template, _, err := unstructured.NestedMap(object.Object, "spec", "template")
	ts.Check(err)
	content, err := yaml.Marshal(template)
	ts.Check(err)
	fmt.Fprint(ts.Stdout(), string(content))
}

func scriptAs(ts *testscript.TestScript, negated bool, args []string) {
	path, err := worldOf(ts, negated, args, 1).kubeconfig(args[0])
	ts.Check(err)
	ts.Setenv("KUBECONFIG", path)
}

func scriptNetwork(ts *testscript.TestScript, negated bool, args []string) {
	w := worldOf(ts, negated, args, 1)
	switch args[0] {
	case "up":
		ts.Check(w.network.up())
	case "down":
		w.network.down()
	case "connected":
		ts.Check(w.network.connected())
	default:
		ts.Fatalf("network up, down or connected")
	}
}

func scriptExits(ts *testscript.TestScript, negated bool, args []string) {
	worldOf(ts, negated, args, 0)
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("running %s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("%s exits with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}
