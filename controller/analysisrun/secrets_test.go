package analysisrun

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

const (
	token    = "t0p/s3cret+token=="
	password = "hunter2 is \"quoted\""
)

// safe is a bench with a run r that needs two secrets, and everything that it logs.
type safe struct {
	*bench
	log    logr.Logger
	logged bytes.Buffer
}

func newSafe(t *testing.T) *safe {
	s := &safe{bench: newBench(t, interceptor.Funcs{})}
	s.log = funcr.New(func(prefix, args string) { fmt.Fprintln(&s.logged, prefix, args) }, funcr.Options{Verbosity: 10})
	ctrl.SetLogger(s.log)
	from := func(key string) *v1alpha1.SecretValueFrom {
		return &v1alpha1.SecretValueFrom{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "monitoring", Key: key}}
	}
	metric := threshold("a")
	metric.Provider.Prometheus.Headers = []v1alpha1.Header{{Key: "X-Token", Value: "{{args.token}}"}}
	metric.Provider.Prometheus.Authentication = &v1alpha1.PrometheusAuthentication{BasicAuth: &v1alpha1.BasicAuth{Username: "serin", Password: "{{args.password}}"}}
	spec := specOf(metric)
	spec.Args = []v1alpha1.Argument{{Name: "token", ValueFrom: from("token")}, {Name: "password", ValueFrom: from("password")}}
	s.create("r", spec)
	return s
}

// measured is the next measurement of the run.
func (s *safe) measured() v1alpha1.Measurement {
	s.t.Helper()
	for range 2 {
		if _, err := s.reconciler.Reconcile(logf.IntoContext(s.t.Context(), s.log), requestOf(client.ObjectKey{Namespace: s.namespace, Name: "r"})); err != nil {
			s.t.Fatal(err)
		}
		if s.underway("r") > 0 {
			s.await()
		}
	}
	s.reconcile("r")
	s.clock.Step(time.Minute)
	list := s.get("r").Status.MetricResults[0].Measurements
	return list[len(list)-1]
}

func TestAMissingSecretIsBlindAndMayCome(t *testing.T) {
	s := newSafe(t)
	if m := s.measured(); m.Reason != "Unavailable" || !strings.Contains(m.Message, "Secret "+s.namespace+"/monitoring, which does not exist; create it") {
		t.Errorf("without the Secret: %+v", m)
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "monitoring"}, StringData: map[string]string{"token": token}}
	if err := admin.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if m := s.measured(); m.Reason != "Unavailable" || !strings.Contains(m.Message, `key "password"`) {
		t.Errorf("without the key: %+v", m)
	}
	secret.StringData = map[string]string{"password": password}
	if err := admin.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if m := s.measured(); m.Phase != v1alpha1.AnalysisSuccessful {
		t.Errorf("with both: %+v", m)
	}
	if opened := s.source.opened[len(s.source.opened)-1].Prometheus; opened.Headers[0].Value != token || opened.Authentication.BasicAuth.Password != password {
		t.Errorf("the provider did not get the secrets: %+v", opened)
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	s := newSafe(t)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "monitoring"}, StringData: map[string]string{"token": token + "\n", "password": password}}
	if err := admin.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	// The server shows what it was sent, in all forms, in an error, a panic and a warning.
	shown := fmt.Sprintf("%s %s %q dDBwL3MzY3JldCt0b2tlbj09 t0p%%2Fs3cret%%2Btoken%%3D%%3D", token, password, password)
	s.source.fail(fmt.Errorf("server says %s: %w", shown, metrics.ErrInvalidQuery))
	if m := s.measured(); m.Reason != "InvalidQuery" || !strings.Contains(m.Message, "server says [secret] [secret]") {
		t.Errorf("an error: %+v", m)
	}
	s.source.set(func(context.Context, string, string, time.Time) (metrics.Answer, error) { panic(shown) })
	if m := s.measured(); m.Reason != "Unavailable" {
		t.Errorf("a panic: %+v", m)
	}
	s.source.set(func(context.Context, string, string, time.Time) (metrics.Answer, error) {
		return metrics.Answer{Kind: metrics.Vector, Values: []float64{1}, Warnings: []string{"careful with " + shown}}, nil
	})
	if m := s.measured(); m.Phase != v1alpha1.AnalysisSuccessful || !strings.Contains(m.Message, "careful with [secret]") {
		t.Errorf("a warning: %+v", m)
	}
	if !strings.Contains(s.logged.String(), "panic") {
		t.Error("the log is not caught, so nothing is known of it")
	}
	everything := whole(t, s.get("r")) + strings.Join(s.events(), "\n") + s.logged.String()
	for _, leak := range []string{"s3cret", "hunter2", "dDBwL3MzY3JldCt0b2tlbj09"} {
		if strings.Contains(everything, leak) {
			t.Errorf("%q is shown in:\n%s", leak, everything)
		}
	}
}
