package prometheus

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// Defaults of a Config.
const (
	DefaultTimeout       = 30 * time.Second
	DefaultResponseLimit = 32 << 20
)

// Config says how to reach a server.
type Config struct {
	// Address of the server: scheme, host and, if needed, the path below which
	// /api/v1 is. A query is sent along. Example: http://prometheus:9090.
	Address string
	// Timeout of a query, from the connection to the last byte. Default: 30 s.
	Timeout time.Duration
	// Insecure skips the verification of the server's certificate.
	Insecure bool
	// Headers are sent with each query.
	Headers []Header
	// BasicAuth, BearerToken and OAuth2: at most one of them is set.
	BasicAuth *BasicAuth
	// BearerToken is sent as it is, without space around it.
	BearerToken Secret
	// OAuth2 gets a token by client credentials.
	OAuth2 *OAuth2
	// TLS of the connection to the server.
	TLS TLS
	// ResponseLimit is the largest answer that is read, in bytes. Default: 32 MiB.
	ResponseLimit int64
}

// Format writes the address alone, whatever the verb.
func (c Config) Format(state fmt.State, _ rune) {
	_, _ = state.Write([]byte("prometheus at " + displayAddress(c.Address)))
}

// Header is an HTTP header.
type Header struct {
	Name  string
	Value Secret
}

// BasicAuth is a user name and a password.
type BasicAuth struct {
	Username string
	Password Secret
}

// OAuth2 gets a token by client credentials (RFC 6749, section 4.4). The
// connection to the token server uses the system's certificates, not Config.TLS.
type OAuth2 struct {
	TokenURL     string
	ClientID     string
	ClientSecret Secret
	Scopes       []string
}

// TLS is certificates and keys as PEM text.
type TLS struct {
	// CA verifies the server's certificate. Default: the system's.
	CA string
	// Cert and Key are the client's; both or neither.
	Cert string
	Key  Secret
	// ServerName to expect in the server's certificate. Default: the host.
	ServerName string
}

// Secret is a text that no format, log or JSON shows.
type Secret string

const hidden = "<secret>"

// Format writes a placeholder, whatever the verb.
func (s Secret) Format(state fmt.State, _ rune) {
	if s != "" {
		_, _ = state.Write([]byte(hidden))
	}
}

// MarshalText writes a placeholder.
func (s Secret) MarshalText() ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	return []byte(hidden), nil
}

// Key identifies a Config: equal Configs have equal Keys, and different ones
// different Keys. It is a hash, from which no secret can be read.
func (c Config) Key() string {
	c = c.withDefaults()
	hash := sha256.New()
	write := func(fields ...string) {
		for _, field := range fields {
			fmt.Fprintf(hash, "%d:%s,", len(field), field)
		}
	}
	write(c.Address, c.Timeout.String(), strconv.FormatBool(c.Insecure), strconv.FormatInt(c.ResponseLimit, 10))
	write(string(c.BearerToken), c.TLS.CA, c.TLS.Cert, string(c.TLS.Key), c.TLS.ServerName)
	write(strconv.Itoa(len(c.Headers)))
	for _, header := range c.Headers {
		write(header.Name, string(header.Value))
	}
	if c.BasicAuth != nil {
		write("basic", c.BasicAuth.Username, string(c.BasicAuth.Password))
	}
	if c.OAuth2 != nil {
		write("oauth2", c.OAuth2.TokenURL, c.OAuth2.ClientID, string(c.OAuth2.ClientSecret))
		write(c.OAuth2.Scopes...)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// withDefaults fills in what is not set.
func (c Config) withDefaults() Config {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.ResponseLimit == 0 {
		c.ResponseLimit = DefaultResponseLimit
	}
	return c
}
