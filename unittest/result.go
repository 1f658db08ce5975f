package unittest

import "time"

// Result is what one test came to.
type Result struct {
	// Path and Line are where the test stands.
	Path string
	Line int
	Name string
	// OK says that everything was as expected.
	OK bool
	// Unplayable is why the test could not be played; empty when it was.
	Unplayable string
	// Verdict is the run's in the end, Reached when it was so for the first time, counted
	// from the beginning, and Played how long it was played.
	Verdict         Verdict
	Reached, Played time.Duration
	// Weight is the canary's share of traffic in the end; nil when no Rollout was played.
	Weight *int32
	// Message is the run's own.
	Message     string
	Metrics     []MetricResult
	Differences []Difference
	// Warnings are doubts about the recording.
	Warnings []string
}

// MetricResult is what one metric came to.
type MetricResult struct {
	Name    string
	Verdict Verdict
	Reached time.Duration
	// Looks are how many measurements there were; Reason is why the last one saw nothing.
	Looks           int
	Reason, Message string
}

// Difference is an expectation that was not met.
type Difference struct {
	// Where is the field. Example: expect.metrics.errors.
	Where string
	// Line of the expectation in the file.
	Line int
	// Want and Got are for people; Why is the message behind what was got.
	Want, Got, Why string
}
