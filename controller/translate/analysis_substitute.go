package translate

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/serin-dev/serin/crds/v1alpha1"
)

// text is a text inside a metric.
type text struct {
	// path from the metric. Example: provider.prometheus.query.
	path string
	// at is where it stands; it can be set.
	at reflect.Value
}

// secretPaths are the fields that may hold an argument from a Secret: those that
// are used for the connection, and are never shown.
var secretPaths = []string{"provider.prometheus.headers", "provider.prometheus.authentication", "provider.prometheus.tls", "provider.prometheus.address"}

// substitute puts the arguments' values into a metric's texts. It works on the
// texts alone: a value cannot become another field, and is not looked through for
// arguments again. Arguments from Secrets stay as they are until a measurement.
func substitute(metric *v1alpha1.Metric, args []v1alpha1.Argument, field string, problems *Problems) {
	byName := make(map[string]v1alpha1.Argument, len(args))
	for _, argument := range args {
		byName[argument.Name] = argument
	}
	for _, text := range texts(reflect.ValueOf(metric).Elem(), "") {
		replaced, fits := expand(text.at.String(), func(reference string) (string, bool) {
			name, isArgument := strings.CutPrefix(reference, "args.")
			argument, declared := byName[name]
			switch {
			case !isArgument:
				problems.add(field+"."+text.path, "failed to resolve {{%s}}: only arguments can be used; write {{args.name}}", reference)
			case !declared:
				problems.add(field+"."+text.path, "failed to resolve {{%s}}: no template declares argument %q; add it to args", reference, name)
			case argument.ValueFrom != nil && !mayBeSecret(text.path):
				problems.add(field+"."+text.path, "{{%s}} comes from a Secret and would be shown here; use it in address, headers, authentication or tls only", reference)
			case argument.Value != nil:
				return *argument.Value, true
			}
			return "", false
		})
		if !fits {
			problems.add(field+"."+text.path, "is longer than %d bytes with its arguments filled in; shorten it, or them", maxText)
			continue
		}
		text.at.SetString(replaced)
	}
}

// mayBeSecret says whether a field is never shown.
func mayBeSecret(path string) bool {
	return slices.ContainsFunc(secretPaths, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// FillSecrets puts the values of arguments from Secrets into the texts of a
// source. The error names a field, and no value.
func FillSecrets(source *v1alpha1.PrometheusMetric, values map[string]string) error {
	for _, text := range texts(reflect.ValueOf(source).Elem(), "") {
		filled, fits := expand(text.at.String(), func(reference string) (string, bool) {
			name, isArgument := strings.CutPrefix(reference, "args.")
			value, known := values[name]
			return value, isArgument && known
		})
		if !fits {
			return fmt.Errorf("filling in provider.prometheus.%s: it is longer than %d bytes with its Secrets; shorten it, or them", text.path, maxText)
		}
		text.at.SetString(filled)
	}
	return nil
}

// SecretReferences are the arguments from Secrets that a source uses, by name.
func SecretReferences(source *v1alpha1.PrometheusMetric, args []v1alpha1.Argument) map[string]v1alpha1.SecretKeyReference {
	references := map[string]v1alpha1.SecretKeyReference{}
	for _, text := range texts(reflect.ValueOf(source).Elem(), "") {
		_, _ = expand(text.at.String(), func(reference string) (string, bool) {
			for _, argument := range args {
				if "args."+argument.Name == reference && argument.ValueFrom != nil {
					references[argument.Name] = argument.ValueFrom.SecretKeyRef
				}
			}
			return "", false
		})
	}
	return references
}

// maxText is the longest text with its arguments filled in, in bytes: the longest
// that any field may hold. A short text that names a long argument very often must
// not fill the memory.
const maxText = 1 << 16

// expand replaces each {{ reference }} by its value; one without a value stays. It
// gives up when the text becomes longer than maxText.
func expand(template string, value func(reference string) (string, bool)) (text string, fits bool) {
	var result strings.Builder
	for result.Len() <= maxText {
		before, rest, opened := strings.Cut(template, "{{")
		result.WriteString(before)
		if !opened {
			break
		}
		reference, after, closed := strings.Cut(rest, "}}")
		if !closed {
			result.WriteString("{{" + rest)
			break
		}
		if replacement, known := value(strings.TrimSpace(reference)); known {
			result.WriteString(replacement)
		} else {
			result.WriteString("{{" + reference + "}}")
		}
		template = after
	}
	return result.String(), result.Len() <= maxText
}

// texts finds all texts of a value, with their paths. Numbers that are written as
// strings are texts too.
func texts(value reflect.Value, path string) []text {
	switch value.Kind() {
	case reflect.String:
		return []text{{path: path, at: value}}
	case reflect.Pointer:
		if value.IsNil() {
			return nil
		}
		return texts(value.Elem(), path)
	case reflect.Slice:
		var found []text
		for i := range value.Len() {
			found = append(found, texts(value.Index(i), fmt.Sprintf("%s[%d]", path, i))...)
		}
		return found
	case reflect.Struct:
		var found []text
		for i := range value.NumField() {
			found = append(found, texts(value.Field(i), joinPath(path, value.Type().Field(i)))...)
		}
		return found
	default:
		return nil
	}
}

// joinPath is the path of a struct's field, as it is written in YAML.
func joinPath(path string, field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	switch {
	case name == "" || name == "-":
		return path
	case path == "":
		return name
	default:
		return path + "." + name
	}
}
