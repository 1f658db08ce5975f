package v1alpha1

// PrometheusMetric is a query, or the four counters of a comparison.
//
// +kubebuilder:validation:XValidation:rule="has(self.query) != has(self.canary)",message="prometheus needs either a query, or canary and baseline"
// +kubebuilder:validation:XValidation:rule="has(self.canary) == has(self.baseline)",message="canary and baseline belong together: a comparison needs both"
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

	// Canary are the new version's counters.
	// +optional
	Canary *RequestCounters `json:"canary,omitempty"`
	// Baseline are the stable version's counters.
	// +optional
	Baseline *RequestCounters `json:"baseline,omitempty"`

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

// RequestCounters are two selectors of raw counters, without a range and without
// rate(): Serin reads their samples and takes the differences itself.
type RequestCounters struct {
	// Bad counts the bad requests. Example: http_requests_total{code=~"5.."}.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[[:space:]]*[a-z_]+[[:space:]]*([(]|(by|without)[^a-z])') && !self.matches('[]][[:space:]]*$')",message="bad must be the selector of a raw counter, such as http_requests_total{job='web'}, without a function and without a range: Serin takes the differences itself"
	Bad string `json:"bad"`
	// Total counts all requests, the bad ones included.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[[:space:]]*[a-z_]+[[:space:]]*([(]|(by|without)[^a-z])') && !self.matches('[]][[:space:]]*$')",message="total must be the selector of a raw counter, such as http_requests_total{job='web'}, without a function and without a range: Serin takes the differences itself"
	Total string `json:"total"`
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
