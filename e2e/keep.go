package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// keepObjects writes the objects of the run as they are at its end beside the
// recording, for whoever wants to know why.
func (p *play) keepObjects() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var text bytes.Buffer
	for _, list := range []client.ObjectList{
		&v1alpha1.RolloutList{}, &v1alpha1.AnalysisRunList{}, &gatewayv1.HTTPRouteList{}, &corev1.ServiceList{}, &corev1.PodList{},
	} {
		err := p.cluster.client.List(ctx, list, client.InNamespace(p.namespace))
		if err != nil {
			fmt.Fprintf(&text, "# %T: %s\n", list, err)
			continue
		}
		written, err := yaml.Marshal(list)
		if err != nil {
			fmt.Fprintf(&text, "# %T: %s\n", list, err)
			continue
		}
		fmt.Fprintf(&text, "--- # %T\n%s", list, written)
	}
	path := filepath.Join(p.cluster.options.logs, p.namespace+".yaml")
	if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "e2e: keeping the objects:", err)
	}
}
