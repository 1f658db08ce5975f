package judge

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// ballot are the metrics that count, by group, and the groups' weights.
type ballot struct {
	metrics  []ScoredMetric
	groups   map[string]tally
	weights  map[string]float64
	warnings []string
	// veto is the message of the first critical metric that fails, and openVeto that of
	// the first that is open.
	veto, openVeto string
	// withoutData counts the metrics labelled Nodata.
	withoutData int
}

// tally counts the metrics of one group.
type tally struct {
	// passing and open count by decision; passed of counted is Kayenta's score.
	passing, open   int
	passed, counted int
}

// ballot leaves out what is muted, and weighs the rest.
func (s Scoring) ballot(metrics []ScoredMetric) (ballot, error) {
	if err := s.Validate(); err != nil {
		return ballot{}, err
	}
	b := ballot{groups: map[string]tally{}}
	for _, m := range metrics {
		if m.Muted {
			continue
		}
		if len(m.Groups) == 0 {
			return ballot{}, fmt.Errorf("metric %q is in no group, so that it would count for nothing", m.Name)
		}
		b.add(m)
	}
	return b, b.weigh(s.GroupWeights)
}

func (b *ballot) add(m ScoredMetric) {
	b.metrics = append(b.metrics, m)
	v := m.Verdict
	switch {
	case !v.Critical:
	case v.Decision == Fail && b.veto == "":
		b.veto = v.Message
	case v.Decision == Inconclusive && b.openVeto == "":
		b.openVeto = v.Message
	}
	if v.Classification == Nodata {
		b.withoutData++
		b.warnings = append(b.warnings, fmt.Sprintf("metric %q has no data", m.Name))
	}
	unique := slices.Compact(slices.Sorted(slices.Values(m.Groups)))
	for _, group := range unique {
		t := b.groups[group]
		if v.Classification != Nodata {
			t.counted++
			switch v.Decision {
			case Pass:
				t.passing++
			case Inconclusive:
				t.open++
			}
			if v.Classification == Passed {
				t.passed++
			}
		}
		b.groups[group] = t
	}
}

// weigh gives groups without a weight equal parts of what is left of 100, and makes
// the weights of the groups that there are 100. What is scaled is said; a group that
// would count for nothing unasked is an error.
func (b *ballot) weigh(configured map[string]float64) error {
	b.weights = map[string]float64{}
	total, unweighted := 0.0, []string(nil)
	for _, group := range slices.Sorted(maps.Keys(configured)) {
		total += configured[group]
		if _, there := b.groups[group]; !there && configured[group] > 0 && len(b.metrics) > 0 {
			b.warnings = append(b.warnings, fmt.Sprintf("group %q has a weight of %v and no metric: its weight goes to the others", group, configured[group]))
		}
	}
	for _, group := range slices.Sorted(maps.Keys(b.groups)) {
		if weight, there := configured[group]; there {
			b.weights[group] = weight
		} else {
			unweighted = append(unweighted, group)
		}
	}
	rest := 100 - total
	if len(unweighted) > 0 && rest <= 1e-9*100 {
		return fmt.Errorf("the weights make %v, so that the metrics of %s would count for nothing", total, quoted(unweighted))
	}
	for _, group := range unweighted {
		b.weights[group] = rest / float64(len(unweighted))
	}
	if len(b.groups) == 0 {
		return nil
	}
	return b.normalise(len(unweighted) == 0 && rest > 1e-9*100, total)
}

// normalise makes the weights 100.
func (b *ballot) normalise(short bool, configured float64) error {
	sum := 0.0
	for _, group := range slices.Sorted(maps.Keys(b.weights)) {
		sum += b.weights[group]
	}
	if sum <= 0 {
		return errors.New("every group with metrics has a weight of 0")
	}
	if short {
		b.warnings = append(b.warnings, fmt.Sprintf("the weights make %v: they are scaled to 100", configured))
	}
	if math.Abs(sum-100) > 1e-9*100 {
		for group := range b.weights {
			b.weights[group] *= 100 / sum
		}
	}
	return nil
}

func quoted(names []string) string {
	var all []string
	for _, name := range names {
		all = append(all, fmt.Sprintf("group %q", name))
	}
	return strings.Join(all, ", ")
}

// count adds up the groups.
func (b *ballot) count() ScoreVerdict {
	v := ScoreVerdict{Warnings: b.warnings}
	for _, name := range slices.Sorted(maps.Keys(b.groups)) {
		t, weight := b.groups[name], b.weights[name]
		g := GroupScore{Name: name, Weight: weight, HasData: t.counted > 0}
		// What a group without any data would have is open; Kayenta counts it as 100.
		score, worst, best := 100.0, 0.0, 100.0
		if g.HasData {
			counted := float64(t.counted)
			score = float64(t.passed) / counted * 100
			worst, best = float64(t.passing)/counted*100, float64(t.passing+t.open)/counted*100
			g.Score = score
		}
		v.Groups = append(v.Groups, g)
		v.Score += score * weight / 100
		v.Worst += worst * weight / 100
		v.Best += best * weight / 100
	}
	v.Score, v.Worst, v.Best = hundredths(v.Score), hundredths(v.Worst), hundredths(v.Best)
	return v
}

// hundredths rounds to two decimals, half up.
func hundredths(v float64) float64 { return math.Floor(v*100+0.5+1e-9) / 100 }
