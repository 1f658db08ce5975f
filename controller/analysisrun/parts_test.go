package analysisrun

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

// sourceAt is a source at an address.
func sourceAt(address string) Source {
	return sourceOf(v1alpha1.MetricProvider{Prometheus: &v1alpha1.PrometheusMetric{Address: address, Query: "up"}}, "http://default")
}

func TestProvidersAreSharedAndClosed(t *testing.T) {
	fake := newFakeSource()
	s := newSources(map[string]Constructor{"prometheus": fake.construct})
	first, releaseFirst, err := s.open(sourceAt("http://a"))
	if err != nil {
		t.Fatal(err)
	}
	other := sourceAt("http://a")
	other.Prometheus.Query = "another query of the same connection"
	second, releaseSecond, err := s.open(other)
	if err != nil || first != second || len(fake.opened) != 1 {
		t.Errorf("one connection is opened once: %v, %d opened", err, len(fake.opened))
	}
	for _, different := range []func(*v1alpha1.PrometheusMetric){
		func(p *v1alpha1.PrometheusMetric) { p.Insecure = true },
		func(p *v1alpha1.PrometheusMetric) { p.Headers = []v1alpha1.Header{{Key: "k", Value: "v"}} },
		func(p *v1alpha1.PrometheusMetric) {
			p.Authentication = &v1alpha1.PrometheusAuthentication{BearerToken: "t"}
		},
	} {
		source := sourceAt("http://a")
		different(source.Prometheus)
		provider, release, err := s.open(source)
		if err != nil || provider == first {
			t.Errorf("another connection is another provider: %v", err)
		}
		release()
	}
	// Many more than are kept: those that were used last stay, those in use stay too.
	for i := range 2 * keptProviders {
		_, release, err := s.open(sourceAt("http://" + strconv.Itoa(i)))
		if err != nil {
			t.Fatal(err)
		}
		release()
	}
	if s.idle.Len() != keptProviders || len(s.byKey) != keptProviders+1 || fake.closed != 3+keptProviders {
		t.Errorf("%d idle, %d open, %d closed", s.idle.Len(), len(s.byKey), fake.closed)
	}
	releaseFirst()
	releaseSecond()
	s.close()
	if len(s.byKey) != 0 || fake.closed != len(fake.opened) {
		t.Errorf("%d left, %d closed of %d", len(s.byKey), fake.closed, len(fake.opened))
	}
}

func TestWhatCannotBeOpenedSaysWhy(t *testing.T) {
	s := newSources(map[string]Constructor{"prometheus": func(Source) (metrics.Provider, error) { return nil, errors.New("no such certificate") }})
	for _, source := range []Source{sourceAt("http://a"), sourceOf(v1alpha1.MetricProvider{}, "")} {
		if _, _, err := s.open(source); !errors.Is(err, metrics.ErrInvalidQuery) {
			t.Errorf("got %v", err)
		}
	}
}

func TestSlotsAreBoundedAndGivenBack(t *testing.T) {
	s := newSlots(3, 2)
	take := func(address string) func() {
		t.Helper()
		release, err := s.take(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		return release
	}
	refused := func(address, why string) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.take(ctx, address); !errors.Is(err, metrics.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", why, err)
		}
	}
	releases := []func(){take("a"), take("a")}
	refused("a", "an address has two slots")
	releases = append(releases, take("b"))
	refused("b", "there are three in all")
	for _, release := range releases {
		release()
	}
	if len(s.addresses) != 0 || len(s.all) != 0 {
		t.Errorf("%d addresses and %d slots are still held", len(s.addresses), len(s.all))
	}
}

func TestARedactorHidesAllFormsOfASecret(t *testing.T) {
	certificate := "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkq\n-----END KEY-----\n"
	r := &redactor{}
	r.hide(map[string]string{"token": "a/b c\"d\n", "longer": "a/b c\"d and more", "key": certificate, "empty": "", "blank": " \n"})
	for _, test := range []struct{ reason, text, want string }{
		{"as it is", `got a/b c"d!`, "got [secret]!"},
		{"a longer one that begins with it", `a/b c"d and more`, "[secret]"},
		{"in a URL's query", "?t=a%2Fb+c%22d&x", "?t=[secret]&x"},
		{"in a URL's path", "/a%2Fb%20c%22d/x", "/[secret]/x"},
		{"in JSON", `{"t":"a/b c\"d"}`, `{"t":"[secret]"}`},
		{"in base64", "YS9iIGMiZA==", "[secret]"},
		{"a line of a key", "parsing MIIEvQIBADANBg failed", "parsing [secret] failed"},
		{"nothing", "result[0] kq", "result[0] kq"},
	} {
		if got := r.text(test.text); got != test.want {
			t.Errorf("%s: got %q, want %q", test.reason, got, test.want)
		}
	}
	if text := (&redactor{}).text("x"); text != "x" {
		t.Errorf("without secrets nothing is hidden, got %q", text)
	}
}

func TestPrometheusGetsWhatTheSpecSays(t *testing.T) {
	source := sourceAt("https://prometheus.example/prefix")
	source.Prometheus.Headers = []v1alpha1.Header{{Key: "X-Scope-OrgID", Value: "shop"}}
	source.Prometheus.Authentication = &v1alpha1.PrometheusAuthentication{OAuth2: &v1alpha1.OAuth2{TokenURL: "https://login.example/token", ClientID: "serin", ClientSecret: "s"}}
	provider, err := Prometheus(source)
	if err != nil {
		t.Fatal(err)
	}
	if closer, closes := provider.(interface{ Close() }); !closes {
		t.Error("it cannot be closed")
	} else {
		closer.Close()
	}
	for _, test := range []struct {
		reason, want string
		change       func(*v1alpha1.PrometheusMetric)
	}{
		{"an address", "provider.prometheus.address", func(p *v1alpha1.PrometheusMetric) { p.Address = "prometheus" }},
		{"two ways to authenticate", "provider.prometheus.authentication", func(p *v1alpha1.PrometheusMetric) {
			p.Authentication.BasicAuth = &v1alpha1.BasicAuth{Username: "u"}
		}},
		{"half a certificate", "provider.prometheus.tls", func(p *v1alpha1.PrometheusMetric) { p.TLS = &v1alpha1.TLSConfig{Cert: "x"} }},
		{"a header", "provider.prometheus.headers", func(p *v1alpha1.PrometheusMetric) { p.Headers[0].Key = "a b" }},
	} {
		broken := source
		broken.Prometheus = source.Prometheus.DeepCopy()
		test.change(broken.Prometheus)
		if _, err := Prometheus(broken); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s that cannot be: got %v", test.reason, err)
		}
	}
	checks := PrometheusChecks("http://default")
	if checks.Query("sum(rate(x[5m]))") != nil || checks.Query("sum(") == nil || checks.Selector("x{a='b'}") != nil || checks.Selector("rate(x[5m])") == nil {
		t.Error("queries and selectors are not told apart from other texts")
	}
}
