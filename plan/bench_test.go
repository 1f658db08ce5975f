package plan

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/controller/translate"
)

// shipped are the shipped templates.
func shipped(t testing.TB) *replay.Manifests {
	t.Helper()
	files, err := filepath.Glob("../config/templates/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("the shipped templates: %v", err)
	}
	m := &replay.Manifests{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err == nil {
			err = m.Read(file, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// usualSteps are 5, 25 and 50 %, five minutes each.
func usualSteps() Steps { return Steps{Weights: []int32{5, 25, 50}, Pause: 5 * time.Minute} }

// around is a setup of one shipped template.
func around(t testing.TB, name string, assumed Assumptions, steps Steps) *Setup {
	t.Helper()
	request := Request{Manifests: shipped(t), Name: name, Steps: steps, Pods: 10, Checks: translate.Checks{PrometheusAddress: "http://prometheus:9090"}}
	subject, err := request.Subject()
	if err != nil {
		t.Fatal(err)
	}
	setup, err := Prepare(subject, assumed)
	if err != nil {
		t.Fatal(err)
	}
	return setup
}

func BenchmarkGoodRelease(b *testing.B) {
	setup := around(b, "golden-signals-app", Defaults(), usualSteps())
	for i := range b.N {
		out := setup.simulate(seed{1, uint64(i)}, setup.good)
		if i < 3 {
			b.Logf("%+v", out)
		}
	}
}

func BenchmarkBadRelease(b *testing.B) {
	setup := around(b, "golden-signals-app", Defaults(), usualSteps())
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
