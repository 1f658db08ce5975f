package recording

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Open opens a recording of any format: see the package's comment. A folder may
// hold a recording, a block, several blocks, or several texts. Close it after use.
// An error names the file and, in texts, the line, and says what to do.
func Open(path string) (*Recording, error) { return openLimited(path, MaxSamples) }

// openLimited opens a recording with a limit of samples in texts.
func openLimited(path string, limit int) (*Recording, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("opening recording: %w", err)
	}
	r := &Recording{path: path}
	switch {
	case !info.IsDir():
		if kept, folder := blockFile(path); kept {
			return nil, fmt.Errorf("opening recording: %s is a part of a block; name its folder %s", path, folder)
		}
		err = r.texts([]string{path}, limit)
	case exists(path, unfinishedName):
		err = errors.New("it was not finished: serin record was interrupted; record again, with the same arguments it goes on where it stopped")
	case exists(path, manifestName):
		err = r.own()
	case exists(path, metaName):
		err = r.blocks([]string{path}, "TSDB block")
	default:
		err = r.folder(limit)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening recording %s: %w", path, err), r.Close())
	}
	return r, nil
}

// exists tells whether a folder has a file.
func exists(folder, name string) bool {
	_, err := os.Stat(filepath.Join(folder, name))
	return err == nil
}

// blockFile tells a file that is a part of a block or of a recording, and whose.
func blockFile(path string) (is bool, folder string) {
	folder, name := filepath.Split(filepath.Clean(path))
	folder = filepath.Clean(folder)
	switch {
	case name == manifestName || name == metaName || name == indexName && exists(folder, metaName):
		return true, folder
	case filepath.Base(folder) == chunksName && exists(filepath.Dir(folder), metaName):
		return true, filepath.Dir(folder)
	}
	return false, ""
}

// own opens a recording that Serin made.
func (r *Recording) own() error {
	var err error
	if r.manifest, err = readManifest(r.path); err != nil {
		return err
	}
	folders, _, err := blockFolders(r.path)
	if err != nil {
		return err
	}
	if len(folders) == 0 {
		return errors.New("there is no block beside its manifest; copy or record it again")
	}
	manifest := r.manifest
	err = r.blocks(folders, manifest.Format)
	r.manifest, r.warnings = manifest, append(r.warnings, manifest.Notes...)
	return err
}

// blocks opens blocks, each once.
func (r *Recording) blocks(folders []string, format string) error {
	r.manifest.Format = format
	for _, folder := range folders {
		opened, err := openBlock(folder)
		if err != nil {
			return err
		}
		r.stores = append(r.stores, opened)
		if thanos := opened.meta.Thanos; thanos != nil && len(thanos.Labels) > 0 && r.manifest.ExternalLabels == nil {
			r.manifest.ExternalLabels = thanos.Labels
		}
	}
	return nil
}

// blockFolders are the folders in a folder that are blocks, and all files in it.
func blockFolders(folder string) (blocks, files []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		switch {
		case entry.IsDir() && exists(path, metaName) && !strings.Contains(entry.Name(), ".tmp"): // Prometheus' unfinished blocks.
			blocks = append(blocks, path)
		case entry.Type().IsRegular() && !strings.HasPrefix(entry.Name(), "."):
			files = append(files, path)
		}
	}
	return blocks, files, nil
}

// folder opens a folder of blocks, or of texts.
func (r *Recording) folder(limit int) error {
	blocks, files, err := blockFolders(r.path)
	switch {
	case err != nil:
		return err
	case len(blocks) > 0:
		switch {
		case !exists(r.path, "wal") && len(files) > 0:
			r.warnings = append(r.warnings, fmt.Sprintf("of %s only the blocks are read, not the %d files beside them, such as %s", r.path, len(files), filepath.Base(files[0])))
		case exists(r.path, "wal"):
			r.warnings = append(r.warnings, fmt.Sprintf("%s is a data folder: samples that are only in its write-ahead log, the last two or three hours, are not read; take a snapshot (POST /api/v1/admin/tsdb/snapshot) to have them", r.path))
		}
		return r.blocks(blocks, "TSDB blocks")
	case exists(r.path, "wal"):
		return errors.New("the data folder has no block yet, only a write-ahead log; take a snapshot: POST /api/v1/admin/tsdb/snapshot")
	case len(files) == 0:
		return errors.New("the folder holds neither a block nor a text of samples; name the folder of a recording, a block, a snapshot, or a file")
	}
	return r.texts(files, limit)
}

// format is one of the text formats.
type format struct {
	name string
	read func(io.Reader, string, *collector) error
}

// texts reads files into memory. Of several files, those that are no recording are
// left out with a warning.
func (r *Recording) texts(files []string, limit int) error {
	into := newCollector(limit)
	var formats []string
	for _, file := range files {
		name, err := readFile(file, into)
		var unknown *unknownFormat
		switch {
		case errors.As(err, &unknown) && len(files) > 1:
			into.warn("%s is not read: %v", filepath.Base(file), err)
			continue
		case err != nil:
			return err
		}
		if len(formats) == 0 || formats[len(formats)-1] != name {
			formats = append(formats, name)
		}
	}
	if len(formats) == 0 {
		return errors.New("none of its files is a recording: " + formatsKnown)
	}
	memory, err := into.finish()
	if err != nil {
		return err
	}
	if into.count == 0 {
		return errors.New("there are no samples in it")
	}
	r.stores = []store{memory}
	r.manifest = Manifest{Format: strings.Join(formats, ", ")}
	r.warnings = append(r.warnings, into.warnings...)
	return nil
}

// formatsKnown says what can be read.
const formatsKnown = "serin reads recordings of serin record, TSDB blocks and snapshots, OpenMetrics text with timestamps, the JSON of Prometheus' API (m[range]), VictoriaMetrics' JSON lines and promtool's series notation"

// unknownFormat is a file that is in no known format.
type unknownFormat struct{ what string }

func (u *unknownFormat) Error() string { return u.what }

// readFile reads one text, gzipped or not, and tells its format.
func readFile(path string, into *collector) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // It was only read.
	in := bufio.NewReaderSize(file, buffered)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		plain, err := gzip.NewReader(in)
		if err != nil {
			return "", readProblem(position{file: path}, err)
		}
		in = bufio.NewReaderSize(plain, buffered)
	}
	begin, err := in.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", readProblem(position{file: path}, err)
	}
	found, err := sniff(begin)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return found.name, found.read(in, path, into)
}

// sniffed is how much of a file tells its format, and buffered how much is read at a
// time, in bytes.
const (
	sniffed  = 4 << 10
	buffered = 64 << 10
)

var (
	// jsonObject is how an object of JSON begins; {"name",a="b"} is OpenMetrics.
	jsonObject = regexp.MustCompile(`^\{\s*("(\\.|[^"\\])*"\s*:|\}\s*$)`)
	// jsonList is how a list of series begins.
	jsonList = regexp.MustCompile(`^\[\s*[{\]]`)
	// noted is a key of a file of series in notation.
	noted = regexp.MustCompile(`(?m)^\s*(-\s+)?(input_series|series|interval|tests|rule_files|evaluation_interval|start)\s*:(\s|$)`)
	// sample is how a line of a sample or a comment of OpenMetrics begins.
	sample = regexp.MustCompile(`(?m)^(#|\s*([a-zA-Z_:][a-zA-Z0-9_:]*(\s*\{|[ \t]+[-+0-9NnIi])|\{))`)
)

// sniff tells a format by the beginning of a file.
func sniff(begin []byte) (format, error) {
	text := bytes.TrimSpace(bytes.TrimPrefix(begin, []byte("\xef\xbb\xbf")))
	switch {
	case len(text) == 0:
		return format{}, &unknownFormat{"the file is empty"}
	case bytes.HasPrefix(begin, []byte("\xff\xfe")) || bytes.HasPrefix(begin, []byte("\xfe\xff")):
		return format{}, &unknownFormat{"the text is UTF-16; save it as UTF-8"}
	case bytes.IndexByte(text, 0) >= 0:
		return format{}, &unknownFormat{"the file is binary and in no known format; " + formatsKnown}
	case jsonList.Match(text) || jsonObject.Match(text):
		if !strings.Contains(string(text), "metric") && !strings.Contains(string(text), "result") && !strings.Contains(string(text), "status") {
			return format{}, &unknownFormat{"the JSON is neither an answer of Prometheus' API nor an export of VictoriaMetrics; " + formatsKnown}
		}
		return format{"JSON", readJSON}, nil
	case noted.Match(text):
		return format{"series notation", readNotation}, nil
	case sample.Match(text):
		return format{"OpenMetrics text", readText}, nil
	}
	return format{}, &unknownFormat{"the format is not known; " + formatsKnown}
}
