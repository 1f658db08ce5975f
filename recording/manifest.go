package recording

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Names in a recording of Serin's own.
const (
	manifestName = "manifest.json"
	// unfinishedName marks a folder whose writer has not committed it.
	unfinishedName = "UNFINISHED"
	// manifestVersion is the version of the format that is written, and the newest
	// that is read.
	manifestVersion = 1
)

// Manifest says where a recording comes from, and what its files should be.
type Manifest struct {
	// Version of the manifest's format: 1.
	Version int `json:"version"`
	// Tool that wrote the recording. Example: serin 0.4.0.
	Tool string `json:"tool,omitempty"`
	// Source is the address of the server, without credentials, query and fragment.
	Source string `json:"source,omitempty"`
	// Transport is how the samples came: "remote read" keeps them as they are,
	// "range vectors" loses stale markers and native histograms.
	Transport string `json:"transport,omitempty"`
	// From and To are the window that was asked for, both included.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Selectors are what was asked for, as PromQL. Example: up{job="web"}.
	Selectors []string `json:"selectors,omitempty"`
	// Queries are the queries for which the selectors were chosen.
	Queries []string `json:"queries,omitempty"`
	// ExternalLabels are those of the server.
	ExternalLabels map[string]string `json:"externalLabels,omitempty"`
	// Intervals are the times between samples, those of most series first.
	Intervals []Interval `json:"intervals,omitempty"`
	// Notes say what the recording lacks.
	Notes []string `json:"notes,omitempty"`
	// Series and Samples count what is in the block.
	Series  int   `json:"series"`
	Samples int64 `json:"samples"`
	// Files are all files but the manifest, by path below the folder.
	Files []File `json:"files"`
	// Format is what was opened, in words. It is not written.
	Format string `json:"-"`
}

// Interval is how often series are sampled: the median time between the samples of
// each, rounded to a second if it is longer than one.
type Interval struct {
	Every  time.Duration
	Series int
}

// interval is an Interval as JSON.
type interval struct {
	Every  string `json:"every"`
	Series int    `json:"series"`
}

// MarshalJSON writes the duration as Go does: {"every":"15s","series":120}.
func (i Interval) MarshalJSON() ([]byte, error) {
	return json.Marshal(interval{i.Every.String(), i.Series})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (i *Interval) UnmarshalJSON(text []byte) error {
	var read interval
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	every, err := time.ParseDuration(read.Every)
	if err != nil {
		return fmt.Errorf("interval: %w", err)
	}
	i.Every, i.Series = every, read.Series
	return nil
}

// File is a file of a recording: its path with slashes, its size in bytes, and its
// checksum in hexadecimal digits.
type File struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// readManifest reads a manifest, and compares the sizes of all files.
func readManifest(folder string) (Manifest, error) {
	name := filepath.Join(folder, manifestName)
	content, err := os.ReadFile(name)
	if err != nil {
		return Manifest{}, fmt.Errorf("reading recording %s: %w", folder, err)
	}
	var m Manifest
	if err := json.Unmarshal(content, &m); err != nil {
		return Manifest{}, fmt.Errorf("reading %s: %s; copy or record it again", name, jsonProblem(content, err))
	}
	switch {
	case m.Version == 0:
		return Manifest{}, fmt.Errorf("reading %s: it has no version, so it is not the manifest of a recording", name)
	case m.Version > manifestVersion:
		return Manifest{}, fmt.Errorf("reading %s: its version is %d and this serin reads up to %d; use a newer serin", name, m.Version, manifestVersion)
	case len(m.Files) == 0:
		return Manifest{}, fmt.Errorf("reading %s: it lists no files; copy or record it again", name)
	}
	for _, file := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(file.Path)) {
			return Manifest{}, fmt.Errorf("reading %s: file %q lies outside the recording", name, file.Path)
		}
		switch info, err := os.Stat(filepath.Join(folder, filepath.FromSlash(file.Path))); {
		case errors.Is(err, os.ErrNotExist):
			return Manifest{}, fmt.Errorf("reading recording %s: %s is missing; copy or record it again", folder, file.Path)
		case err != nil:
			return Manifest{}, fmt.Errorf("reading recording %s: %w", folder, err)
		case info.Size() != file.Size:
			return Manifest{}, fmt.Errorf("reading recording %s: %s has %d bytes and should have %d; copy or record it again", folder, file.Path, info.Size(), file.Size)
		}
	}
	m.Format = "recording of serin"
	return m, nil
}

// write writes a manifest and makes it durable.
func (m Manifest) write(folder string) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(m); err != nil {
		return err
	}
	return writeDurably(filepath.Join(folder, manifestName), text.Bytes())
}

// Verify compares the checksums of a recording's files with its manifest. Formats
// without checksums pass; the CRCs of blocks are checked when they are read.
func (r *Recording) Verify() error {
	for _, file := range r.manifest.Files {
		sum, _, err := checksum(filepath.Join(r.path, filepath.FromSlash(file.Path)))
		if err != nil {
			return fmt.Errorf("verifying recording %s: %w", r.path, err)
		}
		if sum != file.SHA256 {
			return fmt.Errorf("verifying recording %s: %s is damaged: its SHA-256 is %s and should be %s; copy or record it again", r.path, file.Path, sum, file.SHA256)
		}
	}
	return nil
}

// checksum is the SHA-256 of a file in hexadecimal digits, and its size.
func checksum(name string) (string, int64, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = file.Close() }() // It was only read.
	hash := sha256.New()
	size, err := io.Copy(hash, file)
	return hex.EncodeToString(hash.Sum(nil)), size, err
}

// jsonProblem says where JSON is wrong: line and column where the error knows.
func jsonProblem(content []byte, err error) string {
	offset := int64(-1)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
	}
	if offset < 0 || offset > int64(len(content)) {
		return err.Error()
	}
	before := string(content[:offset])
	line := strings.Count(before, "\n") + 1
	return fmt.Sprintf("line %d, byte %d: %v", line, offset, err)
}
