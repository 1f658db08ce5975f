package rollout

// The rights of this controller. `make generate` writes them to config/rbac/role.yaml,
// and config/testdata/rights.golden is what a reviewer reads.
//
// Its own kinds; with rollouts/finalizers come owner references that block deletion:
//
//+kubebuilder:rbac:groups=serin.dev,resources=rollouts,verbs=get;list;watch
//+kubebuilder:rbac:groups=serin.dev,resources=rollouts/status,verbs=update
//+kubebuilder:rbac:groups=serin.dev,resources=rollouts/finalizers,verbs=update
//+kubebuilder:rbac:groups=serin.dev,resources=analysisruns,verbs=get;list;watch;create;patch;delete
//+kubebuilder:rbac:groups=serin.dev,resources=analysistemplates;clusteranalysistemplates,verbs=get;list;watch
//
// The versions of an application and the traffic between them:
//
//+kubebuilder:rbac:groups=apps,resources=replicasets,verbs=get;list;watch;create;patch;delete
//+kubebuilder:rbac:groups="",resources=pods,verbs=list;watch
//+kubebuilder:rbac:groups="",resources=services,verbs=get;list;watch;patch
//+kubebuilder:rbac:groups=gateway.networking.k8s.io,resources=httproutes,verbs=get;list;watch;patch
//
// What it tells people:
//
//+kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
//
// Which replica leads, and that it does, in the controller's own namespace:
//
//+kubebuilder:rbac:groups=coordination.k8s.io,namespace=serin-system,resources=leases,verbs=get;create;update
//+kubebuilder:rbac:groups="",namespace=serin-system,resources=events,verbs=create;patch
