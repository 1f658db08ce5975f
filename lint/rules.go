package lint

// Rule is something that is looked for.
type Rule struct {
	// Name is written in suppressions. Example: many-series.
	Name string `json:"name"`
	// Severity of what it finds.
	Severity Severity `json:"severity"`
	// Summary says in a line what it finds.
	Summary string `json:"summary"`
	// Why says what happens otherwise, and what to do.
	Why string `json:"why"`
}

// Rules are all rules, in the order of the documentation.
func Rules() []Rule {
	var all []Rule
	for _, group := range RuleGroups() {
		all = append(all, group.Rules...)
	}
	return all
}

// RuleGroup is a chapter of the rules.
type RuleGroup struct {
	Title string
	Rules []Rule
}

// RuleGroups are the rules by what they are about.
func RuleGroups() []RuleGroup {
	return []RuleGroup{
		{"Files", fileRules()},
		{"Fields", fieldRules()},
		{"Arguments and templates", argumentRules()},
		{"Conditions", conditionRules()},
		{"Queries", queryRules()},
		{"Canary and baseline", versionRules()},
		{"Steps", stepRules()},
		{"Secrets", secretRules()},
	}
}

func fileRules() []Rule {
	return []Rule{
		{"yaml", SeverityError, "A document is not YAML.", "Nothing of it could be checked, and kubectl would refuse it. It cannot be suppressed."},
		{"helm-template", SeverityWarning, "A file is a Helm template that has not been rendered.", "It becomes YAML only when it is rendered: `helm template CHART | serin lint -`."},
		{"argo-kind", SeverityNote, "An object is one of Argo Rollouts.", "Serin does not touch it; `serin convert` translates it."},
		{"unknown-kind", SeverityError, "apiVersion and kind name nothing of Serin's.", "The API server has no such kind and refuses the object."},
		{"duplicate-key", SeverityError, "A key is in a mapping twice.", "Only one of the two is used, and which one depends on who reads the file."},
		{"duplicate-object", SeverityWarning, "Two objects have the same kind, namespace and name.", "The one that is applied last replaces the other. Rollouts that use the name are checked with the first one."},
		{"suppression", SeverityWarning, "A comment that should turn a rule off does not.", "It names no rule, gives no reason, or is about something that is no longer there."},
	}
}

func fieldRules() []Rule {
	return []Rule{
		{"unknown-field", SeverityError, "A field does not exist.", "The API server drops it, or refuses the object: a misspelt limit is no limit."},
		{"schema", SeverityError, "A value has the wrong type, or breaks a limit or a rule of the CustomResourceDefinition.", "The API server refuses the object."},
		{"invalid-spec", SeverityError, "The controller would refuse the spec.", "The API server takes it, but the release does not begin: InvalidSpec."},
		{"odd-budget", SeverityWarning, "falseAlarmBudget is larger than 10 % or smaller than 0.01 %.", "Above, one good release in ten is taken back. Below, a regression needs much more traffic to be proven."},
		{"unknown-group", SeverityWarning, "score.groupWeights names a group that no metric is in.", "Its weight counts for nothing, and the other groups are scaled up."},
		{"short-interval", SeverityNote, "A metric is looked at more often than Prometheus scrapes.", "Looks between two scrapes see nothing new, and cost queries. Judges are not harmed by it."},
		{"argo-difference", SeverityNote, "A field means something else in Argo Rollouts.", "Serin holds a release that it cannot judge, where Argo Rollouts takes it back or promotes it: docs/design/0002 and 0003."},
		{"no-analysis", SeverityNote, "A Rollout has steps, and no analysis.", "Nothing judges the new version; only dead pods take it back."},
	}
}

func argumentRules() []Rule {
	return []Rule{
		{"undeclared-arg", SeverityError, "{{args.name}} is used, or given a value, and no template declares it.", "The release does not begin."},
		{"unused-arg", SeverityWarning, "A template declares an argument that nothing uses.", "Whoever uses the template has to give it a value for nothing; often it is a misspelt name."},
		{"missing-arg", SeverityError, "A Rollout gives an argument no value, and the template has no default.", "The release does not begin."},
		{"missing-template", SeverityNote, "A template that is named is not among the files.", "It may be in the cluster. Without it, what depends on it is not checked: lint the files together."},
		{"include-cycle", SeverityError, "Templates include each other.", "The release does not begin."},
	}
}

func conditionRules() []Rule {
	return []Rule{
		{"condition-syntax", SeverityError, "A condition cannot be compiled.", "The release does not begin."},
		{"condition-shape", SeverityError, "A condition reads one number where the query answers a list, or the reverse.", "Each measurement is blind, and the release holds for ever. A vector is read by result[0], a scalar by result."},
		{"condition-index", SeverityError, "A condition reads an item of the result that the query never answers.", "Each measurement is blind, and the release holds for ever."},
		{"first-of-many", SeverityWarning, "A condition reads result[0], and the query may answer several series.", "Which series comes first is up to the server: the others are not judged. Aggregate, or ask for all of them by all(result, # < 1)."},
		{"condition-constant", SeverityWarning, "A condition comes to the same whatever the result is.", "The metric can never fail, or never pass."},
		{"no-data-passes", SeverityWarning, "A measurement that saw nothing, or NaN, passes.", "A metric that disappears, or a canary without traffic, is then as good as a healthy one. Serin holds the release by itself until there are data."},
		{"no-data-fails", SeverityWarning, "A measurement that saw nothing, or NaN, fails.", "A restart of Prometheus takes good releases back. For a long outage there is onBlind.abortAfter."},
		{"condition-source", SeverityError, "A condition asks for what the metric does not read.", "A share needs bad and total, a quantile a histogram or the points of a query: the condition is never known, and the release holds for ever."},
		{"peeking", SeverityWarning, "A test that is made for one look is looked at again and again.", "With every look the chance of a false alarm grows. Measure once, or use a judge: proportion, histogram and mean may be looked at all the time."},
	}
}

func queryRules() []Rule {
	return []Rule{
		{"promql-syntax", SeverityError, "A query is no PromQL, or answers no numbers.", "Each measurement is refused by the server."},
		{"many-series", SeverityWarning, "A gauge's query may answer several series.", "A measurement is one point; with several, it is blind. Aggregate by avg or sum."},
		{"long-window", SeverityWarning, "The window of a rate is much longer than a step.", "It still sees what was before the step: a regression is diluted, and a good version pays for a bad minute before."},
		{"overlapping-window", SeverityNote, "The window of a rate is more than twice as long as the interval.", "Each request is counted at several looks, so one bad moment uses up failureLimit."},
		{"short-window", SeverityWarning, "The window of a rate is shorter than two scrape intervals.", "A rate needs two samples: with one it is empty, and the measurement blind."},
		{"zero-traffic", SeverityNote, "A ratio divides by a rate that may be 0.", "Without traffic it is NaN: the measurement is blind, and the release holds until there are requests."},
		{"absent-errors", SeverityWarning, "A query counts bad requests by their status alone.", "Their series begins with the first bad request: of a good version the query answers nothing, and the release holds for ever."},
		{"hidden-no-data", SeverityWarning, "A query answers a constant when there are no data.", "A metric that disappears cannot be told from a healthy one. Stand in for missing errors, not for missing requests."},
		{"filtered", SeverityWarning, "A comparison in the query filters series away.", "When it is false there is no series at all, and the measurement is blind. Write bool, or compare in the condition."},
		{"quantile-of-quantiles", SeverityWarning, "Quantiles are aggregated.", "The average of the 99th percentiles of pods is no percentile of anything. Aggregate the buckets by le first."},
		{"missing-le", SeverityError, "The buckets of a histogram are aggregated without le.", "histogram_quantile then answers nothing, ever."},
		{"rate-of-sum", SeverityError, "rate() is applied to a sum of counters.", "When one of the pods restarts, the sum falls, which rate() takes for a reset: it shows a peak that never was. Write sum(rate(…))."},
		{"rate-of-gauge", SeverityWarning, "rate() is applied to what looks like a gauge.", "Each fall counts as a reset. Use deriv() or delta()."},
		{"raw-counter", SeverityWarning, "A counter is used without rate() or increase().", "It counts since the start of each pod, so it tells the age of pods rather than what is going on."},
		{"fixed-time", SeverityWarning, "A query looks at a fixed time, or far back.", "What it sees is not the release."},
		{"both-versions", SeverityNote, "A query names no argument and no version.", "It measures the new version together with the old one, which hides what the new one does at a small weight."},
	}
}

func versionRules() []Rule {
	return []Rule{
		{"raw-selector", SeverityError, "bad, total or histogram is no selector of raw counters.", "Serin reads the samples and takes the differences itself, so that each request counts once."},
		{"same-selectors", SeverityError, "Canary and baseline select the same series.", "A version that is compared with itself always passes."},
		{"swapped-versions", SeverityError, "The canary is selected by the stable version's hash, or the baseline by the new one's.", "A better version would be taken back, and a worse one promoted."},
		{"unnamed-version", SeverityWarning, "The selector of a version names no argument.", "It does not follow the release: after a promotion it selects the wrong pods, or both."},
		{"bad-outside-total", SeverityError, "bad is not a part of total.", "The share of bad requests is then no share."},
		{"not-buckets", SeverityWarning, "A histogram's selector does not select all of its buckets.", "Without all buckets, the +Inf one included, nothing can be counted."},
		{"unused-baseline", SeverityWarning, "Fresh baseline pods are started, and no argument selects them.", "They cost capacity, and the canary is compared with all stable pods."},
	}
}

func stepRules() []Rule {
	return []Rule{
		{"endless-step", SeverityError, "A step waits for an analysis that has no end.", "The release does not begin."},
		{"nothing-to-compare", SeverityError, "An analysis at a weight of 100 compares with the stable version.", "The stable version gets no requests any more, so it never passes."},
		{"no-traffic", SeverityWarning, "An analysis step runs before the new version gets traffic.", "Its requests are counted, and there are none: it holds the release until somebody promotes it."},
		{"weight-down", SeverityWarning, "A step lowers the weight.", "Evidence is gathered anew at each weight; a good release has no reason to go back."},
		{"coarse-weight", SeverityWarning, "Without a router, a weight cannot be had with so few pods.", "The split is then the ratio of the pods: the first weight may be a multiple of what is written, for all users at once."},
		{"weight-repeated", SeverityNote, "A step sets the weight that is set already.", "It does nothing."},
		{"background-ends", SeverityWarning, "A background analysis ends before the release does.", "It counts as passed at all later weights, without a look at them. Remove count and consecutiveSuccessLimit."},
		{"late-analysis", SeverityWarning, "The weight is raised before the background analysis begins.", "Nobody has looked how the new version does with the traffic that it has. The steps count from 0."},
		{"short-patience", SeverityWarning, "onBlind.abortAfter is shorter than two looks of a metric.", "One look that sees nothing, such as during a restart of Prometheus, takes the release back."},
		{"useless-pause", SeverityNote, "A pause follows no weight.", "Nothing is different while it waits: there is no traffic yet, or a pause before it."},
	}
}

func secretRules() []Rule {
	return []Rule{
		{"plain-secret", SeverityError, "A password, a token or a key is in the text.", "Whoever may read the object, its history or this repository has it. Take it from a Secret: an argument with valueFrom.secretKeyRef."},
		{"credentials-in-address", SeverityError, "An address holds a user and a password.", "They would be shown wherever the address is. Use authentication.basicAuth with an argument from a Secret."},
		{"insecure-credentials", SeverityWarning, "Credentials are sent to a server that is not verified.", "Anybody between the two can read them. Write the server's certificate authority into tls.ca."},
		{"shown-secret", SeverityError, "An argument from a Secret is used where it would be shown.", "The release does not begin. It may be used in address, headers, authentication and tls."},
	}
}

// ruleNamed finds a rule.
func ruleNamed(name string) (Rule, bool) {
	for _, rule := range Rules() {
		if rule.Name == name {
			return rule, true
		}
	}
	return Rule{}, false
}

// ruleNames are the names of all rules.
func ruleNames() []string {
	var names []string
	for _, rule := range Rules() {
		names = append(names, rule.Name)
	}
	return names
}

// severityOf is the severity of a rule's diagnostics.
func severityOf(name string) Severity {
	rule, _ := ruleNamed(name)
	return rule.Severity
}
