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
// and returns; or, with ExitAtOnce, cuts everything and returns.
func (a *App) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: a, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	err := a.end(server)
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		return errors.Join(err, served)
	}
	return err
}

// end drains and closes the server.
func (a *App) end(server *http.Server) error {
	a.draining.Store(true)
	if a.settings.ExitAtOnce {
		return server.Close()
	}
	time.Sleep(a.settings.Drain)
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("closing the server on %s: %w", server.Addr, err), server.Close())
	}
	return nil
}
