package run

import (
	"encoding/json"
	"testing"
)

// TestEvidenceIn holds the short way to the evidence against the long one.
func TestEvidenceIn(t *testing.T) {
	for _, memory := range []judgeMemory{
		{}, {LogE: 4.605170185988091}, {LogE: -1e-300}, {LogE: 1e21, State: `{"logE":7,"logE":"x}"}`}, {State: `,"logE":9}`}, {Split: `,"logE":9`, LogE: 2},
	} {
		text, err := json.Marshal(memory)
		if err != nil {
			t.Fatal(err)
		}
		if got := evidenceIn(string(text)); got != memory.LogE {
			t.Errorf("evidenceIn(%s) = %v, want %v", text, got, memory.LogE)
		}
	}
	for text, want := range map[string]float64{
		"": 0, "{": 0, `{"logE":`: 0, `{"logE": 3, "state": ""}`: 3, `{"state":"","logE":5,"version":2}`: 5, `{"state":"","logE":x}`: 0,
	} {
		if got := evidenceIn(text); got != want {
			t.Errorf("evidenceIn(%s) = %v, want %v", text, got, want)
		}
	}
}
