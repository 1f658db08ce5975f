package view

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// List writes a table of Rollouts, sorted by namespace and name.
func List(rollouts []v1alpha1.Rollout, namespaces bool, s Settings) string {
	sorted := slices.Clone(rollouts)
	slices.SortFunc(sorted, func(a, b v1alpha1.Rollout) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	rows := [][]cell{plain("NAME", "STATUS", "STEP", "WEIGHT", "READY", "AGE", "MESSAGE")}
	for i := range sorted {
		rows = append(rows, listRow(&sorted[i], s))
	}
	if namespaces {
		rows[0] = append(plain("NAMESPACE"), rows[0]...)
		for i := range sorted {
			rows[i+1] = append(plain(sorted[i].Namespace), rows[i+1]...)
		}
	}
	return strip(strings.Join(table(s.Style, "", rows), "\n")+"\n", s.Style.Color)
}

// listRow writes one Rollout.
func listRow(r *v1alpha1.Rollout, s Settings) []cell {
	phase, weight := Phase(r), "-"
	if r.Status.CurrentPodHash != r.Status.StableRS {
		weight = fmt.Sprintf("%d%%", canaryWeight(r))
	}
	age := s.since(&metav1.MicroTime{Time: r.CreationTimestamp.Time})
	row := plain(r.Name, phase, dash(r.Status.CurrentStep), weight, dash(r.Status.Ready), age, Message(r))
	row[1].ansi = phaseColor(phase)
	return row
}

// dash writes a dash for nothing.
func dash(text string) string {
	if text == "" {
		return "-"
	}
	return Clean(text)
}
