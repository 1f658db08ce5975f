// Command serin-controller runs Serin's controllers in a cluster. This package
// wires them: flags, scheme, logger, providers. Everything may come in.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	ctrl "sigs.k8s.io/controller-runtime"
)

func main() {
	settings, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintln(os.Stderr, "serin-controller:", err)
		os.Exit(2)
	}
	if settings.version {
		fmt.Println(versionLine())
		return
	}
	ctrl.SetLogger(newLogger(os.Stderr, settings.logLevel, settings.logFormat))
	if err := run(ctrl.SetupSignalHandler(), settings); err != nil {
		ctrl.Log.Error(err, "the controller has ended")
		os.Exit(1)
	}
}
