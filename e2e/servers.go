package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/serin-dev/serin/lab/controlplane"
	"github.com/serin-dev/serin/lab/node"
)

// Where the servers listen, inside the box.
const (
	entrance          = "http://" + node.Address + ":8000"
	prometheusAddress = "127.0.0.1:9090"
	prometheusURL     = "http://" + prometheusAddress
	controllerHealth  = "127.0.0.1:8081"
)

// startTraefik starts the router and waits until it has taken the Gateway.
func (c *cluster) startTraefik(ctx context.Context) error {
	var err error
	c.traefik, err = node.Start(node.Program{
		Name: "traefik",
		Path: c.options.traefik,
		Args: []string{
			"--global.checknewversion=false", "--global.sendanonymoususage=false",
			"--log.level=INFO",
			"--entrypoints.web.address=:8000",
			"--entrypoints.traefik.address=127.0.0.1:8099",
			"--ping", "--api=false",
			"--providers.kubernetesgateway",
			"--providers.kubernetesgateway.statusaddress.ip=" + node.Address,
		},
		Env:  []string{"KUBECONFIG=" + c.kubeconfig},
		Logs: c.options.logs,
	})
	if err != nil {
		return err
	}
	if err := c.traefik.Ready(ctx, "http://127.0.0.1:8099/ping"); err != nil {
		return err
	}
	if err := c.applyManifest(ctx, "gateway.yaml", nil); err != nil {
		return err
	}
	return controlplane.WaitFor(ctx, "Traefik to take the Gateway", func(ctx context.Context) (bool, error) {
		var gateway gatewayv1.Gateway
		err := c.client.Get(ctx, client.ObjectKey{Namespace: "entrance", Name: "entrance"}, &gateway)
		for _, condition := range gateway.Status.Conditions {
			if condition.Type == string(gatewayv1.GatewayConditionProgrammed) && condition.Status == "True" {
				return true, nil
			}
		}
		return false, err
	})
}

// prometheusConfig scrapes every pod at its port 8080, every 5 s.
const prometheusConfig = `global: {scrape_interval: 5s, scrape_timeout: 4s}
scrape_configs:
- job_name: pods
  kubernetes_sd_configs: [{role: pod, kubeconfig_file: %s}]
  relabel_configs:
  - {source_labels: [__meta_kubernetes_pod_container_port_number], regex: "8080", action: keep}
  - {source_labels: [__meta_kubernetes_pod_phase], regex: Succeeded|Failed, action: drop}
  - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
  - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
  - {source_labels: [__meta_kubernetes_pod_label_serin_dev_pod_template_hash], target_label: pod_template_hash}
`

// startPrometheus starts Prometheus, on the data that it may have from before.
func (c *cluster) startPrometheus(ctx context.Context) error {
	config := filepath.Join(folder, "prometheus.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, prometheusConfig, c.kubeconfig), 0o600); err != nil {
		return err
	}
	var err error
	c.prometheus, err = node.Start(node.Program{
		Name: "prometheus",
		Path: c.options.prometheus,
		Args: []string{
			"--config.file=" + config,
			"--storage.tsdb.path=" + filepath.Join(folder, "prometheus"),
			"--web.listen-address=" + prometheusAddress,
			"--log.level=warn",
		},
		Logs: c.options.logs,
	})
	if err != nil {
		return err
	}
	return c.prometheus.Ready(ctx, prometheusURL+"/-/ready")
}

// controllerAccount is the account that config/ installs the controller with.
const controllerAccount = "system:serviceaccount:serin-system:serin-controller"

// firstController gives the controller the rights that `make install` gives it,
// and starts it.
func (c *cluster) firstController(ctx context.Context) error {
	config := filepath.Join(c.options.repository, "config")
	for _, files := range []string{"manager/namespace.yaml", "rbac/*.yaml"} {
		if err := c.applyFiles(ctx, filepath.Join(config, files)); err != nil {
			return err
		}
	}
	var err error
	if c.rights, err = c.newUser(controllerAccount, "system:serviceaccounts", "system:authenticated"); err != nil {
		return err
	}
	return c.startController(ctx)
}

// startController starts the controller and waits until it is ready.
func (c *cluster) startController(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var err error
	c.controller, err = node.Start(node.Program{
		Name: "serin-controller",
		Path: filepath.Join(c.options.programs, "serin-controller"),
		Args: []string{
			"--kubeconfig=" + c.rights,
			"--prometheus-address=" + prometheusURL,
			"--metrics-bind-address=127.0.0.1:8082",
			"--health-probe-bind-address=" + controllerHealth,
			"--leader-elect=false",
			"--log-level=debug",
		},
		Logs: c.options.logs,
	})
	if err != nil {
		return err
	}
	return c.controller.Ready(ctx, "http://"+controllerHealth+"/readyz")
}

// images are the versions of the application. All answer after 40 ms but the slow one, and
// those whose answers scatter: they take 80 ms in the median, one in six 132 ms or more. What
// is wrong with a version is in its image alone.
func images(app string) []node.Image {
	image := func(tag, version string, faults ...string) node.Image {
		return node.Image{Name: imageName(tag), Binary: app, Env: append([]string{"APP_VERSION=" + version}, faults...)}
	}
	const usual, slow, abrupt = "APP_DELAY=40ms", "APP_DELAY=60ms", "APP_EXIT_AT_ONCE=1"
	const longer, longest, scattered = "APP_DELAY=80ms", "APP_DELAY=120ms", "APP_SPREAD=0.5"
	return []node.Image{
		image("v1", "v1", usual),
		image("v2", "v2", usual),
		image("v3", "v3", usual),
		image("v1-abrupt", "v1", usual, abrupt),
		image("v2-abrupt", "v2", usual, abrupt),
		image("v2-errors-5", "v2", usual, "APP_ERROR_SHARE=0.05"),
		image("v2-errors-50", "v2", usual, "APP_ERROR_SHARE=0.5"),
		image("v2-slow", "v2", slow),
		image("v1-scattered", "v1", longer, scattered),
		image("v2-scattered", "v2", longer, scattered),
		image("v2-scattered-slow", "v2", longest, scattered),
		image("v2-crash", "v2", usual, "APP_CRASH=1"),
		image("v2-crash-in-use", "v2", usual, "APP_CRASH_AFTER=50"),
	}
}
