package unittest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// WriteJUnit writes results as the XML that CI systems read: a testsuite for each file,
// a testcase for each test. There are no durations in it, so that the same tests give the
// same bytes.
func WriteJUnit(to io.Writer, results []Result) error {
	all := junitSuites{Name: "serin test"}
	for _, r := range results {
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != printable(r.Path) {
			all.Suites = append(all.Suites, junitSuite{Name: printable(r.Path)})
		}
		suite := &all.Suites[len(all.Suites)-1]
		suite.Cases = append(suite.Cases, r.junit())
		suite.Tests++
		all.Tests++
		if !r.OK {
			suite.Failures++
			all.Failures++
		}
	}
	if _, err := io.WriteString(to, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(to)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(to, "\n")
	return err
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

func (r Result) junit() junitCase {
	one := junitCase{Name: printable(r.Name), Class: printable(r.Path), File: printable(r.Path), Line: r.Line}
	if r.OK {
		one.Output = printable(r.ended())
		return one
	}
	var b strings.Builder
	r.text(&b)
	message, _, _ := strings.Cut(r.Unplayable, "\n")
	if len(r.Differences) > 0 {
		d := r.Differences[0]
		message = fmt.Sprintf("%s: want %s, got %s", d.Where, d.Want, d.Got)
	}
	one.Failure = &junitFailure{Message: printable(oneLine(message)), Text: printable(b.String())}
	return one
}

// printable leaves out what XML cannot hold.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' && r != '\n' && r != '\t' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, text)
}
