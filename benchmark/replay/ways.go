package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/providers/metrics/recorded"
	"github.com/serin-dev/serin/recording"
)

// The ways that are measured.
const (
	evenName    = "Serin, every minute"
	unevenName  = "Serin, uneven times"
	batchName   = "Serin without plans, every minute"
	rangeName   = "engine, one range query"
	instantName = "engine, an instant query for each time"
	loopName    = "a loop by hand"
	// analysisName is measured alone.
	analysisName = "Serin, an AnalysisRun of the three, every minute"
)

// way is one way to get the answers of a day.
type way struct {
	name string
	// query evaluates an expression at all times of the way; nil if it cannot.
	query func(expression string) error
	// judge reads the samples of a judge at all times.
	judge func() error
}

// open opens the recording and makes a provider.
func open(path string, config recorded.Config) (*recorded.Provider, *recording.Recording, error) {
	held, err := recording.Open(path)
	if err != nil {
		return nil, nil, err
	}
	config.Name = path
	config.From, config.To = held.Bounds()
	provider, err := recorded.New(held, config)
	return provider, held, err
}

// waysOf are all ways over one recording.
func waysOf(path string) ([]way, func() error, error) {
	provider, held, err := open(path, recorded.Config{})
	if err != nil {
		return nil, nil, err
	}
	engine, more, err := open(path, recorded.Config{EngineOnly: true})
	if err != nil {
		return nil, nil, err
	}
	loop, err := newLoop(held)
	if err != nil {
		return nil, nil, err
	}
	asked := func(of *recorded.Provider, times []time.Time) func(string) error {
		return func(expression string) error { return ask(of, expression, times) }
	}
	judged := func(times []time.Time) func() error {
		return func() error { return judge(provider, times) }
	}
	return []way{
		{name: evenName, query: asked(provider, even()), judge: judged(even())},
		{name: unevenName, query: asked(provider, uneven()), judge: judged(uneven())},
		{name: batchName, query: asked(engine, even())},
		{name: rangeName, query: func(expression string) error { return ranged(engine, expression) }},
		{name: instantName, query: asked(engine, uneven())},
		{name: loopName, query: loop.run},
	}, func() error { return errors.Join(held.Close(), more.Close()) }, nil
}

// ask evaluates an expression at some times, one after the other.
func ask(of metrics.Provider, expression string, times []time.Time) error {
	for _, at := range times {
		if _, err := of.Query(context.Background(), expression, at); err != nil {
			return err
		}
	}
	return nil
}

// judge reads what a judge reads at each look: the samples since the last one.
func judge(of metrics.Provider, times []time.Time) error {
	for i, at := range times {
		from := start()
		if i > 0 {
			from = times[i-1]
		}
		for _, selector := range selectors() {
			if _, err := of.Samples(context.Background(), selector, from, at); err != nil && !errors.Is(err, metrics.ErrNoData) {
				return err
			}
		}
	}
	return nil
}

// ranged evaluates an expression at all even times by one range query.
func ranged(of metrics.Ranger, expression string) error {
	times := even()
	_, err := of.Range(context.Background(), expression, times[0], times[len(times)-1], every)
	return err
}

// runPart replays the day once, from opening the recording, and says how long that took.
func runPart(name, path string) error {
	began := time.Now()
	provider, held, err := open(path, recorded.Config{})
	if err != nil {
		return err
	}
	defer held.Close()
	result := whole{Name: name, Opened: time.Since(began)}
	opened, spent := time.Now(), processor()
	if err := replayPart(name, provider); err != nil {
		return err
	}
	result.All, result.CPU = time.Since(opened), processor()-spent
	if result.Peak, err = peak(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

// replayPart asks what is to be measured alone.
func replayPart(name string, provider *recorded.Provider) error {
	times := even()
	switch name {
	case analysisName:
		return analysis(provider)
	case rangeName:
		return errors.Join(ranged(provider, ratio), ranged(provider, quantile), judge(provider, times))
	case unevenName:
		times = uneven()
	}
	return errors.Join(ask(provider, ratio, times), ask(provider, quantile, times), judge(provider, times))
}

// processor is the processor's time that this process has used: work that others do on
// the same machine is not in it.
func processor() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// peak is the largest resident set of this process.
func peak() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		var kilobytes int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); err == nil {
			return kilobytes << 10, nil
		}
	}
	return 0, errors.New("this system does not tell the peak of memory")
}
