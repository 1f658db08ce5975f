package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/serin-dev/serin/controller/replay"
)

// maxManifests is the largest file of manifests that is read, in bytes.
const maxManifests = 64 << 20

// readManifests reads what -f names: files, folders with their YAML and JSON files, or
// - for what is piped in.
func (s *session) readManifests(paths []string) (*replay.Manifests, error) {
	manifests := &replay.Manifests{}
	for _, path := range paths {
		files, err := filesIn(path, manifestExtensions...)
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
