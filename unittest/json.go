package unittest

import (
	"encoding/json"
	"io"
)

// Format names the shape of the JSON. Within it fields are only added.
const Format = "serin.dev/test/v1"

// WriteJSON writes results for programs. Times are texts such as 1m35s, counted from the
// beginning of the run.
func WriteJSON(to io.Writer, results []Result) error {
	out := struct {
		Format string       `json:"format"`
		Tests  int          `json:"tests"`
		Failed int          `json:"failed"`
		Result []jsonResult `json:"results"`
	}{Format: Format, Tests: len(results), Result: []jsonResult{}}
	for _, r := range results {
		if !r.OK {
			out.Failed++
		}
		out.Result = append(out.Result, r.json())
	}
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(out)
}

type jsonResult struct {
	File        string           `json:"file"`
	Line        int              `json:"line"`
	Name        string           `json:"name"`
	OK          bool             `json:"ok"`
	Unplayable  string           `json:"unplayable,omitempty"`
	Verdict     Verdict          `json:"verdict,omitempty"`
	After       string           `json:"after,omitempty"`
	Played      string           `json:"played,omitempty"`
	Weight      *int32           `json:"weight,omitempty"`
	Message     string           `json:"message,omitempty"`
	Metrics     []jsonMetric     `json:"metrics,omitempty"`
	Differences []jsonDifference `json:"differences,omitempty"`
	Warnings    []string         `json:"warnings,omitempty"`
}

type jsonMetric struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	After   string  `json:"after"`
	Looks   int     `json:"looks"`
	Reason  string  `json:"reason,omitempty"`
	Message string  `json:"message,omitempty"`
}

type jsonDifference struct {
	Where string `json:"where"`
	Line  int    `json:"line"`
	Want  string `json:"want"`
	Got   string `json:"got"`
	Why   string `json:"why,omitempty"`
}

func (r Result) json() jsonResult {
	out := jsonResult{
		File: r.Path, Line: r.Line, Name: r.Name, OK: r.OK, Unplayable: r.Unplayable,
		Verdict: r.Verdict, Weight: r.Weight, Message: r.Message, Warnings: r.Warnings,
	}
	if r.Unplayable == "" {
		out.After, out.Played = short(r.Reached), short(r.Played)
	}
	for _, m := range r.Metrics {
		out.Metrics = append(out.Metrics, jsonMetric{m.Name, m.Verdict, short(m.Reached), m.Looks, m.Reason, m.Message})
	}
	for _, d := range r.Differences {
		out.Differences = append(out.Differences, jsonDifference(d))
	}
	return out
}
