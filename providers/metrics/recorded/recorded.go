// Package recorded is a source of metrics that was recorded: it answers, for any time in
// the recording, what a Prometheus server would have answered then.
//
// What may come in: a Source of raw samples. The samples of a selector are decoded once
// and kept in memory; PromQL is evaluated over them by Prometheus' own engine, or by a
// Plan for the shapes that analyses are made of, which gives the same bits faster.
// No answer holds anything that happened after the time that was asked for, and nothing
// is asked of a clock.
package recorded

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/recording"
)

// Source holds the raw samples of a recording. It is safe for concurrent use.
type Source interface {
	// Select returns the series that match all matchers and have samples in [from, to],
	// each once, with staleness markers, in the order of time.
	Select(ctx context.Context, from, to time.Time, matchers ...*labels.Matcher) ([]recording.Series, error)
}

// Defaults of a Config, those of a Prometheus server.
const (
	DefaultLookback     = 5 * time.Minute
	DefaultTimeout      = 2 * time.Minute
	DefaultQuerySamples = 50_000_000
)

// DefaultHeldSamples is how many decoded samples are held: 512 MB of floats.
const DefaultHeldSamples = 32 << 20

// Config says what part of a recording is read, and how.
type Config struct {
	// Name says in errors which recording it is; such as its path.
	Name string
	// From and To bound what is read of the source; both are needed. What a query looks
	// back upon before From is not there.
	From, To time.Time
	// Lookback is how long a sample stands for its series. Default: 5 min.
	Lookback time.Duration
	// Timeout of one query. Default: 2 min.
	Timeout time.Duration
	// QuerySamples is how many samples one query may hold. Default: 50 million.
	QuerySamples int
	// HeldSamples is how many decoded samples are kept in memory, 16 bytes each; a
	// histogram counts by its buckets. Default: 32 Mi.
	HeldSamples int
	// EngineOnly evaluates nothing by a Plan. The answers are the same, later.
	EngineOnly bool
}

// withDefaults fills in what is not set.
func (c Config) withDefaults() Config {
	if c.Lookback == 0 {
		c.Lookback = DefaultLookback
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.QuerySamples == 0 {
		c.QuerySamples = DefaultQuerySamples
	}
	if c.HeldSamples == 0 {
		c.HeldSamples = DefaultHeldSamples
	}
	return c
}

// Provider answers from one recording. It is safe for concurrent use.
type Provider struct {
	config Config
	parser parser.Parser
	// engine is made when it is first needed: that takes longer than many a replay.
	engine func() *promql.Engine
	memory *memory

	mutex     sync.Mutex
	questions map[string]*question
	selectors map[string]*selector
}

var _ metrics.Provider = (*Provider)(nil)

// maxQuestions is how many expressions are remembered: more are forgotten together.
const maxQuestions = 1_000

// New makes a provider over a source. It reads nothing yet.
func New(source Source, config Config) (*Provider, error) {
	if config.From.IsZero() || config.To.IsZero() || config.To.Before(config.From) {
		return nil, fmt.Errorf("reading the recording %s: the times from %s to %s are no interval; give the bounds of the recording", config.Name, config.From, config.To)
	}
	config = config.withDefaults()
	reader := parser.NewParser(parser.Options{})
	return &Provider{
		config:    config,
		parser:    reader,
		engine:    sync.OnceValue(func() *promql.Engine { return newEngine(config, reader) }),
		memory:    newMemory(source, config),
		questions: map[string]*question{},
		selectors: map[string]*selector{},
	}, nil
}

// newEngine makes an engine with the settings of a server.
func newEngine(config Config, reader parser.Parser) *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		Logger: slog.New(slog.DiscardHandler), MaxSamples: config.QuerySamples, Timeout: config.Timeout, LookbackDelta: config.Lookback,
		EnableAtModifier: true, EnableNegativeOffset: true, Parser: reader,
		// The default of a server: its global evaluation interval.
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
	})
}

// String names the recording.
func (p *Provider) String() string { return "recording " + p.config.Name }

// Query evaluates an expression at a time, which is cut to milliseconds. The answer must
// be a scalar or an instant vector of floats; any other shape is ErrInvalidQuery.
//
// Samples after that time are not seen, not even by a negative offset or @.
func (p *Provider) Query(ctx context.Context, expression string, at time.Time) (metrics.Answer, error) {
	if at.IsZero() {
		return metrics.Answer{}, p.fault(invalid("evaluating %s: no time is given; pass the time to evaluate at", shorten(expression)))
	}
	if err := ctx.Err(); err != nil {
		return metrics.Answer{}, p.fault(gaveUp(err))
	}
	asked, err := p.question(expression)
	if err != nil {
		return metrics.Answer{}, p.fault(err)
	}
	answer, err := asked.answer(ctx, p, at.UnixMilli())
	if err != nil {
		return answer, p.fault(err)
	}
	return answer, nil
}

// question is what is known of an expression; it is parsed once.
func (p *Provider) question(expression string) (*question, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if known, ok := p.questions[expression]; ok {
		return known, known.refusal
	}
	if len(p.questions) >= maxQuestions {
		clear(p.questions)
	}
	made := newQuestion(p.parser, expression)
	p.questions[expression] = made
	return made, made.refusal
}
