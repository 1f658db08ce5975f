package celtest

// filled are valid objects that together have every field with a limit. They need
// not make sense as a release.
var filled = map[string][]string{
	"Rollout": {
		filledRollout("setWeight: 5", "value: x"),
		filledRollout("analysis: {templates: [{templateName: x}], args: [{name: a, "+baselineArgument+"}]}", baselineArgument),
		filledRollout("analysis: {templates: [{templateName: x}], args: [{name: a, value: x}], onBlind: {abortAfter: 1m}}", hashArgument),
		filledRollout("analysis: {templates: [{templateName: x}], args: [{name: a, "+hashArgument+"}]}", fieldArgument),
		filledRollout("analysis: {templates: [{templateName: x}], args: [{name: a, "+fieldArgument+"}]}", fieldArgument),
	},
	"AnalysisTemplate":        filledTemplates("AnalysisTemplate", ""),
	"ClusterAnalysisTemplate": filledTemplates("ClusterAnalysisTemplate", ""),
	"AnalysisRun":             filledTemplates("AnalysisRun", runStatus),
}

const hashArgument = "valueFrom: {podTemplateHashValue: Stable}"
const baselineArgument = "valueFrom: {baseline: LabelValue}"
const fieldArgument = "valueFrom: {fieldRef: {fieldPath: metadata.name}}"

// filledRollout is a Rollout with one step and one argument of its background analysis.
func filledRollout(step, argument string) string {
	return `
apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: filled}
spec:
  replicas: 1
  minReadySeconds: 1
  revisionHistoryLimit: 1
  progressDeadlineSeconds: 60
  analysis: {successfulRunHistoryLimit: 1, unsuccessfulRunHistoryLimit: 1}
  selector:
    matchLabels: {app: web}
    matchExpressions: [{key: app, operator: In, values: [web]}]
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: x}]}
  strategy:
    canary:
      stableService: web
      canaryService: web-canary
      maxSurge: 1
      maxUnavailable: 0
      baseline: {fresh: {replicas: 1}}
      scaleDownDelaySeconds: 1
      abortScaleDownDelaySeconds: 1
      trafficRouting: {gatewayAPI: {httpRoutes: [{name: web}]}}
      steps: [{` + step + `}]
      analysis:
        startingStep: 0
        onBlind: {abortAfter: 30m}
        templates: [{templateName: x}]
        args: [{name: a, ` + argument + `}]
status:
  conditions: [` + condition + `]
  lastIntent: {id: i, action: abort, revision: 1, by: ann, at: ` + moment + `, reason: r, accepted: true}
  release:
    revision: 1
    phase: Progressing
    pauses: [{reason: CanaryPauseStep, startTime: ` + moment + `}]
    overrides: [{step: 0, by: ann, at: ` + moment + `}]
    retiring: [{hash: h, at: ` + moment + `}]
`
}

const moment = `"2026-01-02T03:04:05.000006Z"`

const condition = `{type: Ready, status: "True", reason: Healthy, message: m, observedGeneration: 1, lastTransitionTime: "2026-01-02T03:04:05Z"}`

const runStatus = `
status:
  conditions: [` + condition + `]
  evidence: {eValue: "1", limit: "100"}
  score: {verdict: Pass, score: "100", lowest: "100", highest: "100", message: m}
  journal: "1:AA"
  metricResults:
  - name: m
    judgeState: "{}"
    evidence:
      {method: histogram, canaryBad: "1", canaryTotal: "1", baselineBad: "1", baselineTotal: "1", edge: "0.25", eValue: "1", limit: "100",
       rateRatio: "1", rateRatioLower: "1", rateRatioUpper: "1", dispersion: "2", worstPod: p, eValueWithoutWorstPod: "1", proof: {eValue: "1", limit: "20"},
       quantiles: [{p: "0.5", canary: "1", canaryLower: "1", canaryUpper: "1", baseline: "1", baselineLower: "1", baselineUpper: "1"}],
       canaryLevel: "1", baselineLevel: "1", toleratedLevel: "1", shift: "1", shiftLower: "1", shiftUpper: "1", pValue: "1", requestsNeeded: "1"}
    measurements: [{phase: Successful, startedAt: ` + moment + `, finishedAt: ` + moment + `, value: "1"}]
`

// filledTemplates are objects of a kind with metrics, one for each way of asking
// and of authenticating.
func filledTemplates(kind, status string) []string {
	var all []string
	for _, metric := range []string{
		conditions + `, provider: {prometheus: {query: up, authentication: {basicAuth: {username: u, password: p}}, ` + connection + `}}`,
		conditions + `, provider: {prometheus: {query: up, authentication: {bearerToken: t}}}`,
		conditions + `, provider: {prometheus: {query: up, authentication: {oauth2: {tokenUrl: u, clientId: c, clientSecret: s, scopes: [x]}}}}`,
		`judge: {proportion: {worse: higher, minRequests: 1, warmUp: 1m, tolerance: {relative: "1%", absolute: "1%"}, proof: {ratio: "2"}}}, weight: 1, groups: [g], provider: {prometheus: {canary: {bad: b, total: t}, baseline: {bad: b, total: t}}}`,
		`judge: {histogram: {worse: higher, minRequests: 1, warmUp: 1m, quantiles: ["0.5"], tolerance: {relative: "1%"}}}, provider: {prometheus: {canary: {histogram: h}, baseline: {histogram: h}}}`,
		`judge: {mean: {worse: lower, minPoints: 2, noise: "1%", history: 1s, tolerance: {relative: "1%", absolute: "1"}}}, provider: {prometheus: {canary: {query: q}, baseline: {query: q}}}`,
		`judge: {mannWhitney: {direction: either, tolerance: 1%, confidence: 98%, nanStrategy: remove, outliers: {strategy: keep, factor: "3"}, history: 1s,
		  effectSize: {measure: cles, allowedIncrease: "1", allowedDecrease: "1", criticalIncrease: "1", criticalDecrease: "1"}}}, provider: {prometheus: {canary: {query: q}, baseline: {query: q}}}`,
		`judge: {objective: {atMost: 1%, minRequests: 1}}, provider: {prometheus: {canary: {bad: b, total: t}}}`,
	} {
		all = append(all, filledTemplate(kind, metric, "value: x")+status)
	}
	return append(all, filledTemplate(kind, conditions+", provider: {prometheus: {query: up}}", "valueFrom: {secretKeyRef: {name: s, key: k}}"))
}

const conditions = `successCondition: "true", failureCondition: "false"`

const connection = `address: "http://prometheus", timeout: 30, headers: [{key: a, value: x}], tls: {ca: c, cert: c, key: k, serverName: s}`

// filledTemplate is an object of a kind with one metric and one argument.
func filledTemplate(kind, metric, argument string) string {
	templates := "templates: [{templateName: other}]"
	if kind == "AnalysisRun" {
		templates = "terminate: false\n  weight: 5"
	}
	return `
apiVersion: serin.dev/v1alpha1
kind: ` + kind + `
metadata: {name: filled}
spec:
  falseAlarmBudget: "1%"
  score: {pass: 95, marginal: 75, groupWeights: {g: 100}}
  ` + templates + `
  args: [{name: a, ` + argument + `}]
  metrics:
  - {name: m, interval: 30s, initialDelay: 1m, ` + metric + `}
`
}
