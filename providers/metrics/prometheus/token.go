package prometheus

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"github.com/prometheus/common/config"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// errToken marks the failure to get a token.
var errToken = errors.New("getting an OAuth2 token")

// tokenTransport adds an OAuth2 token to each request. Unlike the one of
// prometheus/common it fetches the token within the time of the request: a token
// server that hangs must not hold a query, and all after it, for ever.
type tokenTransport struct {
	next     http.RoundTripper
	exchange *http.Client
	config   *clientcredentials.Config

	// turn lets one request at a time fetch a token.
	turn chan struct{}

	mutex sync.Mutex
	token *oauth2.Token
}

func newTokenTransport(c OAuth2, next http.RoundTripper) (*tokenTransport, error) {
	exchange, err := config.NewRoundTripperFromConfig(config.HTTPClientConfig{
		ProxyConfig: config.ProxyConfig{ProxyFromEnvironment: true},
	}, "oauth2", config.WithUserAgent(userAgent))
	if err != nil {
		return nil, err
	}
	return &tokenTransport{
		next:     next,
		exchange: &http.Client{Transport: exchange, CheckRedirect: keepRedirect},
		config: &clientcredentials.Config{
			ClientID: c.ClientID, ClientSecret: string(c.ClientSecret), TokenURL: c.TokenURL, Scopes: c.Scopes,
		},
		turn: make(chan struct{}, 1),
	}, nil
}

// RoundTrip sends a request with a token. A token that the server refuses is
// forgotten, so that the next query fetches another.
func (t *tokenTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	token, err := t.fetch(request.Context())
	if err != nil {
		if request.Body != nil {
			_ = request.Body.Close()
		}
		return nil, fmt.Errorf("%w from %s: %w", errToken, displayAddress(t.config.TokenURL), unwrapURL(err))
	}
	request = request.Clone(request.Context())
	token.SetAuthHeader(request)
	response, err := t.next.RoundTrip(request)
	if err == nil && response.StatusCode == http.StatusUnauthorized {
		t.forget(token)
	}
	return response, err
}

// fetch returns the held token while it is valid, else a new one.
func (t *tokenTransport) fetch(ctx context.Context) (*oauth2.Token, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if held := t.held(); held.Valid() {
		return held, nil
	}
	token, err := t.config.Token(context.WithValue(ctx, oauth2.HTTPClient, t.exchange))
	if err != nil {
		return nil, err
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.token = token
	return token, nil
}

func (t *tokenTransport) held() *oauth2.Token {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.token
}

func (t *tokenTransport) forget(refused *oauth2.Token) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.token == refused {
		t.token = nil
	}
}

// CloseIdleConnections is what http.Client looks for.
func (t *tokenTransport) CloseIdleConnections() {
	t.exchange.CloseIdleConnections()
	(&http.Client{Transport: t.next}).CloseIdleConnections()
}

// secretTexts is the token that is held.
func (t *tokenTransport) secretTexts() []string {
	if held := t.held(); held != nil {
		return []string{held.AccessToken}
	}
	return nil
}

// oauthSecretTexts are the client's credentials in the forms that they are sent in.
func oauthSecretTexts(c OAuth2) []string {
	secret := string(c.ClientSecret)
	pair := url.QueryEscape(c.ClientID) + ":" + url.QueryEscape(secret)
	return []string{base64.StdEncoding.EncodeToString([]byte(pair)), url.QueryEscape(secret), secret}
}
