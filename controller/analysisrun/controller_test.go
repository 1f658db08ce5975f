package analysisrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/serin-dev/serin/analysis/journal"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

func counted(metric v1alpha1.Metric, count, failureLimit int) v1alpha1.Metric {
	c, f := intstr.FromInt(count), intstr.FromInt(failureLimit)
	metric.Count, metric.FailureLimit = &c, &f
	return metric
}

func TestARunThatPasses(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	b.create("r", specOf(counted(threshold("a"), 3, 0), counted(threshold("b"), 2, 0)))
	object := b.play("r", 10)
	if object.Status.Phase != v1alpha1.AnalysisSuccessful || object.Status.Message != "All 2 metrics Successful" {
		t.Errorf("%s: %s", object.Status.Phase, object.Status.Message)
	}
	if got, want := conditionsText(object), "Ready=True(Successful) Reconciling=False(Successful) Stalled=False(Successful)"; got != want {
		t.Errorf("conditions %s, want %s", got, want)
	}
	if a := object.Status.MetricResults[0]; a.Count != 3 || a.Successful != 3 || len(a.Measurements) != 3 || a.Measurements[0].Value != "[1]" {
		t.Errorf("metric a: %+v", a)
	}
	if took := object.Status.CompletedAt.Sub(object.Status.StartedAt.Time); took < 20*time.Second || took > 21*time.Second {
		t.Errorf("three measurements every 10 s took %s", took)
	}
	if b.source.count() != 5 {
		t.Errorf("%d queries for 5 measurements", b.source.count())
	}
	if diff := cmp.Diff([]string{
		`Normal AnalysisRunning The analysis is running`,
		`Normal AnalysisSuccessful All 2 metrics Successful`,
	}, b.events()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestARunThatFails(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	b.create("r", specOf(counted(threshold("a"), 10, 1)))
	b.source.answer(0.93)
	object := b.play("r", 10)
	want := `Metric "a" Failed: 2 failed measurements, failureLimit 1 tolerates 1; last value [0.93] against result[0] >= 0.95`
	if object.Status.Phase != v1alpha1.AnalysisFailed || object.Status.Message != want {
		t.Errorf("%s: %s", object.Status.Phase, object.Status.Message)
	}
	if got, want := conditionsText(object), "Ready=False(Failed) Reconciling=False(Failed) Stalled=True(Failed)"; got != want {
		t.Errorf("conditions %s, want %s", got, want)
	}
	if list := b.events(); list[len(list)-1] != "Warning AnalysisFailed "+want {
		t.Errorf("events %q", list)
	}
}

func TestALookThatChangesNothingWritesAndAsksNothing(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	b.create("r", specOf(threshold("a"), compared("b")))
	b.settle("r")
	version, asked, writes := b.get("r").ResourceVersion, b.source.count(), b.statusWrites
	for range 5 {
		if result := b.reconcile("r"); result.RequeueAfter <= 0 {
			t.Errorf("the run is not looked at again: %+v", result)
		}
	}
	if b.get("r").ResourceVersion != version || b.source.count() != asked || b.statusWrites != writes {
		t.Errorf("version %s, then %s; %d queries, then %d; %d writes, then %d", version, b.get("r").ResourceVersion, asked, b.source.count(), writes, b.statusWrites)
	}
	// One write to begin, and one for both answers or for each.
	if writes > 3 {
		t.Errorf("%d writes for two measurements", writes)
	}
}

func TestAnEndedRunIsLeftAlone(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	b.create("r", specOf(counted(threshold("a"), 1, 0)))
	object := b.play("r", 5)
	b.start()
	asked := b.source.count()
	if result := b.reconcile("r"); result.RequeueAfter != 0 {
		t.Errorf("an ended run is looked at again: %+v", result)
	}
	if after := b.get("r"); after.ResourceVersion != object.ResourceVersion || b.source.count() != asked {
		t.Error("an ended run was written or measured")
	}
	// Its owner tells it to end, too late: only the generation is noted.
	object.Spec.Terminate = true
	if err := admin.Update(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	b.reconcile("r")
	if after := b.get("r"); after.Status.ObservedGeneration != after.Generation || after.Status.Phase != v1alpha1.AnalysisSuccessful || after.Status.Message != object.Status.Message {
		t.Errorf("after: %+v", after.Status)
	}
}

func TestBlindHoldsAndGoesOnByItself(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	b.create("r", specOf(counted(threshold("a"), 2, 0)))
	b.source.fail(fmt.Errorf("querying prometheus at http://default: connection refused; check provider.prometheus.address: %w", metrics.ErrUnavailable))
	object := b.play("r", 12)
	result := object.Status.MetricResults[0]
	if object.Status.Phase != v1alpha1.AnalysisRunning || result.Blind < 5 || result.Count != 0 || object.Status.BlindSince == nil {
		t.Errorf("%s after %d blind measurements: %s", object.Status.Phase, result.Blind, object.Status.Message)
	}
	if got, want := conditionsText(object), "Ready=False(Blind) Reconciling=True(Blind) Stalled=False(Blind)"; got != want {
		t.Errorf("conditions %s, want %s", got, want)
	}
	if !object.Status.BlindSince.Equal(&result.Measurements[0].StartedAt) && result.Blind <= 10 {
		t.Errorf("blind since %s, first blind at %s", object.Status.BlindSince, result.Measurements[0].StartedAt)
	}
	b.source.answer(1)
	object = b.play("r", 10)
	if object.Status.Phase != v1alpha1.AnalysisSuccessful || object.Status.BlindSince != nil {
		t.Errorf("%s: %s", object.Status.Phase, object.Status.Message)
	}
	kinds := map[string]int{}
	for _, event := range b.events() {
		kinds[strings.Join(strings.Fields(event)[:2], " ")]++
	}
	if diff := cmp.Diff(map[string]int{"Normal AnalysisRunning": 1, "Warning Blind": 1, "Normal SeesAgain": 1, "Normal AnalysisSuccessful": 1}, kinds); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestNoSeriesIsForTheConditionToJudge(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	asked := threshold("asked")
	asked.SuccessCondition = "len(result) == 0"
	b.create("r", specOf(asked, threshold("plain")))
	b.source.set(func(context.Context, string, string, time.Time) (metrics.Answer, error) {
		return metrics.Answer{Kind: metrics.Vector}, fmt.Errorf("nothing there: %w", metrics.ErrNoData)
	})
	b.settle("r")
	results := b.get("r").Status.MetricResults
	if m := results[0].Measurements[0]; m.Phase != v1alpha1.AnalysisSuccessful || m.Value != "[]" {
		t.Errorf("a condition that asks for no series: %+v", m)
	}
	if m := results[1].Measurements[0]; m.Phase != v1alpha1.AnalysisInconclusive || m.Reason != "NoData" {
		t.Errorf("a condition that needs one: %+v", m)
	}
}

func TestARunIsToldToEnd(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	cancelled := make(chan struct{})
	b.source.set(func(ctx context.Context, _, expression string, _ time.Time) (metrics.Answer, error) {
		if expression == "hangs" {
			<-ctx.Done()
			close(cancelled)
			return metrics.Answer{}, ctx.Err()
		}
		return metrics.Answer{Kind: metrics.Vector, Values: []float64{1}}, nil
	})
	b.create("r", specOf(threshold("a"), threshold("hangs")))
	b.reconcile("r")
	b.await()
	b.reconcile("r")
	object := b.get("r")
	object.Spec.Terminate = true
	if err := admin.Update(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	b.reconcile("r")
	object = b.get("r")
	if object.Status.Phase != v1alpha1.AnalysisInconclusive || object.Status.Message != "Run terminated: 1 of 2 metrics had a successful measurement" || object.Status.CompletedAt == nil {
		t.Errorf("%s: %s", object.Status.Phase, object.Status.Message)
	}
	select {
	case <-cancelled:
	case <-time.After(10 * time.Second):
		t.Error("the measurement under way was not cancelled")
	}
	asked := b.source.count()
	b.clock.Step(time.Hour)
	b.reconcile("r")
	if b.source.count() != asked || b.get("r").ResourceVersion != object.ResourceVersion {
		t.Error("an ended run was measured or written")
	}
}

func TestARunThatCannotBeReadIsStalled(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	broken := threshold("a")
	broken.SuccessCondition = "result[0] >= limit"
	b.create("r", specOf(broken))
	b.reconcile("r")
	object := b.get("r")
	if object.Status.Phase != v1alpha1.AnalysisError || !strings.HasPrefix(object.Status.Message, "metrics[0].successCondition: ") || object.Status.CompletedAt == nil {
		t.Errorf("%s: %s", object.Status.Phase, object.Status.Message)
	}
	if got, want := conditionsText(object), "Ready=False(InvalidSpec) Reconciling=False(InvalidSpec) Stalled=True(InvalidSpec)"; got != want {
		t.Errorf("conditions %s, want %s", got, want)
	}
	b.reconcile("r")
	if b.get("r").ResourceVersion != object.ResourceVersion || b.source.count() != 0 {
		t.Error("it was written again, or measured")
	}
}

func TestANewWeightReachesTheRun(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	b.create("r", specOf(threshold("a")))
	b.settle("r")
	object, asked := b.get("r"), b.source.count()
	now := metav1.NewMicroTime(b.clock.Now())
	object.Spec.WeightSince = &now
	if err := admin.Update(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	b.settle("r")
	if after := b.get("r"); after.Status.ObservedGeneration != after.Generation || conditionsText(after) != "Ready=False(Running) Reconciling=True(Running) Stalled=False(Running)" {
		t.Errorf("observed %d of %d, conditions %s", after.Status.ObservedGeneration, after.Generation, conditionsText(after))
	}
	if b.source.count() != asked {
		t.Error("a new weight is no reason to measure before it is due")
	}
}

func TestARestartGoesOnWithTheSameEvidence(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	begun := b.clock.Now()
	b.source.samples = counters(begun.Add(-time.Hour), map[string]float64{"canary_bad": 0.2, "canary_total": 40, "stable_bad": 3, "stable_total": 700})
	spec := specOf(compared("errors"), counted(threshold("a"), 5, 0))
	b.create("whole", spec)
	want := b.play("whole", 8)

	b.clock.SetTime(begun)
	b.create("interrupted", spec)
	for range 8 {
		// The process dies while a measurement is under way, and after each is done.
		b.reconcile("interrupted")
		b.start()
		next := b.settle("interrupted")
		b.start()
		b.clock.Step(next)
	}
	got := b.get("interrupted")
	if diff := cmp.Diff(want.Status, got.Status, cmpopts.IgnoreFields(v1alpha1.AnalysisRunStatus{}, "Journal")); diff != "" {
		t.Errorf("restarts change what a run finds (-without +with):\n%s", diff)
	}
	if diff := cmp.Diff(toldOf(t, want), toldOf(t, got)); diff != "" {
		t.Errorf("restarts change what a run is told (-without +with):\n%s", diff)
	}
	if evidence := want.Status.MetricResults[0].Evidence; evidence == nil || want.Status.MetricResults[0].JudgeState == "" {
		t.Errorf("no evidence was gathered: %+v", want.Status.MetricResults[0])
	}
}

// toldOf is what a run was told, by metric: answers to several metrics come in any order.
func toldOf(t *testing.T, object *v1alpha1.AnalysisRun) []journal.Entry {
	t.Helper()
	known, err := journal.Decode(object.Status.Journal)
	if err != nil {
		t.Fatal(err)
	}
	if len(known.Entries) == 0 {
		t.Error("the journal is empty")
	}
	slices.SortStableFunc(known.Entries, func(a, b journal.Entry) int { return a.Metric - b.Metric })
	return known.Entries
}

func TestAnAnswerIsCountedOnceWhateverBecomesOfTheWrite(t *testing.T) {
	conflict := apierrors.NewConflict(schema.GroupResource{Resource: "analysisruns"}, "r", errors.New("somebody was faster"))
	for _, test := range []struct {
		reason string
		fault  func(write func() error) error
	}{
		{"refused as out of date", func(func() error) error { return conflict }},
		{"lost on the way", func(func() error) error { return errors.New("connection reset") }},
		{"done, but the answer is lost", func(write func() error) error { return errors.Join(write(), errors.New("connection reset")) }},
	} {
		t.Run(test.reason, func(t *testing.T) {
			writes := 0
			b := newBench(t, interceptor.Funcs{
				SubResourceUpdate: func(ctx context.Context, inner client.Client, subresource string, object client.Object, options ...client.SubResourceUpdateOption) error {
					write := func() error { return inner.SubResource(subresource).Update(ctx, object, options...) }
					if writes++; writes%2 == 0 {
						return test.fault(write)
					}
					return write()
				},
			})
			b.create("r", specOf(counted(threshold("a"), 3, 0)))
			key := client.ObjectKey{Namespace: b.namespace, Name: "r"}
			for range 60 {
				if _, err := b.reconciler.Reconcile(t.Context(), requestOf(key)); err != nil {
					continue
				}
				if b.underway("r") > 0 {
					b.await()
				} else {
					b.clock.Step(time.Second)
				}
			}
			object := b.get("r")
			if m := object.Status.MetricResults[0]; object.Status.Phase != v1alpha1.AnalysisSuccessful || m.Count != 3 || len(m.Measurements) != 3 || b.source.count() != 3 {
				t.Errorf("%s: %d counted, %d kept, %d queries", object.Status.Phase, m.Count, len(m.Measurements), b.source.count())
			}
		})
	}
}

func TestACacheThatIsBehindIsNotActedOn(t *testing.T) {
	var stale *v1alpha1.AnalysisRun
	b := newBench(t, interceptor.Funcs{
		Get: func(ctx context.Context, inner client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if run, is := object.(*v1alpha1.AnalysisRun); is && stale != nil {
				stale.DeepCopyInto(run)
				return nil
			}
			return inner.Get(ctx, key, object, options...)
		},
	})
	b.create("r", specOf(counted(threshold("a"), 1, 0)))
	b.reconcile("r")
	b.await()
	behind := b.get("r")
	b.reconcile("r")
	stale = behind
	asked, writes := b.source.count(), b.statusWrites
	for range 3 {
		if result := b.reconcile("r"); result.RequeueAfter != again {
			t.Errorf("the run is to be looked at again soon: %+v", result)
		}
	}
	stale = nil
	b.reconcile("r")
	if b.source.count() != asked || b.statusWrites != writes {
		t.Errorf("%d queries, then %d; %d writes, then %d", asked, b.source.count(), writes, b.statusWrites)
	}
	if object := b.get("r"); object.Status.Phase != v1alpha1.AnalysisSuccessful {
		t.Errorf("%s: %s", object.Status.Phase, object.Status.Message)
	}
}

func TestARunThatIsDeletedIsForgotten(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	cancelled := make(chan struct{})
	b.source.set(func(ctx context.Context, _, _ string, _ time.Time) (metrics.Answer, error) {
		<-ctx.Done()
		close(cancelled)
		return metrics.Answer{}, ctx.Err()
	})
	object := b.create("r", specOf(threshold("a")))
	b.reconcile("r")
	if err := admin.Delete(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	b.reconcile("r")
	select {
	case <-cancelled:
	case <-time.After(10 * time.Second):
		t.Error("the measurement under way was not cancelled")
	}
	if len(b.reconciler.jobs.byName) != 0 || len(b.reconciler.metrics.phases) != 0 {
		t.Error("something is remembered of it")
	}
}
