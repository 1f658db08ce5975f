package main

import (
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/serin-dev/serin/providers/metrics/prometheus"
)

// serverFlags say which server is asked, and how. Secrets come from files: what is typed
// can be read by everybody on the machine.
type serverFlags struct {
	address, user, passwordFile, tokenFile string
	caFile, certFile, keyFile, serverName  string
	headers                                []string
	insecure                               bool
	timeout                                time.Duration
}

// add adds the flags.
func (f *serverFlags) add(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&f.address, "prometheus", "", "address of the server, such as http://prometheus:9090 (default: the one that the templates name)")
	flags.StringVar(&f.tokenFile, "bearer-token-file", "", "file with a bearer token")
	flags.StringVar(&f.user, "user", "", "user name of basic authentication")
	flags.StringVar(&f.passwordFile, "password-file", "", "file with its password")
	flags.StringArrayVar(&f.headers, "header", nil, "header of each request, as name=value; may be repeated. Example: X-Scope-OrgID=shop")
	flags.StringVar(&f.caFile, "ca-file", "", "PEM file with the certificates that the server's must be signed by")
	flags.StringVar(&f.certFile, "cert-file", "", "PEM file with the client's certificate")
	flags.StringVar(&f.keyFile, "key-file", "", "PEM file with its key")
	flags.StringVar(&f.serverName, "server-name", "", "name to expect in the server's certificate")
	flags.BoolVar(&f.insecure, "insecure", false, "do not verify the server's certificate")
	flags.DurationVar(&f.timeout, "timeout", 2*time.Minute, "of one request")
}

// answerLimit is the largest answer in bytes. What counts is the number of samples, which
// is watched while an answer is read.
const answerLimit = 1 << 40

// connect makes the connection; it sends nothing.
func (f serverFlags) connect(address string) (*prometheus.Provider, error) {
	config := prometheus.Config{Address: address, Timeout: f.timeout, Insecure: f.insecure, ResponseLimit: answerLimit, TLS: prometheus.TLS{ServerName: f.serverName}}
	var token, password, key string
	for _, file := range []struct {
		path string
		into *string
	}{{f.tokenFile, &token}, {f.passwordFile, &password}, {f.caFile, &config.TLS.CA}, {f.certFile, &config.TLS.Cert}, {f.keyFile, &key}} {
		if file.path == "" {
			continue
		}
		content, err := os.ReadFile(file.path)
		if err != nil {
			return nil, usage("name a file that can be read", "reading %s: %v", file.path, notThere(err))
		}
		*file.into = string(content)
	}
	config.BearerToken, config.TLS.Key = prometheus.Secret(token), prometheus.Secret(key)
	if f.user != "" {
		config.BasicAuth = &prometheus.BasicAuth{Username: f.user, Password: prometheus.Secret(strings.TrimRight(password, "\r\n"))}
	}
	for _, header := range f.headers {
		name, value, found := strings.Cut(header, "=")
		if !found {
			return nil, usage("write it as --header X-Scope-OrgID=shop", "--header %q has no value", name)
		}
		config.Headers = append(config.Headers, prometheus.Header{Name: name, Value: prometheus.Secret(value)})
	}
	provider, err := prometheus.New(config)
	if err != nil {
		return nil, usage("see: serin record --help", "%s", byFlags(err.Error()))
	}
	return provider, nil
}

// byFlags writes flags instead of the fields of templates that a message names.
func byFlags(message string) string {
	return strings.NewReplacer(
		"provider.prometheus.address", "--prometheus", "provider.prometheus.timeout", "--timeout", "provider.prometheus.tls", "the files of certificates",
		"provider.prometheus.authentication", "--bearer-token-file or --user", "raise the interval of the metrics", "ask later",
	).Replace(message)
}
