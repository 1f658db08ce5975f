// Command main is the lab's application as a process: the image of the
// end-to-end test. The environment says what it does; see lab/app.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/serin-dev/serin/lab/app"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until SIGTERM or SIGINT.
func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	settings, err := app.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	if settings.Crash {
		return fmt.Errorf("crashing because %s asks for it", app.EnvCrash)
	}
	application, err := app.New(settings)
	if err != nil {
		return err
	}
	address := os.Getenv(app.EnvListen)
	if address == "" {
		address = ":8080"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listening on %s: %w; set %s", address, err, app.EnvListen)
	}
	fmt.Printf("version %s listens on %s\n", settings.Version, listener.Addr())
	return application.Serve(ctx, listener)
}
