package app

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Settings are what an App does, and its faults.
type Settings struct {
	// Version is sent in the header X-Version. Required.
	Version string
	// ErrorShare is the share of requests that are answered with 500.
	ErrorShare Share
	// Delay is the time that each answer takes; with a Spread, the median.
	Delay time.Duration
	// Spread is the standard deviation of the logarithm of the time that an answer
	// takes: log-normal, as the latencies of real services are, roughly. 0 is none.
	Spread float64
	// ExitAtOnce ends the app at SIGTERM without a drain: open requests are cut.
	ExitAtOnce bool
	// Drain is for how long the app goes on answering after SIGTERM, before it
	// takes no more requests. It stands for a preStop sleep.
	Drain time.Duration
	// Crash says that the process ends as soon as it has started.
	Crash bool
	// CrashAfter is the number of requests after which the app ends with an error
	// and cuts everything; 0 is never.
	CrashAfter int64
}

// DefaultDrain is how long an App answers after SIGTERM unless told otherwise.
const DefaultDrain = 5 * time.Second

// The names of the environment variables that FromEnvironment reads.
const (
	EnvVersion    = "APP_VERSION"
	EnvErrorShare = "APP_ERROR_SHARE"  // A decimal from 0 to 1. Example: 0.05.
	EnvDelay      = "APP_DELAY"        // A duration. Example: 40ms.
	EnvSpread     = "APP_SPREAD"       // A decimal from 0 to 3. Example: 0.5.
	EnvDrain      = "APP_DRAIN"        // A duration. Example: 5s.
	EnvExitAtOnce = "APP_EXIT_AT_ONCE" // 1 or true.
	EnvCrash      = "APP_CRASH"        // 1 or true.
	EnvCrashAfter = "APP_CRASH_AFTER"  // A number of requests. Example: 50.
	EnvListen     = "APP_LISTEN"       // An address. Example: :8080.
)

// FromEnvironment reads the settings. get returns a variable's value, or "".
func FromEnvironment(get func(string) string) (Settings, error) {
	settings := Settings{Version: get(EnvVersion), Drain: DefaultDrain}
	var problems []error
	read := func(name string, parse func(string) error) {
		if text := get(name); text != "" {
			if err := parse(text); err != nil {
				problems = append(problems, fmt.Errorf("reading %s: %w", name, err))
			}
		}
	}
	read(EnvErrorShare, func(text string) (err error) { settings.ErrorShare, err = ParseShare(text); return })
	read(EnvDelay, func(text string) (err error) { settings.Delay, err = time.ParseDuration(text); return })
	read(EnvSpread, func(text string) (err error) { settings.Spread, err = strconv.ParseFloat(text, 64); return })
	read(EnvDrain, func(text string) (err error) { settings.Drain, err = time.ParseDuration(text); return })
	read(EnvExitAtOnce, func(text string) (err error) { settings.ExitAtOnce, err = strconv.ParseBool(text); return })
	read(EnvCrash, func(text string) (err error) { settings.Crash, err = strconv.ParseBool(text); return })
	read(EnvCrashAfter, func(text string) (err error) { settings.CrashAfter, err = strconv.ParseInt(text, 10, 64); return })
	if len(problems) == 0 {
		problems = append(problems, settings.Validate())
	}
	return settings, errors.Join(problems...)
}

// Validate says what is wrong with the settings.
func (s Settings) Validate() error {
	switch {
	case s.Version == "":
		return fmt.Errorf("checking the application's settings: no version; set %s", EnvVersion)
	case s.Delay < 0:
		return fmt.Errorf("checking the application's settings: the delay %s is negative; set %s to 0 or more", s.Delay, EnvDelay)
	case !(s.Spread >= 0 && s.Spread <= 3):
		return fmt.Errorf("checking the application's settings: the spread %g is not from 0 to 3; correct %s", s.Spread, EnvSpread)
	case s.Drain < 0:
		return fmt.Errorf("checking the application's settings: the drain %s is negative; set %s to 0 or more", s.Drain, EnvDrain)
	case s.CrashAfter < 0:
		return fmt.Errorf("checking the application's settings: it cannot crash after %d requests; set %s to 0 or more", s.CrashAfter, EnvCrashAfter)
	}
	return nil
}

// Share is a share of requests in parts of a million, so that it is exact.
type Share int64

const million = 1_000_000

// ParseShare reads a decimal from 0 to 1 with at most six places. Example: 0.05.
func ParseShare(text string) (Share, error) {
	value, ok := new(big.Rat), len(text) <= 16 && strings.Trim(text, "-.0123456789") == ""
	if ok {
		value, ok = value.SetString(text)
	}
	if !ok {
		return 0, fmt.Errorf("the share %.16q is no number; write a decimal from 0 to 1, such as 0.05", text)
	}
	parts := value.Mul(value, big.NewRat(million, 1))
	if parts.Sign() < 0 || parts.Cmp(big.NewRat(million, 1)) > 0 {
		return 0, fmt.Errorf("the share %s is not between 0 and 1", text)
	}
	if !parts.IsInt() {
		return 0, fmt.Errorf("the share %s has more than six decimal places", text)
	}
	return Share(parts.Num().Int64()), nil
}

// String is the share as a decimal.
func (s Share) String() string {
	return strconv.FormatFloat(float64(s)/million, 'f', -1, 64)
}

// bad says whether the n-th request, from 1, is one of the bad ones: among the
// first n requests there are always exactly floor(n * share) of them.
func (s Share) bad(n int64) bool {
	return n*int64(s)/million > (n-1)*int64(s)/million
}
