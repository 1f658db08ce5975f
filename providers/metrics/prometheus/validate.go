package prometheus

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/net/http/httpguts"
)

// validate checks what can be known without asking anybody.
func (c Config) validate() error {
	if err := checkURL(c.Address); err != nil {
		return fmt.Errorf("checking provider.prometheus.address: %w; example: http://prometheus.monitoring:9090", err)
	}
	if c.Timeout < 0 {
		return fmt.Errorf("checking provider.prometheus.timeout: %s is negative; give a positive number of seconds", c.Timeout)
	}
	if c.ResponseLimit < 0 {
		return fmt.Errorf("checking the response limit: %d is negative; give a positive number of bytes", c.ResponseLimit)
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		return errors.New("checking provider.prometheus.tls: cert and key belong together; give both or neither")
	}
	if err := c.validateHeaders(); err != nil {
		return err
	}
	return c.validateAuthentication()
}

// validateAuthentication wants at most one method, complete.
func (c Config) validateAuthentication() error {
	const where = "checking provider.prometheus.authentication"
	methods := 0
	for _, given := range []bool{c.BasicAuth != nil, c.BearerToken != "", c.OAuth2 != nil} {
		if given {
			methods++
		}
	}
	if methods > 1 {
		return errors.New(where + ": more than one method is given; keep one of basicAuth, bearerToken and oauth2")
	}
	if methods > 0 && c.sends("Authorization") {
		return errors.New(where + ": the headers hold Authorization too; keep one of them")
	}
	if !httpguts.ValidHeaderFieldValue(string(c.BearerToken.trimmed())) {
		return errors.New(where + ": bearerToken holds a character that HTTP does not allow; check the secret for a line break")
	}
	if c.OAuth2 == nil {
		return nil
	}
	if c.OAuth2.ClientID == "" {
		return errors.New(where + ": oauth2.clientId is empty; give the client's identifier")
	}
	if err := checkURL(c.OAuth2.TokenURL); err != nil {
		return fmt.Errorf(where+": oauth2.tokenUrl: %w; example: https://login.example.com/oauth2/token", err)
	}
	return nil
}

// validateHeaders refuses what HTTP does not allow, and what belongs to the connection.
func (c Config) validateHeaders() error {
	for _, header := range c.Headers {
		if !httpguts.ValidHeaderFieldName(header.Name) {
			return fmt.Errorf("checking provider.prometheus.headers: %q is not the name of a header; use letters, digits and hyphens", header.Name)
		}
		if !httpguts.ValidHeaderFieldValue(string(header.Value)) {
			return fmt.Errorf("checking provider.prometheus.headers: the value of %s holds a character that HTTP does not allow; check it for a line break", header.Name)
		}
		if reserved(header.Name) {
			return fmt.Errorf("checking provider.prometheus.headers: %s is set by the connection itself; leave it out", header.Name)
		}
	}
	return nil
}

// reserved tells headers that the HTTP client or the API client sets.
func reserved(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Host", "Keep-Alive",
		"Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent":
		return true
	}
	return false
}

// sends tells whether the headers hold a name.
func (c Config) sends(name string) bool {
	for _, header := range c.Headers {
		if http.CanonicalHeaderKey(header.Name) == name {
			return true
		}
	}
	return false
}

// checkURL wants an absolute HTTP address without credentials. Its errors do
// not quote the address, for it may hold some.
func checkURL(address string) error {
	if address == "" {
		return errors.New("it is empty")
	}
	parsed, err := url.Parse(address)
	switch {
	case err != nil:
		return errors.New("it is not a URL")
	case parsed.Scheme != "http" && parsed.Scheme != "https":
		return errors.New("it must begin with http:// or https://")
	case parsed.Hostname() == "":
		return errors.New("it names no host")
	case parsed.User != nil:
		return errors.New("it holds credentials, which logs would show; use authentication.basicAuth")
	case parsed.Fragment != "":
		return errors.New("it has a fragment (#…), which servers never see; leave it out")
	}
	return nil
}

// displayAddress is an address without its query, which may hold a secret.
func displayAddress(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return "an invalid address"
	}
	parsed.User, parsed.RawQuery, parsed.Fragment = nil, "", ""
	return parsed.String()
}
