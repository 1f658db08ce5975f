package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// closing is for how long open requests may take to finish after the drain.
const closing = 2 * time.Second

// Serve answers requests on the listener until the context ends. Then the app is
// not ready any more, goes on answering for the drain, lets open requests finish
// and returns; or, with ExitAtOnce, cuts everything and returns. Kill cuts
// everything at any time. An App serves once.
func (a *App) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: a, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving on %s: %w", listener.Addr(), err)
	case <-a.crash:
		err := fmt.Errorf("crashing after %d requests because %s asks for it", a.settings.CrashAfter, EnvCrashAfter)
		return errors.Join(err, server.Close())
	case <-ctx.Done():
	case <-a.killed:
	}
	err := a.end(server)
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		return errors.Join(err, served)
	}
	return err
}

// Kill ends Serve without a drain, as SIGKILL ends a process.
func (a *App) Kill() { a.kill.Do(func() { close(a.killed) }) }

// end drains and closes the server.
func (a *App) end(server *http.Server) error {
	a.draining.Store(true)
	if a.settings.ExitAtOnce {
		return server.Close()
	}
	timer := time.NewTimer(a.settings.Drain)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.killed:
		return server.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("waiting for open requests to finish: %w", err), server.Close())
	}
	return nil
}
