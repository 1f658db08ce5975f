package replay

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// Difference is something that a live run's status and its replay do not agree in.
type Difference struct {
	// Field is its path. Example: metricResults[0].evidence.eValue.
	Field string `json:"field"`
	// Live and Replay are what they say; empty for nothing.
	Live   string `json:"live"`
	Replay string `json:"replay"`
}

// worded says that both have a message, and not the same one.
func (d Difference) worded() bool {
	return d.Live != "" && d.Replay != "" && (d.Field == "message" || strings.HasSuffix(d.Field, ".message"))
}

// Differences are those between what the live run came to and its replay, verdicts, times,
// evidence and the judges' memory, bit for bit. What the cluster alone knows (conditions,
// observedGeneration) and the journal are left out.
func (a *Again) Differences() ([]Difference, error) {
	live, err := fields(a.live)
	if err != nil {
		return nil, err
	}
	replayed, err := fields(a.Status())
	if err != nil {
		return nil, err
	}
	var found []Difference
	differ(&found, "", live, replayed)
	return found, nil
}

// fields is a status as plain values.
func fields(status v1alpha1.AnalysisRunStatus) (any, error) {
	status.Journal, status.Conditions, status.ObservedGeneration = "", nil, 0
	text, err := json.Marshal(status)
	if err != nil {
		return nil, fmt.Errorf("comparing the live run with its replay: %w", err)
	}
	var values map[string]any
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf("comparing the live run with its replay: %w", err)
	}
	return values, nil
}

// differ walks two values and gathers what differs.
func differ(found *[]Difference, path string, live, replayed any) {
	switch left := live.(type) {
	case map[string]any:
		right, _ := replayed.(map[string]any)
		names := slices.Sorted(maps.Keys(left))
		for name := range right {
			if _, both := left[name]; !both {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			differ(found, join(path, name), left[name], right[name])
		}
	case []any:
		right, _ := replayed.([]any)
		for i := range max(len(left), len(right)) {
			differ(found, fmt.Sprintf("%s[%d]", path, i), at(left, i), at(right, i))
		}
	default:
		if l, r := shown(live), shown(replayed); l != r {
			*found = append(*found, Difference{Field: path, Live: l, Replay: r})
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func at(values []any, i int) any {
	if i >= len(values) {
		return nil
	}
	return values[i]
}

// shown is a value as JSON; empty for none.
func shown(value any) string {
	if value == nil {
		return ""
	}
	if text, plain := value.(string); plain {
		return text
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
