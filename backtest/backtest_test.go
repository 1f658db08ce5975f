package backtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/serin-dev/serin/controller/translate"
	"github.com/serin-dev/serin/providers/metrics/prometheus"
	"github.com/serin-dev/serin/recording"
)

// liveChecks are those of the controller.
func liveChecks() translate.Checks {
	return translate.Checks{Query: prometheus.CheckQuery, Selector: prometheus.CheckSelector}
}

// prepared is a back-test of a folder by the templates of a file.
func prepared(t *testing.T, dir, file string, options Options) *Backtest {
	t.Helper()
	corpus, err := OpenCorpus(os.DirFS(dir), dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	templates := NewTemplates()
	if err := templates.Add(file, text); err != nil {
		t.Fatal(err)
	}
	options.Checks = liveChecks()
	b, err := New(corpus, templates, options)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// played is the result of the corpus of testdata.
func played(t *testing.T, options Options) Result {
	t.Helper()
	r, err := prepared(t, madeDir, "testdata/templates.yaml", options).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestGolden: what people and programs get.
func TestGolden(t *testing.T) {
	r := played(t, Options{Workers: 3})
	var text, wrote bytes.Buffer
	if err := r.WriteText(&text, true); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteJSON(&wrote); err != nil {
		t.Fatal(err)
	}
	for file, got := range map[string]string{"testdata/result.txt": text.String(), "testdata/result.json": wrote.String()} {
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", file, diff)
		}
	}
	for _, line := range strings.Split(text.String(), "\n") {
		if len([]rune(line)) > columns {
			t.Errorf("%d columns: %s", len([]rune(line)), line)
		}
	}
}

// TestTheLabelsDoNotDecide: what is expected of a case has no part in what is decided.
func TestTheLabelsDoNotDecide(t *testing.T) {
	dir := copied(t, func(name, text string) string {
		for _, swap := range []string{Rollback, Promote} {
			if strings.Contains(text, fmt.Sprintf("%q: %q", "expected", swap)) {
				other := map[string]string{Rollback: Promote, Promote: Rollback}[swap]
				return strings.Replace(text, fmt.Sprintf("%q: %q", "expected", swap), fmt.Sprintf("%q: %q", "expected", other), 1)
			}
		}
		return text
	})
	swapped, err := prepared(t, dir, "testdata/templates.yaml", Options{}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := played(t, Options{})
	if r.All.Rollback != swapped.All.Promote || r.All.Promote != swapped.All.Rollback {
		t.Errorf("%+v and %+v, with labels swapped %+v and %+v", r.All.Rollback, r.All.Promote, swapped.All.Promote, swapped.All.Rollback)
	}
	if r.All.Rollback.RolledBack == 0 || r.All.Promote.Promoted == 0 {
		t.Errorf("nothing was decided: %+v", r.All)
	}
}

// copied is the corpus of testdata with its files changed; one that becomes empty is left
// out.
func copied(t *testing.T, change func(name, text string) string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range made() {
		if text = change(name, text); text == "" {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestShardsComeToTheWhole: however many there are, and in whatever order.
func TestShardsComeToTheWhole(t *testing.T) {
	want := played(t, Options{Workers: 2})
	for of := 1; of <= 5; of++ {
		var parts []Named
		for i := of; i >= 1; i-- {
			part := played(t, Options{Shard: &Shard{i, of}})
			var text bytes.Buffer
			if err := part.WriteJSON(&text); err != nil {
				t.Fatal(err)
			}
			read, err := ReadJSON(text.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, Named{fmt.Sprintf("%d.json", i), read})
		}
		got, err := Merge(parts)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d shards (-whole +merged)\n%s", of, diff)
		}
	}
}

// TestMergeRefusesWhatDoesNotFit.
func TestMergeRefusesWhatDoesNotFit(t *testing.T) {
	part := func(file, shard string) Named {
		s, err := ParseShard(shard)
		if err != nil {
			t.Fatal(err)
		}
		return Named{file, Result{Format: Format, Shard: &s, Corpus: Identity{"c", "1"}, Templates: Identity{"t", "1"}}}
	}
	other := part("b", "2/2")
	other.Corpus.Digest = "2"
	flags := part("b", "2/2")
	flags.Templates.Digest = "2"
	whole := part("b", "2/2")
	whole.Shard = nil
	for _, test := range []struct {
		parts []Named
		want  string
	}{
		{nil, "there is nothing to merge; name the results of all shards"},
		{[]Named{part("a", "1/2")}, "1 shard is missing: 2/2"},
		{[]Named{part("a", "1/30")}, "29 shards are missing: 2/30"},
		{[]Named{part("a", "1/2"), part("b", "1/2")}, "a and b are the same shard, 1/2"},
		{[]Named{part("a", "1/2"), part("b", "2/3")}, "a is shard 1/2, and b is shard 2/3: their numbers of shards differ"},
		{[]Named{part("a", "1/2"), other}, "a and b are of different corpora (c and c)"},
		{[]Named{part("a", "1/2"), flags}, "a and b were judged by different templates or flags"},
		{[]Named{part("a", "1/2"), whole}, "b is no shard: it was made without --shard and holds all cases"},
	} {
		if _, err := Merge(test.parts); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

// TestABrokenCaseHurtsNoOther: it is named with its place, and the others are played.
//
// Long: it is a table.
func TestABrokenCaseHurtsNoOther(t *testing.T) {
	const victim = "shop/good/"
	for _, test := range []struct {
		reason, file string
		change       func(string) string
		want         string
	}{
		{"no JSON", "case.json", func(string) string { return "{" }, "shop/good/case.json: it is no JSON of a case"},
		{"another name", "case.json", replace(`"good"`, `"bad"`), "shop/good/case.json: it says that it is shop/bad"},
		{"no label", "case.json", replace(`"expected": "promote"`, `"expected": "abort"`), `shop/good/case.json: expected is "abort"; write rollback, promote`},
		{"a canary of no time", "case.json", replace(`"step_seconds"`, `"canary_since": -5, "step_seconds"`), "shop/good/case.json: canary_since is -5; write seconds"},
		{"no step", "case.json", replace(`"step_seconds": 15`, `"step_seconds": 0`), "shop/good/case.json: step_seconds is 0"},
		{"an empty window", "case.json", replace(`"end": 1767225945`, `"end": 1`), "shop/good/case.json: window is from"},
		{"a window of years", "case.json", replace(`"step_seconds": 15`, `"step_seconds": 0.1`), "no series"},
		{"no recording", "metrics.om", func(string) string { return "" }, "shop/good: there is no recording beside case.json"},
		{"a truncated recording", "metrics.om", func(text string) string { return text[:len(text)/2] }, "metrics.om"},
		{"no canary", "metrics.om", replace(`track="canary"`, `track="other"`), `no series with track="canary" has a sample`},
		{"another recording", "case.json", replace(`"dataset"`, `"recording": "../x", "dataset"`), `shop/good/case.json: recording is "../x"`},
		{"no service", "case.json", replace(`"service": "web"`, `"service": ""`), `argument "service" was not supplied`},
	} {
		t.Run(test.reason, func(t *testing.T) {
			dir := copied(t, func(name, text string) string {
				if name == victim+test.file {
					return test.change(text)
				}
				return text
			})
			r, err := prepared(t, dir, "testdata/templates.yaml", Options{Workers: 2}).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if test.reason == "a window of years" {
				// A scrape interval that is wrong is the user's; it is played all the same.
				return
			}
			if len(r.Broken) != 1 || r.Broken[0].Case != "shop/good" || !strings.Contains(r.Broken[0].Problem, test.want) {
				t.Errorf("broken are %+v, want one: %s", r.Broken, test.want)
			}
			if want := played(t, Options{}); r.Cases != want.Cases || r.All.Rollback != want.All.Rollback {
				t.Errorf("the others came to %+v of %d, want %+v of %d", r.All.Rollback, r.Cases, want.All.Rollback, want.Cases)
			}
		})
	}
}

func replace(old, by string) func(string) string {
	return func(text string) string { return strings.ReplaceAll(text, old, by) }
}

// TestNewRefuses: what cannot work is said before anything is played.
func TestNewRefuses(t *testing.T) {
	corpus, err := OpenCorpus(os.DirFS(madeDir), madeDir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/templates.yaml")
	if err != nil {
		t.Fatal(err)
	}
	two := strings.ReplaceAll(string(text), DatasetsAnnotation, "other")
	for _, test := range []struct {
		reason, templates string
		options           Options
		want              string
	}{
		{"no templates", "kind: ConfigMap", Options{}, "there is no AnalysisTemplate"},
		{"an unknown argument", string(text), Options{Args: map[string]string{"x": "1"}}, `no template declares argument "x" (declared: service, step)`},
		{"a budget of all", string(text), Options{Budget: "100%"}, "--budget: "},
		{"nothing chosen", string(text), Options{Filter: Filter{"dataset": {"x"}}}, "--select chooses no case (datasets: jobs, shop)"},
		{"a dataset without a template", strings.ReplaceAll(string(text), `"jobs*"`, "other"), Options{}, "no template is for dataset jobs"},
		{"templates that do not say", two, Options{}, "dataset jobs has 2 templates to choose from"},
		{"a template that includes what is not there", strings.Replace(string(text), "  metrics:\n  - name: queue", "  templates:\n  - {templateName: x}\n  metrics:\n  - name: queue", 1), Options{}, "the templates of dataset jobs"},
	} {
		templates := NewTemplates()
		if err := templates.Add("t.yaml", []byte(test.templates)); err != nil {
			t.Fatal(err)
		}
		if _, err := New(corpus, templates, test.options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.reason, err, test.want)
		}
	}
}

// TestTemplatesAreChosen: by --template before annotations, and the only one for all.
func TestTemplatesAreChosen(t *testing.T) {
	text, err := os.ReadFile("testdata/templates.yaml")
	if err != nil {
		t.Fatal(err)
	}
	chosen := func(text, dataset string, choose ...string) string {
		templates := NewTemplates()
		if err := templates.Add("t.yaml", []byte(text)); err != nil {
			t.Fatal(err)
		}
		for _, name := range choose {
			if err := templates.Choose(dataset, name); err != nil {
				return err.Error()
			}
		}
		refs, err := templates.For(dataset)
		if err != nil {
			return err.Error()
		}
		var names []string
		for _, ref := range refs {
			names = append(names, ref.TemplateName)
		}
		return strings.Join(names, "+")
	}
	one, _, _ := strings.Cut(string(text), "---")
	one = strings.ReplaceAll(one, DatasetsAnnotation, "other")
	both := strings.Replace(string(text), "datasets: shop", "datasets: jobs", 1)
	for _, test := range []struct{ got, want string }{
		{chosen(string(text), "jobs-2"), "queue"},
		{chosen(string(text), "shop"), "errors"},
		{chosen(string(text), "shop", "queue"), "queue"},
		{chosen(string(text), "shop", "queue", "errors"), "queue+errors"},
		{chosen(both, "jobs"), "errors+queue"},
		{chosen(one, "anything"), "errors"},
		{chosen(string(text), "shop", "x"), `there is no template "x" (there are: errors, queue)`},
	} {
		if test.got != test.want {
			t.Errorf("got %s, want %s", test.got, test.want)
		}
	}
}

// TestTheLastLookConcludes: a regression that is found by the test at the end of the window,
// and not while looking. Labelled as good releases, all that are found have their reasons.
func TestTheLastLookConcludes(t *testing.T) {
	dir := t.TempDir()
	for share := 12; share <= 30; share++ {
		folder := filepath.Join(dir, "shop", fmt.Sprintf("share-%d", share))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		labels, samples := requests(filepath.Base(folder), Promote, 24, 300, 0, float64(share)/1000, 0.01)
		for name, text := range map[string]string{"case.json": labels, "metrics.om": samples} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := prepared(t, dir, "testdata/templates.yaml", Options{Workers: 2}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	looking, last := 0, 0
	for _, w := range r.Wrong {
		switch {
		case w.Decided != Rollback:
		case strings.HasPrefix(w.Reasons[0].Text, "at the last look: "):
			last++
			if w.After < 23*15 {
				t.Errorf("%s concludes after %g s, before the window's end", w.Case, w.After)
			}
		default:
			looking++
		}
	}
	if looking == 0 || last == 0 {
		t.Errorf("%d were found while looking and %d at the last look, want some of each", looking, last)
	}
}

// TestCancelEnds: at once, and with the reason.
func TestCancelEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := prepared(t, madeDir, "testdata/templates.yaml", Options{Workers: 2, Progress: func(int, int, string) { cancel() }})
	if _, err := b.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestABudgetIsSpent: with a larger one more is found.
func TestABudgetIsSpent(t *testing.T) {
	small, large := played(t, Options{Budget: "0.0001%"}), played(t, Options{Budget: "40%"})
	if small.All.Rollback.RolledBack >= large.All.Rollback.RolledBack {
		t.Errorf("%d found with a small budget, %d with a large one", small.All.Rollback.RolledBack, large.All.Rollback.RolledBack)
	}
}

// TestSelect: by each key.
func TestSelect(t *testing.T) {
	for text, want := range map[string]int{
		"dataset=shop": 5, "dataset=shop,jobs": 7, "case=*good*,idle": 2, "expected=rollback": 4, "level=made-up": 7, "service=worker": 2,
	} {
		filter, err := ParseFilter([]string{text})
		if err != nil {
			t.Fatal(err)
		}
		if r := played(t, Options{Filter: filter}); r.Cases != want {
			t.Errorf("%s: %d cases, want %d", text, r.Cases, want)
		}
	}
	none := prepared(t, madeDir, "testdata/templates.yaml", Options{Filter: Filter{"expected": {Unscored}}})
	if _, err := none.Run(t.Context()); !errors.Is(err, errNothing) {
		t.Errorf("no case is chosen, and the error is %v", err)
	}
	for _, text := range []string{"", "dataset", "color=red", "case=", "case=[", "case=a,"} {
		if _, err := ParseFilter([]string{text}); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// TestShards: every case is in exactly one, and they are alike in size.
func TestShards(t *testing.T) {
	for _, text := range []string{"", "1", "0/2", "3/2", "1/2/3", "-1/2", "1/x", "1/2x", "1/99999"} {
		if s, err := ParseShard(text); err == nil {
			t.Errorf("%q is read as %s", text, s)
		}
	}
	const cases, of = 4000, 8
	var sizes [of]int
	for c := range cases {
		name := fmt.Sprintf("dataset-%d/case-%04d", c%3, c)
		in := 0
		for i := range of {
			if (Shard{i + 1, of}).has(name) {
				sizes[i]++
				in++
			}
		}
		if in != 1 {
			t.Fatalf("%s is in %d shards", name, in)
		}
	}
	for i, n := range sizes {
		if n < cases/of*8/10 || n > cases/of*12/10 {
			t.Errorf("shard %d has %d of %d cases", i+1, n, cases)
		}
	}
}

// TestListsAreBounded: and cut to the same cases in whatever order these come.
func TestListsAreBounded(t *testing.T) {
	const extra = 1500
	fill := func(order func(int) int) Result {
		r := Result{Datasets: []Dataset{}}
		for i := range MaxListed + extra {
			name := fmt.Sprintf("d/%05d", order(i))
			r.take(told{name: name, chosen: true, err: errors.New("x")})
			r.take(told{name: name, chosen: true, outcome: outcome{labels: Case{Dataset: "d", Name: name, Expected: Rollback}, decided: Promote}})
		}
		r.finish()
		return r
	}
	up, down := fill(func(i int) int { return i }), fill(func(i int) int { return MaxListed + extra - 1 - i })
	if diff := cmp.Diff(up, down); diff != "" {
		t.Errorf("another order (-up +down)\n%s", diff)
	}
	if len(up.Wrong) != MaxListed || up.WrongLeftOut != extra || len(up.Broken) != MaxListed || up.BrokenLeftOut != extra || up.Cases != 2*(MaxListed+extra) {
		t.Errorf("%d+%d wrong, %d+%d broken of %d", len(up.Wrong), up.WrongLeftOut, len(up.Broken), up.BrokenLeftOut, up.Cases)
	}
}

// TestReadJSONRefuses: what is no result, or another version's.
func TestReadJSONRefuses(t *testing.T) {
	good, err := json.Marshal(played(t, Options{Shard: &Shard{1, 2}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadJSON(good); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "{}", "[]", strings.Replace(string(good), Format, "v0", 1), strings.Replace(string(good), `"cases"`, `"casez"`, 1), strings.Replace(string(good), `"index":1`, `"index":9`, 1)} {
		if r, err := ReadJSON([]byte(text)); err == nil {
			t.Errorf("%.80s is read as %+v", text, r)
		}
	}
}

// TestAnyFormatWillDo: the same corpus as VictoriaMetrics' JSON lines and as Serin's own
// recordings comes to the same.
func TestAnyFormatWillDo(t *testing.T) {
	want := played(t, Options{})
	for _, format := range []string{"jsonl", "block"} {
		dir := copied(t, func(_, text string) string { return text })
		corpus, err := OpenCorpus(os.DirFS(dir), dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range corpus.Names() {
			text := filepath.Join(dir, name, "metrics.om")
			all, err := corpus.Read(t.Context(), name+"/metrics.om")
			if err != nil {
				t.Fatal(err)
			}
			if format == "jsonl" {
				err = os.WriteFile(filepath.Join(dir, name, "metrics.jsonl"), jsonLines(all), 0o644)
			} else {
				err = writeBlock(filepath.Join(dir, name, "metrics"), all)
			}
			if err = errors.Join(err, os.Remove(text)); err != nil {
				t.Fatal(err)
			}
		}
		got, err := prepared(t, dir, "testdata/templates.yaml", Options{Workers: 2}).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got.Corpus = want.Corpus
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-OpenMetrics +%[1]s)\n%s", format, diff)
		}
	}
}

// jsonLines is what VictoriaMetrics exports.
func jsonLines(all []recording.Series) []byte {
	var b bytes.Buffer
	for _, one := range all {
		line := struct {
			Metric     map[string]string `json:"metric"`
			Values     []float64         `json:"values"`
			Timestamps []int64           `json:"timestamps"`
		}{Metric: one.Labels.Map()}
		for _, p := range one.Floats {
			line.Values, line.Timestamps = append(line.Values, p.V), append(line.Timestamps, p.T)
		}
		_ = json.NewEncoder(&b).Encode(line)
	}
	return b.Bytes()
}

// writeBlock writes a recording of Serin's own.
func writeBlock(path string, all []recording.Series) error {
	w, err := recording.Create(path)
	if err != nil {
		return err
	}
	for _, one := range all {
		if err := w.Add(one); err != nil {
			return errors.Join(err, w.Abort())
		}
	}
	return w.Commit(recording.Manifest{Format: "test"})
}
