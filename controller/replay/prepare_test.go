package replay_test

import (
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/controller/translate"
)

// exported is an AnalysisRun with a journal, as kubectl exports it.
const exported = `apiVersion: serin.dev/v1alpha1
kind: AnalysisRun
metadata: {name: web-1, namespace: shop, labels: {serin.dev/run-type: Step}}
spec:
  metrics:
  - {name: m, successCondition: "result[0] > 0", provider: {prometheus: {query: up}}}
status: {phase: Successful, startedAt: "2026-03-01T03:01:00.000000Z", completedAt: "2026-03-01T03:20:00.000000Z", journal: "1 something"}
`

// TestPrepareRun: a run with a journal is played by it, unless somebody wants a new run.
func TestPrepareRun(t *testing.T) {
	start := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	recording := replay.Recording{Path: "friday", Start: start, End: start.Add(10 * time.Minute)}
	for _, test := range []struct {
		reason  string
		options replay.Options
		live    bool
		begins  time.Time
		wrong   string
	}{
		{"by the journal", replay.Options{}, true, start.Add(time.Minute), ""},
		{"by the schedule", replay.Options{Schedule: true}, false, start.Add(time.Minute), ""},
		{"at another time", replay.Options{Start: start.Add(2 * time.Minute)}, false, start.Add(2 * time.Minute), ""},
		{"by its name", replay.Options{Name: "web-1"}, true, start.Add(time.Minute), ""},
		{"by another name", replay.Options{Name: "web-2"}, false, start, `there is no AnalysisRun "web-2"; there is web-1`},
		{"with arguments", replay.Options{Arguments: []replay.Argument{{Name: "a", Value: "b"}}}, false, start, "are filled in already"},
		{"before the recording", replay.Options{Start: start.Add(-time.Minute)}, false, start, "is outside of the recording"},
		{"after its end", replay.Options{Start: start.Add(time.Hour)}, false, start, "is outside of the recording"},
		{"an empty window", replay.Options{End: start.Add(time.Second)}, false, start, "is empty"},
	} {
		var manifests replay.Manifests
		if err := manifests.Read("run.yaml", []byte(exported)); err != nil {
			t.Fatal(err)
		}
		in, err := manifests.Prepare(test.options, recording, checks)
		if test.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), test.wrong) {
				t.Errorf("%s: %v, want %q", test.reason, err, test.wrong)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		if (in.Run.Live != nil) != test.live || !in.Start.Equal(test.begins) || in.Run.Kind != translate.Step {
			t.Errorf("%s: live %v, start %s, kind %s", test.reason, in.Run.Live != nil, in.Start, in.Run.Kind)
		}
	}
}

// TestPrepareNothing: what cannot be played is told.
func TestPrepareNothing(t *testing.T) {
	start := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	const two = "apiVersion: serin.dev/v1alpha1\nkind: Rollout\nmetadata: {name: a}\n---\napiVersion: serin.dev/v1alpha1\nkind: Rollout\nmetadata: {name: b}\n"
	for _, test := range []struct{ reason, text, want string }{
		{"a Service only", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n", "there is nothing to play in some.yaml"},
		{"two Rollouts", two, "there are 2 objects of kind Rollout (a, b), and one is played at a time; choose it with --name"},
	} {
		var manifests replay.Manifests
		if err := manifests.Read("some.yaml", []byte(test.text)); err != nil {
			t.Fatal(err)
		}
		_, err := manifests.Prepare(replay.Options{}, replay.Recording{Start: start, End: start.Add(time.Hour)}, checks)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.reason, err, test.want)
		}
	}
	var manifests replay.Manifests
	if err := manifests.Read("run.yaml", []byte(exported)); err != nil {
		t.Fatal(err)
	}
	if _, err := manifests.Prepare(replay.Options{}, replay.Recording{Path: "empty"}, checks); err == nil || !strings.Contains(err.Error(), "the recording empty is empty") {
		t.Errorf("an empty recording: %v", err)
	}
}

// TestReadManifests: what is wrong is told with its file and line.
func TestReadManifests(t *testing.T) {
	for _, test := range []struct{ reason, text, want string }{
		{"nothing", "# only a comment\n---\n\n", "reading some.yaml: it is empty"},
		{"no YAML", "a: b: c\n", "from line 1: yaml: mapping values are not allowed"},
		{"the second document", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\nkind: [\n", "from line 5:"},
		{"no kind", "spec: {}\n", "it has no kind"},
		{"a newer version", "apiVersion: serin.dev/v9\nkind: Rollout\nmetadata: {name: web}\n", `Rollout "web" is of serin.dev/v9; write apiVersion: serin.dev/v1alpha1`},
		{"another kind", "apiVersion: serin.dev/v1alpha1\nkind: Rolout\n", "serin.dev has no kind Rolout"},
		{"Flagger", "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: web}\n", "convert it first: serin convert"},
		{"a misspelt field", "apiVersion: serin.dev/v1alpha1\nkind: Rollout\nspec: {replicas: 1, strategy: {canari: {}}}\n", `unknown field "spec.strategy.canari"`},
		{"in a List", "apiVersion: v1\nkind: List\nitems:\n- {kind: Foo, apiVersion: v1}\n- {kind: Rollout, apiVersion: serin.dev/v1alpha1, spec: []}\n", "items[1]: Rollout:"},
	} {
		var manifests replay.Manifests
		err := manifests.Read("some.yaml", []byte(test.text))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.reason, err, test.want)
		}
	}
}
