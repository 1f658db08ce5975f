package backtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/serin-dev/serin/recording"
)

// Corpus is a folder of cases.
type Corpus struct {
	// Files is the folder, and Dir its path: recordings are opened by their paths.
	Files fs.FS
	Dir   string
	// names are <dataset>/<case>, sorted; digest identifies them.
	names  []string
	digest string
}

// OpenCorpus lists the cases of a folder, and reads none.
func OpenCorpus(files fs.FS, dir string) (*Corpus, error) {
	found, err := fs.Glob(files, "*/*/case.json")
	if err != nil {
		return nil, fmt.Errorf("listing the cases of %s: %w", dir, err)
	}
	if len(found) == 0 {
		var problem *fs.PathError
		if _, err := fs.ReadDir(files, "."); errors.As(err, &problem) {
			return nil, fmt.Errorf("reading the corpus %s: %w", dir, problem.Err)
		}
		return nil, fmt.Errorf("there is no <dataset>/<case>/case.json in %s", dir)
	}
	c := &Corpus{Files: files, Dir: dir}
	sum := sha256.New()
	for _, file := range found {
		c.names = append(c.names, path.Dir(file))
	}
	slices.Sort(c.names)
	for _, name := range c.names {
		sum.Write([]byte(name + "\n"))
	}
	c.digest = hex.EncodeToString(sum.Sum(nil)[:8])
	return c, nil
}

// Datasets are the names of the datasets, sorted.
func (c *Corpus) Datasets() []string {
	var names []string
	for _, name := range c.names {
		names = append(names, datasetOf(name))
	}
	return slices.Compact(names)
}

// datasetOf is the dataset of <dataset>/<case>.
func datasetOf(name string) string {
	dataset, _, _ := strings.Cut(name, "/")
	return dataset
}

// Names are the cases, <dataset>/<case>, sorted.
func (c *Corpus) Names() []string { return slices.Clone(c.names) }

// Load reads the labels of a case, and says where its recording lies in the corpus.
func (c *Corpus) Load(name string) (labels Case, recording string, err error) {
	file := path.Join(name, "case.json")
	text, err := fs.ReadFile(c.Files, file)
	if err != nil {
		return Case{}, "", err
	}
	dataset, folder, _ := strings.Cut(name, "/")
	if labels, err = parseCase(text, dataset, folder); err != nil {
		return Case{}, "", fmt.Errorf("%s: %w", file, err)
	}
	if labels.Recording != "" {
		if !fs.ValidPath(labels.Recording) {
			return Case{}, "", fmt.Errorf("%s: recording is %q; write the name of a file beside it", file, labels.Recording)
		}
		return labels, path.Join(name, labels.Recording), nil
	}
	recording, err = c.recordingOf(name)
	return labels, recording, err
}

// recordingOf is the one other entry of a case's folder.
func (c *Corpus) recordingOf(name string) (string, error) {
	entries, err := fs.ReadDir(c.Files, name)
	if err != nil {
		return "", err
	}
	var others []string
	for _, entry := range entries {
		if other := entry.Name(); other != "case.json" && !strings.HasPrefix(other, ".") {
			others = append(others, other)
		}
	}
	switch len(others) {
	case 1:
		return path.Join(name, others[0]), nil
	case 0:
		return "", fmt.Errorf("%s: there is no recording beside case.json", name)
	default:
		return "", fmt.Errorf("%s: %s lie beside case.json; say in its field recording which one counts", name, strings.Join(others, ", "))
	}
}

// Read reads all samples of a recording in the corpus.
func (c *Corpus) Read(ctx context.Context, name string) (all []recording.Series, err error) {
	r, err := recording.Open(filepath.Join(c.Dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	from, to := r.Bounds()
	return r.Select(ctx, from, to)
}

// Shard is a part of a corpus: the Index-th of Of parts, from 1 on.
type Shard struct {
	Index int `json:"index"`
	Of    int `json:"of"`
}

// ParseShard reads 2/8.
func ParseShard(text string) (Shard, error) {
	var s Shard
	var rest string
	if n, _ := fmt.Sscanf(text+" ", "%d/%d%s", &s.Index, &s.Of, &rest); n != 2 || s.Index < 1 || s.Index > s.Of || s.Of > maxShards {
		return Shard{}, fmt.Errorf("%q is no shard; write 1/8 to 8/8 for eight of them", text)
	}
	return s, nil
}

const maxShards = 10_000

// String is 2/8.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

// has says whether a case belongs to the shard; the zero shard has all.
func (s Shard) has(name string) bool {
	if s.Of <= 1 {
		return true
	}
	sum := fnv.New64a()
	sum.Write([]byte(name))
	// The high bits of FNV-1a depend on all bytes better than the low ones.
	mixed := sum.Sum64()
	mixed ^= mixed >> 32
	return int(mixed%uint64(s.Of)) == s.Index-1
}

// Filter chooses cases. Each key must match one of its patterns.
type Filter map[string][]string

// filterKeys are what cases are chosen by.
func filterKeys() []string { return []string{"case", "dataset", "expected", "level", "service"} }

// ParseFilter reads key=pattern,pattern. Patterns are those of path.Match.
func ParseFilter(texts []string) (Filter, error) {
	f := Filter{}
	for _, text := range texts {
		key, patterns, cut := strings.Cut(text, "=")
		if !cut || !slices.Contains(filterKeys(), key) {
			return nil, fmt.Errorf("%q chooses nothing; write a key and patterns, such as dataset=petshop,nab (keys: %s)", text, strings.Join(filterKeys(), ", "))
		}
		for _, pattern := range strings.Split(patterns, ",") {
			if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
				return nil, fmt.Errorf("%q in %q is no pattern; write a name, or one with * in it", pattern, text)
			}
			f[key] = append(f[key], pattern)
		}
	}
	return f, nil
}

// byName says whether a name may be chosen, before its labels are read.
func (f Filter) byName(name string) bool {
	dataset, folder, _ := strings.Cut(name, "/")
	return f.matches("dataset", dataset) && f.matches("case", folder)
}

// byLabels says whether a case is chosen.
func (f Filter) byLabels(c Case) bool {
	return f.matches("expected", c.Expected) && f.matches("level", c.Level) && f.matches("service", c.Service)
}

func (f Filter) matches(key, value string) bool {
	patterns := f[key]
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool {
		found, err := path.Match(pattern, value)
		return found && err == nil
	})
}
