package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/crds/v1alpha1"
)

// capture records what the release's background run looked at, and plays the run again
// over that: the very same verdicts at the same times must come of it, bit for bit. What
// was recorded and exported stays among the logs, and where options.recordings says.
func (p *play) capture(ctx context.Context) (replay.Reproduction, error) {
	var reproduction replay.Reproduction
	object, err := p.backgroundRun(ctx)
	if err != nil {
		return reproduction, err
	}
	folder := filepath.Join(p.cluster.options.logs, p.namespace)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return reproduction, err
	}
	if err := p.export(ctx, folder, object); err != nil {
		return reproduction, err
	}
	metrics := filepath.Join(folder, metricsFolder)
	if _, err := p.serin(ctx, "record", "analysisrun", object.Name, "-n", p.namespace, "--kubeconfig", p.cluster.kubeconfig, "--prometheus", prometheusURL, "--out", metrics); err != nil {
		return reproduction, err
	}
	printed, err := p.serin(ctx, "replay", metrics, "-f", filepath.Join(folder, runFile), "-o", "json")
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return reproduction, err
	}
	var result replay.Result
	if err := json.Unmarshal(printed, &result); err != nil {
		return reproduction, fmt.Errorf("reading what serin replay printed: %w", err)
	}
	if result.Reproduction == nil {
		return reproduction, errors.New("serin replay did not play the run by its journal")
	}
	if name := p.scenario.recording; name != "" && p.cluster.options.recordings != "" && result.Reproduction.Exact() {
		err = p.keep(folder, filepath.Join(p.cluster.options.recordings, "releases", name), object)
	} else {
		err = nil
	}
	return *result.Reproduction, err
}

// playAgain says in what the run and its replay differ; empty when in nothing.
func (p *play) playAgain(ctx context.Context) string {
	reproduction, err := p.capture(ctx)
	switch {
	case err != nil:
		return "playing the run again: " + err.Error()
	case !reproduction.Exact():
		return "played again, the run is another: " + reproduction.String()
	default:
		fmt.Printf("    played again bit for bit: %d looks, %d of them without scrapes that came late, %d from the journal\n", reproduction.Looks, reproduction.Late, reproduction.Journalled)
		return ""
	}
}

// What is exported and recorded, by the names of its files.
const (
	runFile       = "analysisrun.yaml"
	releaseFile   = "rollout.yaml"
	metricsFolder = "metrics"
	// endsWithin is how long a run may go on after its release.
	endsWithin = 10 * time.Second
)

// backgroundRun is the background run of the release, once it has ended.
func (p *play) backgroundRun(ctx context.Context) (*v1alpha1.AnalysisRun, error) {
	timed, cancel := context.WithTimeout(ctx, endsWithin)
	defer cancel()
	for {
		var runs v1alpha1.AnalysisRunList
		if err := p.cluster.client.List(timed, &runs, client.InNamespace(p.namespace), client.MatchingLabels{v1alpha1.LabelRunType: "Background"}); err != nil {
			return nil, fmt.Errorf("listing the runs of the release: %w", err)
		}
		for i := range runs.Items {
			object := &runs.Items[i]
			if object.Status.CompletedAt != nil && object.Status.Journal != "" && object.Status.StartedAt.After(p.changed) {
				return object, nil
			}
		}
		if err := wait(timed, time.Second); err != nil {
			return nil, errors.New("the release has no background run that has looked and ended")
		}
	}
}

// export writes the run, the Rollout and its templates as kubectl would.
func (p *play) export(ctx context.Context, folder string, object *v1alpha1.AnalysisRun) error {
	rollout, err := p.rollout(ctx)
	if err != nil {
		return err
	}
	var templates v1alpha1.AnalysisTemplateList
	if err := p.cluster.client.List(ctx, &templates, client.InNamespace(p.namespace)); err != nil {
		return fmt.Errorf("listing the templates of the release: %w", err)
	}
	files := map[string][]client.Object{runFile: {object.DeepCopy()}, releaseFile: {rollout.DeepCopy()}}
	for i := range templates.Items {
		files[releaseFile] = append(files[releaseFile], &templates.Items[i])
	}
	for name, objects := range files {
		var text bytes.Buffer
		for _, one := range objects {
			one.SetManagedFields(nil)
			one.SetResourceVersion("")
			one.SetUID("")
			one.SetOwnerReferences(nil)
			gvk, err := p.cluster.client.GroupVersionKindFor(one)
			if err != nil {
				return fmt.Errorf("exporting %s: %w", one.GetName(), err)
			}
			one.GetObjectKind().SetGroupVersionKind(gvk)
			written, err := yaml.Marshal(one)
			if err != nil {
				return fmt.Errorf("exporting %s: %w", one.GetName(), err)
			}
			text.WriteString("---\n" + string(written))
		}
		if err := os.WriteFile(filepath.Join(folder, name), text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// serin runs the command line, as somebody would in a terminal.
func (p *play) serin(ctx context.Context, args ...string) (printed []byte, err error) {
	timed, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	command := exec.CommandContext(timed, filepath.Join(p.cluster.options.programs, "serin"), args...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	printed, err = command.Output()
	if err != nil {
		return printed, fmt.Errorf("serin %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return printed, nil
}

// label is case.json of a recording; see docs/cli/backtest.md.
type label struct {
	Dataset   string            `json:"dataset"`
	Name      string            `json:"name"`
	Title     string            `json:"title"`
	Expected  string            `json:"expected"`
	Step      float64           `json:"step_seconds"`
	Window    stretch           `json:"window"`
	Since     float64           `json:"canary_since,omitempty"`
	Fault     *stretch          `json:"fault"`
	Args      map[string]string `json:"args"`
	Recording string            `json:"recording"`
}

type stretch struct {
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

// keep puts a recording with its label where recordings are kept, in the place of an
// older one.
func (p *play) keep(from, to string, object *v1alpha1.AnalysisRun) error {
	window := stretch{float64(object.Status.StartedAt.UnixMilli()) / 1e3, float64(object.Status.CompletedAt.UnixMilli()) / 1e3}
	written := label{
		Dataset: "releases", Name: p.scenario.recording, Title: p.scenario.title, Expected: p.scenario.expected,
		Step: 5, Window: window, Args: map[string]string{}, Recording: metricsFolder,
	}
	if written.Expected == "rollback" {
		written.Fault = &window
	}
	if since := object.Spec.CanarySince; since != nil {
		written.Since = float64(since.UnixMilli()) / 1e3
	}
	for _, arg := range object.Spec.Args {
		if arg.Value != nil {
			written.Args[arg.Name] = *arg.Value
		}
	}
	text, err := json.MarshalIndent(written, "", "  ")
	if err != nil {
		return err
	}
	if err := os.RemoveAll(to); err != nil {
		return fmt.Errorf("replacing the recording %s: %w", to, err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return fmt.Errorf("keeping the recording %s: %w", to, err)
	}
	return os.WriteFile(filepath.Join(to, "case.json"), append(text, '\n'), 0o644)
}
