package translate_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"pgregory.net/rapid"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// rolloutSpec is a small spec without problems.
func rolloutSpec(change ...func(*v1alpha1.RolloutSpec)) v1alpha1.RolloutSpec {
	spec := v1alpha1.RolloutSpec{
		Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}}},
		Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{}},
	}
	for _, f := range change {
		f(&spec)
	}
	return spec
}

// canarySpec is rolloutSpec with a change to its canary strategy.
func canarySpec(change func(*v1alpha1.CanaryStrategy)) v1alpha1.RolloutSpec {
	return rolloutSpec(func(spec *v1alpha1.RolloutSpec) { change(spec.Strategy.Canary) })
}

func TestRolloutSpecDefaults(t *testing.T) {
	got, problems := translate.RolloutSpec(rolloutSpec())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := progression.Spec{
		Replicas: 1, MaxSurge: 1, MaxUnavailable: 0,
		ScaleDownDelay: 30 * time.Second, AbortScaleDownDelay: 30 * time.Second,
		ProgressDeadline: 10 * time.Minute, ProgressDeadlineAbort: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a spec from a file means something else than documented (-want +got):\n%s", diff)
	}
}

func TestRolloutSpecPods(t *testing.T) {
	text, number := intstr.FromString, intstr.FromInt32
	for _, test := range []struct {
		reason                string
		replicas              int32
		surge, unavailable    intstr.IntOrString
		wantSurge, wantAbsent int32
	}{
		{"percentages: surge is rounded up, unavailable down", 10, text("25%"), text("25%"), 3, 2},
		{"numbers", 10, number(2), number(1), 2, 1},
		{"both come to nothing: one pod may be missing, or nothing would ever move", 3, number(0), text("25%"), 0, 1},
		{"none", 4, text("0%"), number(1), 0, 1},
	} {
		t.Run(test.reason, func(t *testing.T) {
			spec := canarySpec(func(c *v1alpha1.CanaryStrategy) { c.MaxSurge, c.MaxUnavailable = &test.surge, &test.unavailable })
			spec.Replicas = &test.replicas
			got, problems := translate.RolloutSpec(spec)
			if len(problems) > 0 || got.MaxSurge != test.wantSurge || got.MaxUnavailable != test.wantAbsent {
				t.Errorf("surge %d, unavailable %d (%v); want %d, %d", got.MaxSurge, got.MaxUnavailable, problems, test.wantSurge, test.wantAbsent)
			}
		})
	}
}

func TestFreshBaseline(t *testing.T) {
	two := int32(2)
	for _, test := range []struct {
		reason   string
		baseline *v1alpha1.Baseline
		want     *progression.FreshBaseline
	}{
		{"without the option", nil, nil},
		{"as many as the canary has", &v1alpha1.Baseline{Fresh: &v1alpha1.FreshBaseline{}}, &progression.FreshBaseline{}},
		{"a number", &v1alpha1.Baseline{Fresh: &v1alpha1.FreshBaseline{Replicas: &two}}, &progression.FreshBaseline{Pods: 2}},
	} {
		got, problems := translate.RolloutSpec(canarySpec(func(c *v1alpha1.CanaryStrategy) {
			c.TrafficRouting, c.Baseline = &v1alpha1.TrafficRouting{}, test.baseline
		}))
		if diff := cmp.Diff(test.want, got.Baseline); diff != "" || len(problems) > 0 {
			t.Errorf("%s (-want +got):\n%s\n%v", test.reason, diff, problems)
		}
	}
}

func TestPauses(t *testing.T) {
	for text, want := range map[string]string{
		`{"pause":{}}`:                   "pause",
		`{"pause":{"duration":10}}`:      "pause 10s",
		`{"pause":{"duration":"10"}}`:    "pause 10s",
		`{"pause":{"duration":"10m"}}`:   "pause 10m0s",
		`{"pause":{"duration":"1h30m"}}`: "pause 1h30m0s",
		`{"setWeight":5}`:                "setWeight 5",
	} {
		var step v1alpha1.CanaryStep
		if err := json.Unmarshal([]byte(text), &step); err != nil {
			t.Fatal(err)
		}
		got, problems := translate.RolloutSpec(canarySpec(func(c *v1alpha1.CanaryStrategy) { c.Steps = []v1alpha1.CanaryStep{step} }))
		if len(problems) > 0 || got.Steps[0].String() != want {
			t.Errorf("%s is %q (%v), want %q", text, got.Steps[0], problems, want)
		}
	}
}

func TestWhatIsWrongWithARolloutIsSaid(t *testing.T) {
	bad, minus := intstr.FromString("soon"), intstr.FromInt32(-1)
	weight, start := int32(101), int32(3)
	for want, spec := range map[string]v1alpha1.RolloutSpec{
		"spec.selector: it is empty":                   rolloutSpec(func(s *v1alpha1.RolloutSpec) { s.Selector = &metav1.LabelSelector{} }),
		"spec.selector: app=web does not match":        rolloutSpec(func(s *v1alpha1.RolloutSpec) { s.Template.Labels = nil }),
		"spec.strategy: it names no strategy":          rolloutSpec(func(s *v1alpha1.RolloutSpec) { s.Strategy.Canary = nil }),
		"spec.strategy.canary.steps[0].setWeight: 101": canarySpec(func(c *v1alpha1.CanaryStrategy) { c.Steps = []v1alpha1.CanaryStep{{SetWeight: &weight}} }),
		"spec.strategy.canary.steps[0]: it is none of": canarySpec(func(c *v1alpha1.CanaryStrategy) { c.Steps = []v1alpha1.CanaryStep{{}} }),
		`spec.strategy.canary.steps[0].pause.duration: "soon" is`: canarySpec(func(c *v1alpha1.CanaryStrategy) {
			c.Steps = []v1alpha1.CanaryStep{{Pause: &v1alpha1.PauseStep{Duration: &bad}}}
		}),
		"spec.strategy.canary.steps[0].pause.duration: -1s is": canarySpec(func(c *v1alpha1.CanaryStrategy) {
			c.Steps = []v1alpha1.CanaryStep{{Pause: &v1alpha1.PauseStep{Duration: &minus}}}
		}),
		"spec.strategy.canary.baseline: it names no pods": canarySpec(func(c *v1alpha1.CanaryStrategy) { c.Baseline = &v1alpha1.Baseline{} }),
		"spec.strategy.canary.baseline: without a router": canarySpec(func(c *v1alpha1.CanaryStrategy) { c.Baseline = &v1alpha1.Baseline{Fresh: &v1alpha1.FreshBaseline{}} }),
		"spec.strategy.canary.baseline.fresh.replicas: 0 is no number": canarySpec(func(c *v1alpha1.CanaryStrategy) {
			c.TrafficRouting, c.Baseline = &v1alpha1.TrafficRouting{}, &v1alpha1.Baseline{Fresh: &v1alpha1.FreshBaseline{Replicas: new(int32)}}
		}),
		"spec.strategy.canary.maxSurge: soon":                         canarySpec(func(c *v1alpha1.CanaryStrategy) { c.MaxSurge = &bad }),
		"spec.strategy.canary.maxUnavailable: -1":                     canarySpec(func(c *v1alpha1.CanaryStrategy) { c.MaxUnavailable = &minus }),
		"spec.strategy.canary.analysis: without a setWeight":          canarySpec(func(c *v1alpha1.CanaryStrategy) { c.Analysis = &v1alpha1.BackgroundAnalysis{} }),
		"spec.strategy.canary.analysis.startingStep: 3 is not a step": canarySpec(func(c *v1alpha1.CanaryStrategy) { c.Analysis = &v1alpha1.BackgroundAnalysis{StartingStep: &start} }),
		`spec.strategy.canary.analysis.onBlind.abortAfter: "" is not a`: canarySpec(func(c *v1alpha1.CanaryStrategy) {
			c.Analysis = &v1alpha1.BackgroundAnalysis{RolloutAnalysis: v1alpha1.RolloutAnalysis{OnBlind: &v1alpha1.OnBlind{}}}
		}),
	} {
		_, problems := translate.RolloutSpec(spec)
		if !strings.Contains(problems.Error(), want) {
			t.Errorf("nobody says %q, but: %s", want, problems.Error())
		}
	}
}

func TestTemplateHash(t *testing.T) {
	hash := func(template corev1.PodTemplateSpec) string {
		t.Helper()
		hash, err := translate.TemplateHash(template)
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	template := rolloutSpec().Template
	template.Spec.Containers = []corev1.Container{{Name: "web", Image: "web:1"}}
	first := hash(template)
	if len(first) != 10 {
		t.Errorf("the hash %q is not of 10 digits", first)
	}
	stamped := *template.DeepCopy()
	stamped.Labels[v1alpha1.LabelPodTemplateHash] = first
	if hash(stamped) != first {
		t.Error("a template taken from a ReplicaSet has another hash than the one that it was made from")
	}
	template.Spec.Containers[0].Image = "web:2"
	if hash(template) == first {
		t.Error("another image has the same hash")
	}
}

func TestIntent(t *testing.T) {
	text := `{"id":"7","action":"abort","revision":3,"by":"ann","at":"2026-01-05T03:00:00.000000Z"}`
	got := translate.Intent(map[string]string{v1alpha1.AnnotationIntent: text}, 9)
	want := &progression.Intent{ID: "7", Action: progression.ActionAbort, Revision: 3, By: "ann", At: time.Date(2026, 1, 5, 3, 0, 0, 0, time.UTC)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the intent (-want +got):\n%s", diff)
	}
	if translate.Intent(nil, 1) != nil {
		t.Error("no annotation is an intent")
	}
	malformed := translate.Intent(map[string]string{v1alpha1.AnnotationIntent: "{"}, 9)
	if malformed == nil || malformed.Revision != 9 || len(malformed.ID) > 40 {
		t.Errorf("malformed text is no intent that can be refused: %+v", malformed)
	}
}

// TestStateSurvives: whatever is remembered comes back from the status, also after
// it went through JSON as the API server keeps it.
func TestStateSurvives(t *testing.T) {
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "none") {
			return time.Time{}
		}
		return time.UnixMicro(rapid.Int64Range(1, 4e15).Draw(t, "at")).UTC()
	})
	always := rapid.Custom(func(t *rapid.T) time.Time { return time.UnixMicro(rapid.Int64Range(1, 4e15).Draw(t, "at")).UTC() })
	word := rapid.StringMatching(`[a-zA-Z0-9 -]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		state := progression.State{
			Revision: rapid.Int64Range(1, 1e6).Draw(t, "revision"), Attempt: rapid.Int32Range(0, 9).Draw(t, "attempt"),
			Phase:     rapid.SampledFrom([]progression.Phase{progression.Idle, progression.Progressing, progression.Promoting, progression.Aborted}).Draw(t, "phase"),
			Outcome:   progression.Outcome(word.Draw(t, "outcome")),
			StartedAt: moment.Draw(t, "started"), FinishedAt: moment.Draw(t, "finished"),
			Stable: word.Draw(t, "stable"), Current: word.Draw(t, "current"),
			Step: rapid.Int32Range(0, 64).Draw(t, "step"), StepStartedAt: moment.Draw(t, "step started"), StepsHash: word.Draw(t, "steps"),
			Weight: rapid.Int32Range(0, 100).Draw(t, "weight"), WeightReached: rapid.Bool().Draw(t, "reached"), WeightSince: moment.Draw(t, "weight since"),
			Missing: word.Draw(t, "missing"), MissingHave: rapid.Int32Range(0, 9).Draw(t, "have"), ProgressAt: moment.Draw(t, "progress"),
			PromotedBy: word.Draw(t, "promoted by"), FreshBaseline: rapid.Bool().Draw(t, "fresh"), BackgroundRun: word.Draw(t, "background"), StepRun: word.Draw(t, "step run"), Runs: rapid.Int32Range(0, 9).Draw(t, "runs"),
		}
		if rapid.Bool().Draw(t, "aborted") {
			state.Abort = &progression.Abort{At: always.Draw(t, "abort"), Reason: word.Draw(t, "reason"), Message: word.Draw(t, "message"), By: word.Draw(t, "by")}
			state.Waits = []progression.Wait{{Reason: word.Draw(t, "wait"), Since: always.Draw(t, "since"), By: word.Draw(t, "who")}}
			state.Overrides = []progression.Override{{Step: 3, By: word.Draw(t, "over"), At: always.Draw(t, "over at")}}
			state.Retiring = []progression.Retiring{{Hash: word.Draw(t, "old"), At: always.Draw(t, "old at")}}
			state.LastIntent = &progression.Answer{Accepted: true, Message: word.Draw(t, "answer"), Intent: progression.Intent{ID: "1", Action: "abort", Revision: 2, By: "ann", At: moment.Draw(t, "asked"), Reason: word.Draw(t, "why")}}
		}
		var status v1alpha1.RolloutStatus
		translate.KeepRolloutState(&status, state)
		text, err := json.Marshal(status)
		if err != nil {
			t.Fatal(err)
		}
		var read v1alpha1.RolloutStatus
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(state, translate.RolloutState(read)); diff != "" {
			t.Fatalf("forgotten or changed (-kept +read):\n%s", diff)
		}
	})
}

// FuzzRolloutSpec: no spec panics, and one without problems has steps that can end.
func FuzzRolloutSpec(f *testing.F) {
	f.Add(`{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}}},"strategy":{"canary":{"steps":[{"setWeight":5},{"pause":{"duration":"1m"}}]}}}`)
	f.Add(`{"strategy":{"canary":{"maxSurge":"250%","steps":[{"analysis":{"templates":[],"onBlind":{"abortAfter":"-1s"}}}]}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var spec v1alpha1.RolloutSpec
		if json.Unmarshal([]byte(text), &spec) != nil {
			return
		}
		got, problems := translate.RolloutSpec(spec)
		if len(problems) > 0 {
			return
		}
		for _, step := range got.Steps {
			if step.String() == "empty step" || step.Pause != nil && step.Pause.Duration != nil && *step.Pause.Duration < 0 {
				t.Errorf("a spec without problems has the step %q", step)
			}
		}
		if got.MaxSurge < 0 || got.MaxUnavailable < 0 || got.MaxSurge+got.MaxUnavailable == 0 {
			t.Errorf("a spec without problems can exchange no pod: surge %d, unavailable %d", got.MaxSurge, got.MaxUnavailable)
		}
	})
}

// FuzzIntent: no annotation panics.
func FuzzIntent(f *testing.F) {
	f.Add(`{"id":"1","action":"abort","revision":1}`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, text string) {
		if intent := translate.Intent(map[string]string{v1alpha1.AnnotationIntent: text}, 1); intent != nil && intent.ID == "" {
			t.Error("an intent without an id could be obeyed again and again")
		}
	})
}
