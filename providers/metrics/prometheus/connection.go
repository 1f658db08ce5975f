package prometheus

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/config"
)

// userAgent is how servers see Serin in their logs.
const userAgent = "serin"

// connect makes the HTTP client of a Config, and the list of texts that must
// never be shown.
func connect(c Config) (*http.Client, func() []string, error) {
	fixed := c.secretTexts()
	secrets := func() []string { return slices.Clone(fixed) }
	base, err := config.NewRoundTripperFromConfig(c.httpConfig(), "prometheus",
		config.WithIdleConnTimeout(90*time.Second), config.WithUserAgent(userAgent))
	if err != nil {
		return nil, secrets, err
	}
	if c.OAuth2 != nil {
		token, err := newTokenTransport(*c.OAuth2, base)
		if err != nil {
			return nil, secrets, err
		}
		base, secrets = token, func() []string { return append(token.secretTexts(), fixed...) }
	}
	return &http.Client{
		Transport: limitTransport{next: base, limit: c.ResponseLimit},
		// A redirect would carry headers, and with them secrets, to another place.
		CheckRedirect: keepRedirect,
	}, secrets, nil
}

// keepRedirect takes a redirect as the answer.
func keepRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// httpConfig is the Config as prometheus/common wants it. OAuth2 is not in it:
// see tokenTransport.
func (c Config) httpConfig() config.HTTPClientConfig {
	result := config.HTTPClientConfig{
		EnableHTTP2: true,
		ProxyConfig: config.ProxyConfig{ProxyFromEnvironment: true},
		TLSConfig: config.TLSConfig{
			CA: c.TLS.CA, Cert: c.TLS.Cert, Key: config.Secret(c.TLS.Key),
			ServerName: c.TLS.ServerName, InsecureSkipVerify: c.Insecure,
		},
	}
	if c.BasicAuth != nil {
		result.BasicAuth = &config.BasicAuth{Username: c.BasicAuth.Username, Password: config.Secret(c.BasicAuth.Password)}
	}
	if c.BearerToken != "" {
		result.Authorization = &config.Authorization{Type: "Bearer", Credentials: config.Secret(c.BearerToken.trimmed())}
	}
	if len(c.Headers) > 0 {
		headers := make(map[string]config.Header, len(c.Headers))
		for _, header := range c.Headers {
			name := http.CanonicalHeaderKey(header.Name)
			held := headers[name]
			held.Secrets = append(held.Secrets, config.Secret(header.Value))
			headers[name] = held
		}
		result.HTTPHeaders = &config.Headers{Headers: headers}
	}
	return result
}

// trimmed is a secret without the line break that files tend to end with.
func (s Secret) trimmed() Secret { return Secret(strings.TrimSpace(string(s))) }

// secretTexts are the texts of a Config that must never be shown, in the forms
// in which a server may send them back.
func (c Config) secretTexts() []string {
	texts := []string{string(c.BearerToken.trimmed()), string(c.TLS.Key)}
	for _, header := range c.Headers {
		texts = append(texts, string(header.Value))
		texts = append(texts, strings.Fields(string(header.Value))...)
	}
	if c.BasicAuth != nil {
		pair := c.BasicAuth.Username + ":" + string(c.BasicAuth.Password)
		texts = append(texts, base64.StdEncoding.EncodeToString([]byte(pair)), string(c.BasicAuth.Password))
	}
	if c.OAuth2 != nil {
		texts = append(texts, oauthSecretTexts(*c.OAuth2)...)
	}
	if parsed, err := url.Parse(c.Address); err == nil {
		for _, values := range parsed.Query() {
			texts = append(texts, values...)
		}
	}
	return texts
}
