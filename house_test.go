// Package serin_test enforces the shape of the house that docs/architecture.md
// describes: which folder may import which, what the pure folders may not do, how
// long a function may be, and what may not be in the tree at all.
package serin_test

import (
	"slices"
	"strings"
	"testing"
)

// module is the path that imports of our own begin with.
const module = "github.com/serin-dev/serin"

// room is a folder with Go files. Tests in it may import more; see forbiddenInTests.
type room struct {
	folder string
	// pure folders know no clock, no outside world and no goroutines.
	pure bool
	// open folders may import everything: they put the others together.
	open bool
	// may lists what it may import besides the standard library, each with a reason.
	// A path allows everything below it, too; our own folders are written without
	// the module.
	may []allowed
}

// allowed is a path that a room may import, and why.
type allowed struct{ path, why string }

// rooms is the table of arrows. A new folder is added here and to
// docs/architecture.md, or it is not added.
var rooms = []room{
	{folder: ".", may: nil},

	{folder: "analysis/series", pure: true},
	{folder: "analysis/stats", pure: true, may: []allowed{
		{"gonum.org/v1/gonum", "special functions and distributions"},
	}},
	{folder: "analysis/sequential", pure: true, may: []allowed{
		{"gonum.org/v1/gonum", "special functions and distributions"},
		{"analysis/stats", "special functions where gonum's are not exact enough"},
	}},
	{folder: "analysis/criteria", pure: true, may: []allowed{
		{"github.com/expr-lang/expr", "the language of conditions"},
		{"analysis/sequential", "bounds that hold at every look"},
		{"analysis/stats", "the tests for one look, as functions"},
	}},
	{folder: "analysis/judge", pure: true, may: []allowed{
		{"analysis/series", "what it judges"},
		{"analysis/sequential", "the tests that it applies"},
		{"analysis/stats", "the tests for one look"},
	}},
	{folder: "analysis/run", pure: true, may: []allowed{
		{"analysis/judge", "verdicts"},
		{"analysis/sequential", "the evidence over all metrics"},
		{"analysis/criteria", "conditions"},
		{"analysis/series", "what was measured"},
	}},

	{folder: "recording", may: []allowed{
		{"github.com/prometheus/common/model", "names of metrics and labels, and durations"},
		{"github.com/prometheus/prometheus/model", "labels, histograms and values"},
		{"github.com/prometheus/prometheus/promql/parser", "series notation"},
		{"github.com/prometheus/prometheus/storage", "samples to chunks, and overlapping chunks to others"},
		{"github.com/prometheus/prometheus/tsdb/chunkenc", "the samples in a block"},
		{"github.com/prometheus/prometheus/tsdb/chunks", "the files of a block"},
		{"github.com/prometheus/prometheus/tsdb/index", "the files of a block"},
		{"github.com/prometheus/prometheus/tsdb/tombstones", "the files of a block"},
		{"sigs.k8s.io/yaml", "files of series in notation"},
	}},
	{folder: "recording/capture", may: []allowed{
		{"recording", "what it writes"},
		{"providers/metrics", "the connection to a server, and the kinds of its errors"},
		{"github.com/golang/snappy", "how remote read is packed"},
		{"github.com/prometheus/common/model", "names of metrics"},
		{"github.com/prometheus/prometheus/model", "labels and histograms"},
		{"github.com/prometheus/prometheus/promql/parser", "what queries select"},
		{"github.com/prometheus/prometheus/prompb", "the messages of remote read"},
		{"github.com/prometheus/prometheus/storage", "samples to chunks"},
		{"github.com/prometheus/prometheus/tsdb/chunkenc", "the chunks of remote read"},
		{"github.com/prometheus/prometheus/tsdb/chunks", "the chunks of remote read"},
		{"sigs.k8s.io/yaml", "the server's configuration"},
	}},

	{folder: "benchmark", open: true},
	{folder: "benchmark/world", may: []allowed{
		{"gonum.org/v1/gonum", "distributions to draw from"},
	}},
	{folder: "benchmark/peers", may: []allowed{
		{"analysis/stats", "the tests that other judges apply"},
		{"benchmark/world", "what they judge"},
		{"gonum.org/v1/gonum", "distributions"},
	}},
	{folder: "benchmark/recordings", open: true},
	{folder: "benchmark/replay", open: true},
	{folder: "benchmark/report", open: true},
	{folder: "benchmark/statistics", open: true},

	{folder: "analysis/journal", pure: true, may: []allowed{
		{"analysis/run", "what a run is told"},
		{"analysis/criteria", "results of queries"},
		{"analysis/series", "samples"},
	}},
	{folder: "controller/progression", pure: true, may: []allowed{
		{"analysis/run", "the state of a run, as evidence"},
	}},
	{folder: "controller/translate", may: []allowed{
		{"crds/v1alpha1", "what it translates from"},
		{"controller/progression", "what it translates to"},
		{"analysis", "what it translates to"},
		{"k8s.io/api/core/v1", "the pod template, to hash it"},
		{"k8s.io/apimachinery", "types that the API is made of"},
	}},
	{folder: "controller/simulation", may: []allowed{
		{"controller/progression", "what it drives"},
		{"controller/translate", "what it drives"},
		{"analysis", "what it drives"},
		{"providers/metrics", "the errors of the metrics that it makes up"},
	}},
	{folder: "controller/measurement", may: []allowed{
		{"analysis", "what a look wants to know, and what an answer is to it"},
		{"crds/v1alpha1", "what a metric reads"},
		{"providers/metrics", "the contract of those who are asked"},
	}},
	{folder: "controller/replay", may: []allowed{
		{"analysis", "the brain"},
		{"controller/measurement", "what the live driver asks"},
		{"controller/progression", "the brain"},
		{"controller/simulation", "the made-up cluster that a release acts on"},
		{"controller/translate", "the language between the API and the brain"},
		{"crds/v1alpha1", "the API"},
		{"providers/metrics", "the contract of the source"},
		{"recording", "which series there are, when a metric finds none"},
		{"github.com/prometheus/common/model", "the label that is a metric's name"},
		{"github.com/prometheus/prometheus/model/labels", "what a selector matches"},
		{"github.com/prometheus/prometheus/promql/parser", "the selectors of a query"},
		{"sigs.k8s.io/yaml", "what is played, read strictly"},
		{"k8s.io/api", "pod templates"},
		{"k8s.io/apimachinery", "types of the API"},
	}},
	{folder: "convert", may: []allowed{
		{"crds/v1alpha1", "what it writes"},
		{"controller/translate", "whether a metric that it wrote can be used"},
		{"lint", "whether all that it wrote can be used"},
		{"providers/metrics/prometheus", "what is PromQL"},
		{"go.yaml.in/yaml/v3", "trees with comments and lines"},
		{"sigs.k8s.io/yaml", "strict reading of what it wrote"},
	}},
	{folder: "controller/rollout", may: liveDriver},
	{folder: "controller/analysisrun", may: liveDriver},

	{folder: "backtest", may: []allowed{
		{"analysis/run", "what a run came to"},
		{"controller/replay", "plays a case"},
		{"controller/translate", "templates and arguments, as the controller reads them"},
		{"crds", "the types"},
		{"providers/metrics/recorded", "answers from a case's samples"},
		{"recording", "the samples"},
		{"github.com/prometheus/common/model", "the label of names"},
		{"github.com/prometheus/prometheus/model", "labels, and the marker of a series that ended"},
		{"k8s.io/apimachinery", "types that the API is made of"},
		{"sigs.k8s.io/yaml", "templates"},
	}},
	{folder: "lint", may: []allowed{
		{"analysis/criteria", "conditions, compiled as in a run"},
		{"controller/translate", "what the controller would refuse"},
		{"crds", "the schemas and the types"},
		{"github.com/expr-lang/expr", "where in a condition something stands, and the rules of the schemas"},
		{"github.com/prometheus/prometheus/promql/parser", "queries, without the engine"},
		{"github.com/prometheus/prometheus/model/labels", "the matchers of queries"},
		{"go.yaml.in/yaml/v3", "lines and columns"},
		{"sigs.k8s.io/yaml", "what kubectl takes a scalar for"},
		{"k8s.io/apimachinery", "types that the API is made of"},
	}},

	{folder: "providers/metrics", may: []allowed{
		{"analysis/series", "what a provider answers"},
	}},
	{folder: "providers/metrics/prometheus", may: []allowed{
		{"providers/metrics", "the contract that it fulfils"},
		{"analysis/series", "what it answers"},
		{"github.com/prometheus/client_golang/api", "the HTTP API's client"},
		{"github.com/prometheus/common", "HTTP settings and the data model"},
		{"github.com/prometheus/prometheus/promql/parser", "to refuse a query before it is sent"},
		{"golang.org/x/net/http/httpguts", "to refuse a header before it is sent"},
		{"golang.org/x/oauth2", "tokens by client credentials"},
	}},
	{folder: "providers/metrics/recorded", may: []allowed{
		{"providers/metrics", "the contract that it fulfils, and the check of selectors"},
		{"analysis/series", "what it answers"},
		{"recording", "the samples that it answers from"},
		{"github.com/prometheus/common/model", "labels as text, as other providers write them"},
		{"github.com/prometheus/prometheus/model", "labels and native histograms"},
		{"github.com/prometheus/prometheus/promql", "the language and its engine"},
		{"github.com/prometheus/prometheus/schema", "which labels a function drops"},
		{"github.com/prometheus/prometheus/storage", "what the engine reads from"},
		{"github.com/prometheus/prometheus/tsdb/chunkenc", "the iterators that the engine walks with"},
		{"github.com/prometheus/prometheus/util", "the engine's sums and warnings"},
	}},
	{folder: "providers/metrics/metricstest", may: []allowed{
		{"providers/metrics", "the contract that it tests"},
		{"analysis/series", "what it expects"},
		{"github.com/google/go-cmp", "differences that people can read"},
		{"pgregory.net/rapid", "properties that hold for all data"},
	}},
	{folder: "providers/metrics/prometheustest", may: []allowed{
		{"providers/metrics/metricstest", "what is to be held"},
		{"analysis/series", "what is to be held"},
		{"github.com/prometheus", "the server's storage, its engine, and the data model of its API"},
	}},
	{folder: "providers/traffic"},
	{folder: "providers/traffic/gatewayapi", may: []allowed{
		{"providers/traffic", "the contract that it fulfils"},
		{"crds/v1alpha1", "labels and annotations"},
		{"k8s.io/api/core/v1", "Services"},
		{"k8s.io/apimachinery", "types and errors of the API"},
		{"sigs.k8s.io/controller-runtime/pkg/client", "reads and writes routes"},
		{"sigs.k8s.io/gateway-api", "the types of routes"},
		{"sigs.k8s.io/structured-merge-diff", "which fields a manager owns"},
	}},
	{folder: "providers/traffic/traffictest", may: []allowed{
		{"providers/traffic", "the contract that it tests"},
		{"github.com/google/go-cmp", "differences that people can read"},
	}},

	{folder: "crds"},
	{folder: "crds/v1alpha1", may: []allowed{
		{"k8s.io/api/core/v1", "the pod template"},
		{"k8s.io/apimachinery", "types that every API is made of"},
	}},
	{folder: "crds/celtest"},
	{folder: "config/templates"},
	{folder: "config"},

	{folder: "plan", may: []allowed{
		{"analysis", "what it drives"},
		{"controller/progression", "what it drives"},
		{"controller/translate", "what it drives"},
		{"controller/measurement", "how a query is measured"},
		{"controller/replay", "reads manifests"},
		{"crds/v1alpha1", "what is simulated"},
		{"providers/metrics", "queries over the made-up series"},
		{"recording", "the made-up series, for queries"},
		{"github.com/prometheus/common/model", "the name of a metric's label"},
		{"github.com/prometheus/prometheus/model/labels", "what a selector selects"},
		{"github.com/prometheus/prometheus/promql/parser", "reads selectors and queries"},
		{"gonum.org/v1/gonum", "distributions to draw from"},
		{"k8s.io/apimachinery", "types that the API is made of"},
	}},
	{folder: "unittest", may: []allowed{
		{"analysis/run", "the states that are expected"},
		{"controller/replay", "what plays"},
		{"controller/translate", "from templates to a run"},
		{"crds/v1alpha1", "the templates"},
		{"providers/metrics", "a source that fails when a test says so"},
		{"recording", "series in notation, and recordings"},
		{"go.yaml.in/yaml/v3", "the places of mistakes"},
		{"k8s.io/apimachinery", "types of the API, files of several documents"},
		{"sigs.k8s.io/yaml", "templates, read strictly"},
	}},
	{folder: "report", may: []allowed{
		{"backtest", "what it shows"},
		{"controller/replay", "what it shows"},
		{"plan", "what it shows"},
		{"report/chart", "the plots"},
	}},
	{folder: "report/chart", may: []allowed{
		{"gonum.org/v1/plot", "draws"},
	}},

	{folder: "cmd/serin", open: true},
	{folder: "cmd/serin/view", may: []allowed{
		{"crds/v1alpha1", "what it shows"},
		{"controller/replay", "what it shows"},
		{"k8s.io/api", "what it shows"},
		{"k8s.io/apimachinery", "types and conditions of the API"},
	}},
	{folder: "cmd/serin-controller", open: true},
	{folder: "cmd/serin-demo", open: true},
	{folder: "cmd/serin-demo/screen", open: true},
	{folder: "cmd/serin-demo/manifests", open: true},

	{folder: "lab/controlplane", open: true},
	{folder: "lab/app", open: true},
	{folder: "lab/app/main", open: true},
	{folder: "lab/load", open: true},
	{folder: "lab/fleet", open: true},
	{folder: "lab/splitter", open: true},
	{folder: "lab/monitoring", open: true},
	{folder: "lab/node", open: true},
	{folder: "lab/node/pause", open: true},
	{folder: "e2e", open: true},
}

// liveDriver is what the reconcilers may import: the brain, the world, and what
// carries things between the two.
var liveDriver = []allowed{
	{"analysis", "the brain"},
	{"controller/progression", "the brain"},
	{"controller/measurement", "what a look asks"},
	{"controller/translate", "the language between the API and the brain"},
	{"crds/v1alpha1", "the API"},
	{"providers", "the world: metrics and traffic"},
	{"github.com/go-logr/logr", "what controller-runtime logs with"},
	{"github.com/prometheus/client_golang/prometheus", "metrics about itself"},
	{"k8s.io/api", "the world: ReplicaSets, pods, Services"},
	{"k8s.io/apimachinery", "types and errors of the API"},
	{"k8s.io/client-go", "events and work queues"},
	{"k8s.io/utils/clock", "the clock, as an argument"},
	{"sigs.k8s.io/controller-runtime", "the live driver's engine"},
	{"sigs.k8s.io/gateway-api/apis", "routes, to be woken by their changes"},
}

// onlyIn are imports that belong to one folder, even where everything is allowed.
var onlyIn = map[string]string{
	"github.com/rs/zerolog":       "cmd/serin-controller",
	"github.com/go-logr/zerologr": "cmd/serin-controller",
}

// forbiddenInTests are other ways to write tests than ours: testing and go-cmp.
var forbiddenInTests = []string{
	"github.com/stretchr/testify",
	"github.com/onsi/ginkgo",
	"github.com/onsi/gomega",
}

// timekeepers are the functions of package time that read the clock or wait for it.
var timekeepers = []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "NewTimer", "NewTicker", "Tick"}

// outside are the standard packages through which the outside world comes in.
var outside = []string{"os", "net", "io/ioutil", "log", "context", "syscall", "runtime", "unsafe", "math/rand", "crypto/rand"}

// withClock are the folders that may read the clock and use os: those that are
// programs, and what makes the lab.
var withClock = []string{"cmd", "lab", "e2e", "benchmark"}

// withFiles are the folders that may use os for files, and nothing else of it: their
// data are files. They may not read the clock, nor start processes.
var withFiles = []string{"recording", "recording/capture"}

// filesOfOS are the names of package os that withFiles may use.
var filesOfOS = []string{
	"Chmod", "CopyFS", "DirFS", "ErrExist", "ErrNotExist", "File", "Lstat", "Mkdir", "MkdirAll", "MkdirTemp", "O_APPEND", "O_CREATE", "O_EXCL", "O_TRUNC", "O_WRONLY",
	"Open", "OpenFile", "ReadDir", "ReadFile", "Remove", "RemoveAll", "Rename", "Stat",
}

// Limits of a function, by the numbers in CONTRIBUTING.md.
const (
	longestFunction  = 60
	longestReconcile = 70
	mostPaths        = 15
)

// exception is a breach that somebody has looked at: in which file, what the finding
// says, and why it is right all the same.
type exception struct{ path, what, why string }

// exceptions that no finding needs any more fail the test, too.
var exceptions = []exception{}

// rule looks at all files together.
type rule struct {
	name  string
	check func([]source) []finding
}

// rules are the laws of the house. Each has rows in house_rules_test.go that break it.
var rules = []rule{
	{"imports follow the arrows", arrows},
	{"pure folders are pure", purity},
	{"the clock and the operating system stay outside", clocks},
	{"functions are short and plain", functions},
	{"nothing happens before main", initialisers},
	{"no mutable globals", globals},
	{"every package says what it is for", packageDocs},
	{"no test is left out", skips},
}

func TestHouse(t *testing.T) {
	all := sources(t)
	used := map[exception]bool{}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			for _, finding := range rule.check(all) {
				if found := slices.IndexFunc(exceptions, finding.excused); found >= 0 {
					used[exceptions[found]] = true
					continue
				}
				t.Error(finding)
			}
		})
	}
	for _, exception := range exceptions {
		switch {
		case !used[exception]:
			t.Errorf("house_test.go: nothing needs the exception for %s (%s); remove it", exception.path, exception.what)
		case exception.why == "":
			t.Errorf("house_test.go: the exception for %s (%s) gives no reason", exception.path, exception.what)
		}
	}
}

// TestArrowsHaveReasons keeps the table of rooms readable.
func TestArrowsHaveReasons(t *testing.T) {
	for _, room := range rooms {
		for _, allowed := range room.may {
			if allowed.why == "" {
				t.Errorf("%s may import %s, and the table does not say why", room.folder, allowed.path)
			}
		}
	}
}

// excused tells whether an exception is about a finding.
func (f finding) excused(e exception) bool {
	return f.path == e.path && strings.Contains(f.what, e.what)
}
