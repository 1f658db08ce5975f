package metricstest

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/serin-dev/serin/providers/metrics"
)

// queryCase is one question, and what every provider must answer.
type queryCase struct {
	name, reason string
	expression   string
	at           time.Duration
	want         metrics.Answer
	wantErr      error
}

func queryCases() []queryCase {
	vector := func(values ...float64) metrics.Answer { return metrics.Answer{Kind: metrics.Vector, Values: values} }
	return []queryCase{{
		name: "scalar", reason: "a scalar has one value and is told from a vector of one",
		expression: "6 * 7", want: metrics.Answer{Kind: metrics.Scalar, Values: []float64{42}},
	}, {
		name: "scalar NaN", reason: "0/0 is an answer that the caller must see as it is",
		expression: "0 / 0", want: metrics.Answer{Kind: metrics.Scalar, Values: []float64{math.NaN()}},
	}, {
		name: "vector of one", reason: "a vector stays a vector when it has one element",
		expression: `requests_total{code="500"}`, at: 20 * time.Second, want: vector(2),
	}, {
		name: "vector in the order of the source", reason: "result[0] must mean what the expression says",
		expression: `sort_desc(requests_total)`, at: 10 * time.Second, want: vector(15, 10, 1),
	}, {
		name: "exactly at a sample", reason: "a sample is visible from its own millisecond on",
		expression: "requests_total{code=\"500\"}", at: 50 * time.Second, want: vector(2),
	}, {
		name: "a millisecond before a sample", reason: "the time of the query is the time of the measurement, not now",
		expression: "requests_total{code=\"500\"}", at: 50*time.Second - time.Millisecond, want: vector(1),
	}, {
		name: "less than a millisecond before a sample", reason: "what is finer than a millisecond is cut, never rounded into the future",
		expression: "requests_total{code=\"500\"}", at: 50*time.Second - time.Nanosecond, want: vector(1),
	}, {
		name: "NaN", reason: "a NaN that was scraped is an answer", expression: "temperature", at: 10 * time.Second, want: vector(math.NaN()),
	}, {
		name: "+Inf", reason: "infinities pass", expression: "temperature", at: 20 * time.Second, want: vector(math.Inf(1)),
	}, {
		name: "-Inf", reason: "infinities pass", expression: "temperature", at: 30 * time.Second, want: vector(math.Inf(-1)),
	}, {
		name: "large", reason: "no digit is lost", expression: "temperature", at: 40 * time.Second, want: vector(1e300),
	}, {
		name: "nothing matches", reason: "no series is no data, with an empty vector to judge by conditions such as len(result)",
		expression: `requests_total{code="404"}`, want: vector(), wantErr: metrics.ErrNoData,
	}, {
		name: "before the first sample", reason: "the future is not visible",
		expression: "temperature", at: -time.Millisecond, want: vector(), wantErr: metrics.ErrNoData,
	}, {
		name: "after a staleness marker", reason: "a target that is gone has no value",
		expression: "gone", at: 20 * time.Second, want: vector(), wantErr: metrics.ErrNoData,
	}, {
		name: "range", reason: "a range of samples is no number", expression: "temperature[1m]", at: time.Minute, wantErr: metrics.ErrInvalidQuery,
	}, {
		name: "string", reason: "a string is no number", expression: `"42"`, wantErr: metrics.ErrInvalidQuery,
	}, {
		name: "syntax", reason: "to ask again will not help", expression: "sum(", wantErr: metrics.ErrInvalidQuery,
	}, {
		name: "unknown function", reason: "to ask again will not help", expression: "summe(temperature)", wantErr: metrics.ErrInvalidQuery,
	}, {
		name: "many to many", reason: "an error of the evaluation is the query's fault",
		expression: `requests_total + on() requests_total`, at: 10 * time.Second, wantErr: metrics.ErrInvalidQuery,
	}, {
		name: "empty", reason: "an empty text is no query", expression: "", wantErr: metrics.ErrInvalidQuery,
	}}
}

// runQueries checks Query.
func runQueries(t *testing.T, start Start) {
	provider := start(t, held())
	for _, test := range queryCases() {
		t.Run(test.name, func(t *testing.T) {
			answer, err := provider.Query(t.Context(), test.expression, after(test.at))
			wantKind(t, err, test.wantErr)
			if err != nil && err.Error() == test.wantErr.Error() {
				t.Errorf("error %q says nothing but its kind", err)
			}
			options := cmp.Options{cmpopts.EquateNaNs(), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(metrics.Answer{}, "Warnings")}
			if difference := cmp.Diff(test.want, answer, options); difference != "" && test.wantErr != metrics.ErrInvalidQuery {
				t.Errorf("%s (-want +got):\n%s", test.reason, difference)
			}
		})
	}
	t.Run("no time", func(t *testing.T) {
		_, err := provider.Query(t.Context(), "temperature", time.Time{})
		wantKind(t, err, metrics.ErrInvalidQuery)
	})
}

// runConcurrent checks that one provider serves many callers, each with its own answer.
func runConcurrent(t *testing.T, start Start) {
	provider := start(t, held())
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			at := time.Duration(i%6) * 10 * time.Second
			answer, err := provider.Query(t.Context(), `requests_total{code="200", pod="a"}`, after(at))
			if want := []float64{float64(i%6) * 10}; err != nil || !cmp.Equal(want, answer.Values) {
				t.Errorf("Query at %s: %v, %v; want %v", at, answer.Values, err, want)
			}
			samples, err := provider.Samples(t.Context(), `requests_total{code="500"}`, after(-time.Second), after(at))
			if err != nil || len(samples.Series) != 1 || len(samples.Series[0].Samples) != i%6+1 {
				t.Errorf("Samples until %s: %v, %v; want %d samples", at, samples.Series, err, i%6+1)
			}
		})
	}
	all.Wait()
}
