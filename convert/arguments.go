package convert

import (
	"go.yaml.in/yaml/v3"
)

// arguments are those that queries use.
type arguments struct {
	// names in order of use, with their defaults; from the release where there is none.
	names  []string
	values map[string]string
	given  map[string]bool
	// secrets are the keys of Secrets that arguments are read from.
	secrets map[string][2]string
}

// secret says that an argument is read from a key of a Secret.
func (a *arguments) secret(argument, name, key string) {
	if a.secrets == nil {
		a.secrets = map[string][2]string{}
	}
	a.secrets[argument] = [2]string{name, key}
}

// use finds the name of an argument with a value; another metric may use the same name
// for another value.
func (a *arguments) use(name, value string, given bool, metric string) string {
	if a.values == nil {
		a.values, a.given = map[string]string{}, map[string]bool{}
	}
	known, used := a.values[name]
	if used && known != value {
		name = metric + "-" + name
	}
	if _, used := a.values[name]; !used {
		a.names = append(a.names, name)
	}
	a.values[name], a.given[name] = value, given
	return "{{args." + name + "}}"
}

// defaults are the values that a template has without a release.
func (a *arguments) defaults() map[string]string {
	defaults := map[string]string{}
	for name, given := range a.given {
		if given {
			defaults[name] = a.values[name]
		}
	}
	return defaults
}

// declare is the args of a template.
func (a *arguments) declare() *yaml.Node {
	if len(a.names) == 0 {
		return nil
	}
	out := list()
	for _, name := range a.names {
		argument := flow(mapping("name", str(name)))
		if a.given[name] {
			put(argument, "value", str(a.values[name]))
		}
		if secret, is := a.secrets[name]; is {
			put(argument, "valueFrom", flow(mapping("secretKeyRef", flow(mapping("name", str(secret[0]), "key", str(secret[1]))))))
		}
		out.Content = append(out.Content, argument)
	}
	return out
}
