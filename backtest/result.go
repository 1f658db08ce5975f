package backtest

import (
	"cmp"
	"math"
	"slices"
)

// Format is the layout of a Result as JSON.
const Format = "serin.dev/backtest/v1"

// Result is what templates made of a corpus, or of a shard of it. As JSON it is stable,
// and Merge puts shards together.
type Result struct {
	Format string `json:"format"`
	// Corpus and Templates identify what was judged by what: only results in which both
	// are equal can be merged.
	Corpus    Identity `json:"corpus"`
	Templates Identity `json:"templates"`
	// Shard is the part that was played; nil if it was all.
	Shard *Shard `json:"shard,omitempty"`
	// Cases is how many were played, the broken ones included.
	Cases int `json:"cases"`
	// All is over all datasets; its name is empty. Datasets are sorted by name.
	All      Dataset   `json:"all"`
	Datasets []Dataset `json:"datasets"`
	// Wrong are the scored cases that were not decided as they should have been, sorted
	// by dataset and name; at most MaxListed. Inconclusive ones are among them.
	Wrong []Wrong `json:"wrong"`
	// WrongLeftOut is how many more there are.
	WrongLeftOut int `json:"wrongLeftOut,omitempty"`
	// Broken are cases that could not be played, sorted; at most MaxListed.
	Broken        []Broken `json:"broken"`
	BrokenLeftOut int      `json:"brokenLeftOut,omitempty"`
}

// MaxListed is how many cases a list of a Result has.
const MaxListed = 1000

// Identity is a name for people, and a digest.
type Identity struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
}

// Dataset is the tables of one dataset.
type Dataset struct {
	Name string `json:"name"`
	// Templates are the names of those that judged it.
	Templates []string `json:"templates,omitempty"`
	// Rollback are the cases that should have been taken back, Promote those that should
	// not; apart from them are shared incidents (both versions suffer, promote is right),
	// unscored cases (no visible effect) and power-only ones (perhaps too small an effect).
	Rollback  Tally `json:"rollback"`
	Promote   Tally `json:"promote"`
	Shared    Tally `json:"sharedIncident"`
	Unscored  Tally `json:"unscored"`
	PowerOnly Tally `json:"powerOnly"`
	// Recall is the share of Rollback that was taken back, False that of Promote.
	Recall Rate `json:"recall"`
	False  Rate `json:"false"`
	// Inconclusive is the share of Rollback and Promote without a decision.
	Inconclusive Rate `json:"inconclusive"`
	// Detection is how soon the bad ones were taken back.
	Detection Detection `json:"detection"`
	// Metrics are those that failed a case, sorted by name.
	Metrics []Metric `json:"metrics"`
}

// Tally counts decisions.
type Tally struct {
	RolledBack   int `json:"rolledBack"`
	Promoted     int `json:"promoted"`
	Inconclusive int `json:"inconclusive"`
}

// Of is how many cases there are.
func (t Tally) Of() int { return t.RolledBack + t.Promoted + t.Inconclusive }

func (t Tally) plus(other Tally) Tally {
	return Tally{t.RolledBack + other.RolledBack, t.Promoted + other.Promoted, t.Inconclusive + other.Inconclusive}
}

// Rate is a share with its 95 % Wilson interval.
type Rate struct {
	Count int `json:"count"`
	Of    int `json:"of"`
	// Value, Low and High are from 0 to 1; all are 0 of no cases.
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// NewRate is so many of some cases, with the interval of Wilson (1927).
func NewRate(count, of int) Rate {
	r := Rate{Count: count, Of: of}
	if of == 0 {
		return r
	}
	const z = 1.959963984540054
	n, p := float64(of), float64(count)/float64(of)
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	r.Value, r.Low, r.High = p, max(middle-half, 0), min(middle+half, 1)
	return r
}

// Detection is the time from the fault's start to the rollback, in the scored bad cases
// that were taken back. Where the fault was there before the canary, it is the time from
// the canary's start.
type Detection struct {
	// Median and P90 are in seconds; 0 without cases.
	Median float64 `json:"median"`
	P90    float64 `json:"p90"`
	// Early is how many were taken back before the fault's labelled start; they are not
	// among the Times.
	Early int `json:"early"`
	// Times are the times that occurred, ascending.
	Times []Time `json:"times"`
}

// Time is a number of seconds, and in how many cases it was.
type Time struct {
	Seconds float64 `json:"seconds"`
	Cases   int     `json:"cases"`
}

// Metric is how often a metric failed a case, alone or as the worst of several whose
// evidence together was too much.
type Metric struct {
	Name string `json:"name"`
	// Rightly are bad cases, Falsely good ones, Otherwise all others.
	Rightly   int `json:"rightly"`
	Falsely   int `json:"falsely"`
	Otherwise int `json:"otherwise"`
	// Together is how many of them were failed by the evidence of all metrics together.
	Together int `json:"together"`
}

// Wrong is a case that was not decided as it should have been.
type Wrong struct {
	Dataset  string `json:"dataset"`
	Case     string `json:"case"`
	Expected string `json:"expected"`
	// Decided is rollback, promote or inconclusive.
	Decided string `json:"decided"`
	// After is how long after the canary's start the decision came, in seconds.
	After float64 `json:"after"`
	// Reasons say what each metric saw, that against its limit, and what it lacked; the
	// metric that decided comes first.
	Reasons []Reason `json:"reasons"`
}

// Reason is what one metric came to.
type Reason struct {
	Metric string `json:"metric"`
	// Text is a sentence.
	Text string `json:"text"`
	// Evidence and Limit are what the judge had gathered, and where it fails; empty
	// without a judge. Needed is how many more requests or points a verdict needed.
	Evidence string `json:"evidence,omitempty"`
	Limit    string `json:"limit,omitempty"`
	Needed   string `json:"needed,omitempty"`
}

// Broken is a case that could not be played.
type Broken struct {
	// Case is <dataset>/<case>.
	Case string `json:"case"`
	// Problem says what is wrong, and where.
	Problem string `json:"problem"`
}

// dataset is the tables of a dataset, made if there are none.
func (r *Result) dataset(name string) *Dataset {
	at, found := slices.BinarySearchFunc(r.Datasets, name, func(d Dataset, name string) int { return cmp.Compare(d.Name, name) })
	if !found {
		r.Datasets = slices.Insert(r.Datasets, at, Dataset{Name: name, Metrics: []Metric{}, Detection: Detection{Times: []Time{}}})
	}
	return &r.Datasets[at]
}

// metric is the row of a metric, made if there is none.
func (d *Dataset) metric(name string) *Metric {
	at, found := slices.BinarySearchFunc(d.Metrics, name, func(m Metric, name string) int { return cmp.Compare(m.Name, name) })
	if !found {
		d.Metrics = slices.Insert(d.Metrics, at, Metric{Name: name})
	}
	return &d.Metrics[at]
}

// add counts so many cases with a time.
func (d *Detection) add(seconds float64, cases int) {
	at, found := slices.BinarySearchFunc(d.Times, seconds, func(t Time, s float64) int { return cmp.Compare(t.Seconds, s) })
	if !found {
		d.Times = slices.Insert(d.Times, at, Time{Seconds: seconds})
	}
	d.Times[at].Cases += cases
}

// quantile is the smallest time that a share of the cases did not exceed; 0 without any.
func (d Detection) quantile(share float64) float64 {
	all := 0
	for _, t := range d.Times {
		all += t.Cases
	}
	rank, seen := int(math.Ceil(share*float64(all))), 0
	for _, t := range d.Times {
		if seen += t.Cases; seen >= rank {
			return t.Seconds
		}
	}
	return 0
}

// absorb adds the counts of another table.
func (d *Dataset) absorb(other Dataset) {
	d.Rollback, d.Promote = d.Rollback.plus(other.Rollback), d.Promote.plus(other.Promote)
	d.Shared, d.Unscored, d.PowerOnly = d.Shared.plus(other.Shared), d.Unscored.plus(other.Unscored), d.PowerOnly.plus(other.PowerOnly)
	d.Detection.Early += other.Detection.Early
	for _, t := range other.Detection.Times {
		d.Detection.add(t.Seconds, t.Cases)
	}
	for _, m := range other.Metrics {
		row := d.metric(m.Name)
		row.Rightly += m.Rightly
		row.Falsely += m.Falsely
		row.Otherwise += m.Otherwise
		row.Together += m.Together
	}
}

// derive fills in what follows from the counts.
func (d *Dataset) derive() {
	d.Recall = NewRate(d.Rollback.RolledBack, d.Rollback.Of())
	d.False = NewRate(d.Promote.RolledBack, d.Promote.Of())
	d.Inconclusive = NewRate(d.Rollback.Inconclusive+d.Promote.Inconclusive, d.Rollback.Of()+d.Promote.Of())
	d.Detection.Median, d.Detection.P90 = d.Detection.quantile(0.5), d.Detection.quantile(0.9)
}

// finish fills in what follows from the datasets, and cuts the lists.
func (r *Result) finish() {
	r.All = Dataset{Metrics: []Metric{}, Detection: Detection{Times: []Time{}}}
	for i := range r.Datasets {
		r.Datasets[i].derive()
		r.All.absorb(r.Datasets[i])
	}
	r.All.derive()
	r.tidy()
}

// tidy sorts the lists and cuts them.
func (r *Result) tidy() {
	slices.SortFunc(r.Wrong, func(a, b Wrong) int {
		return cmp.Or(cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Case, b.Case))
	})
	slices.SortFunc(r.Broken, func(a, b Broken) int { return cmp.Compare(a.Case, b.Case) })
	if n := len(r.Wrong); n > MaxListed {
		r.Wrong, r.WrongLeftOut = slices.Clone(r.Wrong[:MaxListed]), r.WrongLeftOut+n-MaxListed
	}
	if n := len(r.Broken); n > MaxListed {
		r.Broken, r.BrokenLeftOut = slices.Clone(r.Broken[:MaxListed]), r.BrokenLeftOut+n-MaxListed
	}
}
