package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/config/templates"
	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/plan"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/report"
)

// usualTemplate is what is simulated when nothing else is named.
const usualTemplate = "golden-signals-app"

// simulateFlags are those of simulate.
type simulateFlags struct {
	files, args, regressions                              []string
	name, traffic, errorRate, latency, buckets, podSpread string
	steps, output                                         string
	pods                                                  int32
	pause, scrape, startup, person, patience              time.Duration
	reps, good                                            int
	seed                                                  uint64
	workers                                               int
	exact, noChanges                                      bool
	request                                               plan.Request
	assumed                                               plan.Assumptions
	effort                                                plan.Effort
	asked                                                 []plan.Regression
}

// newSimulate simulates releases.
func newSimulate(s *session) *cobra.Command {
	var f simulateFlags
	command := &cobra.Command{
		Use:     "simulate",
		Aliases: []string{"plan"},
		Short:   "Say how long a good release takes, and how soon a bad one is caught",
		Long: `simulate plays many releases of a made-up service by the code that decides live:
good ones, and ones of a new version that is worse in one way. It says how long
a good one takes, how often one is taken back by mistake, and of each regression
how many are caught, how soon, and after how many bad requests; and what would
halve that. No cluster is asked.

-f names a Rollout and its templates, or templates alone, for which --steps and
--pause say how they are released. Without it, the shipped template
golden-signals-app is simulated. docs/cli/simulate.md says what is assumed.`,
		Example: fmt.Sprintf("  %[1]s simulate -f deploy/ --traffic 50/s --error-rate 0.2%% --latency p50=80ms,p99=1s\n  %[1]s simulate --steps 10,50 --pause 10m --regressions errors=0.5%%,1%% --regressions latency=+20%%", s.program),
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(command.CommandPath()+" -f "+args[0], "simulate takes no arguments; name files with -f")
			}
			if f.output != "text" && f.output != "json" && f.output != "html" {
				return usage(command.CommandPath()+" --help", "unknown output %q; use text, json or html", f.output)
			}
			if err := f.read(s); err != nil {
				return wrongAssumption(command, err)
			}
			return s.simulate(command, f)
		},
	}
	f.add(command)
	return command
}

// add adds the flags.
func (f *simulateFlags) add(command *cobra.Command) {
	usual, flags := plan.Defaults(), command.Flags()
	flags.StringSliceVarP(&f.files, "filename", "f", nil, "files or folders with a Rollout and templates; - for stdin")
	flags.StringVar(&f.name, "name", "", "which Rollout, or which template, if there are several")
	flags.StringArrayVar(&f.args, "arg", nil, "NAME=VALUE: value of an argument of templates without a Rollout")
	flags.StringVar(&f.steps, "steps", "5,25,50", "weights of templates without a Rollout, in percent")
	flags.DurationVar(&f.pause, "pause", 5*time.Minute, "pause after each of --steps")
	flags.StringVar(&f.traffic, "traffic", "200/s", "requests of both versions together: 200/s, 12000/min")
	flags.StringVar(&f.errorRate, "error-rate", "0.1%", "share of bad requests of the stable version; METRIC=SHARE for single metrics")
	flags.StringVar(&f.latency, "latency", usual.Latency.String(), "quantiles of the stable version's latency, two or more")
	flags.StringVar(&f.buckets, "buckets", "", "edges of the latency histogram (default: those of Prometheus' client libraries)")
	flags.Int32Var(&f.pods, "pods", 0, "pods that carry the whole traffic (default: spec.replicas, or 10)")
	flags.StringVar(&f.podSpread, "pod-spread", "0%", "by how much the error rates and latencies of pods differ")
	flags.DurationVar(&f.scrape, "scrape", usual.Scrape, "how often pods are scraped")
	flags.DurationVar(&f.startup, "startup", usual.Startup, "how long a pod takes to start")
	flags.DurationVar(&f.person, "person", usual.Person, "after how long somebody promotes a step that waits for a person")
	flags.DurationVar(&f.patience, "patience", 0, "when a release counts as held (default: three times its pauses, and 30m)")
	flags.StringArrayVar(&f.regressions, "regressions", nil, "errors=0.5%,2x or latency=+10%,2x or METRIC=+50%; can be repeated")
	flags.IntVar(&f.reps, "reps", plan.UsualBad, "how many releases of each regression")
	flags.IntVar(&f.good, "good", plan.UsualGood, "how many good releases")
	flags.BoolVar(&f.noChanges, "no-changes", false, "do not try what would halve it")
	flags.BoolVar(&f.exact, "exact", false, "look as often as the templates say, also between scrapes; takes longer")
	flags.Uint64Var(&f.seed, "seed", 1, "of the random numbers")
	flags.IntVar(&f.workers, "parallel", runtime.GOMAXPROCS(0), "how many releases are simulated at a time")
	flags.StringVarP(&f.output, "output", "o", "text", "how to print the result: text, json, or html (one file with plots)")
}

// read reads the flags.
func (f *simulateFlags) read(s *session) (err error) {
	f.assumed = plan.Defaults()
	f.assumed.Pods, f.assumed.Scrape, f.assumed.Startup, f.assumed.Person = f.pods, f.scrape, f.startup, f.person
	f.assumed.Patience, f.assumed.Exact = f.patience, f.exact
	if f.assumed.Traffic, err = plan.ParseTraffic(f.traffic); err != nil {
		return err
	}
	all, byMetric, err := plan.ParseRates(f.errorRate)
	if err != nil {
		return err
	}
	if f.assumed.Rates = byMetric; all >= 0 {
		f.assumed.ErrorRate = all
	}
	if f.assumed.Latency, err = plan.ParseLatency(f.latency); err != nil {
		return err
	}
	if f.buckets != "" {
		if f.assumed.Edges, err = plan.ParseEdges(f.buckets); err != nil {
			return err
		}
	}
	if f.assumed.PodSpread, err = plan.ParseSpread(f.podSpread); err != nil {
		return err
	}
	f.effort = plan.Effort{Good: f.good, Bad: f.reps, Changed: f.reps, Seed: f.seed, Workers: f.workers}
	if f.noChanges {
		f.effort.Changed = 0
	}
	return f.readRequest(s)
}

// readRequest reads what is to be simulated.
func (f *simulateFlags) readRequest(s *session) error {
	for _, text := range f.regressions {
		more, err := plan.ParseRegressions(text)
		if err != nil {
			return err
		}
		f.asked = append(f.asked, more...)
	}
	weights, err := plan.ParseWeights(f.steps)
	if err != nil {
		return err
	}
	f.request = plan.Request{Name: f.name, Steps: plan.Steps{Weights: weights, Pause: f.pause}, Pods: f.pods,
		Checks: translate.Checks{Query: prometheus.CheckQuery, Selector: prometheus.CheckSelector, PrometheusAddress: "http://prometheus.invalid"}}
	if f.pods == 0 {
		f.request.Pods = usualPods
	}
	for _, text := range f.args {
		name, value, found := strings.Cut(text, "=")
		if !found {
			return usage("write it as --arg NAME=VALUE", "--arg %q has no value", text)
		}
		f.request.Arguments = append(f.request.Arguments, replay.Argument{Name: name, Value: value})
	}
	if f.request.Shipped, err = shippedTemplates(); err != nil {
		return err
	}
	if f.request.Manifests, err = s.readManifests(f.files); err != nil {
		return err
	}
	if len(f.files) == 0 {
		f.request.Manifests = f.request.Shipped
		if f.request.Name == "" {
			f.request.Name = usualTemplate
		}
	}
	return nil
}

// usualPods is how many pods a Rollout has that is made up around templates.
const usualPods = 10

// shippedTemplates are the templates that Serin ships.
func shippedTemplates() (*replay.Manifests, error) {
	manifests := &replay.Manifests{}
	err := fs.WalkDir(templates.Files(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(templates.Files(), path)
		if err != nil {
			return err
		}
		return manifests.Read("config/templates/"+path, content)
	})
	return manifests, err
}

// simulate simulates and prints.
func (s *session) simulate(command *cobra.Command, f simulateFlags) error {
	if err := f.checkRollout(command); err != nil {
		return err
	}
	subject, err := f.request.Subject()
	if err != nil {
		return wrongAssumption(command, err)
	}
	setup, err := plan.Prepare(subject, f.assumed)
	if err != nil {
		return wrongAssumption(command, err)
	}
	if f.asked == nil {
		f.asked = setup.DefaultRegressions()
	}
	// What a release leaves behind is garbage at once; there is memory for a few of them.
	defer debug.SetGCPercent(debug.SetGCPercent(garbage))
	shown, lock := s.progressOf("simulating"), sync.Mutex{}
	f.effort.Progress = func(done, of int) {
		lock.Lock()
		defer lock.Unlock()
		shown.at(int64(done), int64(of), "")
	}
	result, err := setup.Simulate(command.Context(), f.asked, f.effort)
	shown.end()
	if errors.Is(err, context.Canceled) {
		return refuse("", "interrupted")
	}
	if err != nil {
		return wrongAssumption(command, err)
	}
	switch f.output {
	case "json":
		encoder := json.NewEncoder(s.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(result)
	case "html":
		return report.Plan(s.Stdout, result)
	}
	return result.WriteText(s.Stdout)
}

// checkRollout refuses flags that say what a Rollout says itself.
func (f *simulateFlags) checkRollout(command *cobra.Command) error {
	for _, flag := range []string{"steps", "pause", "arg"} {
		if command.Flags().Changed(flag) && len(f.request.Manifests.Rollouts) > 0 {
			return usage("change the Rollout, or leave it out and name its templates", "--%s is for templates alone, and %s has a Rollout, which says that itself", flag, strings.Join(f.files, ", "))
		}
	}
	return nil
}

// garbage is by how many percent the heap may grow before it is collected.
const garbage = 400

// wrongAssumption is a mistake in the flags or in the manifests.
func wrongAssumption(command *cobra.Command, err error) error {
	var already *failure
	if errors.As(err, &already) {
		return err
	}
	var mistake *plan.Mistake
	if errors.As(err, &mistake) {
		return usage(command.CommandPath()+" --help", "%v", err)
	}
	return usage("correct it, or choose another with -f and --name", "%v", err)
}
