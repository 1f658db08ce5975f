package lint

import (
	"cmp"
	"slices"
	"time"
)

// File is a text and the name that diagnostics give it.
type File struct {
	Name    string
	Content []byte
}

// Options are what the manifests do not say. The zero value has the defaults.
type Options struct {
	// ScrapeInterval of the Prometheus server. Default: 15 s, which is what most
	// installations have.
	ScrapeInterval time.Duration
}

// Severity says how much a diagnostic matters.
type Severity string

// The severities.
const (
	// SeverityError: it will be refused, or cannot work.
	SeverityError Severity = "error"
	// SeverityWarning: it works, but probably not as it is meant.
	SeverityWarning Severity = "warning"
	// SeverityNote: something to know.
	SeverityNote Severity = "note"
)

// Diagnostic is one thing that was found.
type Diagnostic struct {
	// File is the name of the File.
	File string `json:"file"`
	// Line and Column count from 1; Column counts characters.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Severity is that of the rule.
	Severity Severity `json:"severity"`
	// Rule is the name of a rule. Example: many-series.
	Rule string `json:"rule"`
	// Object is what it is about. Example: AnalysisTemplate/golden-signals.
	Object string `json:"object,omitempty"`
	// Message says what is wrong, why, and what to write instead.
	Message string `json:"message"`
	// Source is the line of the file.
	Source string `json:"source"`
}

// Report is what was found in files.
type Report struct {
	// Diagnostics in the order of files and lines.
	Diagnostics []Diagnostic `json:"diagnostics"`
	// Files that were read, objects of Serin's kinds in them, and objects of others,
	// which are left alone.
	Files   int `json:"files"`
	Objects int `json:"objects"`
	Foreign int `json:"foreign"`
	// Suppressed is how many diagnostics comments in the files have turned off.
	Suppressed int `json:"suppressed"`
}

// Count is how many diagnostics have a severity.
func (r Report) Count(severity Severity) int {
	count := 0
	for _, diagnostic := range r.Diagnostics {
		if diagnostic.Severity == severity {
			count++
		}
	}
	return count
}

// Fails says whether there is a diagnostic that is at least as severe as a severity.
func (r Report) Fails(least Severity) bool {
	return slices.ContainsFunc(r.Diagnostics, func(d Diagnostic) bool { return rank(d.Severity) <= rank(least) })
}

// rank orders severities, the worst first.
func rank(severity Severity) int {
	switch severity {
	case SeverityError:
		return 0
	case SeverityWarning:
		return 1
	default:
		return 2
	}
}

// defaultScrapeInterval is what most installations of Prometheus have.
const defaultScrapeInterval = 15 * time.Second

// Text lints one text.
func Text(name, text string) Report {
	return Files([]File{{Name: name, Content: []byte(text)}}, Options{})
}

// Files lints files together: a Rollout in one of them may use a template in another.
func Files(files []File, options Options) Report {
	return newLinter(options).files(files)
}

// files reads all files, and then checks their objects together.
func (l *linter) files(files []File) Report {
	report := Report{Files: len(files)}
	for _, file := range files {
		l.read(file, &report)
	}
	l.checkAll()
	return l.finish(report)
}

// finish puts the diagnostics of all files into a report.
func (l *linter) finish(report Report) Report {
	for _, source := range l.sources {
		report.Suppressed += source.suppress()
		report.Diagnostics = append(report.Diagnostics, source.found...)
	}
	return report
}

// sorted orders the diagnostics of a file by their places, each once.
func sorted(found []Diagnostic) []Diagnostic {
	slices.SortStableFunc(found, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(rank(a.Severity), rank(b.Severity)),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Object, b.Object))
	})
	return slices.CompactFunc(found, func(a, b Diagnostic) bool {
		return a.Line == b.Line && a.Column == b.Column && a.Rule == b.Rule && a.Message == b.Message
	})
}
