package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // Logging in by OpenID Connect, as kubectl does.
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// requestTimeout is for how long one request may take: a cluster that hangs must
// not hang the person who asks why.
const requestTimeout = 15 * time.Second

// cluster is a connection to an API server.
type cluster struct {
	client.Client
	// namespace to look in.
	namespace string
	// userName is how the kubeconfig calls the user.
	userName string
}

// connect reads the kubeconfig by kubectl's rules. It sends no request.
func (s *session) connect() (*cluster, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = s.kubeconfig
	overrides := &clientcmd.ConfigOverrides{CurrentContext: s.context}
	overrides.Context.Namespace = s.namespace
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides)
	config, err := loader.ClientConfig()
	if err != nil {
		what := "reading the kubeconfig: " + oneLine(err)
		if clientcmd.IsEmptyConfig(err) {
			what = "reading the kubeconfig: there is none, or it is empty"
		}
		return nil, &failure{code: exitUnreachable, what: what, cause: err,
			next: "name it with --kubeconfig or $KUBECONFIG, and choose one of its contexts with --context; see: kubectl config get-contexts"}
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, &failure{code: exitUnreachable, what: "reading the namespace from the kubeconfig: " + oneLine(err), cause: err, next: "name it with --namespace"}
	}
	config.Timeout = requestTimeout
	config.QPS = -1 // No limit: there are a few requests a second at most.
	config.UserAgent = "serin/" + s.Build
	config.WarningHandler = rest.NewWarningWriter(s.Stderr, rest.WarningWriterOptions{Deduplicate: true})
	scheme, mapper, err := kinds()
	if err != nil {
		return nil, err
	}
	api, err := client.New(config, client.Options{Scheme: scheme, Mapper: mapper, FieldOwner: "serin"})
	if err != nil {
		return nil, &failure{code: exitUnreachable, what: "connecting to " + config.Host + ": " + oneLine(err), cause: err, next: "mend the kubeconfig; see: kubectl config view"}
	}
	return &cluster{Client: api, namespace: namespace, userName: userName(loader, s.context)}, nil
}

// kinds are the kinds that the program reads and writes. With a fixed mapping no
// discovery is needed: fewer requests, and fewer permissions.
func kinds() (*runtime.Scheme, meta.RESTMapper, error) {
	scheme := runtime.NewScheme()
	mapper := meta.NewDefaultRESTMapper(nil)
	for _, addTo := range []func(*runtime.Scheme) error{
		v1alpha1.AddToScheme, appsv1.AddToScheme, corev1.AddToScheme, authenticationv1.AddToScheme,
	} {
		if err := addTo(scheme); err != nil {
			return nil, nil, fmt.Errorf("registering kinds: %w", err)
		}
	}
	for _, kind := range []string{"Rollout", "AnalysisRun"} {
		mapper.Add(v1alpha1.GroupVersion.WithKind(kind), meta.RESTScopeNamespace)
	}
	mapper.Add(appsv1.SchemeGroupVersion.WithKind("ReplicaSet"), meta.RESTScopeNamespace)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Pod"), meta.RESTScopeNamespace)
	mapper.Add(authenticationv1.SchemeGroupVersion.WithKind("SelfSubjectReview"), meta.RESTScopeRoot)
	return scheme, mapper, nil
}

// userName is how the kubeconfig calls the user of a context.
func userName(loader clientcmd.ClientConfig, chosen string) string {
	raw, err := loader.RawConfig()
	if err != nil {
		return ""
	}
	if chosen == "" {
		chosen = raw.CurrentContext
	}
	if context := raw.Contexts[chosen]; context != nil {
		return context.AuthInfo
	}
	return ""
}

// whoAmI is the name that the API server knows the user by; when it does not tell,
// the kubeconfig's name, else that of the account on this machine.
func (s *session) whoAmI(ctx context.Context, c *cluster) string {
	review := &authenticationv1.SelfSubjectReview{}
	if err := c.Create(ctx, review); err == nil && review.Status.UserInfo.Username != "" {
		return review.Status.UserInfo.Username
	}
	for _, name := range []string{c.userName, s.Env("USER")} {
		if name != "" {
			return name
		}
	}
	return "unknown"
}

// connectionFlags are the flags that led to this cluster, to be typed again.
func (s *session) connectionFlags() string {
	var flags []string
	if s.context != "" {
		flags = append(flags, "--context", shellQuote(s.context))
	}
	if s.kubeconfig != "" {
		flags = append(flags, "--kubeconfig", shellQuote(s.kubeconfig))
	}
	return strings.Join(flags, " ")
}

// namespaceFlag is the flag that led to this namespace, behind a space.
func (s *session) namespaceFlag() string {
	if s.namespace == "" {
		return ""
	}
	return " -n " + shellQuote(s.namespace)
}

// serin writes a command of this program about the same cluster.
func (s *session) serin(command string) string {
	return strings.TrimSpace(s.program + " " + command + " " + s.connectionFlags())
}

// about writes a command of this program about a Rollout.
func (s *session) about(verb, name string) string {
	return s.serin(verb + " " + name + s.namespaceFlag())
}

// kubectl writes a command of kubectl about the same cluster.
func (s *session) kubectl(command string) string {
	return strings.TrimSpace("kubectl " + command + " " + s.connectionFlags())
}

// shellQuote quotes a word for a shell, when it needs to be.
func shellQuote(word string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_./:@%+=,-]+$`).MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
