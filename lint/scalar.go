package lint

import (
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// places says where each character of a scalar stands in the file, and, last, where it
// ends: a caret points into a query, whatever YAML has done to its lines, quotes and escapes.
func (s *source) places(n *node) []place {
	if n.style&yaml.LiteralStyle != 0 {
		return s.literalPlaces(n)
	}
	a := aligner{source: s, style: n.style, line: n.at.line, column: n.at.column}
	a.skipProperties()
	switch {
	case n.style&yaml.FoldedStyle != 0:
		a.line, a.column = n.at.line+1, 1
	case n.style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		a.column++
	}
	text := []rune(n.text)
	places := make([]place, 0, len(text)+1)
	for _, r := range text {
		places = append(places, a.next(r))
	}
	return append(places, a.here())
}

// literalPlaces are those of a block whose lines are kept: each is the end of a line of
// the file.
func (s *source) literalPlaces(n *node) []place {
	var places []place
	line := n.at.line + 1
	last := n.at
	for text := range strings.SplitSeq(n.text, "\n") {
		runes := []rune(text)
		indent := max(len([]rune(s.line(line)))-len(runes), 0)
		for i := range len(runes) + 1 {
			last = place{line, indent + i + 1}
			places = append(places, last)
		}
		line++
	}
	return places
}

// aligner walks through a scalar as it is written while its value is read.
type aligner struct {
	source       *source
	style        yaml.Style
	line, column int
	lost         bool
}

func (a *aligner) here() place { return place{a.line, a.column} }

// peek is the next character of the file: \n at the end of a line, 0 at the end of all.
func (a *aligner) peek() rune {
	switch {
	case a.line > len(a.source.lines):
		return 0
	case a.column > len(a.source.lines[a.line-1]):
		return '\n'
	default:
		return a.source.lines[a.line-1][a.column-1]
	}
}

func (a *aligner) step() {
	if a.peek() == '\n' {
		a.line, a.column = a.line+1, 1
		return
	}
	a.column++
}

// skipProperties steps over an anchor and a tag.
func (a *aligner) skipProperties() {
	for a.peek() == '&' || a.peek() == '!' {
		for a.peek() != ' ' && a.peek() != '\n' && a.peek() != 0 {
			a.step()
		}
		for a.peek() == ' ' {
			a.step()
		}
	}
}

// next is where a character of the value stands.
func (a *aligner) next(r rune) place {
	if a.lost {
		return a.here()
	}
	if r == ' ' || r == '\n' || r == '\t' {
		return a.space(r)
	}
	for a.peek() == ' ' || a.peek() == '\t' || a.peek() == '\n' || a.continued() {
		a.step()
	}
	at := a.here()
	raw := a.peek()
	switch {
	case raw == '\\' && a.style&yaml.DoubleQuotedStyle != 0:
		a.escape()
	case raw == '\'' && a.style&yaml.SingleQuotedStyle != 0:
		a.step()
		a.step()
	case raw != r:
		a.lost = true
	default:
		a.step()
	}
	return at
}

// space is where white space of the value stands: lines may be folded there.
func (a *aligner) space(r rune) place {
	if a.peek() == '\\' && a.style&yaml.DoubleQuotedStyle != 0 && !a.continued() {
		at := a.here()
		a.escape()
		return at
	}
	if r == '\n' {
		for a.peek() == ' ' || a.peek() == '\t' {
			a.step()
		}
	}
	at := a.here()
	if raw := a.peek(); raw == r || raw == '\n' {
		a.step()
	}
	return at
}

// continued says whether a line of a quoted text goes on with the next one.
func (a *aligner) continued() bool {
	return a.peek() == '\\' && a.style&yaml.DoubleQuotedStyle != 0 && a.column == len(a.source.lines[a.line-1])
}

// escape steps over an escape of a quoted text.
func (a *aligner) escape() {
	a.step()
	digits := map[rune]int{'x': 2, 'u': 4, 'U': 8}[a.peek()]
	a.step()
	for range digits {
		if !unicode.Is(unicode.ASCII_Hex_Digit, a.peek()) {
			break
		}
		a.step()
	}
}

// written is a text of a manifest with its arguments filled in, and the way back from
// each of its characters to the file.
type written struct {
	source *source
	node   *node
	// text is with arguments, and origins has a place for each of its characters and its end.
	text    []rune
	origins []place
	// filled are arguments that were replaced.
	filled []reference
}

// reference is a use of an argument.
type reference struct {
	// name without args.; empty for what is no argument. raw is what stands in the braces.
	name, text, raw string
	at              place
}

// String is the text.
func (w written) String() string { return string(w.text) }

// write fills arguments into the text of a node. What value does not know stays.
func (s *source) write(n *node, value func(reference string, before, after []rune) (string, bool)) written {
	w := written{source: s, node: n}
	raw, places := []rune(n.text), s.places(n)
	for i := 0; i < len(raw); {
		end := closing(raw, i)
		if end < 0 {
			w.text, w.origins = append(w.text, raw[i]), append(w.origins, places[i])
			i++
			continue
		}
		text := strings.TrimSpace(string(raw[i+2 : end-2]))
		name, isArgument := strings.CutPrefix(text, "args.")
		if !isArgument {
			name = ""
		}
		w.filled = append(w.filled, reference{name: name, text: text, raw: string(raw[i+2 : end-2]), at: places[i]})
		replacement := raw[i:end]
		if filled, known := value(name, w.text, raw[end:]); known && isArgument {
			replacement = []rune(filled)
		}
		for _, r := range replacement {
			w.text, w.origins = append(w.text, r), append(w.origins, places[i])
		}
		i = end
	}
	w.origins = append(w.origins, places[len(raw)])
	return w
}

// closing is the end of the {{…}} that begins at i; -1 when none does.
func closing(raw []rune, i int) int {
	if i+1 >= len(raw) || raw[i] != '{' || raw[i+1] != '{' {
		return -1
	}
	for j := i + 2; j+1 < len(raw); j++ {
		if raw[j] == '}' && raw[j+1] == '}' {
			return j + 2
		}
	}
	return -1
}

// atByte is where a byte of the text stands in the file.
func (w written) atByte(offset int) place {
	text := string(w.text)
	return w.atRune(len([]rune(text[:min(max(offset, 0), len(text))])))
}

// atRune is where a character of the text stands in the file.
func (w written) atRune(index int) place {
	return w.origins[min(max(index, 0), len(w.origins)-1)]
}

// atLine is where a line and a column of the text, both from 1, stand in the file.
func (w written) atLine(line, column int) place {
	index := 0
	for i, r := range w.text {
		if line <= 1 {
			break
		}
		index = i + 1
		if r == '\n' {
			line--
		}
	}
	return w.atRune(index + column - 1)
}

// quoted is a text in quotes, shortened.
func quoted(text string) string {
	const longest = 80
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest-1]) + "…"
	}
	return strconv.Quote(text)
}
