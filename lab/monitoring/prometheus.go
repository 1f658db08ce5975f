// Package monitoring is Prometheus in-process: its own scrape loops, time series
// database and query engine, behind the part of its HTTP API that a release needs.
//
// What may come in: Prometheus' packages; nothing of Serin. Its web packages stay
// out, because they would double the time that the demo takes to build.
package monitoring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/tsdb"
)

// Server is a running Prometheus. Stop ends it.
type Server struct {
	// URL is where its HTTP API is.
	URL string

	folder  string
	db      *tsdb.DB
	scraper *scrape.Manager
	targets chan map[string][]*targetgroup.Group
	server  *http.Server
	running sync.WaitGroup
	stop    context.CancelFunc
	stopped context.Context
}

// retention is for how long samples are kept: longer than any demo.
const retention = 2 * time.Hour

// Start starts a Prometheus that scrapes its targets at an interval.
func Start(interval time.Duration) (*Server, error) {
	s := &Server{targets: make(chan map[string][]*targetgroup.Group)}
	s.stopped, s.stop = context.WithCancel(context.Background())
	if err := s.start(interval); err != nil {
		return nil, errors.Join(fmt.Errorf("starting Prometheus: %w", err), s.Stop())
	}
	return s, nil
}

// start opens the database, then scrapes and answers.
func (s *Server) start(interval time.Duration) error {
	if err := s.openDatabase(); err != nil {
		return err
	}
	if err := s.startScraping(interval); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.URL = "http://" + listener.Addr().String()
	s.server = &http.Server{Handler: newAPI(newEngine(), s.db), ReadHeaderTimeout: 5 * time.Second}
	s.running.Go(func() { _ = s.server.Serve(listener) })
	return nil
}

// openDatabase opens a database in a temporary folder. It has no write-ahead log:
// nothing needs to survive.
func (s *Server) openDatabase() error {
	folder, err := os.MkdirTemp("", "serin-prometheus-")
	if err != nil {
		return err
	}
	s.folder = folder
	options := tsdb.DefaultOptions()
	options.RetentionDuration = retention.Milliseconds()
	options.WALSegmentSize = -1
	options.NoLockfile = true
	s.db, err = tsdb.Open(folder, slog.New(slog.DiscardHandler), nil, options, nil)
	return err
}

// startScraping starts the scrape manager, without targets.
func (s *Server) startScraping(interval time.Duration) error {
	configuration, err := configuration(interval)
	if err != nil {
		return err
	}
	options := &scrape.Options{DiscoveryReloadInterval: model.Duration(reload)}
	s.scraper, err = scrape.NewManager(options, nil, nil, nil, s.db, prometheus.NewRegistry())
	if err != nil {
		return err
	}
	s.running.Go(func() {
		// In the background, because it looks up the name of this machine, and that
		// can take seconds where no name server answers.
		if err := s.scraper.ApplyConfig(configuration); err == nil {
			_ = s.scraper.Run(s.targets)
		}
	})
	return nil
}

// newEngine makes a query engine with the defaults of Prometheus' command line.
func newEngine() *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		MaxSamples:           50_000_000,
		Timeout:              2 * time.Minute,
		LookbackDelta:        5 * time.Minute,
		EnableAtModifier:     true,
		EnableNegativeOffset: true,
	})
}

// Stop ends everything and removes its files.
func (s *Server) Stop() error {
	var problems []error
	s.stop()
	if s.server != nil {
		problems = append(problems, s.server.Close())
	}
	if s.scraper != nil {
		s.scraper.Stop()
	}
	s.running.Wait()
	if s.db != nil {
		problems = append(problems, s.db.Close())
	}
	if s.folder != "" {
		problems = append(problems, os.RemoveAll(s.folder))
	}
	return errors.Join(problems...)
}
