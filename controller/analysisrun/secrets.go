package analysisrun

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics"
)

// readSecrets reads the arguments from Secrets that a source uses, by name of the
// argument. One that is missing may come, so that failure is not the end.
func readSecrets(ctx context.Context, reader client.Reader, namespace string, source Source, args []v1alpha1.Argument) (map[string]string, error) {
	references := translate.SecretReferences(source.Prometheus, args)
	values := make(map[string]string, len(references))
	for _, name := range slices.Sorted(maps.Keys(references)) {
		reference, secret := references[name], &corev1.Secret{}
		err := reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: reference.Name}, secret)
		switch {
		case apierrors.IsNotFound(err):
			return nil, fmt.Errorf("%w: argument %q needs Secret %s/%s, which does not exist; create it", metrics.ErrUnavailable, name, namespace, reference.Name)
		case err != nil:
			return nil, fmt.Errorf("%w: reading Secret %s/%s for argument %q: %v", metrics.ErrUnavailable, namespace, reference.Name, name, err)
		}
		value, exists := secret.Data[reference.Key]
		if !exists {
			return nil, fmt.Errorf("%w: argument %q needs key %q of Secret %s/%s, which has no such key; add it", metrics.ErrUnavailable, name, reference.Key, namespace, reference.Name)
		}
		values[name] = string(value)
	}
	return values, nil
}

// hidden stands where a secret was.
const hidden = "[secret]"

// shortestLine is the shortest line of a secret of several lines that is hidden by
// itself: shorter ones are no secret, and hiding them would garble messages.
const shortestLine = 8

// redactor takes secrets out of texts. Its zero value knows none.
type redactor struct {
	mu    sync.Mutex
	forms []string
}

// hide adds secrets, in the forms in which a server or a library may show them.
func (r *redactor) hide(secrets map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range secrets {
		r.add(secret)
		for _, line := range strings.Split(secret, "\n") {
			if len(strings.TrimSpace(line)) >= shortestLine {
				r.add(line)
			}
		}
	}
	// The longest first: a shorter one may be a part of it.
	slices.SortFunc(r.forms, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	r.forms = slices.Compact(r.forms)
}

// add adds a secret in all its forms.
func (r *redactor) add(secret string) {
	trimmed := strings.TrimSpace(secret)
	if trimmed == "" {
		return
	}
	quoted, err := json.Marshal(trimmed)
	if err != nil {
		quoted = []byte(`""`)
	}
	r.forms = append(r.forms, trimmed, url.QueryEscape(trimmed), url.PathEscape(trimmed), strings.Trim(string(quoted), `"`),
		base64.StdEncoding.EncodeToString([]byte(trimmed)), base64.URLEncoding.EncodeToString([]byte(trimmed)))
}

// text is a text without secrets.
func (r *redactor) text(text string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, form := range r.forms {
		text = strings.ReplaceAll(text, form, hidden)
	}
	return text
}
