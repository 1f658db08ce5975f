package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/serin-dev/serin/controller/replay"
)

// maxManifests is the largest file of manifests that is read, in bytes.
const maxManifests = 64 << 20

// readManifests reads what -f names: files, folders with their YAML and JSON files, or
// - for what is piped in.
func (s *session) readManifests(paths []string) (*replay.Manifests, error) {
	manifests := &replay.Manifests{}
	for _, path := range paths {
		files, err := manifestFiles(path)
		if err != nil {
			return nil, usage("name a file, a folder with YAML files, or - for stdin", "%s", oneLine(err))
		}
		for _, file := range files {
			content, err := s.readLimited(file)
			if err == nil {
				err = manifests.Read(file, content)
			}
			if err != nil {
				return nil, usage("correct it, or leave the file out", "%s", oneLine(err))
			}
		}
	}
	return manifests, nil
}

// manifestFiles are the files that a path stands for.
func manifestFiles(path string) ([]string, error) {
	if path == "-" {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, notThere(err))
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	var files []string
	for _, entry := range entries {
		switch strings.ToLower(filepath.Ext(entry.Name())) {
		case ".yaml", ".yml", ".json":
			if !entry.IsDir() {
				files = append(files, filepath.Join(path, entry.Name()))
			}
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("the folder %s has no YAML or JSON files", path)
	}
	return files, nil
}

// notThere is an error of the file system without the operation and the path.
func notThere(err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// readLimited reads a file, or what is piped in, that is not too large.
func (s *session) readLimited(path string) ([]byte, error) {
	source := s.Stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, notThere(err))
		}
		defer file.Close()
		source = file
	}
	if source == nil {
		return nil, errors.New("reading -: nothing is piped in")
	}
	content, err := io.ReadAll(io.LimitReader(source, maxManifests+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if len(content) > maxManifests {
		return nil, fmt.Errorf("reading %s: it has more than %d MiB; manifests are smaller: is it the recording?", path, maxManifests>>20)
	}
	return content, nil
}
