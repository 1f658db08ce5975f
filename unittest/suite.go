package unittest

import (
	"time"

	"github.com/serin-dev/serin/controller/translate"
)

// example is the shortest file there is; errors quote it.
const example = `write such as {files: [template.yaml], tests: [{name: …, template: …, args: {…}, series: [{series: …, values: …}], expect: {verdict: Failed, within: 2m}}]}`

// Suite is one file of tests.
type Suite struct {
	// Path is the file's.
	Path string
	// Files hold the templates under test; their paths are relative to the suite's.
	Files []File
	Tests []Test
}

// File is the path of another file, and where it is named.
type File struct {
	Path string
	place
}

// Test is one run of templates over series or a recording, and what is expected of it.
type Test struct {
	Name string
	// Templates are the names of AnalysisTemplates or ClusterAnalysisTemplates in the
	// suite's files; they are judged together, in one run.
	Templates []string
	// Rollout is the name of a Rollout in the suite's files, of which a release is played
	// instead of Templates.
	Rollout string
	Release Release
	// Kind is Step for an analysis that must end by itself. Default: Background.
	Kind translate.Kind
	// Args are the values of the templates' arguments.
	Args []Arg

	// Series are in promtool's notation, a value at each Interval from Epoch on.
	Series   []Series
	Interval time.Duration
	// Recording is the path of a recording, instead of Series.
	Recording File

	// Start is where the run begins, counted from the first sample; or StartAt, a moment.
	Start   time.Duration
	StartAt time.Time
	// Duration is how long it is played. Zero: until the series end.
	Duration time.Duration
	// CanarySince and BaselineSince are when the first pods of a version may have
	// started, counted from the first sample; nil when that is not known.
	CanarySince, BaselineSince *time.Duration
	// Weights are the canary's shares of traffic, in the order of their times.
	Weights []Weight
	// Unavailable are the times in which the source does not answer.
	Unavailable []Outage

	// Expect is what holds in the end, and Checkpoints what holds on the way.
	Expect      Expectation
	Checkpoints []Checkpoint
	place
}

// Release is the release of a Rollout that is played.
type Release struct {
	// Stable and Canary are the pod-template hashes of the two versions.
	Stable, Canary string
	// Startup is from a pod's creation to its being ready.
	Startup time.Duration
	// CheckSplit holds the traffic in the metrics to the weights that the Rollout sets.
	CheckSplit bool
	// PromotePauses promotes at each pause that waits for a person.
	PromotePauses bool
}

// Arg is the value of an argument.
type Arg struct{ Name, Value string }

// Series is a series in promtool's notation.
type Series struct {
	Labels, Values string
	// Inherited says that it comes from the defaults, and gives way to one of the test
	// with the same labels.
	Inherited bool
	place
}

// Weight is the canary's share of traffic in percent, from a time of the run on.
type Weight struct {
	From   time.Duration
	Weight int32
}

// Outage is a time of the run in which the source does not answer.
type Outage struct{ From, For time.Duration }

// Verdict is the state of a run: the phase in which it ended, or one of a run that goes
// on.
type Verdict string

// The verdicts. Passing and Holding are both Running.
const (
	Successful   Verdict = "Successful"
	Failed       Verdict = "Failed"
	Inconclusive Verdict = "Inconclusive"
	// Running: no end was reached.
	Running Verdict = "Running"
	// Passing: it goes on, and the last look at each metric passed. A release may take
	// its next step.
	Passing Verdict = "Passing"
	// Holding: it goes on, and some metric has not passed. A release waits.
	Holding Verdict = "Holding"
	// Blind is a metric that goes on and of which the last look saw nothing.
	Blind Verdict = "Blind"
	// Promoted and RolledBack are the ends of a release. Waiting is one that is Running in
	// the end: it waits for a person, for evidence or for pods.
	Promoted   Verdict = "Promoted"
	RolledBack Verdict = "RolledBack"
	Waiting    Verdict = "Waiting"
)

var runVerdicts = []string{string(Successful), string(Failed), string(Inconclusive), string(Running), string(Passing), string(Holding)}

var releaseVerdicts = []string{string(Promoted), string(RolledBack), string(Waiting), string(Running)}

var metricVerdicts = []string{string(Successful), string(Failed), string(Inconclusive), string(Running), string(Passing), string(Blind)}

// Expectation is what must hold when the run has ended or was played to its end.
type Expectation struct {
	// Verdict is the run's; empty for any.
	Verdict Verdict
	Times
	// Weight is the canary's share of traffic, in percent; only of a Rollout.
	Weight *int32
	// Messages are texts that the run's message contains.
	Messages []string
	Metrics  []MetricExpectation
	place
}

// Times say when a verdict is reached for the first time, counted from the beginning of
// the run; nil is not asked for.
type Times struct {
	At, Within, After *time.Duration
	// Tolerance is how far from At it may be.
	Tolerance time.Duration
}

// MetricExpectation is the same of one metric.
type MetricExpectation struct {
	Name    string
	Verdict Verdict
	Times
	// Messages are texts that the message of the metric or of its last look contains.
	Messages []string
	// Reason is why its last look saw nothing. Example: NoData.
	Reason string
	place
}

// Checkpoint is what must hold at a time of the run. Its expectations name no times.
type Checkpoint struct {
	At time.Duration
	Expectation
}
