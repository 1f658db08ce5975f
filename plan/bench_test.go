package plan

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/serin-dev/serin/controller/translate"
)

// shipped are the shipped templates.
func shipped(t testing.TB) Manifests {
	t.Helper()
	files, err := filepath.Glob("../config/templates/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("the shipped templates: %v", err)
	}
	var m Manifests
	for _, file := range files {
		content, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Read(file, content); err != nil {
			t.Fatal(err)
		}
		if err := content.Close(); err != nil {
			t.Error(err)
		}
	}
	return m
}

// around is a setup of one shipped template.
func around(t testing.TB, name string, assumed Assumptions, steps Steps) *Setup {
	t.Helper()
	m := shipped(t)
	var root []Template
	for _, template := range m.Templates {
		if template.Name == name {
			root = append(root, template)
		}
	}
	rollout, err := Around(m.Fetch(nil), root, steps, 10)
	if err != nil {
		t.Fatal(err)
	}
	setup, err := Prepare(Subject{Rollout: rollout, Fetch: m.Fetch(nil), Checks: translate.Checks{PrometheusAddress: "http://prometheus:9090"}}, assumed)
	if err != nil {
		t.Fatal(err)
	}
	return setup
}

func BenchmarkGoodRelease(b *testing.B) {
	setup := around(b, "golden-signals-app", Defaults(), Steps{Weights: []int32{5, 25, 50}, Pause: 5 * time.Minute})
	for i := range b.N {
		out := setup.simulate(seed{1, uint64(i)}, setup.good)
		if i < 3 {
			b.Logf("%+v", out)
		}
	}
}

func BenchmarkBadRelease(b *testing.B) {
	setup := around(b, "golden-signals-app", Defaults(), Steps{Weights: []int32{5, 25, 50}, Pause: 5 * time.Minute})
	for _, size := range []string{"errors=0.2%", "errors=0.5%", "errors=1%", "errors=5%", "latency=+10%", "latency=+50%", "latency=2x"} {
		regressions, err := ParseRegressions(size)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(size, func(b *testing.B) {
			for i := range b.N {
				out := setup.simulate(seed{1, uint64(i)}, setup.behaviour(regressions[0]))
				if i < 3 {
					b.Logf("%d took %s detected %s requests %.0f step %d weight %d by %v %s", out.ending, out.took, out.detected, out.requests, out.step, out.weight, out.by, out.message)
				}
			}
		})
	}
}
