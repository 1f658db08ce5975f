package prometheus_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/serin-dev/serin/providers/metrics/prometheus"
)

const address = "http://prometheus.monitoring:9090"

func TestNewRefuses(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		config       prometheus.Config
		wantText     []string
	}{
		{"no address", "there is no default here", prometheus.Config{}, []string{"address", "empty", "example"}},
		{"no scheme", "a host alone is not an address", prometheus.Config{Address: "prometheus:9090"}, []string{"address", "http://"}},
		{"another scheme", "only HTTP is spoken", prometheus.Config{Address: "ftp://prometheus"}, []string{"address", "http://"}},
		{"no host", "nobody to ask", prometheus.Config{Address: "http://:9090"}, []string{"address", "host"}},
		{"no URL", "it cannot be parsed", prometheus.Config{Address: "http://[::1"}, []string{"address", "not a URL"}},
		{"credentials in the address", "every log would show them", prometheus.Config{Address: "http://serin:hunter22@prometheus"}, []string{"address", "credentials", "basicAuth"}},
		{"fragment", "it would be lost silently", prometheus.Config{Address: address + "#graph"}, []string{"address", "fragment"}},
		{"negative timeout", "it would end before it began", prometheus.Config{Address: address, Timeout: -time.Second}, []string{"timeout", "-1s"}},
		{"negative limit", "nothing could be read", prometheus.Config{Address: address, ResponseLimit: -1}, []string{"limit", "-1"}},
		{"two methods", "which one wins would be a riddle", prometheus.Config{Address: address, BearerToken: "t", BasicAuth: &prometheus.BasicAuth{}}, []string{"authentication", "more than one"}},
		{"method and header", "likewise", prometheus.Config{Address: address, BearerToken: "t", Headers: []prometheus.Header{{Name: "authorization", Value: "Basic x"}}}, []string{"authentication", "Authorization"}},
		{"token of two lines", "it cannot be sent", prometheus.Config{Address: address, BearerToken: "hunter22\nhunter23"}, []string{"bearerToken", "line break"}},
		{"OAuth2 without client", "nobody to give a token to", prometheus.Config{Address: address, OAuth2: &prometheus.OAuth2{TokenURL: address}}, []string{"clientId"}},
		{"OAuth2 without a place", "nobody to ask", prometheus.Config{Address: address, OAuth2: &prometheus.OAuth2{ClientID: "serin", TokenURL: "login"}}, []string{"tokenUrl", "https://"}},
		{"bad header name", "it cannot be sent", prometheus.Config{Address: address, Headers: []prometheus.Header{{Name: "X Scope"}}}, []string{"headers", `"X Scope"`}},
		{"bad header value", "it cannot be sent", prometheus.Config{Address: address, Headers: []prometheus.Header{{Name: "X-Scope", Value: "hunter22\r\nEvil: 1"}}}, []string{"headers", "X-Scope"}},
		{"header of the connection", "it would break the request", prometheus.Config{Address: address, Headers: []prometheus.Header{{Name: "host", Value: "x"}}}, []string{"headers", "host"}},
		{"half a client certificate", "neither half works alone", prometheus.Config{Address: address, TLS: prometheus.TLS{Cert: "x"}}, []string{"tls", "cert and key"}},
		{"CA that is none", "it would trust nobody", prometheus.Config{Address: address, TLS: prometheus.TLS{CA: "x"}}, []string{"tls", "CA"}},
		{"client certificate that is none", "it cannot be sent", prometheus.Config{Address: address, TLS: prometheus.TLS{Cert: "x", Key: "hunter22"}}, []string{"tls"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := prometheus.New(test.config)
			if err == nil {
				t.Fatalf("no error: %s", test.reason)
			}
			for _, text := range test.wantText {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("error %q does not say %q", err, text)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %q shows a secret", err)
			}
		})
	}
}

// full is a Config with every field set, for what must see every field.
func full() prometheus.Config {
	return prometheus.Config{
		Address: address, Timeout: time.Second, Insecure: true, ResponseLimit: 1,
		Headers:   []prometheus.Header{{Name: "X-Scope-OrgID", Value: "secret-header"}},
		BasicAuth: &prometheus.BasicAuth{Username: "serin", Password: "secret-password"}, BearerToken: "secret-token",
		OAuth2: &prometheus.OAuth2{TokenURL: address, ClientID: "serin", ClientSecret: "secret-client", Scopes: []string{"read"}},
		TLS:    prometheus.TLS{CA: "ca", Cert: "cert", Key: "secret-key", ServerName: "prometheus"},
	}
}

// TestKey changes each text, number and list of a Config in turn: a field that
// Key forgets would let two servers share a connection.
func TestKey(t *testing.T) {
	if one, other := full(), full(); one.Key() != other.Key() {
		t.Fatal("equal Configs have different Keys")
	}
	unset := prometheus.Config{Address: address}
	spelt := prometheus.Config{Address: address, Timeout: prometheus.DefaultTimeout, ResponseLimit: prometheus.DefaultResponseLimit}
	if unset.Key() != spelt.Key() {
		t.Error("a default and the same value have different Keys")
	}
	keys := map[string]string{full().Key(): "none"}
	changed := full()
	visit(reflect.ValueOf(&changed).Elem(), "Config", func(path string) {
		key := changed.Key()
		if other, taken := keys[key]; taken {
			t.Errorf("changing %s gives the Key of changing %s", path, other)
		}
		keys[key] = path
		if strings.Contains(key, "secret") {
			t.Errorf("Key %s shows a secret", key)
		}
	})
	if len(keys) < 17 {
		t.Errorf("only %d changes were made", len(keys))
	}
}

// visit changes one field after the other, and puts each back.
func visit(value reflect.Value, path string, changed func(string)) {
	old := reflect.New(value.Type()).Elem()
	old.Set(value)
	switch value.Kind() {
	case reflect.Struct:
		for i := range value.NumField() {
			visit(value.Field(i), path+"."+value.Type().Field(i).Name, changed)
		}
		return
	case reflect.Pointer:
		visit(value.Elem(), path, changed)
		value.SetZero()
	case reflect.Slice:
		visit(value.Index(0), path+"[0]", changed)
		value.Set(reflect.AppendSlice(value, value))
	case reflect.String:
		value.SetString(value.String() + "x")
	case reflect.Int64:
		value.SetInt(value.Int() + 1)
	case reflect.Bool:
		value.SetBool(!value.Bool())
	default:
		panic("a field of a new kind: " + path)
	}
	changed(path)
	value.Set(old)
}

// TestSecretsAreNotShown prints a Config in all ways that a log may.
func TestSecretsAreNotShown(t *testing.T) {
	config := full()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T %[1]v"} {
		for _, shown := range []any{config, &config, *config.BasicAuth, *config.OAuth2, config.TLS, config.Headers, config.BearerToken} {
			if text := fmt.Sprintf(verb, shown); strings.Contains(text, "secret-") || strings.Contains(text, fmt.Sprintf("%x", "secret-")) {
				t.Errorf("%s shows %s", verb, text)
			}
		}
	}
	encoded, err := json.Marshal(config)
	if err != nil || strings.Contains(string(encoded), "secret-") {
		t.Errorf("JSON: %s, %v", encoded, err)
	}
	config = prometheus.Config{Address: address + "?key=secret-key", BearerToken: "secret-token", Headers: config.Headers}
	source := provider(t, config)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, source); text != "prometheus at "+address {
			t.Errorf("a provider prints as %s", text)
		}
	}
}
