package main

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/yaml"
	strict "sigs.k8s.io/yaml"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

func TestEveryScenarioIsComplete(t *testing.T) {
	tags := map[string]bool{}
	for _, image := range images("app") {
		tags[image.Name] = true
	}
	for _, scenario := range scenarios() {
		switch {
		case !tags[imageName(scenario.from)] || !tags[imageName(scenario.to)]:
			t.Errorf("%s needs the images %s and %s, not both are made", scenario.id, scenario.from, scenario.to)
		case scenario.act == nil || scenario.pause == 0 || scenario.after == 0:
			t.Errorf("%s has nothing to do, or no time for it", scenario.id)
		case len(scenario.bars) == 0:
			t.Errorf("%s has no bar", scenario.id)
		}
	}
}

func TestChoose(t *testing.T) {
	all := []scenario{{id: "S1"}, {id: "S4", title: "one"}, {id: "S4", title: "other"}, {id: "S10"}}
	for _, test := range []struct {
		ids     []string
		want    string
		problem string
		reason  string
	}{
		{nil, "S1 S4one S4other S10", "", "without a choice, all"},
		{[]string{"S4"}, "S4one S4other", "", "an id is all scenarios with it"},
		{[]string{"S10", "S1"}, "S1 S10", "", "the order is that of the list"},
		{[]string{"S1", "S11"}, "", `no "S11"; SCENARIOS takes a list of S1,S4,S10`, "an unknown id is refused, not skipped"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			chosen, err := choose(all, test.ids)
			if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
				t.Fatalf("the error is %v, want %q", err, test.problem)
			}
			var got []string
			for _, scenario := range chosen {
				got = append(got, scenario.id+scenario.title)
			}
			if difference := cmp.Diff(test.want, strings.Join(got, " ")); difference != "" {
				t.Errorf("chosen (-want +got):\n%s", difference)
			}
		})
	}
}

func TestTheManifestsAreOfThisAPI(t *testing.T) {
	filled, err := fill("application.yaml", scenarios()[0].values("s1"))
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for reader := yaml.NewYAMLReader(bufio.NewReader(filled)); ; {
		text, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var meta struct{ Kind string }
		if err := strict.Unmarshal(text, &meta); err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, meta.Kind)
		into := map[string]any{"Rollout": &v1alpha1.Rollout{}, "AnalysisTemplate": &v1alpha1.AnalysisTemplate{}}[meta.Kind]
		if into == nil {
			continue
		}
		if err := strict.UnmarshalStrict(text, into); err != nil {
			t.Errorf("the %s: %v", meta.Kind, err)
		}
	}
	want := []string{"Namespace", "Service", "Service", "HTTPRoute", "AnalysisTemplate", "Rollout"}
	if !slices.Equal(kinds, want) {
		t.Errorf("the kinds are %v, want %v", kinds, want)
	}
}

func TestTheOptions(t *testing.T) {
	complete := []string{"-kubernetes", "/k", "-traefik", "/t", "-prometheus", "/p", "-programs", "/b", "-logs", "/l"}
	for _, test := range []struct {
		arguments []string
		want      []string
		problem   string
		reason    string
	}{
		{complete, nil, "", "all scenarios by default"},
		{append(slices.Clone(complete), "-scenarios", "s1, S4"), []string{"S1", "S4"}, "", "ids in any case, with commas or spaces"},
		{complete[:8], nil, "a folder or binary is missing", "nothing is guessed"},
		{append(slices.Clone(complete), "-logs", "/var/log/e2e"), nil, "below /var or /run", "the box would forget it"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			got, err := parseOptions(test.arguments)
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) {
					t.Errorf("the error is %v, want %q", err, test.problem)
				}
				return
			}
			if err != nil || !slices.Equal(got.scenarios, test.want) {
				t.Errorf("scenarios %v, error %v; want %v", got.scenarios, err, test.want)
			}
		})
	}
}
