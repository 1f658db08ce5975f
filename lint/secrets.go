package lint

import (
	"net/url"
	"strings"
)

// checkSecrets looks for what should not be in a text that is kept and shown.
func (m *metric) checkSecrets() {
	prometheus := m.prometheus()
	m.checkAddress(prometheus.get("address"))
	authentication := prometheus.get("authentication")
	for _, n := range []*node{
		authentication.path("basicAuth", "password"), authentication.get("bearerToken"), authentication.path("oauth2", "clientSecret"), prometheus.path("tls", "key"),
	} {
		m.checkSecret(n)
	}
	m.checkAddress(authentication.path("oauth2", "tokenUrl"))
	headers := prometheus.get("headers")
	if headers != nil {
		for _, header := range headers.items {
			if m.words.secret.MatchString(header.get("key").string()) {
				m.checkSecret(header.get("value"))
			}
		}
	}
	if insecure := prometheus.get("insecure"); insecure != nil && insecure.value == true && authentication != nil {
		m.report(insecure.place(), "insecure-credentials", "the server's certificate is not verified, so anybody on the way can read the credentials; write its certificate authority into tls.ca, and remove insecure")
	}
}

// checkSecret reports a secret that is written as it is, or is the default of an
// argument.
func (m *metric) checkSecret(n *node) {
	if n.string() == "" {
		return
	}
	const fix = "take it from a Secret: args: [{name: token, valueFrom: {secretKeyRef: {name: …, key: …}}}], and write \"{{args.token}}\" here"
	uses := m.references(n)
	if len(uses) == 0 {
		m.report(n.place(), "plain-secret", "%s is in plain text, for whoever may read the object or its history; %s", n.name, fix)
		return
	}
	for _, use := range uses {
		argument := m.args[use.name]
		if argument != nil && !argument.secret && argument.value != nil && *argument.value != "" {
			m.report(use.at, "plain-secret", "{{args.%s}} has its value in plain text; take it from a Secret: valueFrom.secretKeyRef", use.name)
			return
		}
	}
}

// checkAddress reports a user and a password in an address. The message does not repeat
// them.
func (m *metric) checkAddress(n *node) {
	text := n.string()
	if strings.Contains(text, "{{") || text == "" {
		return
	}
	parsed, err := url.Parse(text)
	if err == nil && parsed.User != nil {
		m.report(n.place(), "credentials-in-address", "the address holds a user, and is shown wherever errors are; remove it, and write authentication.basicAuth with an argument from a Secret")
	}
}
