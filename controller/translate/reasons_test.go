package translate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// TestReasonsAreTheAPIs: what the core says is what the API documents.
func TestReasonsAreTheAPIs(t *testing.T) {
	core := []string{
		progression.ReasonStarting, progression.ReasonHealthy, progression.ReasonSwitchingService, progression.ReasonWaitingForPods,
		progression.ReasonWaitingForEvidence, progression.ReasonBlind, progression.ReasonProgressing, progression.ReasonPaused,
		progression.ReasonInvalidSpec, progression.ReasonAnalysisFailed, progression.ReasonPodsCrashing, progression.ReasonBlindTooLong,
		progression.ReasonProgressDeadline, progression.ReasonUserAbort,
	}
	api := []string{
		v1alpha1.ReasonStarting, v1alpha1.ReasonHealthy, v1alpha1.ReasonSwitchingService, v1alpha1.ReasonWaitingForPods,
		v1alpha1.ReasonWaitingForEvidence, v1alpha1.ReasonBlind, v1alpha1.ReasonProgressing, v1alpha1.ReasonPaused,
		v1alpha1.ReasonInvalidSpec, v1alpha1.ReasonAnalysisFailed, v1alpha1.ReasonPodsCrashing, v1alpha1.ReasonBlindTooLong,
		v1alpha1.ReasonProgressDeadline, v1alpha1.ReasonUserAbort,
	}
	if diff := cmp.Diff(api, core); diff != "" {
		t.Errorf("reasons (-API +core):\n%s", diff)
	}
}
