package unittest

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/serin-dev/serin/controller/replay"
	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/providers/metrics/recorded"
	"github.com/serin-dev/serin/recording"
)

// Runner reads files of tests and runs them.
type Runner struct {
	// Read reads a file, and Open a recording.
	Read func(path string) ([]byte, error)
	Open func(path string) (*recording.Recording, error)
	// Checks are what the providers say of queries.
	Checks translate.Checks
	// Parallel is how many tests are played at a time; at least 1.
	Parallel int
}

// Tests are files of tests with all that they name, ready to be run.
type Tests struct {
	cases      []testCase
	recordings map[string]*opened
}

// testCase is a test with its templates.
type testCase struct {
	Test
	path    string
	library *library
	over    *opened // nil for series.
}

// opened is a recording that tests share.
type opened struct {
	window
	recording *recording.Recording
}

// Names are those of all tests, in the order of the files.
func (t *Tests) Names() []string {
	var names []string
	for _, one := range t.cases {
		names = append(names, one.Name)
	}
	return names
}

// Close frees the recordings.
func (t *Tests) Close() {
	for _, one := range t.recordings {
		_ = one.recording.Close() // It was only read.
	}
}

// Load reads files of tests, and the templates and recordings that these name. Only
// tests whose name matches are kept; nil keeps all. The error is a Problems.
func (r Runner) Load(paths []string, match *regexp.Regexp) (*Tests, error) {
	l := loader{Runner: r, tests: &Tests{recordings: map[string]*opened{}}}
	for _, path := range paths {
		l.file(path, match)
	}
	if len(l.problems) > 0 {
		l.tests.Close()
		return nil, l.problems
	}
	return l.tests, nil
}

// loader is Load on its way.
type loader struct {
	Runner
	tests    *Tests
	problems Problems
}

func (l *loader) wrong(path string, at place, format string, args ...any) {
	l.problems = append(l.problems, Problem{Path: path, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...)})
}

// file reads one file of tests.
func (l *loader) file(path string, match *regexp.Regexp) {
	content, err := l.Read(path)
	if err != nil {
		l.wrong("", place{}, "%v", err) // It names the path.
		return
	}
	suite, err := Read(path, content)
	if problems, is := err.(Problems); is {
		l.problems = append(l.problems, problems...)
		return
	}
	templates := newLibrary()
	for _, file := range suite.Files {
		content, err := l.Read(beside(path, file.Path))
		if err != nil {
			l.wrong(path, file.place, "files: %v; paths are relative to this file", err)
			continue
		}
		if err := templates.add(beside(path, file.Path), content); err != nil {
			l.wrong(path, file.place, "files: %v", err)
		}
	}
	for _, test := range suite.Tests {
		if match != nil && !match.MatchString(test.Name) {
			continue
		}
		one := testCase{Test: test, path: path, library: templates}
		if test.Recording.Path != "" {
			one.over = l.open(path, test.Recording)
		} else if _, problem := record(path, test); problem != nil {
			l.problems = append(l.problems, *problem)
		}
		l.tests.cases = append(l.tests.cases, one)
	}
}

// beside is a path that is relative to a file.
func beside(file, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

// open opens a recording once.
func (l *loader) open(from string, file File) *opened {
	path := beside(from, file.Path)
	if known := l.tests.recordings[path]; known != nil {
		return known
	}
	read, err := l.Open(path)
	if err != nil {
		l.wrong(from, file.place, "recording: %v", err)
		return nil
	}
	over, err := windowOf(path, read)
	if err != nil {
		_ = read.Close() // It was only read.
		l.wrong(from, file.place, "recording: %v", err)
		return nil
	}
	made := &opened{window: over, recording: read}
	l.tests.recordings[path] = made
	return made
}

// windowOf is what can be played over a recording.
func windowOf(name string, read *recording.Recording) (window, error) {
	first, last := read.Bounds()
	if first.IsZero() {
		return window{}, fmt.Errorf("%s has no samples; write values, or name another recording", name)
	}
	provider, err := recorded.New(read, recorded.Config{Name: name, From: first, To: last})
	if err != nil {
		return window{}, err
	}
	return window{provider: provider, first: first, last: last, missing: replay.Catalogue(read, first, last)}, nil
}

// record makes a recording of the series of a test.
func record(path string, test Test) (*recording.Recording, *Problem) {
	var all []recording.Series
	var from []Series
	problem := func(at place, format string, args ...any) *Problem {
		return &Problem{Path: path, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...)}
	}
	known := map[string]int{}
	for _, noted := range test.Series {
		one, err := recording.ParseNotation(noted.Labels, noted.Values, epoch(), test.Interval)
		if err != nil {
			return nil, problem(noted.place, "%v", err)
		}
		name := one.Labels.String()
		before, twice := known[name]
		switch {
		case !twice:
			known[name] = len(all)
			all, from = append(all, one), append(from, noted)
		case from[before].Inherited:
			all[before], from[before] = one, noted
		default:
			return nil, problem(noted.place, "the test %q has the series %s twice, first in line %d; remove one", test.Name, name, from[before].line)
		}
	}
	read := recording.FromSeries(all)
	if first, _ := read.Bounds(); first.IsZero() {
		return nil, problem(test.place, "the test %q has series without a single value; write values such as 0+10x60", test.Name)
	}
	return read, nil
}

// Run plays the tests, and returns their results in the order of the files. An error is
// that of ctx.
func (r Runner) Run(ctx context.Context, tests *Tests) ([]Result, error) {
	results, errs := make([]Result, len(tests.cases)), make([]error, len(tests.cases))
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(r.Parallel, 1) {
		workers.Go(func() {
			for i := range next {
				results[i], errs[i] = r.one(ctx, tests.cases[i])
			}
		})
	}
	for i := range tests.cases {
		next <- i
	}
	close(next)
	workers.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return results, nil
}

// one plays one test. A bug that it meets stays with it.
func (r Runner) one(ctx context.Context, test testCase) (result Result, err error) {
	result = Result{Path: test.path, Line: test.line, Name: test.Name}
	defer func() {
		if bug := recover(); bug != nil {
			result.OK, result.Unplayable = false, fmt.Sprintf("serin has a bug: %v; please report it with the test, at https://github.com/serin-dev/serin/issues", bug)
		}
	}()
	over := test.over
	if over == nil {
		read, problem := record(test.path, test.Test)
		if problem != nil {
			result.Unplayable = problem.Message
			return result, nil
		}
		made, err := windowOf(test.Name, read)
		if err != nil {
			result.Unplayable = err.Error()
			return result, nil
		}
		over = &opened{window: made, recording: read}
	}
	result.Warnings = over.recording.Warnings()
	err = play(ctx, test.Test, test.library, over.window, r.Checks, &result)
	if why, is := isUnplayable(err); is {
		result.Unplayable = why
		return result, nil
	}
	return result, err
}
