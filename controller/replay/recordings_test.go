package replay_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/providers/metrics/recorded"
	"github.com/serin-dev/serin/recording"
)

// TestLiveRunsAreReproduced plays the runs of real releases again, which were exported with
// their recordings: the same verdicts and the same evidence at the same times.
func TestLiveRunsAreReproduced(t *testing.T) {
	folders, err := filepath.Glob("../../testdata/recordings/releases/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) < 4 {
		t.Fatalf("%d recordings in testdata/recordings/releases, want 4", len(folders))
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			result := playRecording(t, folder)
			if result.Reproduction == nil || !result.Reproduction.Exact() {
				t.Errorf("%+v", result.Reproduction)
			}
			if result.Reproduction != nil && result.Reproduction.Looks < 10 {
				t.Errorf("only %d looks prove little", result.Reproduction.Looks)
			}
		})
	}
}

// playRecording plays the exported run of a folder over its recording.
func playRecording(t *testing.T, folder string) *replay.Result {
	t.Helper()
	opened, err := recording.Open(filepath.Join(folder, "metrics"))
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if err := opened.Verify(); err != nil {
		t.Fatal(err)
	}
	exported, err := os.ReadFile(filepath.Join(folder, "analysisrun.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var manifests replay.Manifests
	if err := manifests.Read("analysisrun.yaml", exported); err != nil {
		t.Fatal(err)
	}
	from, to := opened.Bounds()
	in, err := manifests.Prepare(replay.Options{}, replay.Recording{Path: folder, Start: from, End: to}, checks)
	if err != nil {
		t.Fatal(err)
	}
	if in.Provider, err = recorded.New(opened, recorded.Config{Name: folder, From: from, To: to}); err != nil {
		t.Fatal(err)
	}
	result, err := replay.Play(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return result
}
