package translate

import "github.com/serin-dev/serin/crds/v1alpha1"

// need is what a judge, or conditions, read of each version.
type need struct {
	// who reads; what names it for people, and how says what to write.
	who, what, how string
	// fields are those of VersionMetrics that it needs.
	fields []string
}

// needOf is what a metric's judge reads.
func needOf(j v1alpha1.MetricJudge) need {
	need := judgeNeed(j)
	need.who = "the judge"
	return need
}

func judgeNeed(j v1alpha1.MetricJudge) need {
	switch {
	case j.Histogram != nil:
		return need{what: "compares histograms", how: "write canary and baseline, each with histogram, instead of query", fields: []string{"histogram"}}
	case j.Mean != nil || j.MannWhitney != nil:
		return need{what: "compares the points of a gauge", how: "write canary and baseline, each with a query of its own, instead of query", fields: []string{"query"}}
	case j.Objective != nil:
		return need{what: "counts requests", how: "write canary, with bad and total, instead of query", fields: []string{"bad", "total"}}
	default:
		return need{what: "compares counters", how: "write canary and baseline, each with bad and total, instead of query", fields: []string{"bad", "total"}}
	}
}

// checkVersions refuses what the judge cannot read of the two versions.
func (p metricParser) checkVersions(field string, source v1alpha1.PrometheusMetric) {
	need, alone := needOf(*p.metric.Judge), p.metric.Judge.Objective != nil
	if source.Query != "" || source.Canary == nil || source.Baseline == nil && !alone {
		p.problems.add(p.field+"."+field, "a judge %s; %s", need.what, need.how)
		return
	}
	p.checkVersion(field+".canary", *source.Canary, need)
	if source.Baseline != nil {
		p.checkVersion(field+".baseline", *source.Baseline, need)
	}
}

// compares reports whether the metric has conditions on canary and baseline.
func (p metricParser) compares() bool { return comparesConditions(p.metric) }

// comparesConditions reports whether a metric has conditions on canary and baseline,
// rather than on the result of a query.
func comparesConditions(metric v1alpha1.Metric) bool {
	source := metric.Provider.Prometheus
	return metric.Judge == nil && source != nil && source.Query == "" && (source.Canary != nil || source.Baseline != nil)
}

// conditionsNeed is what conditions read, which is of the kind that the canary is of.
func conditionsNeed(canary v1alpha1.VersionMetrics) need {
	switch {
	case canary.Histogram != "":
		return need{who: "the comparison", what: "is by histogram", fields: []string{"histogram"}}
	case canary.Query != "":
		return need{who: "the comparison", what: "is by the points of a gauge", fields: []string{"query"}}
	default:
		return need{who: "the comparison", what: "is by bad requests", fields: []string{"bad", "total"}}
	}
}

// checkCompared refuses what conditions on canary and baseline cannot read.
func (p metricParser) checkCompared(field string, source v1alpha1.PrometheusMetric) {
	if source.Canary == nil || source.Baseline == nil {
		p.problems.add(p.field+"."+field, "conditions compare the canary with a baseline; write canary and baseline, or query instead of both")
		return
	}
	need := conditionsNeed(*source.Canary)
	p.checkVersion(field+".canary", *source.Canary, need)
	p.checkVersion(field+".baseline", *source.Baseline, need)
}

// checkVersion refuses what is missing, what cannot be used, and what nobody reads.
func (p metricParser) checkVersion(field string, version v1alpha1.VersionMetrics, need need) {
	for _, part := range []struct {
		name, text string
		longest    int
		check      func(string) error
	}{
		{"bad", version.Bad, maxSelector, p.checks.Selector}, {"total", version.Total, maxSelector, p.checks.Selector},
		{"histogram", version.Histogram, maxSelector, p.checks.Selector}, {"query", version.Query, maxQuery, p.checks.Query},
	} {
		switch needed := need.needs(part.name); {
		case needed:
			p.checkText(field+"."+part.name, part.text, part.longest, part.check)
		case part.text != "":
			p.problems.add(p.field+"."+field+"."+part.name, "%s %s, and does not read this; remove it", need.who, need.what)
		}
	}
}

func (n need) needs(field string) bool {
	for _, needed := range n.fields {
		if needed == field {
			return true
		}
	}
	return false
}
