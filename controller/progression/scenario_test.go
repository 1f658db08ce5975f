package progression_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/controller/progression"
	"github.com/serin-dev/serin/controller/simulation"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata; read the difference before you commit it")

// TestScenarios plays every script in testdata in a simulated cluster. A script is
// made of blocks: comments, commands, ---- and the transcript that they give.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("finding scenarios in testdata: %d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := play(string(text))
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(string(text), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s differs; -update rewrites it (-want +got):\n%s", file, diff)
			}
		})
	}
}

// play plays a script and returns it with the transcripts that it gives.
func play(text string) (string, error) {
	stage := &stage{}
	var out strings.Builder
	inTranscript := false
	for number, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		switch {
		case line == "----":
			inTranscript = true
			fmt.Fprintf(&out, "----\n%s", stage.transcript.String())
			stage.transcript.Reset()
		case inTranscript && line != "":
		case line == "" || strings.HasPrefix(line, "#"):
			inTranscript = false
			fmt.Fprintln(&out, line)
		default:
			fmt.Fprintln(&out, line)
			if err := stage.command(line); err != nil {
				return "", fmt.Errorf("line %d, %q: %w", number+1, line, err)
			}
		}
	}
	return out.String(), nil
}

// stage is a simulated cluster with a transcript.
type stage struct {
	world      *simulation.World
	driver     *simulation.Driver
	last       progression.Summary
	intents    int
	transcript strings.Builder
}

// command does one line of a script.
func (s *stage) command(line string) error {
	name, rest, _ := strings.Cut(line, " ")
	commands := map[string]func(string) error{
		"rollout": s.rollout, "steps": s.steps, "set": s.set, "version": s.version, "run": s.run, "metrics": s.metrics,
		"intent": s.intent, "problem": s.problem, "baseline": s.baseline, "kill": s.kill, "crash": s.crash, "show": s.show, "router": s.router, "forget": s.forget,
	}
	command, known := commands[name]
	switch {
	case name == "template":
		s.world.Template = rest
		return nil
	case !known:
		return fmt.Errorf("unknown command")
	default:
		return command(rest)
	}
}

// rollout makes a cluster: `rollout [routed] [replicas=N] [surge=N] [unavailable=N] ...`.
func (s *stage) rollout(rest string) error {
	s.world = simulation.NewWorld(progression.Spec{
		Replicas: 4, MaxSurge: 1, MaxUnavailable: 0,
		ScaleDownDelay: 30 * time.Second, AbortScaleDownDelay: 30 * time.Second,
		ProgressDeadline: 2 * time.Minute, ProgressDeadlineAbort: true,
	})
	s.driver = simulation.NewDriver(s.world)
	s.driver.Check = s.write
	return s.set(rest)
}

// set changes settings of the spec.
func (s *stage) set(rest string) error {
	spec := &s.world.Spec
	for _, word := range strings.Fields(rest) {
		name, value, _ := strings.Cut(word, "=")
		number, _ := strconv.Atoi(value)
		duration, _ := time.ParseDuration(value)
		switch name {
		case "routed":
			spec.Routed = true
		case "replicas":
			spec.Replicas = int32(number)
		case "surge":
			spec.MaxSurge = int32(number)
		case "unavailable":
			spec.MaxUnavailable = int32(number)
		case "background":
			spec.Background = &progression.Background{StartingStep: int32(number)}
		case "fresh":
			spec.Baseline = &progression.FreshBaseline{Pods: int32(number)}
			if value == "none" {
				spec.Baseline = nil
			}
		case "abortAfter":
			spec.Background.AbortAfter = duration
		case "deadlineAbort":
			spec.ProgressDeadlineAbort = value == "true"
		case "paused":
			spec.Paused = value == "true"
		default:
			return fmt.Errorf("unknown setting %q", word)
		}
	}
	return nil
}

// steps sets the steps: `steps setWeight 5; pause 60s; analysis; pause`.
func (s *stage) steps(rest string) error {
	s.world.Spec.Steps = nil
	for _, text := range strings.Split(rest, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(text), " ")
		var step progression.Step
		switch name {
		case "setWeight":
			number, err := strconv.Atoi(value)
			if err != nil {
				return err
			}
			weight := int32(number)
			step.SetWeight = &weight
		case "pause":
			step.Pause = &progression.Pause{}
			if value != "" {
				duration, err := time.ParseDuration(value)
				if err != nil {
					return err
				}
				step.Pause.Duration = &duration
			}
		case "analysis":
			step.Analysis = &progression.StepAnalysis{Templates: value}
		default:
			return fmt.Errorf("unknown step %q", text)
		}
		s.world.Spec.Steps = append(s.world.Spec.Steps, step)
	}
	return nil
}

// version says what a version does: `version B errors=0.05`, `crash`, `stuck`, `good`.
func (s *stage) version(rest string) error {
	hash, what, _ := strings.Cut(rest, " ")
	switch share, isErrors := strings.CutPrefix(what, "errors="); {
	case isErrors:
		number, err := strconv.ParseFloat(share, 64)
		s.world.Behaviours[hash] = simulation.Behaviour{ErrorShare: number}
		return err
	case strings.HasPrefix(what, "cold="):
		// Its pods fail a share of the requests in their first 40 s.
		number, err := strconv.ParseFloat(strings.TrimPrefix(what, "cold="), 64)
		s.world.Behaviours[hash] = simulation.Behaviour{ColdErrors: number, Warmup: 40 * time.Second}
		return err
	case what == "crash":
		s.world.Behaviours[hash] = simulation.Behaviour{Crash: true}
	case what == "stuck":
		s.world.Behaviours[hash] = simulation.Behaviour{Stuck: true}
	case what == "good":
		delete(s.world.Behaviours, hash)
	default:
		return fmt.Errorf("unknown behaviour %q", what)
	}
	return nil
}

// run lets a time pass.
func (s *stage) run(rest string) error {
	duration, err := time.ParseDuration(rest)
	s.driver.Run(duration)
	return err
}

// metrics turns the metrics on and off.
func (s *stage) metrics(rest string) error {
	s.world.MetricsDown = rest == "down"
	return nil
}

// router makes the router slow or fast: `router lag=1h`.
func (s *stage) router(rest string) (err error) {
	s.world.RouterLag, err = time.ParseDuration(strings.TrimPrefix(rest, "lag="))
	return err
}

// intent is what a user asks for: `intent abort by=ann [revision=2]`.
func (s *stage) intent(rest string) error {
	words := strings.Fields(rest)
	s.intents++
	intent := &progression.Intent{ID: strconv.Itoa(s.intents), Action: progression.Action(words[0]), Revision: s.driver.State.Revision, At: s.world.Now}
	for _, word := range words[1:] {
		if by, ok := strings.CutPrefix(word, "by="); ok {
			intent.By = by
		}
		if revision, ok := strings.CutPrefix(word, "revision="); ok {
			number, err := strconv.ParseInt(revision, 10, 64)
			if err != nil {
				return err
			}
			intent.Revision = number
		}
	}
	s.world.Intent = intent
	return nil
}

// problem makes the spec unreleasable, or releasable with `problem none`.
func (s *stage) problem(rest string) error {
	s.world.Problems = nil
	if rest != "none" {
		s.world.Problems = []string{rest}
	}
	return nil
}

// kill ends pods: `kill B 2`.
func (s *stage) kill(rest string) error {
	hash, number, _ := strings.Cut(rest, " ")
	count, err := strconv.Atoi(number)
	s.world.KillPods(hash, count)
	return err
}

// baseline says what fresh baseline pods do: `baseline stuck`, `baseline good`, or
// `baseline kill 1`.
func (s *stage) baseline(rest string) error {
	number, kill := strings.CutPrefix(rest, "kill ")
	if !kill {
		s.world.BaselineStuck = rest == "stuck"
		return nil
	}
	count, err := strconv.Atoi(number)
	s.world.KillBaseline(count)
	return err
}

// crash kills the process in its next round, after so many effects.
func (s *stage) crash(rest string) (err error) {
	s.driver.CrashAfter, err = strconv.Atoi(rest)
	return err
}

// show writes what is remembered.
func (s *stage) show(string) error {
	state := s.driver.State
	fmt.Fprintf(&s.transcript, "%s  state: revision %d.%d %s %s, stable %s, current %s, step %d, weight %d\n", s.clock(), state.Revision, state.Attempt,
		state.Phase, state.Outcome, state.Stable, state.Current, state.Step, state.Weight)
	return nil
}

// forget wipes what was persisted.
func (s *stage) forget(string) error {
	s.driver.State = progression.State{}
	return nil
}

// clock is the time since the world began.
func (s *stage) clock() string {
	since := s.world.Now.Sub(simulation.Origin)
	return fmt.Sprintf("%3d:%02d", int(since.Minutes()), int(since.Seconds())%60)
}

// write adds a round to the transcript: what was done, and what is said of it.
func (s *stage) write(round simulation.Round) {
	for _, effect := range round.Done {
		switch e := effect.(type) {
		case progression.Wake:
		case progression.Announce:
			fmt.Fprintf(&s.transcript, "%s  ! %s: %s\n", s.clock(), e.Reason, e.Message)
		default:
			fmt.Fprintf(&s.transcript, "%s    %s\n", s.clock(), e)
		}
	}
	if round.Crashed {
		fmt.Fprintf(&s.transcript, "%s  killed after %d of %d effects\n", s.clock(), len(round.Done), len(round.Effects))
		return
	}
	summary := progression.Summarize(round.After, round.Observation)
	if summary != s.last {
		fmt.Fprintf(&s.transcript, "%s  = %s (%s): %s\n", s.clock(), summary.Health, summary.Reason, summary.Message)
		s.last = summary
	}
}
