package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/rs/zerolog"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
)

// settings are the flags.
type settings struct {
	prometheusAddress string
	metricsAddress    string
	probeAddress      string
	namespace         string
	leaderElect       bool
	leaderNamespace   string
	logLevel          string
	logFormat         string
	version           bool
}

// parse reads the flags; an error says which one is wrong and what it may be.
func parse(args []string, output io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("serin-controller", flag.ContinueOnError)
	flags.SetOutput(output)
	config.RegisterFlags(flags)
	flags.StringVar(&s.prometheusAddress, "prometheus-address", os.Getenv("SERIN_PROMETHEUS_ADDRESS"),
		"address of the Prometheus that metrics without an address of their own are read from; also $SERIN_PROMETHEUS_ADDRESS")
	flags.StringVar(&s.metricsAddress, "metrics-bind-address", ":8080", "where /metrics is served; 0 for nowhere")
	flags.StringVar(&s.probeAddress, "health-probe-bind-address", ":8081", "where /healthz and /readyz are served; 0 for nowhere")
	flags.StringVar(&s.namespace, "namespace", "", "the only namespace to work in; all of them by default")
	flags.BoolVar(&s.leaderElect, "leader-elect", true, "let only one of several replicas work")
	flags.StringVar(&s.leaderNamespace, "leader-election-namespace", "", "namespace of the lease; the pod's own by default")
	flags.StringVar(&s.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.StringVar(&s.logFormat, "log-format", "json", "json, or text for people")
	flags.BoolVar(&s.version, "version", false, "print the version and end")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	return s, s.check(flags.Args())
}

// check refuses values that mean nothing.
func (s settings) check(rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q; all settings are flags, see --help", rest[0])
	}
	if _, err := zerolog.ParseLevel(s.logLevel); err != nil || s.logLevel == "" {
		return fmt.Errorf("--log-level %q is unknown; write debug, info, warn or error", s.logLevel)
	}
	if formats := []string{"json", "text"}; !slices.Contains(formats, s.logFormat) {
		return fmt.Errorf("--log-format %q is unknown; write %s", s.logFormat, strings.Join(formats, " or "))
	}
	return nil
}

// versionLine names this build.
func versionLine() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "serin-controller (unknown build)"
	}
	return "serin-controller " + info.Main.Version
}
