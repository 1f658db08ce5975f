package celtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Manifests as users of Argo Rollouts have them: the fields of its documentation's
// canary Rollout and threshold AnalysisTemplate. Only apiVersion is replaced.

const argoRollout = `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: shop-front
  labels: {team: shop}
spec:
  replicas: 5
  revisionHistoryLimit: 2
  progressDeadlineSeconds: 900
  progressDeadlineAbort: false
  minReadySeconds: 10
  selector:
    matchLabels: {app: shop-front}
  template:
    metadata:
      labels: {app: shop-front, tier: front}
      annotations: {prometheus.io/scrape: "true"}
    spec:
      terminationGracePeriodSeconds: 20
      containers:
      - name: front
        image: registry.example.com/shop/front:4.2
        imagePullPolicy: Always
        env:
        - {name: LEVEL, value: info}
        ports:
        - {name: http, containerPort: 8080, protocol: TCP}
        readinessProbe:
          httpGet: {path: /ready, port: http}
        resources:
          requests: {cpu: 5m, memory: 32Mi}
  strategy:
    canary:
      canaryService: shop-front-canary
      stableService: shop-front
      maxSurge: "25%"
      maxUnavailable: 0
      analysis:
        startingStep: 2
        templates:
        - templateName: success-rate
        - {templateName: latency, clusterScope: true}
        args:
        - {name: service-name, value: shop-front.default.svc.cluster.local}
        - {name: ingress, valueFrom: {fieldRef: {fieldPath: "metadata.labels['team']"}}}
        - {name: stable-hash, valueFrom: {podTemplateHashValue: Stable}}
        - {name: latest-hash, valueFrom: {podTemplateHashValue: Latest}}
      steps:
      - setWeight: 20
      - pause: {}
      - setWeight: 40
      - pause: {duration: 10}
      - setWeight: 60
      - pause: {duration: 10m}
      - analysis:
          templates: [{templateName: success-rate}]
          args: [{name: service-name, value: shop-front.default.svc.cluster.local}]
      - setWeight: 80
      - pause: {duration: "30s"}
`

// argoRolloutDefaults are what the API server adds, as the fields' comments say.
const argoRolloutDefaults = `
strategy:
  canary: {scaleDownDelaySeconds: 30, abortScaleDownDelaySeconds: 30}
`

const argoTemplate = `
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: success-rate
spec:
  args:
  - name: service-name
  - name: prometheus-port
    value: "9090"
  - name: api-token
    valueFrom: {secretKeyRef: {name: token-secret, key: apiToken}}
  metrics:
  - name: success-rate
    initialDelay: 60s
    interval: 5m
    count: 4
    successCondition: result[0] >= 0.95
    failureCondition: result[0] < 0.5
    failureLimit: 3
    inconclusiveLimit: 2
    consecutiveErrorLimit: 5
    provider:
      prometheus:
        address: "http://prometheus.example.com:{{args.prometheus-port}}"
        timeout: 40
        insecure: true
        headers:
        - {key: X-Scope-OrgID, value: shop}
        authentication:
          oauth2:
            tokenUrl: https://login.example.com/token
            clientId: front
            clientSecret: "{{args.api-token}}"
            scopes: [metrics.read]
        query: |
          sum(irate(istio_requests_total{reporter="source",destination_service=~"{{args.service-name}}",response_code!~"5.*"}[5m])) /
          sum(irate(istio_requests_total{reporter="source",destination_service=~"{{args.service-name}}"}[5m]))
  - name: latency
    interval: 1m
    failureCondition: result[0] > 0.5
    failureLimit: "3"
    consecutiveSuccessLimit: "4"
    provider:
      prometheus:
        address: http://prometheus.example.com:9090
        timeout: 30
        authentication: {basicAuth: {username: front, password: secret}}
        query: histogram_quantile(0.99, sum(rate(http_seconds_bucket[5m])) by (le))
`

// argoTemplateDefaults are what the API server adds. Those of metrics have a test
// of their own.
const argoTemplateDefaults = `falseAlarmBudget: "1%"`

// unchanged are the rows of the round trip: what users have, and what is added.
var unchanged = []struct{ reason, manifest, defaults string }{
	{"Argo's canary Rollout", argoRollout, argoRolloutDefaults},
	{"Argo's Rollout with one surging pod", strings.Replace(argoRollout, `maxSurge: "25%"`, "maxSurge: 1", 1), argoRolloutDefaults},
	{
		"Argo's smallest Rollout",
		strings.Replace(rollout, "serin.dev", "argoproj.io", 1),
		`{replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, progressDeadlineAbort: true,
		  strategy: {canary: {maxSurge: "25%", maxUnavailable: "25%", scaleDownDelaySeconds: 30, abortScaleDownDelaySeconds: 30}}}`,
	},
	{"Argo's AnalysisTemplate", argoTemplate, argoTemplateDefaults},
	{"Argo's ClusterAnalysisTemplate", strings.Replace(argoTemplate, "kind: ", "kind: Cluster", 1), argoTemplateDefaults},
}

func TestArgoManifestsAreKeptAsTheyAre(t *testing.T) {
	for _, row := range unchanged {
		t.Run(row.reason, func(t *testing.T) {
			manifest := strings.Replace(row.manifest, "argoproj.io/", "serin.dev/", 1)
			if manifest == row.manifest {
				t.Fatal("the manifest is not Argo's")
			}
			written := created(t, manifest)
			read := &unstructured.Unstructured{}
			read.SetGroupVersionKind(written.GroupVersionKind())
			if err := server.Get(t.Context(), client.ObjectKeyFromObject(written), read); err != nil {
				t.Fatal(err)
			}
			want := merge(parse(t, manifest)["spec"].(map[string]any), parse(t, row.defaults))
			if diff := cmp.Diff(want, read.Object["spec"]); diff != "" {
				t.Errorf("the spec changed (-written, with its defaults +read)\n%s", diff)
			}
		})
	}
}

func TestDefaultsOfMetrics(t *testing.T) {
	written := created(t, text(t, merged(t, template, withMetric(t, judged, []rule{{}})[0].change).Object))
	metrics, _, err := unstructured.NestedSlice(written.Object, "spec", "metrics")
	if err != nil {
		t.Fatal(err)
	}
	want := merge(parse(t, judged), parse(t, `
judge: {proportion: {worse: higher, minRequests: 100, tolerance: {relative: "10%"}}}
provider: {prometheus: {timeout: 30}}
`))
	if diff := cmp.Diff(want, metrics[0]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// unknown are fields that nobody reads: a typing error must not pass for a setting.
var unknown = []struct{ reason, base, change, want string }{
	{"in the spec of a Rollout", rollout, "spec: {replica: 3}", `unknown field "spec.replica"`},
	{"in a step, such as a kind that does not exist", rollout, steps("{setWeigth: 5}"), `unknown field "spec.strategy.canary.steps[0].setWeigth"`},
	{"a strategy that does not exist yet", rollout, "spec: {strategy: {blueGreen: {}}}", `unknown field "spec.strategy.blueGreen"`},
	{"a router that does not exist yet", rollout, canary("trafficRouting: {istio: {}}"), `unknown field "spec.strategy.canary.trafficRouting.istio"`},
	{"in the pod, which is validated too", rollout, "spec: {template: {spec: {nodeSelektor: {}}}}", `unknown field "spec.template.spec.nodeSelektor"`},
	{"in the pod's metadata", rollout, "spec: {template: {metadata: {label: {}}}}", `unknown field "spec.template.metadata.label"`},
	{"in a metric", template, oneMetric("provider: {prometheus: {query: up}}, threshold: 1"), `unknown field "spec.metrics[0].threshold"`},
	{"a provider that does not exist", template, oneMetric("provider: {prometeus: {query: up}}"), `unknown field "spec.metrics[0].provider.prometeus"`},
	{"in a run", analysisRun, "spec: {paused: true}", `unknown field "spec.paused"`},
}

// oneMetric is a template with a metric that has these fields, too.
func oneMetric(fields string) string {
	return "spec: {metrics: [{name: a, successCondition: 'true', " + fields + "}]}"
}

func TestUnknownFieldsAreRefused(t *testing.T) {
	for _, row := range unknown {
		t.Run(row.reason, func(t *testing.T) {
			object := merged(t, row.base, row.change)
			sent := object.DeepCopy()
			err := server.Create(t.Context(), object, client.DryRunAll)
			agrees(t, sent, err != nil)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %s", err, row.want)
			}
		})
	}
}
