package main

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/selection"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/serin-dev/serin/controller/analysisrun"
	"github.com/serin-dev/serin/controller/rollout"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/crds/v1alpha1"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/providers/traffic"
	"github.com/serin-dev/serin/providers/traffic/gatewayapi"
)

// run starts the controllers and stays until the context ends.
func run(ctx context.Context, s settings) error {
	manager, err := newManager(s)
	if err != nil {
		return err
	}
	checks := translate.Checks{Query: prometheus.CheckQuery, Selector: prometheus.CheckSelector, PrometheusAddress: s.prometheusAddress}
	if err := addRollouts(manager, checks); err != nil {
		return fmt.Errorf("adding the Rollout controller: %w", err)
	}
	if err := analysisrun.SetupWithManager(manager, analysisrun.Options{
		Constructors: map[string]analysisrun.Constructor{"prometheus": analysisrun.Prometheus},
		Checks:       checks, Registry: metrics.Registry, Clock: clock.RealClock{},
	}); err != nil {
		return fmt.Errorf("adding the AnalysisRun controller: %w", err)
	}
	ctrl.Log.Info("starting", "version", versionLine(), "prometheus", s.prometheusAddress, "namespace", s.namespace)
	return manager.Start(ctx)
}

// newManager makes the manager, with a cache that holds no pods but those of Rollouts.
func newManager(s settings) (ctrl.Manager, error) {
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, fmt.Errorf("finding the cluster: %w; give --kubeconfig, or run inside a cluster", err)
	}
	config.QPS, config.Burst = 100, 200
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	ours, err := labels.NewRequirement(v1alpha1.LabelPodTemplateHash, selection.Exists, nil)
	if err != nil {
		return nil, err
	}
	versions := cache.ByObject{Label: labels.NewSelector().Add(*ours)}
	options := ctrl.Options{
		Scheme:                        scheme,
		Metrics:                       server.Options{BindAddress: s.metricsAddress},
		HealthProbeBindAddress:        s.probeAddress,
		LeaderElection:                s.leaderElect,
		LeaderElectionID:              "serin-controller.serin.dev",
		LeaderElectionNamespace:       s.leaderNamespace,
		LeaderElectionReleaseOnCancel: true,
		Cache: cache.Options{
			DefaultTransform: cache.TransformStripManagedFields(),
			ByObject:         map[client.Object]cache.ByObject{&corev1.Pod{}: versions, &appsv1.ReplicaSet{}: versions},
		},
	}
	if s.namespace != "" {
		options.Cache.DefaultNamespaces = map[string]cache.Config{s.namespace: {}}
	}
	manager, err := ctrl.NewManager(config, options)
	if err != nil {
		return nil, fmt.Errorf("making the manager: %w", err)
	}
	if err := manager.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, err
	}
	return manager, manager.AddReadyzCheck("ping", healthz.Ping)
}

// newScheme knows the kinds that the controllers work with.
func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientscheme.AddToScheme, v1alpha1.AddToScheme, gatewayv1.Install} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("making the scheme: %w", err)
		}
	}
	return scheme, nil
}

// addRollouts adds the Rollout controller.
func addRollouts(manager ctrl.Manager, checks translate.Checks) error {
	registered, err := rollout.NewMetrics(metrics.Registry)
	if err != nil {
		return err
	}
	reconciler := &rollout.Reconciler{Options: rollout.Options{
		Client: manager.GetClient(), Reader: manager.GetAPIReader(), Clock: clock.RealClock{},
		Recorder: manager.GetEventRecorder("serin-rollout"),
		Routers:  routers(manager.GetClient()), Checks: checks, Metrics: registered,
	}}
	watchRoutes := knows(manager.GetRESTMapper())
	if !watchRoutes {
		ctrl.Log.Info("this cluster has no HTTPRoute; install the Gateway API's CRDs and restart, if Rollouts are to use it")
	}
	return reconciler.SetupWithManager(manager, watchRoutes)
}

// knows says whether the cluster has the Gateway API.
func knows(mapper meta.RESTMapper) bool {
	_, err := mapper.RESTMapping(schema.GroupKind{Group: gatewayv1.GroupName, Kind: "HTTPRoute"}, "v1")
	return err == nil
}

// routers makes the router that a Rollout names; nil for one that names none.
func routers(writer client.Client) func(*v1alpha1.Rollout) (traffic.Router, error) {
	return func(object *v1alpha1.Rollout) (traffic.Router, error) {
		canary := object.Spec.Strategy.Canary
		if canary == nil || canary.TrafficRouting == nil {
			return nil, nil
		}
		if canary.TrafficRouting.GatewayAPI == nil {
			return nil, fmt.Errorf("it names no router that this version knows; write gatewayAPI")
		}
		config := gatewayapi.Config{
			Namespace: object.Namespace, StableService: canary.StableService, CanaryService: canary.CanaryService,
			Owner: object.Namespace + "/" + object.Name,
		}
		for _, route := range canary.TrafficRouting.GatewayAPI.HTTPRoutes {
			config.Routes = append(config.Routes, route.Name)
		}
		return gatewayapi.New(writer, config), nil
	}
}
