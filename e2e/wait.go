package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/serin-dev/serin/lab/controlplane"
	"github.com/serin-dev/serin/lab/node"
)

// wait waits for a time, unless the context ends before.
func wait(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// reach waits until the application answers through the router.
func reach(ctx context.Context, url string) error {
	return controlplane.WaitFor(ctx, "an answer through the router", func(ctx context.Context) (bool, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false, err
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return false, err
		}
		defer answer.Body.Close()
		return answer.Header.Get("X-Version") != "", fmt.Errorf("status %s", answer.Status)
	})
}

// ensure starts anew what a scenario before has ended.
func (c *cluster) ensure(ctx context.Context) error {
	if c.prometheus == nil || c.prometheus.Exited() != nil {
		if err := c.startPrometheus(ctx); err != nil {
			return err
		}
	}
	if c.controller.Exited() != nil {
		if err := c.startController(ctx); err != nil {
			return err
		}
	}
	return c.exited()
}

// exited says which part of the cluster has ended by itself.
func (c *cluster) exited() error {
	problems := []error{c.node.Exited()}
	for _, process := range []*node.Process{c.traefik, c.prometheus, c.controller} {
		if process != nil {
			problems = append(problems, process.Exited())
		}
	}
	return errors.Join(problems...)
}

// imageName is an image of the application by its tag.
func imageName(tag string) string { return "serin.test/app:" + tag }
