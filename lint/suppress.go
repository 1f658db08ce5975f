package lint

import (
	"slices"
	"strings"
)

// suppression is a comment that turns rules off.
//
//	# serin-lint: disable=many-series one pod serves this queue
//
// At the end of a line it is about this line. On a line of its own it is about the next
// line and what is indented below that; before a document's first line, about all of it.
type suppression struct {
	at    place
	rules []string
	// reason says why; one is wanted.
	reason string
	// first and last are the lines that it is about.
	first, last int
	used        bool
}

const (
	commentMark = "# serin-lint:"
	disable     = "disable="
)

// suppressions finds the comments of a file.
func suppressions(s *source) []suppression {
	var found []suppression
	for i, runes := range s.lines {
		line := string(runes)
		at := strings.Index(line, commentMark)
		if at < 0 || at > 0 && line[at-1] != ' ' && line[at-1] != '\t' {
			continue
		}
		c := suppression{at: place{i + 1, len([]rune(line[:at])) + 1}, first: i + 1, last: i + 1}
		if rest, is := strings.CutPrefix(strings.TrimSpace(line[at+len(commentMark):]), disable); is {
			names, reason, _ := strings.Cut(rest, " ")
			c.rules, c.reason = strings.Split(names, ","), strings.TrimSpace(reason)
		}
		if strings.TrimSpace(line[:at]) == "" {
			c.first, c.last = s.block(i + 1)
		}
		found = append(found, c)
	}
	return found
}

// block is the next line that is no comment, from line i (from 0) on, and what is
// indented below it; before a document's first line, all of the document.
func (s *source) block(i int) (first, last int) {
	whole := s.beginsDocument(i - 1)
	for i < len(s.lines) && isComment(s.lines[i]) {
		i++
	}
	if i >= len(s.lines) {
		return i, i
	}
	for last = i + 1; last < len(s.lines); last++ {
		line := s.lines[last]
		switch {
		case strings.HasPrefix(string(line), "---"):
			return i + 1, last
		case !isComment(line) && !whole && !below(line, s.lines[i]):
			return i + 1, last
		}
	}
	return i + 1, last
}

// beginsDocument says whether only comments stand before a line (from 0) of a document.
func (s *source) beginsDocument(line int) bool {
	for j := line - 1; j >= 0 && !strings.HasPrefix(string(s.lines[j]), "---"); j-- {
		if notEmpty(s.lines[j]) {
			return false
		}
	}
	return true
}

// below says whether a line belongs to another one: it is indented deeper, or is an item
// of a list that stands below its key.
func below(line, key []rune) bool {
	return indent(line) > indent(key) || indent(line) == indent(key) && isItem(line) && !isItem(key)
}

func isComment(line []rune) bool {
	text := strings.TrimSpace(string(line))
	return text == "" || strings.HasPrefix(text, "#")
}

// isItem says whether a line begins an item of a list.
func isItem(line []rune) bool {
	return strings.HasPrefix(strings.TrimSpace(string(line))+" ", "- ")
}

func indent(line []rune) int {
	for i, r := range line {
		if r != ' ' {
			return i
		}
	}
	return len(line)
}

// suppress takes out what comments turn off, says what is wrong with the comments, and
// returns how many diagnostics were taken out.
func (s *source) suppress() int {
	all := sorted(s.found)
	s.found = nil
	suppressed := 0
	for _, d := range all {
		if s.silenced(d) {
			suppressed++
			continue
		}
		s.found = append(s.found, d)
	}
	for _, c := range s.comments {
		s.checkComment(c)
	}
	s.found = sorted(s.found)
	return suppressed
}

// silenced says whether a comment turns a diagnostic off. What cannot be read cannot
// be turned off.
func (s *source) silenced(d Diagnostic) bool {
	if d.Rule == "yaml" {
		return false
	}
	silenced := false
	for i := range s.comments {
		c := &s.comments[i]
		if d.Line >= c.first && d.Line <= c.last && slices.Contains(c.rules, d.Rule) {
			c.used, silenced = true, true
		}
	}
	return silenced
}

// checkComment says what is wrong with a comment.
func (s *source) checkComment(c suppression) {
	const rule = "suppression"
	if len(c.rules) == 0 {
		s.report(c.at, rule, "", "this comment turns nothing off; write: %s %srule the reason", commentMark, disable)
		return
	}
	for _, name := range c.rules {
		if _, known := ruleNamed(name); !known {
			s.report(c.at, rule, "", "there is no rule %s%s; `serin lint --rules` lists them", quoted(name), meaning(name))
			return
		}
	}
	switch {
	case c.reason == "":
		s.report(c.at, rule, "", "no reason is given for turning %s off; write it behind the name, for whoever reads this next", strings.Join(c.rules, ","))
	case !c.used:
		s.report(c.at, rule, "", "%s finds nothing here; remove the comment", strings.Join(c.rules, ","))
	}
}

// meaning is the rule that a misspelt name may mean, in brackets.
func meaning(name string) string {
	if meant := nearest(name, ruleNames()); meant != "" {
		return " (did you mean " + meant + "?)"
	}
	return ""
}
