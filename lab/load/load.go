// Package load sends a steady stream of requests and counts the answers by
// version, as users would see them. It is an open loop: a request every 1/rate,
// whatever the answers, because users do not slow down when a release is bad.
//
// What may come in: the standard library; nothing of Serin.
package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Options say what is sent. Zero values mean the defaults.
type Options struct {
	// URL gets all requests. Redirects are not followed and proxies of the
	// environment are not used, so nothing else gets any. Required.
	URL string
	// Host is the Host header. Default: that of the URL.
	Host string
	// Rate is the number of requests per second. Required.
	Rate float64
	// Timeout after which a request without a complete answer is lost. Default: 5 s.
	Timeout time.Duration
	// Concurrency bounds the open requests; what would exceed it is not sent, and
	// counted as unsent. Default: Rate times Timeout, so that it never happens.
	Concurrency int
	// Lifetime ends the load in any case. Default: 30 minutes.
	Lifetime time.Duration
}

// complete checks the options and fills in the defaults.
func (o Options) complete() (Options, error) {
	address, err := url.Parse(o.URL)
	if err != nil || address.Scheme != "http" || address.Host == "" {
		return o, fmt.Errorf("checking the load's options: the URL %q is not http://host:port/", o.URL)
	}
	if !(o.Rate > 0 && o.Rate <= 100_000) {
		return o, fmt.Errorf("checking the load's options: the rate %v is not between 0 and 100000 requests per second", o.Rate)
	}
	if o.Timeout < 0 || o.Lifetime < 0 || o.Concurrency < 0 {
		return o, errors.New("checking the load's options: timeout, lifetime and concurrency must not be negative")
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	if o.Lifetime == 0 {
		o.Lifetime = 30 * time.Minute
	}
	if o.Concurrency == 0 {
		o.Concurrency = int(o.Rate*o.Timeout.Seconds()) + 16
	}
	return o, nil
}

// Generator sends requests. Make one with New; Run it once; Snapshot it at any
// time, from any goroutine.
type Generator struct {
	options Options
	client  *http.Client
	open    chan struct{}
	pending sync.WaitGroup
	counts  counts
}

// New makes a Generator.
func New(options Options) (*Generator, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	return &Generator{
		options: options,
		client: &http.Client{
			Transport: &http.Transport{
				DialContext:         (&net.Dialer{Timeout: options.Timeout}).DialContext,
				MaxIdleConnsPerHost: options.Concurrency,
				IdleConnTimeout:     30 * time.Second,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		open:   make(chan struct{}, options.Concurrency),
		counts: newCounts(),
	}, nil
}

// settling is for how long open requests may still be answered at the end.
const settling = time.Second

// Run sends requests until the context or the lifetime ends. Then it waits for
// open answers for at most a second; what is open after that is not counted.
func (g *Generator) Run(ctx context.Context) {
	ctx, end := context.WithTimeout(ctx, g.options.Lifetime)
	defer end()
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	g.send(ctx, requests)
	timer := time.AfterFunc(settling, cancel)
	defer timer.Stop()
	g.pending.Wait()
	g.client.CloseIdleConnections()
}

// send starts a request at each multiple of 1/rate until the context ends. When
// the machine was busy it catches up, so that the rate holds.
func (g *Generator) send(ctx, requests context.Context) {
	begin := time.Now()
	interval := float64(time.Second) / g.options.Rate
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; ; n++ {
		due := begin.Add(time.Duration(float64(n) * interval))
		if ahead := time.Until(due); ahead > 0 {
			timer.Reset(ahead)
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
		} else if ctx.Err() != nil {
			return
		}
		select {
		case g.open <- struct{}{}:
			g.counts.sent()
			g.pending.Go(func() {
				g.request(requests)
				<-g.open
			})
		default:
			g.counts.unsent()
		}
	}
}

// request sends one request and counts its answer.
func (g *Generator) request(parent context.Context) {
	ctx, cancel := context.WithTimeout(parent, g.options.Timeout)
	defer cancel()
	begin := time.Now()
	code, version, err := g.exchange(ctx)
	now := time.Now()
	switch {
	case err == nil && version != "":
		g.counts.answered(version, code, now, now.Sub(begin))
	case parent.Err() != nil:
		g.counts.abandoned()
	case err == nil:
		g.counts.lost("status "+strconv.Itoa(code)+" without a version", now)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		g.counts.lost("timeout", now)
	default:
		g.counts.lost("connection", now)
	}
}

// exchange sends one request and reads the whole answer.
func (g *Generator) exchange(ctx context.Context) (code int, version string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.options.URL, nil)
	if err != nil {
		return 0, "", err
	}
	request.Host = g.options.Host
	answer, err := g.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20)); err != nil {
		return 0, "", err
	}
	return answer.StatusCode, answer.Header.Get("X-Version"), nil
}
