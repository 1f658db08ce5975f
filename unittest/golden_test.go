package unittest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestOutput: what people and programs read of tests that fail in every way.
func TestOutput(t *testing.T) {
	results := played(t, "testdata/failures.yaml")
	for name, write := range map[string]func(io.Writer, []Result) error{"txt": plainText, "json": WriteJSON, "xml": WriteJUnit} {
		var out bytes.Buffer
		if err := write(&out, results); err != nil {
			t.Fatal(err)
		}
		golden(t, "failures."+name, out.Bytes())
	}
}

func plainText(to io.Writer, results []Result) error { return WriteText(to, results, nil) }

// golden compares with a file, or rewrites it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got); -update rewrites it\n%s", path, diff)
	}
}

// TestJUnitIsXML: names and messages may hold anything, and the file is XML all the same.
func TestJUnitIsXML(t *testing.T) {
	result := Result{Path: "a\x00<.yaml", Name: "b\x1b]]>\ufffe&\xff", Differences: []Difference{{Where: "expect", Want: "<", Got: "\x02", Why: "]]>\n\x7f"}}}
	var out bytes.Buffer
	if err := WriteJUnit(&out, []Result{result, {Path: "c", Name: "d", OK: true, Verdict: Failed}}); err != nil {
		t.Fatal(err)
	}
	decoder := xml.NewDecoder(&out)
	elements := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, is := token.(xml.StartElement); is {
			elements++
		}
	}
	if elements != 7 {
		t.Errorf("%d elements", elements)
	}
}
