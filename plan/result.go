package plan

// Result is what a simulation found. Its JSON is stable: fields are added, and none
// changes its meaning without a new Version. Times are in seconds, shares from 0 to 1.
type Result struct {
	// Version of this layout: 1.
	Version int `json:"version"`
	// Rollout is the name of what was simulated, and Steps its steps as people write them.
	Rollout string   `json:"rollout"`
	Steps   []string `json:"steps"`
	Metrics []Metric `json:"metrics"`
	// Budget is the falseAlarmBudget of the background analysis, or of the first step's.
	Budget float64 `json:"falseAlarmBudget"`
	// Service is what was assumed of it, and Notes what else has to be known to read the
	// rest, as sentences.
	Service Service  `json:"service"`
	Notes   []string `json:"notes,omitempty"`
	Seed    uint64   `json:"seed"`
	// Good are releases of a version that is as good as the stable one, and Regressions
	// those of worse ones, in the order in which they were asked for.
	Good        Scenario   `json:"good"`
	Regressions []Scenario `json:"regressions"`
	// Changes are what changes when one thing is changed, and Focus the regression that
	// they were measured on; empty when none was measured.
	Focus   string   `json:"focus,omitempty"`
	Changes []Change `json:"changes,omitempty"`
}

// Service is what was assumed of the service.
type Service struct {
	RequestsPerSecond float64 `json:"requestsPerSecond"`
	ErrorRate         float64 `json:"errorRate"`
	// Latency is a list of quantiles: p50=40ms,p99=300ms.
	Latency       string  `json:"latency"`
	Pods          int32   `json:"pods"`
	PodSpread     float64 `json:"podSpread"`
	ScrapeSeconds float64 `json:"scrapeSeconds"`
	StartSeconds  float64 `json:"startSeconds"`
	// Exact says that every look was simulated.
	Exact bool `json:"exact"`
}

// Metric is a metric of the subject, and what was made of it.
type Metric struct {
	Name string `json:"name"`
	// Judge is proportion, histogram, objective, mean, mannWhitney or conditions.
	Judge string `json:"judge"`
	// Interval is as written in the template.
	Interval string `json:"interval,omitempty"`
	// Weight is its part of the budget, relative to the others.
	Weight float64 `json:"weight,omitempty"`
	// Reads says what it reads of the made-up service.
	Reads string `json:"reads"`
	// Signal is the signal whose regressions it may see; empty when it is not known.
	Signal string `json:"signal,omitempty"`
	// Assumed says what had to be assumed of it; empty when nothing had.
	Assumed string `json:"assumed,omitempty"`
}

// Scenario is many releases of one kind.
type Scenario struct {
	// Name is good, or the regression as it was written: errors=0.5%.
	Name string `json:"name"`
	// Regression is nil for good releases.
	Regression *Regression `json:"regression,omitempty"`
	Releases   int         `json:"releases"`
	// Promoted, TakenBack and Held are how they ended: held ones had not ended when
	// patience ran out, or wait for a person. For good releases, TakenBack are the false
	// alarms; for others, those that were caught.
	Promoted  Share `json:"promoted"`
	TakenBack Share `json:"takenBack"`
	Held      Share `json:"held"`
	// Duration is how long the promoted ones took, from beginning to end.
	Duration Distribution `json:"duration"`
	// Detection is the time from the new version's first request until it was taken back,
	// of those that were. Requests, Bad and Extra are what the new version served until
	// then: all requests, bad ones, and those that the stable version would not have
	// had. Of a regression of the latency, bad is slower than the stable version's 99th
	// percentile. They are expected values at the time of each detection.
	Detection Distribution `json:"detection"`
	Requests  Distribution `json:"requests"`
	Bad       Distribution `json:"bad"`
	Extra     Distribution `json:"extra"`
	// Minimum is how soon any test with these limits could have caught it on average;
	// nil when that is not known.
	Minimum *Minimum `json:"minimum,omitempty"`
	// Where says at which step and weight they were taken back, and By which metrics
	// failed, the most frequent first.
	Where []Place `json:"where,omitempty"`
	By    []Count `json:"by,omitempty"`
	// Waits are where promoted releases spent their time, in the order of the steps.
	Waits []Wait `json:"waits,omitempty"`
	// Weights are those of the promoted release with the median duration, for plots.
	Weights []WeightAt `json:"weights,omitempty"`
	// Example is why the first one of the releases that were taken back, or else held,
	// ended, in the words of the live code, and HeldExample what the first one waits for that
	// was held.
	Example     string `json:"example,omitempty"`
	HeldExample string `json:"heldExample,omitempty"`
}

// Share is a number of releases among all, with a 95 % interval (Wilson 1927).
type Share struct {
	Count int     `json:"count"`
	Of    int     `json:"of"`
	Share float64 `json:"share"`
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
}

// Distribution is what some releases took. All fields but Count are 0 without any.
type Distribution struct {
	Count int     `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	// P50Lower and P50Upper bound the median with 95 % confidence, by order statistics.
	P50Lower float64 `json:"p50Lower"`
	P50Upper float64 `json:"p50Upper"`
	// Quantiles are those of 0, 5, 10 … 100 %, for plots.
	Quantiles []float64 `json:"quantiles,omitempty"`
}

// Minimum is a lower limit.
type Minimum struct {
	Requests float64 `json:"requests"`
	Seconds  float64 `json:"seconds"`
	Extra    float64 `json:"extra"`
}

// Place is where releases were taken back.
type Place struct {
	// Step counts from 1; it is more than there are steps after the last one.
	Step   int    `json:"step"`
	Text   string `json:"text"`
	Weight int32  `json:"weight"`
	Count  int    `json:"count"`
}

// Count is how often a metric failed.
type Count struct {
	Metric string `json:"metric"`
	Count  int    `json:"count"`
}

// WeightAt is a weight that came into force so many seconds after the beginning.
type WeightAt struct {
	Seconds float64 `json:"seconds"`
	Weight  int32   `json:"weight"`
}

// Wait is how long promoted releases stayed in a step for one reason.
type Wait struct {
	Step int    `json:"step"`
	Text string `json:"text"`
	// Reason is the core's: Progressing, WaitingForPods, WaitingForEvidence, Blind.
	Reason string  `json:"reason"`
	P50    float64 `json:"p50"`
	P90    float64 `json:"p90"`
}

// Change is one thing that was changed, and what came of it.
type Change struct {
	// Name says what was changed: first weight 5 % → 10 %.
	Name string `json:"name"`
	// Good and Bad are the good releases and those of the focus with the change. The
	// seeds are those of the scenarios without it.
	Good Scenario `json:"good"`
	Bad  Scenario `json:"bad"`
	// Detection and Extra are by what the change multiplies the median time to detection
	// and the median number of extra bad requests, and Duration that of a good
	// release. 0: not known, because one of the two has none.
	Detection float64 `json:"detectionRatio"`
	Extra     float64 `json:"extraRatio"`
	Duration  float64 `json:"durationRatio"`
	// Sooner and Later are how many releases of the focus were caught sooner, and later, than
	// those of the same seeds without the change. One that was not caught is later than all
	// that were.
	Sooner int `json:"sooner"`
	Later  int `json:"later"`
	// Halves says that Detection or Extra is at most one half, and that this is no chance
	// (sign test of Sooner and Later, 5 %).
	Halves bool `json:"halves"`
}
