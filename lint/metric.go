package lint

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// metric is a metric while it is checked.
type metric struct {
	*checker
	node *node
	// interval between looks; 0 when it is looked at once, or it cannot be read.
	interval time.Duration
	// count of looks, and streak that ends it early; 0 is none.
	count, streak int
}

// checkMetrics checks each metric.
func (c *checker) checkMetrics() {
	for _, n := range c.metrics() {
		if n.shape != mapping {
			continue
		}
		m := &metric{checker: c, node: n, interval: duration(n.get("interval")), count: number(n.get("count")), streak: number(n.get("consecutiveSuccessLimit"))}
		m.check()
	}
}

// check applies all rules about one metric.
func (m *metric) check() {
	q := m.parseQuery(m.prometheus().get("query"))
	if q != nil {
		m.checkQuery(q)
	}
	m.checkConditions(q)
	m.checkArms()
	m.checkJudge()
	m.checkInterval()
	m.checkArgo()
	m.checkSecrets()
}

// checkJudge looks at what does not fit a judge.
func (m *metric) checkJudge() {
	if test := m.node.path("judge", "mannWhitney"); test != nil && m.count != 1 {
		m.report(test.key, "peeking", "mannWhitney is a test for one look, and the metric is looked at %s: the chance of a false alarm grows with each; write count: 1 with an initialDelay, or use mean", m.looks())
	}
}

// checkInterval compares the interval with the scrapes.
func (m *metric) checkInterval() {
	if m.node.get("judge") != nil || m.compares() { // They read each scrape once, whenever they look.
		return
	}
	if scrape := m.options.ScrapeInterval; m.interval > 0 && m.interval < scrape {
		m.report(m.node.get("interval").place(), "short-interval", "the metric is looked at every %s, and scraped every %s: looks in between see nothing new, and count once more; write %s, or say how often is scraped: --scrape-interval", short(m.interval), short(scrape), short(scrape))
	}
}

// checkArgo says where a metric means something else in Argo Rollouts.
func (m *metric) checkArgo() {
	if limit := m.node.get("consecutiveErrorLimit"); limit != nil {
		m.report(limit.key, "argo-difference", "here it only decides when people are told: errors hold the release, and take it back in Argo Rollouts; for an end to a long outage write onBlind: {abortAfter: 30m} in the Rollout")
	}
	failures := number(m.node.get("failureLimit"))
	if m.count > 0 && failures >= m.count {
		m.report(m.node.get("failureLimit").key, "argo-difference", "all %d measurements may fail: Argo Rollouts then promotes, Serin asks a person (Inconclusive); write a failureLimit below count", m.count)
	}
	if limit := number(m.node.get("inconclusiveLimit")); m.count > 0 && limit >= m.count {
		m.report(m.node.get("inconclusiveLimit").key, "argo-difference", "all %d measurements may be inconclusive: Argo Rollouts then promotes, Serin asks a person (Inconclusive); write an inconclusiveLimit below count", m.count)
	}
}

// The budgets beyond which one is odd, in percent.
const (
	largestBudget  = 10.0
	smallestBudget = 0.01
)

// checkBudget looks at the probability of a false alarm.
func (c *checker) checkBudget() {
	n := c.spec().get("falseAlarmBudget")
	percent, err := strconv.ParseFloat(strings.TrimSuffix(n.string(), "%"), 64)
	if err != nil || percent <= 0 || percent >= 100 {
		return
	}
	judged := slices.ContainsFunc(c.metrics(), func(n *node) bool { return n.get("judge") != nil })
	switch {
	case percent > largestBudget:
		c.report(n.place(), "odd-budget", "one good release in %.0f would be taken back; 1%% is usual", 100/percent)
	case percent < smallestBudget:
		c.report(n.place(), "odd-budget", "so small a budget makes a regression need much more traffic to be proven; 1%% is usual")
	case !judged && len(c.metrics()) > 0 && c.spec().get("templates") == nil && c.kind != kindRun:
		c.report(n.place(), "odd-budget", "only judges spend falseAlarmBudget, and no metric has one; remove it")
	}
}

// checkGroups looks for weights of groups that no metric is in. Where templates are
// included, they may have them.
func (c *checker) checkGroups() {
	weights := c.spec().path("score", "groupWeights")
	if weights == nil || c.spec().get("templates") != nil || len(c.includers[c.object]) > 0 {
		return
	}
	var known []string
	for _, metric := range c.metrics() {
		if groups := metric.get("groups"); groups != nil {
			for _, group := range groups.items {
				known = append(known, group.string())
			}
		}
	}
	for _, weight := range weights.entries {
		if slices.Contains(known, weight.name) {
			continue
		}
		fix := "add it to the groups of a metric, or remove it"
		if meant := nearest(weight.name, known); meant != "" {
			fix = "did you mean " + meant + "?"
		}
		c.report(weight.key, "unknown-group", "no metric is in the group %s, so its weight counts for nothing; %s", quoted(weight.name), fix)
	}
}

// duration is a duration of a manifest; 0 when there is none.
func duration(n *node) time.Duration {
	parsed, err := time.ParseDuration(n.string())
	if err != nil || parsed < 0 {
		return 0
	}
	return parsed
}

// number is a whole number of a manifest, which may be written as a text; 0 when there is
// none.
func number(n *node) int {
	if n == nil {
		return 0
	}
	if value, is := n.value.(int64); is {
		return int(value)
	}
	parsed, err := strconv.Atoi(n.string())
	if err != nil {
		return 0
	}
	return parsed
}
