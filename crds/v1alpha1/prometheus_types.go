package v1alpha1

// PrometheusMetric is a query, or what is compared of two versions.
//
// +kubebuilder:validation:XValidation:rule="has(self.query) != has(self.canary)",message="prometheus needs either a query, or canary and baseline"
// +kubebuilder:validation:XValidation:rule="!has(self.baseline) || has(self.canary)",message="baseline is what the canary is compared with; write canary, too"
// +kubebuilder:validation:XValidation:rule="!has(self.canary) || !has(self.baseline) || (has(self.canary.bad) == has(self.baseline.bad) && has(self.canary.histogram) == has(self.baseline.histogram) && has(self.canary.query) == has(self.baseline.query))",message="canary and baseline must be of one kind: bad and total, or histogram, or query"
type PrometheusMetric struct {
	// Address of the server. Default: the controller's --prometheus-address.
	// Example: http://prometheus.monitoring:9090.
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="self.matches('^(https?://.|[{][{])')",message="address must be a URL, such as http://prometheus.monitoring:9090, or an argument, such as {{args.prometheus}}"
	// +optional
	Address string `json:"address,omitempty"`

	// Query is a PromQL expression, evaluated at the time of the measurement.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=8192
	// +optional
	Query string `json:"query,omitempty"`

	// Canary is what is read of the new version.
	// +optional
	Canary *VersionMetrics `json:"canary,omitempty"`
	// Baseline is the same of the stable version.
	// +optional
	Baseline *VersionMetrics `json:"baseline,omitempty"`

	// Timeout of a query, in seconds.
	// +kubebuilder:default=30
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=600
	// +optional
	Timeout *int64 `json:"timeout,omitempty"`

	// Insecure skips the verification of the server's certificate.
	// +optional
	Insecure bool `json:"insecure,omitempty"`

	// Headers are sent with each query.
	// +kubebuilder:validation:MaxItems=32
	// +listType=map
	// +listMapKey=key
	// +optional
	Headers []Header `json:"headers,omitempty"`

	// Authentication at the server.
	// +optional
	Authentication *PrometheusAuthentication `json:"authentication,omitempty"`

	// TLS of the connection.
	// +optional
	TLS *TLSConfig `json:"tls,omitempty"`
}

// VersionMetrics is what is read of one version: two counters, the buckets of a
// histogram, or a gauge. Counters and buckets are selectors, without a range and
// without rate(): Serin reads their samples and takes the differences itself.
//
// +kubebuilder:validation:XValidation:rule="has(self.bad) == has(self.total)",message="bad and total belong together: a share needs both"
// +kubebuilder:validation:XValidation:rule="(has(self.bad) || has(self.total) ? 1 : 0) + (has(self.histogram) ? 1 : 0) + (has(self.query) ? 1 : 0) == 1",message="a version needs exactly one of: bad and total, histogram, query"
type VersionMetrics struct {
	// Bad counts the bad requests. Example: http_requests_total{code=~"5.."}.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[[:space:]]*[a-z_]+[[:space:]]*([(]|(by|without)[^a-z])') && !self.matches('[]][[:space:]]*$')",message="bad must be the selector of a raw counter, such as http_requests_total{job='web'}, without a function and without a range: Serin takes the differences itself"
	// +optional
	Bad string `json:"bad,omitempty"`
	// Total counts all requests, the bad ones included.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[[:space:]]*[a-z_]+[[:space:]]*([(]|(by|without)[^a-z])') && !self.matches('[]][[:space:]]*$')",message="total must be the selector of a raw counter, such as http_requests_total{job='web'}, without a function and without a range: Serin takes the differences itself"
	// +optional
	Total string `json:"total,omitempty"`
	// Histogram selects the buckets of a classic histogram, le="+Inf" included, or a
	// native histogram. Example: http_request_duration_seconds_bucket{job="web"}.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[[:space:]]*[a-z_]+[[:space:]]*([(]|(by|without)[^a-z])') && !self.matches('[]][[:space:]]*$')",message="histogram must be the selector of raw buckets, such as http_request_duration_seconds_bucket{job='web'}, without a function and without a range: Serin takes the differences itself"
	// +optional
	Histogram string `json:"histogram,omitempty"`
	// Query is a PromQL expression of a gauge, of which each measurement is a point.
	// Example: avg(process_resident_memory_bytes{job="web"}).
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=8192
	// +optional
	Query string `json:"query,omitempty"`
}

// Header is an HTTP header.
type Header struct {
	// Key is the name of the header.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Key string `json:"key"`
	// Value of the header.
	// +kubebuilder:validation:MaxLength=4096
	Value string `json:"value"`
}

// PrometheusAuthentication is how to authenticate. At most one of its fields is set.
//
// +kubebuilder:validation:XValidation:rule="(has(self.basicAuth) ? 1 : 0) + (has(self.bearerToken) ? 1 : 0) + (has(self.oauth2) ? 1 : 0) <= 1",message="authentication must be one of basicAuth, bearerToken or oauth2"
type PrometheusAuthentication struct {
	// BasicAuth sends a user name and a password.
	// +optional
	BasicAuth *BasicAuth `json:"basicAuth,omitempty"`
	// BearerToken is sent as it is. Use an argument from a Secret:
	// "{{args.token}}".
	// +kubebuilder:validation:MaxLength=8192
	// +optional
	BearerToken string `json:"bearerToken,omitempty"`
	// OAuth2 gets a token by client credentials.
	// +optional
	OAuth2 *OAuth2 `json:"oauth2,omitempty"`
}

// BasicAuth is a user name and a password.
type BasicAuth struct {
	// Username to send.
	// +kubebuilder:validation:MaxLength=1024
	Username string `json:"username"`
	// Password to send. Use an argument from a Secret: "{{args.password}}".
	// +kubebuilder:validation:MaxLength=4096
	Password string `json:"password"`
}

// OAuth2 gets a token by client credentials.
type OAuth2 struct {
	// TokenURL is where the token is fetched.
	// +kubebuilder:validation:MaxLength=2048
	TokenURL string `json:"tokenUrl"`
	// ClientID identifies the client.
	// +kubebuilder:validation:MaxLength=1024
	ClientID string `json:"clientId"`
	// ClientSecret proves it. Use an argument from a Secret.
	// +kubebuilder:validation:MaxLength=4096
	ClientSecret string `json:"clientSecret"`
	// Scopes to ask for.
	// +kubebuilder:validation:MaxItems=32
	// +listType=atomic
	// +optional
	Scopes []string `json:"scopes,omitempty"`
}

// TLSConfig is the TLS of a connection. Certificates and keys are PEM text; use
// arguments from Secrets.
type TLSConfig struct {
	// CA verifies the server's certificate. Default: the system's.
	// +kubebuilder:validation:MaxLength=65536
	// +optional
	CA string `json:"ca,omitempty"`
	// Cert is the client's certificate.
	// +kubebuilder:validation:MaxLength=65536
	// +optional
	Cert string `json:"cert,omitempty"`
	// Key is the client's key.
	// +kubebuilder:validation:MaxLength=65536
	// +optional
	Key string `json:"key,omitempty"`
	// ServerName to expect in the server's certificate.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	ServerName string `json:"serverName,omitempty"`
}
