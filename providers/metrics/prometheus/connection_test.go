package prometheus_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
)

const fortyTwo = `{"status":"success","data":{"resultType":"scalar","result":[1,"42"]}}`

func TestRequest(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		config       prometheus.Config
		path         string
		want         map[string]string
	}{
		{"none", "nothing is sent unasked", prometheus.Config{}, "/api/v1/query", map[string]string{"Authorization": "", "User-Agent": "serin"}},
		{"basic", "RFC 7617", prometheus.Config{BasicAuth: &prometheus.BasicAuth{Username: "Aladdin", Password: "open sesame"}}, "/api/v1/query", map[string]string{"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}},
		{"bearer", "a line break at the end is no part of a token", prometheus.Config{BearerToken: " token\n"}, "/api/v1/query", map[string]string{"Authorization": "Bearer token"}},
		{"headers", "several values are several headers", prometheus.Config{Headers: []prometheus.Header{{Name: "x-scope-orgid", Value: "a"}, {Name: "X-Scope-OrgID", Value: "b"}, {Name: "X-Other", Value: "c"}}},
			"/api/v1/query", map[string]string{"X-Scope-Orgid": "a,b", "X-Other": "c"}},
		{"own authorization", "what no method covers can be a header", prometheus.Config{Headers: []prometheus.Header{{Name: "Authorization", Value: "Token abc"}}}, "/api/v1/query", map[string]string{"Authorization": "Token abc"}},
		{"path and query", "Mimir lives below a path, and Thanos takes options", prometheus.Config{Address: "/prometheus/?partial_response=false"}, "/prometheus/api/v1/query", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
				for name, want := range test.want {
					if got := strings.Join(request.Header.Values(name), ","); got != want {
						t.Errorf("%s: %q, want %q (%s)", name, got, want, test.reason)
					}
				}
				if request.URL.Path != test.path || request.FormValue("query") != "up" || request.FormValue("time") != "1772366400.123" {
					t.Errorf("request %s with %v", request.URL, request.Form)
				}
				if strings.Contains(test.config.Address, "?") && request.FormValue("partial_response") != "false" {
					t.Errorf("the query of the address is lost: %v", request.Form)
				}
				fmt.Fprint(writer, fortyTwo)
			}))
			defer server.Close()
			test.config.Address = server.URL + test.config.Address
			_, err := provider(t, test.config).Query(t.Context(), "up", asked.Add(123*time.Millisecond+999*time.Microsecond))
			wantFault(t, err, nil)
		})
	}
}

// TestErrorsHideSecrets has a server send back all that it gets.
func TestErrorsHideSecrets(t *testing.T) {
	echo := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		writer.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(writer, "%s %s %s", request.Header.Get("Authorization"), request.Header.Get("X-Key"), request.FormValue("client_secret"))
	}))
	defer echo.Close()
	long := prometheus.Secret("secret-" + strings.Repeat("z", 300))
	for name, config := range map[string]prometheus.Config{
		"basic":    {BasicAuth: &prometheus.BasicAuth{Username: "serin", Password: "secret-password"}},
		"bearer":   {BearerToken: "secret-token"},
		"long":     {BearerToken: long},
		"header":   {Headers: []prometheus.Header{{Name: "X-Key", Value: "Key secret-key"}}},
		"oauth2":   {OAuth2: &prometheus.OAuth2{ClientID: "serin", ClientSecret: "secret-client", TokenURL: tokenServer(t, nil).URL}},
		"no token": {OAuth2: &prometheus.OAuth2{ClientID: "serin", ClientSecret: "secret-client", TokenURL: echo.URL}},
	} {
		t.Run(name, func(t *testing.T) {
			config.Address = echo.URL
			_, err := provider(t, config).Query(t.Context(), "up", asked)
			wantFault(t, err, metrics.ErrUnavailable, "<secret>")
			for _, secret := range []string{"secret-", "c2VjcmV0", "c2VyaW4", "zzz"} {
				if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
					t.Errorf("error %q shows %q", err, secret)
				}
			}
		})
	}
}

// tokenServer gives out tokens: secret-token-1, secret-token-2 and so on.
func tokenServer(t *testing.T, count *atomic.Int64) *httptest.Server {
	t.Helper()
	if count == nil {
		count = &atomic.Int64{}
	}
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if id, secret, _ := request.BasicAuth(); id != "serin" || secret != "secret-client" || request.FormValue("grant_type") != "client_credentials" {
			t.Errorf("a token is asked for by %q with %v", id, request.Form)
		}
		writer.Header().Set("Content-Type", jsonType)
		fmt.Fprintf(writer, `{"access_token":"secret-token-%d","token_type":"Bearer","expires_in":3600}`, count.Add(1))
	}))
	t.Cleanup(server.Close)
	return server
}

func TestOAuth2(t *testing.T) {
	var tokens atomic.Int64
	var revoked atomic.Value
	revoked.Store("")
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		sent := request.Header.Get("Authorization")
		if !strings.HasPrefix(sent, "Bearer secret-token-") || sent == revoked.Load() {
			writer.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(writer, fortyTwo)
	}))
	defer server.Close()
	source := provider(t, prometheus.Config{Address: server.URL, OAuth2: &prometheus.OAuth2{
		ClientID: "serin", ClientSecret: "secret-client", TokenURL: tokenServer(t, &tokens).URL, Scopes: []string{"read"},
	}})

	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			_, err := source.Query(t.Context(), "up", asked)
			wantFault(t, err, nil)
		})
	}
	all.Wait()
	if tokens.Load() != 1 {
		t.Errorf("%d tokens were fetched for ten queries, want 1", tokens.Load())
	}

	revoked.Store("Bearer secret-token-1")
	_, err := source.Query(t.Context(), "up", asked)
	wantFault(t, err, metrics.ErrUnavailable, "401")
	_, err = source.Query(t.Context(), "up", asked)
	wantFault(t, err, nil)
	if tokens.Load() != 2 {
		t.Errorf("%d tokens were fetched, want one more after the first was revoked", tokens.Load())
	}
}

func TestOAuth2TokenServerFails(t *testing.T) {
	redirected := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		t.Errorf("the credentials followed a redirect: %v", request.Header)
	}))
	defer redirected.Close()
	redirecting := httptest.NewServer(http.RedirectHandler(redirected.URL, http.StatusTemporaryRedirect))
	defer redirecting.Close()
	refusing := httptest.NewServer(answering(400, jsonType, `{"error":"invalid_client"}`))
	defer refusing.Close()
	for _, test := range []struct {
		name     string
		server   *httptest.Server
		wantText string
	}{
		{"hangs", slow(t, ""), "within 50ms"},
		{"refuses", refusing, "invalid_client"},
		{"redirects", redirecting, "307"},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := provider(t, prometheus.Config{Address: "http://127.0.0.1:1", Timeout: 50 * time.Millisecond, OAuth2: &prometheus.OAuth2{
				ClientID: "serin", ClientSecret: "secret-client", TokenURL: test.server.URL,
			}})
			var all sync.WaitGroup
			for range 3 {
				all.Go(func() {
					_, err := source.Query(t.Context(), "up", asked)
					wantFault(t, err, metrics.ErrUnavailable, test.wantText, "oauth2")
				})
			}
			all.Wait()
		})
	}
}

// TestTLS checks both sides' certificates.
func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(answering(200, jsonType, fortyTwo))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	certificate, key := clientCertificate(t)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(certificate))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	server.StartTLS()
	defer server.Close()
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))

	for _, test := range []struct {
		name     string
		insecure bool
		tls      prometheus.TLS
		wantErr  error
		wantText string
	}{
		{"both", false, prometheus.TLS{CA: authority, Cert: certificate, Key: prometheus.Secret(key)}, nil, ""},
		{"server name", false, prometheus.TLS{CA: authority, Cert: certificate, Key: prometheus.Secret(key), ServerName: "example.com"}, nil, ""},
		{"wrong server name", false, prometheus.TLS{CA: authority, Cert: certificate, Key: prometheus.Secret(key), ServerName: "example.net"}, metrics.ErrUnavailable, "example.net"},
		{"unknown authority", false, prometheus.TLS{Cert: certificate, Key: prometheus.Secret(key)}, metrics.ErrUnavailable, "provider.prometheus.tls"},
		{"insecure", true, prometheus.TLS{Cert: certificate, Key: prometheus.Secret(key)}, nil, ""},
		{"no client certificate", false, prometheus.TLS{CA: authority}, metrics.ErrUnavailable, "certificate required"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := provider(t, prometheus.Config{Address: server.URL, Insecure: test.insecure, TLS: test.tls}).Query(t.Context(), "up", asked)
			wantFault(t, err, test.wantErr, test.wantText)
		})
	}
}

// clientCertificate makes a certificate that signs itself.
func clientCertificate(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
}

// TestConnectionIsReused checks that a provider is worth keeping, and that
// Close gives its connection back.
func TestConnectionIsReused(t *testing.T) {
	opened, closed := make(chan struct{}, 10), make(chan struct{}, 10)
	server := httptest.NewUnstartedServer(answering(200, jsonType, fortyTwo))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened <- struct{}{}
		case http.StateClosed:
			closed <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	source := provider(t, prometheus.Config{Address: server.URL})
	for range 3 {
		_, err := source.Query(t.Context(), "up", asked)
		wantFault(t, err, nil)
	}
	if len(opened) != 1 || len(closed) != 0 {
		t.Errorf("%d connections were opened and %d closed for three queries, want 1 and 0", len(opened), len(closed))
	}
	source.Close()
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Error("Close left the connection open")
	}
}
