package plan

import (
	"fmt"
	"strings"
)

// The signals that a regression may be of. The names of gauges are signals, too, and so
// are those of metrics whose bad requests are not errors.
const (
	// Errors is the share of requests that fail.
	Errors = "errors"
	// LatencySignal is how long requests take.
	LatencySignal = "latency"
)

// Regression is one way in which the new version is worse.
type Regression struct {
	// Signal is Errors, LatencySignal, or the name of a metric.
	Signal string `json:"signal"`
	// Size is how much worse, as it was written: 0.5%, +50%, 2x.
	Size string `json:"size"`
	// Share is the share of bad requests of the new version; 0 when Factor says it.
	Share float64 `json:"share,omitempty"`
	// Factor is by how much rate, latency or level is multiplied; 0 when Share says it.
	Factor float64 `json:"factor,omitempty"`
}

// String names the regression as ParseRegressions reads it.
func (r Regression) String() string { return r.Signal + "=" + r.Size }

// ParseRegressions reads errors=0.2%,0.5%,5% or latency=+10%,2x: a share that the new
// version has, a percentage more, or a multiple.
func ParseRegressions(text string) ([]Regression, error) {
	signal, sizes, found := strings.Cut(text, "=")
	if signal = strings.TrimSpace(signal); !found || signal == "" {
		return nil, mistake("regressions", "%q names no signal; write for example errors=0.5%%,1%% or latency=+50%%", text)
	}
	var all []Regression
	for size := range strings.SplitSeq(sizes, ",") {
		one := Regression{Signal: signal, Size: strings.TrimSpace(size)}
		if err := one.read(); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// read reads the size.
func (r *Regression) read() error {
	number, multiple := strings.CutSuffix(strings.ToLower(r.Size), "x")
	more, percent := strings.CutPrefix(r.Size, "+")
	wrong := mistake("regressions", "%q is no size of a regression of %s; write for example +50%% or 2x, or 0.5%% for a share of bad requests", r.Size, r.Signal)
	switch {
	case multiple:
		factor, err := parseNumber(number)
		if err != nil || factor <= 1 {
			return wrong
		}
		r.Factor = factor
	case percent:
		value, isPercent := strings.CutSuffix(more, "%")
		extra, err := parseNumber(value)
		if err != nil || !isPercent || extra <= 0 {
			return wrong
		}
		r.Factor = 1 + extra/100
	default:
		share, err := parseShare(r.Size)
		if err != nil || r.Signal == LatencySignal || share <= 0 {
			return wrong
		}
		r.Share = share
	}
	if r.Factor > mostFactor {
		return mistake("regressions", "%s is more than %g times as much; write less", r, float64(mostFactor))
	}
	return nil
}

// mostFactor is by how much a regression may multiply.
const mostFactor = 1000

// DefaultRegressions are what is tried when nothing else is asked for: a new version with two,
// five, ten and fifty times the errors, one that is slower by a tenth, by half and by a factor of
// two, and one with twice the level of each gauge.
func (s *Setup) DefaultRegressions() []Regression {
	var all []Regression
	add := func(signal, size string) {
		r := Regression{Signal: signal, Size: size}
		if r.read() == nil && s.Check(r) == nil {
			all = append(all, r)
		}
	}
	rate := s.assumed.ErrorRate
	for _, kind := range s.signals.kinds {
		if kind.signal == Errors {
			rate = kind.rate
		}
	}
	for _, factor := range []float64{2, 5, 10, 50} {
		add(Errors, percent(factor*rate))
	}
	if len(all) == 0 {
		for _, size := range []string{"0.1%", "1%", "5%"} {
			add(Errors, size)
		}
	}
	for _, size := range []string{"+10%", "+50%", "2x"} {
		add(LatencySignal, size)
	}
	for _, gauge := range s.signals.gauges {
		add(gauge, "2x")
	}
	return all
}

// percent writes a share for people: 0.2%.
func percent(share float64) string { return fmt.Sprintf("%.3g%%", 100*share) }
