package analysisrun

import (
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

// keptProviders is how many providers are kept open while nobody uses them.
const keptProviders = 64

// Source is where a metric comes from.
type Source struct {
	// Kind is the field of MetricProvider that is set. Example: prometheus.
	Kind string
	// Prometheus is set for Kind prometheus: the address filled in, the arguments
	// from Secrets too once it reaches a Constructor.
	Prometheus *v1alpha1.PrometheusMetric
}

// Constructor makes a provider for a source. It sends nothing.
type Constructor func(Source) (metrics.Provider, error)

// sourceOf is where a metric comes from.
func sourceOf(provider v1alpha1.MetricProvider, defaultAddress string) Source {
	if provider.Prometheus == nil {
		return Source{Kind: "unknown", Prometheus: &v1alpha1.PrometheusMetric{}}
	}
	source := Source{Kind: "prometheus", Prometheus: provider.Prometheus.DeepCopy()}
	if source.Prometheus.Address == "" {
		source.Prometheus.Address = defaultAddress
	}
	return source
}

// Address is what tells servers apart.
func (s Source) Address() string {
	return s.Kind + " " + s.Prometheus.Address
}

// Timeout of a measurement.
func (s Source) Timeout() time.Duration {
	if s.Prometheus.Timeout == nil {
		return usualTimeout
	}
	return time.Duration(*s.Prometheus.Timeout) * time.Second
}

// withSecrets fills in the arguments from Secrets.
func (s Source) withSecrets(secrets map[string]string) (Source, error) {
	s.Prometheus = s.Prometheus.DeepCopy()
	return s, translate.FillSecrets(s.Prometheus, secrets)
}

// key is the same for sources with the same connection. It is a hash, from which
// no secret can be read.
func (s Source) key() (string, error) {
	connection := s.Prometheus.DeepCopy()
	connection.Query, connection.Canary, connection.Baseline = "", nil, nil
	text, err := json.Marshal(connection)
	if err != nil {
		return "", fmt.Errorf("identifying a source: %w", err)
	}
	hash := sha256.Sum256(append([]byte(s.Kind+" "), text...))
	return hex.EncodeToString(hash[:]), nil
}

// sources keeps providers open, one for each connection, and closes those that
// were not used for the longest time.
type sources struct {
	constructors map[string]Constructor

	mu    sync.Mutex
	byKey map[string]*openSource
	idle  *list.List // of *openSource, the one used last in front
}

// openSource is a provider and how many use it.
type openSource struct {
	key      string
	provider metrics.Provider
	users    int
	idle     *list.Element
}

func newSources(constructors map[string]Constructor) *sources {
	return &sources{constructors: constructors, byKey: map[string]*openSource{}, idle: list.New()}
}

// open returns the provider of a source. The caller calls release when it is done.
func (s *sources) open(source Source) (provider metrics.Provider, release func(), err error) {
	construct, known := s.constructors[source.Kind]
	if !known {
		return nil, nil, fmt.Errorf("%w: no provider of kind %q is built in; use prometheus", metrics.ErrInvalidQuery, source.Kind)
	}
	key, err := source.key()
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held, exists := s.byKey[key]
	if !exists {
		made, err := construct(source)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %v", metrics.ErrInvalidQuery, err)
		}
		held = &openSource{key: key, provider: made}
		s.byKey[key] = held
	}
	if held.idle != nil {
		s.idle.Remove(held.idle)
		held.idle = nil
	}
	held.users++
	return held.provider, func() { s.release(held) }, nil
}

// release puts a provider aside when nobody uses it, and closes the oldest of
// those when they are too many.
func (s *sources) release(held *openSource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held.users--; held.users > 0 {
		return
	}
	held.idle = s.idle.PushFront(held)
	if s.idle.Len() > keptProviders {
		s.drop(s.idle.Back())
	}
}

// drop closes an idle provider and forgets it.
func (s *sources) drop(element *list.Element) {
	held := s.idle.Remove(element).(*openSource)
	delete(s.byKey, held.key)
	if closer, closes := held.provider.(interface{ Close() }); closes {
		closer.Close()
	}
}

// close closes all idle providers.
func (s *sources) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.idle.Len() > 0 {
		s.drop(s.idle.Back())
	}
}
