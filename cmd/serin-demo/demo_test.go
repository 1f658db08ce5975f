package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/serin-dev/serin/cmd/serin-demo/screen"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/lab/controlplane"
	"github.com/serin-dev/serin/lab/load"
)

// TestManifestsAreAccepted applies what the demo applies to a real API server, with
// the controller's rights.
func TestManifestsAreAccepted(t *testing.T) {
	silenceLibraries()
	crds, err := crdFolders()
	if err != nil {
		t.Fatal(err)
	}
	plane, err := controlplane.Start(controlplane.Options{CRDs: crds})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	}()
	manager, err := newManager(plane)
	if err != nil {
		t.Fatal(err)
	}
	world := newWorld(t.TempDir())
	world.plane, world.client = plane, manager.GetClient()
	if err := errors.Join(world.grant(), world.applyManifests(t.Context())); err != nil {
		t.Fatal(err)
	}
	path, err := world.writeKubeconfig("admin", "system:masters")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the kubeconfig has mode %v (%v), want 0600", info.Mode(), err)
	}
	rollout := &v1alpha1.Rollout{}
	if err := manager.GetAPIReader().Get(t.Context(), route(), rollout); err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{}
	for _, variable := range rollout.Spec.Template.Spec.Containers[0].Env {
		environment[variable.Name] = variable.Value
	}
	if environment["APP_VERSION"] != good.previous || environment["APP_ERROR_SHARE"] == "" {
		t.Errorf("the first version has %v, want APP_VERSION=%s and an APP_ERROR_SHARE", environment, good.previous)
	}
}

func TestOutcomes(t *testing.T) {
	begin := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	aborted := v1alpha1.RolloutStatus{Phase: v1alpha1.PhaseDegraded, Message: "taken back", StableRS: "a", CurrentPodHash: "b",
		Release: &v1alpha1.ReleaseStatus{Phase: v1alpha1.ReleaseAborted}, Canary: &v1alpha1.CanaryStatus{Weight: 0}}
	healthy := v1alpha1.RolloutStatus{Phase: v1alpha1.PhaseHealthy, Message: "stable", StableRS: "b", CurrentPodHash: "b"}
	progressing := v1alpha1.RolloutStatus{Phase: v1alpha1.PhaseProgressing, StableRS: "a", CurrentPodHash: "b"}
	for _, test := range []struct {
		weights  []int32
		statuses []v1alpha1.RolloutStatus
		want     screen.Release
		reason   string
	}{
		{[]int32{0, 5, 50}, []v1alpha1.RolloutStatus{progressing, progressing, progressing},
			screen.Release{Version: "v2", Took: 2 * time.Second, Highest: 50, Requests: 10, Bad: 3}, "a release in progress has no outcome"},
		{[]int32{0, 5, 0}, []v1alpha1.RolloutStatus{progressing, progressing, healthy},
			screen.Release{Version: "v2", Outcome: promoted, Took: 2 * time.Second, Highest: 100, Requests: 10, Bad: 3}, "a promoted version gets all requests"},
		{[]int32{0, 5, 5, 0}, []v1alpha1.RolloutStatus{progressing, progressing, aborted, aborted},
			screen.Release{Version: "v2", Outcome: rolledBack, Took: 3 * time.Second, Reaction: 1500 * time.Millisecond, Highest: 5, Requests: 10, Bad: 3}, "an abort is over when the route says so"},
		{[]int32{0, 25, 0, 0}, []v1alpha1.RolloutStatus{progressing, progressing, progressing, aborted},
			screen.Release{Version: "v2", Outcome: rolledBack, Took: 3 * time.Second, Reaction: 500 * time.Millisecond, Highest: 25, Requests: 10, Bad: 3}, "users are safe as soon as the route is back"},
		{[]int32{0, 5}, []v1alpha1.RolloutStatus{progressing, healthy},
			screen.Release{Version: "v2", Outcome: promoted, Took: time.Second, Highest: 100, Requests: 10, Bad: 3}, "what was promoted has no reaction"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			watch := &watch{release: release{version: "v2"}, changed: begin}
			answers := load.Answers{Requests: 10, Bad: 3, FirstBad: begin.Add(1500 * time.Millisecond)}
			for i, status := range test.statuses {
				watch.see(moment{
					rollout: v1alpha1.Rollout{Status: status}, weight: test.weights[i],
					load: load.Snapshot{Versions: map[string]load.Answers{"v2": answers}},
				}, begin.Add(time.Duration(i)*time.Second))
			}
			if difference := cmp.Diff(test.want, watch.result()); difference != "" {
				t.Errorf("the result differs (-want +got):\n%s", difference)
			}
		})
	}
}

func TestSceneShowsWhatIsThere(t *testing.T) {
	pod := func(version, hash string, ready corev1.ConditionStatus) corev1.Pod {
		return corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"version": version, v1alpha1.LabelPodTemplateHash: hash}},
			Status:     corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: ready}}},
		}
	}
	m := moment{
		rollout: v1alpha1.Rollout{Status: v1alpha1.RolloutStatus{
			Phase: v1alpha1.PhaseProgressing, Message: "waiting", CurrentStep: "2/6", StableRS: "a", CurrentPodHash: "b",
		}},
		run: &v1alpha1.AnalysisRun{Status: v1alpha1.AnalysisRunStatus{MetricResults: []v1alpha1.MetricResult{
			{Name: "errors", Phase: v1alpha1.AnalysisRunning, Evidence: &v1alpha1.Evidence{EValue: "1.5e+03", Limit: "100"}},
			{Name: "latency", Phase: v1alpha1.AnalysisRunning, Measurements: []v1alpha1.Measurement{
				{Phase: v1alpha1.AnalysisFailed}, {Phase: v1alpha1.AnalysisSuccessful, Message: "0.006 < 0.1"},
			}},
		}}},
		pods:   []corev1.Pod{pod("v2", "a", corev1.ConditionTrue), pod("v2", "a", corev1.ConditionTrue), pod("v3", "b", corev1.ConditionFalse), pod("v1", "z", corev1.ConditionTrue)},
		weight: 5,
		load:   load.Snapshot{Versions: map[string]load.Answers{"v2": {Requests: 200, Bad: 1}}},
	}
	watch := &watch{release: release{version: "v3", previous: "v2", title: "Releasing v3"}}
	want := screen.Scene{
		Elapsed: time.Minute, Title: "Releasing v3", Weight: 5, Step: "2/6", Phase: "Progressing", Message: "waiting",
		Versions: []screen.Version{
			{Name: "v2", Role: "stable", Ready: 2, Pods: 2, Requests: 200, Bad: 1},
			{Name: "v3", Role: "canary", Ready: 0, Pods: 1},
		},
		Evidence: []screen.Evidence{
			{Metric: "errors", Value: 1500, Limit: 100, State: "Running"},
			{Metric: "latency", State: "Successful: 0.006 < 0.1"},
		},
	}
	if difference := cmp.Diff(want, watch.scene(m, time.Minute)); difference != "" {
		t.Errorf("the scene differs (-want +got):\n%s", difference)
	}
	m.run = nil
	m.rollout.Status.Phase, m.rollout.Status.StableRS = v1alpha1.PhaseHealthy, "b"
	after := watch.scene(m, time.Minute)
	if after.Weight != 100 || len(after.Evidence) != 2 {
		t.Errorf("after the promotion the weight is %d and there are %d metrics, want 100 and the last two", after.Weight, len(after.Evidence))
	}
}

func TestCanaryWeight(t *testing.T) {
	for _, test := range []struct {
		backends []string
		want     int32
		reason   string
	}{
		{nil, 0, "no backend, no weight"},
		{[]string{"web 95", "web-canary 5"}, 5, "percentages"},
		{[]string{"web 3", "web-canary 1"}, 25, "any numbers"},
		{[]string{"web", "web-canary"}, 50, "no weight is 1"},
		{[]string{"web 0", "web-canary 0"}, 0, "nothing for nobody"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			var rule gatewayv1.HTTPRouteRule
			for _, text := range test.backends {
				var backend gatewayv1.HTTPBackendRef
				name, number, found := strings.Cut(text, " ")
				backend.Name = gatewayv1.ObjectName(name)
				if found {
					backend.Weight = new(int32)
					fmt.Sscan(number, backend.Weight)
				}
				rule.BackendRefs = append(rule.BackendRefs, backend)
			}
			route := &gatewayv1.HTTPRoute{Spec: gatewayv1.HTTPRouteSpec{Rules: []gatewayv1.HTTPRouteRule{rule}}}
			if got := canaryWeight(route); got != test.want {
				t.Errorf("the weight is %d, want %d", got, test.want)
			}
		})
	}
}

func TestExitCodes(t *testing.T) {
	for _, test := range []struct {
		err    error
		detail string
		code   int
		says   string
	}{
		{nil, "", 0, ""},
		{errInterrupted, "", 130, "\nInterrupted. Everything that the demo started has ended.\n"},
		{errors.New("v2 was rolled back"), "", 1, "\nThe demo did not end as it should: v2 was rolled back\n"},
		{errors.New("the controller ended"), "panic\n", 1, "\nThe demo did not end as it should: the controller ended\n\nThe end of the controller's log:\npanic\n"},
	} {
		var out bytes.Buffer
		if code := exitCode(test.err, test.detail, &out); code != test.code || out.String() != test.says {
			t.Errorf("exitCode(%v) = %d and says %q, want %d and %q", test.err, code, out.String(), test.code, test.says)
		}
	}
}

func TestFlags(t *testing.T) {
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"-unknown"}, "flag provided but not defined: -unknown"},
		{[]string{"start"}, `unexpected argument "start"`},
	} {
		var out bytes.Buffer
		if _, err := parse(test.args, &out); err == nil || !strings.Contains(out.String(), test.says) {
			t.Errorf("parse(%v) = %v and says %q, want %q", test.args, err, out.String(), test.says)
		}
	}
	got, err := parse([]string{"-stay", "-controller", "x"}, io.Discard)
	if err != nil || got != (settings{controller: "x", stay: true}) {
		t.Errorf("parse = %+v, %v", got, err)
	}
}

func TestAChildIsFoundAndEnded(t *testing.T) {
	child := exec.Command("sleep", "600")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for name, find := range map[string]func(int) []int{"children": children, "childrenByPS": childrenByPS} {
		if found := find(os.Getpid()); !slices.Contains(found, child.Process.Pid) {
			t.Errorf("%s finds %v, without %d", name, found, child.Process.Pid)
		}
	}
	if killChildren() == 0 {
		t.Error("killChildren found nobody")
	}
	if err := child.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("the child ended with %v, want signal: killed", err)
	}
	if found := children(os.Getpid()); slices.Contains(found, child.Process.Pid) {
		t.Errorf("the child is still among %v", found)
	}
}

func TestProcesses(t *testing.T) {
	for _, test := range []struct {
		script string
		stop   bool
		want   string
		reason string
	}{
		{"sleep 600", true, "", "a process that is stopped ended well"},
		{"trap '' TERM; echo deaf; while :; do sleep 1; done", true, "", "a process that does not listen is killed"},
		{"echo gone; exit 3", false, "exit status 3", "a process that ends by itself did not"},
		{"exit 0", false, "exit status 0, before the demo did", "not even without an error"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "log")
			p, err := startProcess(log, "sh", "-c", test.script)
			if err != nil {
				t.Fatal(err)
			}
			if test.stop {
				if err := p.stop(); err != nil {
					t.Error(err)
				}
			}
			got := ""
			if err := p.wait(); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("wait says %q, want %q", got, test.want)
			}
			if strings.Contains(test.script, "echo gone") && p.logTail() != "gone\n" {
				t.Errorf("the log is %q, want gone", p.logTail())
			}
		})
	}
}

func TestTracesAreRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	traces := &traces{terminal: os.Stdout}
	if err := traces.makeFolder(); err != nil {
		t.Fatal(err)
	}
	if os.TempDir() != traces.folder {
		t.Errorf("temporary files go to %s, want %s", os.TempDir(), traces.folder)
	}
	if err := os.WriteFile(filepath.Join(traces.folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	traces.remove()
	if _, err := os.Stat(traces.folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there (%v)", err)
	}
}

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	if objects, err := decode([]byte("# nothing\n---\n---\nkind: A\n---\nkind: B\n")); err != nil || len(objects) != 2 {
		t.Errorf("decode = %v, %v; want two objects", objects, err)
	}
	if _, err := decode([]byte("kind: [")); err == nil {
		t.Error("decode accepts what is no YAML")
	}
}

func TestLinesAreForEverythingButATerminal(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	defer writer.Close()
	if _, is := newScreen(writer).(*screen.Lines); !is {
		t.Error("a pipe is drawn upon")
	}
}

func TestAnswers(t *testing.T) {
	code := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }))
	defer server.Close()
	if !answers(server.URL) {
		t.Error("a router that answers 200 does not count")
	}
	code = http.StatusServiceUnavailable
	if answers(server.URL) {
		t.Error("a router that answers 503 counts")
	}
}
