package lint

import "testing"

// Warm returns Files and Text with the schemas read once for all calls: reading them takes
// longer than a text.
func Warm(t testing.TB) (files func([]File, Options) Report, text func(name, text string) Report) {
	t.Helper()
	warm := newLinter(Options{})
	for _, kind := range kinds() {
		if _, err := warm.schemaOf(kind); err != nil {
			t.Fatal(err)
		}
	}
	files = func(all []File, options Options) Report {
		l := newLinter(options)
		l.schemas, l.rules, l.patterns = warm.schemas, warm.rules, warm.patterns
		return l.files(all)
	}
	return files, func(name, text string) Report { return files([]File{{Name: name, Content: []byte(text)}}, Options{}) }
}
