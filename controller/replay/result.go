package replay

import (
	"time"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Format names the shape of a Result's JSON. Within it fields are only added.
const Format = "serin.dev/replay/v1"

// Result is what a replay came to. The same input gives the same Result, and the same
// bytes of JSON. Times are in UTC; numbers are plain, and left out when they are not
// known or not finite.
type Result struct {
	// Format is the constant of that name.
	Format string `json:"format"`
	// Subject is what was played, Recording what it was played over, and Window from
	// when to when.
	Subject   Subject   `json:"subject"`
	Recording Recording `json:"recording"`
	Window    Window    `json:"window"`
	// Verdict is the end of the story.
	Verdict Verdict `json:"verdict"`
	// Reproduction says how a live run was played again; nil when none was.
	Reproduction *Reproduction `json:"reproduction,omitempty"`
	// Timeline is what changed, in order.
	Timeline []Event `json:"timeline"`
	// Weights are the changes of the canary's share of traffic, in the order of time;
	// empty when no Rollout was played.
	Weights []Weight `json:"weights,omitempty"`
	// Runs are the AnalysisRuns in the order in which they began.
	Runs []Run `json:"runs"`
	// Assumptions are what was taken for granted and is not in the recording; Warnings
	// are doubts about what is.
	Assumptions []string `json:"assumptions,omitempty"`
	Warnings    []string `json:"warnings,omitempty"`
}

// Subject is what was played.
type Subject struct {
	// Kind is Rollout, AnalysisRun or AnalysisTemplate.
	Kind string `json:"kind"`
	// Name of the object; of templates that were played together, all with a comma.
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
	// Files are where it was read from.
	Files []string `json:"files,omitempty"`
	// Arguments are the values that were given by hand.
	Arguments []Argument `json:"arguments,omitempty"`
}

// Argument is the value of an argument.
type Argument struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Recording is where the samples come from.
type Recording struct {
	// Path as it was typed, and Format as package recording names it.
	Path   string `json:"path"`
	Format string `json:"format,omitempty"`
	// Source is where it was recorded, when the recording knows.
	Source string `json:"source,omitempty"`
	// Start and End are the times of its first and of its last sample.
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	// Series and Samples count what it holds; 0 when that is not known.
	Series  int `json:"series,omitempty"`
	Samples int `json:"samples,omitempty"`
}

// Window is the virtual time that was played.
type Window struct {
	// Start is when the run or the release began, and End after when nothing was
	// played any more.
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Outcome is how a replay ended, in one word.
type Outcome string

// The outcomes.
const (
	// Promoted and RolledBack are those of a Rollout.
	Promoted   Outcome = "Promoted"
	RolledBack Outcome = "RolledBack"
	// Successful, Failed and Inconclusive are those of an AnalysisRun.
	Successful   Outcome = "Successful"
	Failed       Outcome = "Failed"
	Inconclusive Outcome = "Inconclusive"
	// Waiting: the release waits for a person. Unfinished: the window ended first.
	Waiting    Outcome = "Waiting"
	Unfinished Outcome = "Unfinished"
)

// The reasons of a run that was not over: every metric passed in its last look, so that
// a release would have gone on, or not.
const (
	Passing = "Passing"
	Holding = "Holding"
)

// Good says that the version passed; Bad, that it did not. An outcome may be neither.
func (o Outcome) Good() bool { return o == Promoted || o == Successful }

// Bad says that the version was found to be bad.
func (o Outcome) Bad() bool { return o == RolledBack || o == Failed }

// Verdict is the end of the story.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	// At is when it fell; the end of the window when none did.
	At time.Time `json:"at"`
	// Reason is one word of controller/progression for a Rollout; Passing or Holding for a
	// run that was not over, and else empty.
	Reason string `json:"reason,omitempty"`
	// Message is the very text that the live controller would have written.
	Message string `json:"message"`
	// WouldHaveChanged says, a sentence each, what would have led to another verdict.
	WouldHaveChanged []string `json:"wouldHaveChanged,omitempty"`
}

// EventKind says what an Event is about.
type EventKind string

// The kinds of events.
const (
	// EventRelease: the release did something, in the words of its announcement;
	// Reason is its name, such as StepCompleted.
	EventRelease EventKind = "Release"
	// EventWeight: the canary gets another share of the traffic.
	EventWeight EventKind = "Weight"
	// EventRunStarted and EventRunEnded: an AnalysisRun began, or has a verdict.
	EventRunStarted EventKind = "RunStarted"
	EventRunEnded   EventKind = "RunEnded"
	// EventMetric: a look said something else than the one before it. EventBlind: it saw
	// nothing, and the one before it did, or for another reason.
	EventMetric EventKind = "Metric"
	EventBlind  EventKind = "Blind"
	// EventMetricEnded: a metric has a verdict.
	EventMetricEnded EventKind = "MetricEnded"
	// EventEnd: the window ended before there was a verdict.
	EventEnd EventKind = "End"
)

// Event is one change.
type Event struct {
	At   time.Time `json:"at"`
	Kind EventKind `json:"kind"`
	// Reason is one word: of an announcement, or why a look saw nothing.
	Reason string `json:"reason,omitempty"`
	// Run and Metric are their names; empty when the event is about neither.
	Run    string `json:"run,omitempty"`
	Metric string `json:"metric,omitempty"`
	// Phase is that of the run, of the metric, or of the look.
	Phase string `json:"phase,omitempty"`
	// Weight is the canary's share of traffic after the event, in percent, and Step the
	// step in progress, from 1; both are missing when no Rollout is played.
	Weight *int32 `json:"weight,omitempty"`
	Step   int32  `json:"step,omitempty"`
	// Warning says that people should look.
	Warning bool   `json:"warning,omitempty"`
	Message string `json:"message,omitempty"`
	// Value is what a query answered; Evidence is what a judge had gathered then.
	Value    string             `json:"value,omitempty"`
	Evidence *v1alpha1.Evidence `json:"evidence,omitempty"`
}

// Weight is the canary's share of traffic, in percent, from a time on.
type Weight struct {
	At     time.Time `json:"at"`
	Weight int32     `json:"weight"`
}

// Run is one AnalysisRun that was played.
type Run struct {
	// Name of the run; Kind is Step or Background.
	Name string `json:"name"`
	Kind string `json:"kind"`
	// Object is the AnalysisRun as it ended, as the API would have it.
	Object *v1alpha1.AnalysisRun `json:"object"`
	// Metrics are in the order of its spec.
	Metrics []Metric `json:"metrics"`
	// Together is the evidence of all judged metrics together, after each look; empty
	// when there are less than two.
	Together []Together `json:"together,omitempty"`
}

// Together is the evidence of all judged metrics of a run, after a look.
type Together struct {
	At     time.Time `json:"at"`
	EValue *float64  `json:"eValue,omitempty"`
	Limit  *float64  `json:"limit,omitempty"`
}

// Quantity says what the numbers Canary and Baseline of a Point are.
type Quantity string

// The quantities.
const (
	// Share: bad requests of all since the look before, or those slower than an edge,
	// from 0 to 1.
	Share Quantity = "share"
	// Level: a gauge, in its own unit.
	Level Quantity = "level"
	// Value: the first value of a query's answer; there is no baseline.
	Value Quantity = "value"
)

// Metric is all looks at one metric.
type Metric struct {
	Name     string   `json:"name"`
	Quantity Quantity `json:"quantity"`
	Points   []Point  `json:"points"`
	// BlindPeriods are when it saw nothing, and why.
	BlindPeriods []BlindPeriod `json:"blindPeriods,omitempty"`
	// Pods are the pods that the counters told apart, canary's first, by name.
	Pods []Pod `json:"pods,omitempty"`
}

// Point is one look.
type Point struct {
	At time.Time `json:"at"`
	// Phase is what the look said; Reason is why it saw nothing.
	Phase   string `json:"phase"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	// Canary and Baseline are what was seen at this look; see Quantity. With a
	// histogram, Edge is the bound in seconds beyond which a request counts as slow.
	Canary   *float64 `json:"canary,omitempty"`
	Baseline *float64 `json:"baseline,omitempty"`
	Edge     *float64 `json:"edge,omitempty"`
	// CanaryRequests and BaselineRequests are how many that rests on.
	CanaryRequests   *float64 `json:"canaryRequests,omitempty"`
	BaselineRequests *float64 `json:"baselineRequests,omitempty"`
	// EValue is the evidence against the canary so far, and Limit where it fails.
	EValue *float64 `json:"eValue,omitempty"`
	Limit  *float64 `json:"limit,omitempty"`
}

// Pod is what one pod has served over the whole run.
type Pod struct {
	// Arm is canary or baseline.
	Arm  string `json:"arm"`
	Name string `json:"name"`
	// Bad are bad requests, and Total all.
	Bad   float64 `json:"bad"`
	Total float64 `json:"total"`
}
