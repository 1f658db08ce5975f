package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// largestManifest is the largest file below a folder that is taken for manifests, in bytes.
const largestManifest = 8 << 20

// manifestExtensions are those of manifests, in lower case.
var manifestExtensions = []string{".yaml", ".yml", ".json"}

// filesIn are the files that -f stands for: the file itself, stdin (-), or what has one of
// the extensions in a folder, but not below it, as kubectl reads folders.
func filesIn(path string, extensions ...string) ([]string, error) {
	folder, err := isFolder(path)
	if err != nil || !folder {
		return []string{path}, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, notThere(err))
	}
	var files []string
	for _, entry := range entries {
		if !entry.IsDir() && hasExtension(entry.Name(), extensions) {
			files = append(files, filepath.Join(path, entry.Name()))
		}
	}
	if len(files) == 0 {
		return nil, noFiles(path, extensions)
	}
	return files, nil
}

// filesBelow are the files that an argument stands for: the file itself, stdin (-), or all
// that may be manifests in a folder and below it, but for hidden ones and for data.
func (s *session) filesBelow(path string) ([]string, error) {
	folder, err := isFolder(path)
	if err != nil || !folder {
		return []string{filepath.Clean(path)}, err
	}
	var files []string
	err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, notThere(err))
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && name != path
		if hidden && entry.IsDir() {
			return filepath.SkipDir
		}
		if hidden || !entry.Type().IsRegular() || !hasExtension(name, manifestExtensions) {
			return nil
		}
		info, err := entry.Info()
		if err == nil && info.Size() > largestManifest {
			fmt.Fprintf(s.Stderr, "Skipped: %s has more than %d MiB, and is data rather than manifests; name it to have it read\n", name, largestManifest>>20)
			return nil
		}
		files = append(files, filepath.Clean(name))
		return err
	})
	return files, err
}

// isFolder says whether a path is a folder; stdin is none.
func isFolder(path string) (bool, error) {
	if path == "-" {
		return false, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return false, fmt.Errorf("reading %s: %w", path, notThere(err))
	}
	return info.IsDir(), nil
}

func hasExtension(name string, extensions []string) bool {
	return slices.Contains(extensions, strings.ToLower(filepath.Ext(name)))
}

// noFiles is a folder in which there is nothing to read.
func noFiles(path string, extensions []string) error {
	kinds := "YAML or JSON"
	if len(extensions) == 1 {
		kinds = strings.ToUpper(strings.TrimPrefix(extensions[0], "."))
	}
	return fmt.Errorf("the folder %s has no %s files", path, kinds)
}

// notThere is an error of the file system without the operation and the path.
func notThere(err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
