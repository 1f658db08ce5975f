package backtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteJSON writes a Result as JSON, indented.
func (r Result) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// ReadJSON reads what WriteJSON wrote.
func ReadJSON(text []byte) (Result, error) {
	var r Result
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return r, fmt.Errorf("it is no result of serin backtest -o json: %w", err)
	}
	if r.Format != Format {
		return r, fmt.Errorf("its format is %q, not %q; use the serin that wrote it", r.Format, Format)
	}
	if r.Shard != nil && (r.Shard.Index < 1 || r.Shard.Index > r.Shard.Of) {
		return r, fmt.Errorf("its shard is %s", r.Shard)
	}
	return r, nil
}

// Named is a result, and where it was read.
type Named struct {
	File string
	Result
}

// Merge puts the results of all shards of one back-test together: the same result as
// without shards, and nothing else is accepted.
func Merge(parts []Named) (Result, error) {
	if len(parts) == 0 {
		return Result{}, fmt.Errorf("there is nothing to merge; name the results of all shards")
	}
	first := parts[0]
	by := map[int]string{}
	for _, p := range parts {
		switch {
		case p.Shard == nil:
			return Result{}, fmt.Errorf("%s is no shard: it was made without --shard and holds all cases", p.File)
		case p.Shard.Of != first.Shard.Of:
			return Result{}, fmt.Errorf("%s is shard %s, and %s is shard %s: their numbers of shards differ", first.File, first.Shard, p.File, p.Shard)
		case p.Corpus.Digest != first.Corpus.Digest:
			return Result{}, fmt.Errorf("%s and %s are of different corpora (%s and %s)", first.File, p.File, first.Corpus.Name, p.Corpus.Name)
		case p.Templates.Digest != first.Templates.Digest:
			return Result{}, fmt.Errorf("%s and %s were judged by different templates or flags", first.File, p.File)
		case by[p.Shard.Index] != "":
			return Result{}, fmt.Errorf("%s and %s are the same shard, %s", by[p.Shard.Index], p.File, p.Shard)
		}
		by[p.Shard.Index] = p.File
	}
	if missing := first.Shard.Of - len(by); missing > 0 {
		return Result{}, fmt.Errorf("%s missing: %s", counted(missing, "shard is", "shards are"), strings.Join(absent(by, first.Shard.Of), ", "))
	}
	merged := Result{Format: Format, Corpus: first.Corpus, Templates: first.Templates, Datasets: []Dataset{}, Wrong: []Wrong{}, Broken: []Broken{}}
	for _, p := range parts {
		merged.Cases += p.Cases
		merged.Wrong, merged.WrongLeftOut = append(merged.Wrong, p.Wrong...), merged.WrongLeftOut+p.WrongLeftOut
		merged.Broken, merged.BrokenLeftOut = append(merged.Broken, p.Broken...), merged.BrokenLeftOut+p.BrokenLeftOut
		for _, d := range p.Datasets {
			table := merged.dataset(d.Name)
			table.Templates = d.Templates
			table.absorb(d)
		}
	}
	merged.finish()
	return merged, nil
}

// absent are the shards that are not there, the first ten of them.
func absent(by map[int]string, of int) []string {
	var missing []string
	for i := 1; i <= of; i++ {
		if by[i] == "" {
			missing = append(missing, Shard{i, of}.String())
		}
		if len(missing) > 10 {
			return append(missing[:10], "…")
		}
	}
	return slices.Clip(missing)
}
