package analysisrun

// The rights of this controller; see controller/rollout/rbac.go. Secrets are read
// one at a time, and only those that an argument of a template names.
//
//+kubebuilder:rbac:groups=serin.dev,resources=analysisruns,verbs=get;list;watch
//+kubebuilder:rbac:groups=serin.dev,resources=analysisruns/status,verbs=update
//+kubebuilder:rbac:groups="",resources=secrets,verbs=get
//+kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
