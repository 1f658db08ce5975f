package celtest

import (
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// rollout is a valid Rollout; the rows change it.
const rollout = `
apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec: {containers: [{name: web, image: "example.com/web:1"}]}
  strategy: {canary: {}}
`

// canary wraps a change of spec.strategy.canary.
func canary(change string) string { return "spec: {strategy: {canary: {" + change + "}}}" }

// steps wraps a list of steps.
func steps(list string) string { return canary("steps: [" + list + "]") }

var rolloutSpecRules = []rule{
	{reason: "the smallest Rollout is accepted"},
	{
		reason: "a long name is refused",
		change: "metadata: {name: " + strings.Repeat("x", 53) + "}",
		want:   []string{"<nil>: metadata.name must be at most 52 characters, so that the names of its ReplicaSets and AnalysisRuns fit"},
	},
	{
		reason: "replicas cannot be negative",
		change: "spec: {replicas: -1}",
		want: []string{
			"spec.replicas: spec.replicas in body should be greater than or equal to 0",
			".spec.replicas: should be a non-negative integer", // The scale subresource says so, too.
		},
	},
	{
		reason: "pods that need longer than the deadline can never be available",
		change: "spec: {minReadySeconds: 600}",
		want:   []string{"spec: minReadySeconds must be less than progressDeadlineSeconds: otherwise no pod can become available in time"},
	},
	{
		reason: "a strategy is needed",
		change: "spec: {strategy: {canary: null}}",
		want:   []string{"spec.strategy: strategy.canary is required; write `canary: {}` for a release without steps"},
	},
}

const selectorMismatch = "spec: selector must match the labels of the template: write every label of selector.matchLabels into template.metadata.labels too"
const expressionMismatch = "spec: selector must match the labels of the template: change selector.matchExpressions or template.metadata.labels"
const baselineLabel = "spec: the label serin.dev/baseline marks fresh baseline pods and is set by Serin; remove it from selector and template"
const ownLabel = "spec: the label serin.dev/pod-template-hash tells versions apart and is set by Serin; remove it from selector and template"

var rolloutSelectorRules = []rule{
	{
		reason: "an empty selector would select every pod",
		change: "spec: {selector: {matchLabels: null}}",
		want:   []string{"spec: selector must not be empty: it would select every pod of the namespace; write selector.matchLabels with labels of the template"},
	},
	{
		reason: "a label that the template does not have",
		change: "spec: {selector: {matchLabels: {zone: a}}}",
		want:   []string{selectorMismatch},
	},
	{
		reason: "a label with another value",
		change: "spec: {selector: {matchLabels: {app: shop}}}",
		want:   []string{selectorMismatch},
	},
	{
		reason: "a template without labels",
		change: "spec: {template: {metadata: null}}",
		want:   []string{selectorMismatch},
	},
	{
		reason: "expressions that match are accepted",
		change: `spec: {selector: {matchExpressions: [{key: app, operator: In, values: [web]}, {key: tier, operator: Exists},
		  {key: tier, operator: NotIn, values: [back]}, {key: zone, operator: DoesNotExist}]}}`,
	},
	{
		reason: "In without the template's value",
		change: "spec: {selector: {matchExpressions: [{key: app, operator: In, values: [shop]}]}}",
		want:   []string{expressionMismatch},
	},
	{
		reason: "NotIn with the template's value",
		change: "spec: {selector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}}",
		want:   []string{expressionMismatch},
	},
	{
		reason: "Exists of a label that the template does not have",
		change: "spec: {selector: {matchExpressions: [{key: zone, operator: Exists}]}}",
		want:   []string{expressionMismatch},
	},
	{
		reason: "DoesNotExist of a label that the template has",
		change: "spec: {selector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}",
		want:   []string{expressionMismatch},
	},
	{
		reason: "an unknown operator",
		change: "spec: {selector: {matchExpressions: [{key: zone, operator: Like}]}}",
		want:   []string{"spec: the operator of selector.matchExpressions must be In, NotIn, Exists or DoesNotExist"},
	},
	{
		reason: "In without values",
		change: "spec: {selector: {matchExpressions: [{key: app, operator: In}]}}",
		want:   []string{"spec: in selector.matchExpressions, In and NotIn need values, Exists and DoesNotExist have none"},
	},
	{
		reason: "Exists with values",
		change: "spec: {selector: {matchExpressions: [{key: app, operator: Exists, values: [web]}]}}",
		want:   []string{"spec: in selector.matchExpressions, In and NotIn need values, Exists and DoesNotExist have none"},
	},
	{
		reason: "the label that tells versions apart is not for the selector",
		change: "spec: {selector: {matchLabels: {serin.dev/pod-template-hash: x}}, template: {metadata: {labels: {serin.dev/pod-template-hash: x}}}}",
		want:   []string{ownLabel},
	},
	{
		reason: "nor for the template",
		change: "spec: {template: {metadata: {labels: {serin.dev/pod-template-hash: x}}}}",
		want:   []string{ownLabel},
	},
	{
		reason: "the label of fresh baseline pods is not for the selector",
		change: "spec: {selector: {matchLabels: {serin.dev/baseline: fresh}}, template: {metadata: {labels: {serin.dev/baseline: fresh}}}}",
		want:   []string{baselineLabel},
	},
	{
		reason: "nor for an expression, which fresh pods could not match",
		change: "spec: {selector: {matchExpressions: [{key: serin.dev/baseline, operator: DoesNotExist}]}}",
		want:   []string{baselineLabel},
	},
	{
		reason: "nor for the template, whose pods would be taken for fresh ones",
		change: "spec: {template: {metadata: {labels: {serin.dev/baseline: fresh}}}}",
		want:   []string{baselineLabel},
	},
}

var rolloutTemplateRules = []rule{
	{
		reason: "a template without containers",
		change: "spec: {template: {spec: {containers: []}}}",
		want:   []string{"spec: template.spec.containers needs at least one container"},
	},
	{
		reason: "a template without a spec",
		change: "spec: {template: {spec: null}}",
		want:   []string{"spec: template.spec.containers needs at least one container"},
	},
	{
		reason: "a pod that is not restarted",
		change: "spec: {template: {spec: {restartPolicy: OnFailure}}}",
		want:   []string{"spec: template.spec.restartPolicy must be Always, or be left out: a Rollout keeps its pods running"},
	},
	{
		reason: "a pod that ends by itself",
		change: "spec: {template: {spec: {activeDeadlineSeconds: 60}}}",
		want:   []string{"spec: template.spec.activeDeadlineSeconds must be left out: a Rollout keeps its pods running"},
	},
	{
		reason: "the pod is validated by Kubernetes' own schema: types",
		change: "spec: {template: {spec: {containers: [{name: web, image: x, ports: [{containerPort: http}]}]}}}",
		want:   []string{`spec.template.spec.containers[0].ports[0].containerPort: spec.template.spec.containers[0].ports[0].containerPort in body must be of type integer: "string"`},
	},
	{
		reason: "the pod is validated by Kubernetes' own schema: required fields",
		change: "spec: {template: {spec: {containers: [{image: x}]}}}",
		want:   []string{"spec.template.spec.containers[0].name: Required value"},
	},
	{
		reason: "the pod is validated by Kubernetes' own schema: keys of lists",
		change: "spec: {template: {spec: {containers: [{name: web, image: x}, {name: web, image: z}]}}}",
		want:   []string{`spec.template.spec.containers[1]: Duplicate value: {"name":"web"}`},
	},
	{
		reason: "ports are told apart by number and protocol, whose default is TCP",
		change: "spec: {template: {spec: {containers: [{name: web, image: x, ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]}]}}}",
	},
}

// routed are a router and its Services.
const routed = "trafficRouting: {gatewayAPI: {httpRoutes: [{name: web}]}}, stableService: web, canaryService: web-canary"

var rolloutCanaryRules = []rule{
	{
		reason: "a router needs the Services that it splits between",
		change: canary("trafficRouting: {gatewayAPI: {httpRoutes: [{name: web}]}}, stableService: web"),
		want:   []string{"spec.strategy.canary: trafficRouting needs stableService and canaryService: the router splits the traffic between these two Services"},
	},
	{
		reason: "a router is named",
		change: canary("trafficRouting: {}, stableService: web, canaryService: web-canary"),
		want:   []string{"spec.strategy.canary.trafficRouting: trafficRouting needs a router: gatewayAPI"},
	},
	{
		reason: "one Service cannot stand for both versions",
		change: canary("stableService: web, canaryService: web"),
		want:   []string{"spec.strategy.canary: stableService and canaryService must be two different Services"},
	},
	{
		reason: "names of Services",
		change: canary("stableService: web.shop, canaryService: 1web"),
		want: []string{
			"spec.strategy.canary.stableService: stableService must be the name of a Service: lower-case letters, digits and '-', beginning with a letter",
			"spec.strategy.canary.canaryService: canaryService must be the name of a Service: lower-case letters, digits and '-', beginning with a letter",
		},
	},
	{
		reason: "a route is named once",
		change: canary("trafficRouting: {gatewayAPI: {httpRoutes: [{name: web}, {name: web}]}}, stableService: web, canaryService: web-canary"),
		want:   []string{`spec.strategy.canary.trafficRouting.gatewayAPI.httpRoutes[1]: Duplicate value: {"name":"web"}`},
	},
	{
		reason: "fresh pods beside the canary, as many as it has, or a number",
		change: canary("baseline: {fresh: {replicas: 2}}, " + routed),
	},
	{
		reason: "without a router more pods of the stable version change the split",
		change: canary("baseline: {fresh: {}}"),
		want:   []string{"spec.strategy.canary: baseline needs trafficRouting: without a router the split is the ratio of the pods, which more pods of the stable version would change"},
	},
	{
		reason: "a baseline says which pods",
		change: canary("baseline: {}, " + routed),
		want:   []string{"spec.strategy.canary.baseline: baseline needs fresh; write `baseline: {fresh: {}}`, or remove it to compare with the pods that serve anyway"},
	},
	{
		reason: "no fresh pods at all",
		change: canary("baseline: {fresh: {replicas: 0}}, " + routed),
		want:   []string{"spec.strategy.canary.baseline.fresh.replicas: spec.strategy.canary.baseline.fresh.replicas in body should be greater than or equal to 1"},
	},
	{
		reason: "surge and unavailable as numbers and percentages",
		change: canary(`maxSurge: "150%", maxUnavailable: 3`),
	},
	{
		reason: "neither more nor fewer pods: none could be replaced",
		change: canary(`maxSurge: 0, maxUnavailable: "0%"`),
		want:   []string{"spec.strategy.canary: maxSurge and maxUnavailable cannot both be 0: no pod could ever be replaced"},
	},
	{
		reason: "a percentage needs its sign",
		change: canary(`maxSurge: "25", maxUnavailable: "101%"`),
		want: []string{
			"spec.strategy.canary.maxSurge: maxSurge must be a whole number of at least 0, or a percentage such as 25%",
			"spec.strategy.canary.maxUnavailable: maxUnavailable must be a whole number of at least 0, or a percentage from 0% to 100%",
		},
	},
	{
		reason: "negative surge",
		change: canary(`maxSurge: -1, maxUnavailable: -1`),
		want: []string{
			"spec.strategy.canary.maxSurge: maxSurge must be a whole number of at least 0, or a percentage such as 25%",
			"spec.strategy.canary.maxUnavailable: maxUnavailable must be a whole number of at least 0, or a percentage from 0% to 100%",
		},
	},
}

const badPause = "spec.strategy.canary.steps[0].pause.duration: pause.duration must be a number of seconds or a duration such as 30s, 10m or 1h30m, and not negative"
const oneKind = "spec.strategy.canary.steps[0]: a step must be exactly one of setWeight, pause or analysis"

var rolloutStepRules = []rule{
	{
		reason: "the kinds of steps",
		change: steps(`{setWeight: 0}, {setWeight: 100}, {pause: {}}, {pause: {duration: 10}}, {pause: {duration: "10"}}, {pause: {duration: 1h30m}}, {analysis: {templates: [{templateName: x}]}}`),
	},
	{
		reason: "a weight above 100",
		change: steps("{setWeight: 101}"),
		want:   []string{"spec.strategy.canary.steps[0].setWeight: spec.strategy.canary.steps[0].setWeight in body should be less than or equal to 100"},
	},
	{
		reason: "a weight below 0",
		change: steps("{setWeight: -1}"),
		want:   []string{"spec.strategy.canary.steps[0].setWeight: spec.strategy.canary.steps[0].setWeight in body should be greater than or equal to 0"},
	},
	{reason: "two kinds in one step", change: steps("{setWeight: 5, pause: {}}"), want: []string{oneKind}},
	{reason: "no kind in a step", change: steps("{}"), want: []string{oneKind}},
	{reason: "a negative number of seconds", change: steps("{pause: {duration: -10}}"), want: []string{badPause}},
	{reason: "a negative duration", change: steps(`{pause: {duration: "-10m"}}`), want: []string{badPause}},
	{reason: "a duration without a unit that is known", change: steps(`{pause: {duration: "10 minutes"}}`), want: []string{badPause}},
	{
		reason: "an analysis begins with a step that exists",
		change: canary("steps: [{setWeight: 5}], analysis: {startingStep: 2, templates: [{templateName: x}]}"),
		want:   []string{"spec.strategy.canary: analysis.startingStep must not be larger than the number of steps"},
	},
	{
		reason: "without steps there is none to begin with",
		change: canary("analysis: {startingStep: 1, templates: [{templateName: x}]}"),
		want:   []string{"spec.strategy.canary: analysis.startingStep must not be larger than the number of steps"},
	},
}

// background wraps a change of a background analysis that names one template.
func background(change string) string {
	return canary("analysis: {templates: [{templateName: x}], " + change + "}")
}

const analysisPath = "spec.strategy.canary.analysis."

var rolloutAnalysisRules = []rule{
	{
		reason: "an analysis names a template",
		change: canary("analysis: {}"),
		want:   []string{analysisPath + "templates: Required value"},
	},
	{
		reason: "a template is named once",
		change: canary("analysis: {templates: [{templateName: x}, {templateName: x, clusterScope: false}]}"),
		want:   []string{analysisPath + "templates: a template is named once; remove the repetition"},
	},
	{
		reason: "of the namespace and of the cluster are two",
		change: canary("analysis: {templates: [{templateName: x}, {templateName: x, clusterScope: true}]}"),
	},
	{
		reason: "arguments from the release",
		change: background(`args: [{name: a, value: ""}, {name: b, valueFrom: {podTemplateHashValue: Latest}}, {name: d, valueFrom: {baseline: LabelValue}}, {name: c, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app.kubernetes.io/name']"}}}]`),
	},
	{
		reason: "an argument without a value",
		change: background("args: [{name: a}]"),
		want:   []string{analysisPath + "args[0]: an argument needs either value or valueFrom"},
	},
	{
		reason: "an argument with two values",
		change: background("args: [{name: a, value: x, valueFrom: {podTemplateHashValue: Latest}}]"),
		want:   []string{analysisPath + "args[0]: an argument needs either value or valueFrom"},
	},
	{
		reason: "an argument from nowhere",
		change: background("args: [{name: a, valueFrom: {}}]"),
		want:   []string{analysisPath + "args[0].valueFrom: valueFrom needs exactly one of podTemplateHashValue, baseline and fieldRef"},
	},
	{
		reason: "an argument from two places",
		change: background("args: [{name: a, valueFrom: {podTemplateHashValue: Stable, baseline: LabelValue}}]"),
		want:   []string{analysisPath + "args[0].valueFrom: valueFrom needs exactly one of podTemplateHashValue, baseline and fieldRef"},
	},
	{
		reason: "something else of the baseline",
		change: background("args: [{name: a, valueFrom: {baseline: fresh}}]"),
		want:   []string{analysisPath + `args[0].valueFrom.baseline: supported values: "LabelValue"`},
	},
	{
		reason: "an argument given twice",
		change: background("args: [{name: a, value: x}, {name: a, value: z}]"),
		want:   []string{analysisPath + `args[1]: Duplicate value: {"name":"a"}`},
	},
	{
		reason: "an unknown version",
		change: background("args: [{name: a, valueFrom: {podTemplateHashValue: Newest}}]"),
		want:   []string{analysisPath + `args[0].valueFrom.podTemplateHashValue: supported values: "Stable", "Latest"`},
	},
	{
		reason: "a field that is not of the metadata",
		change: background("args: [{name: a, valueFrom: {fieldRef: {fieldPath: spec.replicas}}}]"),
		want:   []string{analysisPath + "args[0].valueFrom.fieldRef.fieldPath: fieldPath must be metadata.name, metadata.namespace, metadata.uid, metadata.labels['key'] or metadata.annotations['key']"},
	},
	{
		reason: "blindness for no time at all",
		change: background("onBlind: {abortAfter: 0s}"),
		want:   []string{analysisPath + "onBlind.abortAfter: onBlind.abortAfter must be a duration longer than 0s, such as 30m or 1h30m"},
	},
	{reason: "blindness for a time", change: background("onBlind: {abortAfter: 1h30m}")},
}

func TestRollout(t *testing.T) {
	for _, table := range [][]rule{
		rolloutSpecRules, rolloutSelectorRules, rolloutTemplateRules, rolloutCanaryRules, rolloutStepRules, rolloutAnalysisRules,
	} {
		check(t, rollout, table)
	}
}

const selectorChanged = "spec.selector: selector cannot be changed; delete the Rollout with --cascade=orphan and create it anew"

func TestRolloutSelectorIsImmutable(t *testing.T) {
	object := created(t, rollout)
	object.Object = merge(object.Object, parse(t, "spec: {selector: {matchLabels: {tier: front}}}"))
	err := server.Update(t.Context(), object, client.DryRunAll)
	compare(t, refusals(t, err), []string{selectorChanged})
}
