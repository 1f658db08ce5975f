package analysisrun

import (
	"errors"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/providers/metrics"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
)

// Prometheus is the Constructor of kind prometheus.
func Prometheus(source Source) (metrics.Provider, error) {
	spec := source.Prometheus
	if spec == nil {
		return nil, errors.New("connecting to Prometheus: provider.prometheus is not set")
	}
	config := prometheus.Config{Address: spec.Address, Timeout: source.Timeout(), Insecure: spec.Insecure}
	for _, header := range spec.Headers {
		config.Headers = append(config.Headers, prometheus.Header{Name: header.Key, Value: prometheus.Secret(header.Value)})
	}
	if authentication := spec.Authentication; authentication != nil {
		config.BearerToken = prometheus.Secret(authentication.BearerToken)
		if basic := authentication.BasicAuth; basic != nil {
			config.BasicAuth = &prometheus.BasicAuth{Username: basic.Username, Password: prometheus.Secret(basic.Password)}
		}
		if oauth := authentication.OAuth2; oauth != nil {
			config.OAuth2 = &prometheus.OAuth2{TokenURL: oauth.TokenURL, ClientID: oauth.ClientID, ClientSecret: prometheus.Secret(oauth.ClientSecret), Scopes: oauth.Scopes}
		}
	}
	if tls := spec.TLS; tls != nil {
		config.TLS = prometheus.TLS{CA: tls.CA, Cert: tls.Cert, Key: prometheus.Secret(tls.Key), ServerName: tls.ServerName}
	}
	return prometheus.New(config)
}

// PrometheusChecks are what Prometheus knows of queries, with the address that
// metrics without one use. The Rollout controller checks by the same.
func PrometheusChecks(address string) translate.Checks {
	return translate.Checks{Query: prometheus.CheckQuery, Selector: prometheus.CheckSelector, PrometheusAddress: address}
}
