# Serin's workshop. `make help` lists what can be done.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO             ?= go
KUBECTL        ?= kubectl
CONTROLLER_GEN := $(GO) tool -modfile=tools/go.mod controller-gen
STATICCHECK    := $(GO) tool -modfile=tools/go.mod staticcheck
# Where generated files go: the tree itself, or a scratch folder for `make verify`.
OUT            ?= .
# How long one package's tests may take, and one fuzz target is run.
TEST_TIMEOUT   ?= 10m
FUZZ_TIME      ?= 10s
# The controller's image, and the manifests of an installation for one namespace.
IMAGE          ?= serin-controller:dev
NAMESPACED     := config/namespaced/*.yaml config/manager/serviceaccount.yaml config/manager/poddisruptionbudget.yaml

# The demo, the control plane, the end-to-end test and the benchmark of judges are described
# beside their code.
-include lab/demo.mk e2e/e2e.mk benchmark/benchmark.mk

##@ General

.PHONY: help
help: ## Show this list.
	@awk 'BEGIN {FS = ":.*## "} \
	  FNR == 1 && NR > 1 && !real++ {printf "\nReal parts\n"} \
	  /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-zA-Z_0-9-]+:.*## / {printf "  %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/serin, bin/serin-controller and bin/kubectl-serin.
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o bin/ ./cmd/serin ./cmd/serin-controller
	ln -sf serin bin/kubectl-serin

.PHONY: clean
clean: ## Remove what was built here (bin/); the control plane's cache stays.
	rm -rf bin

##@ Tests

.PHONY: test
test: controlplane race-compiler browser ## Run all tests: unit, scenario, API rules and controllers on a real API server, race detector on.
	CGO_ENABLED=1 $(GO) test -race -timeout $(TEST_TIMEOUT) ./...
	$(GO) -C tools test ./...

.PHONY: test-fast
test-fast: browser ## Run the tests that need no API server, without the race detector.
	$(GO) test $$($(GO) list -f '{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}' ./... | grep -v lab/controlplane | cut -d' ' -f1)

# The race detector needs cgo, and cgo a C compiler. It is installed only where none is.
.PHONY: race-compiler
race-compiler:
	@command -v "$$($(GO) env CC | cut -d' ' -f1)" > /dev/null || { \
	  echo "The race detector needs a C compiler; installing Debian's gcc (this needs root)."; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev; }

# Reports are looked at in a real browser. It is installed only where none is.
.PHONY: browser
browser:
	@command -v chromium > /dev/null || command -v chromium-browser > /dev/null || command -v google-chrome > /dev/null || { \
	  echo "The tests of reports need a browser; installing Debian's chromium (this needs root)."; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; }

.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZ_TIME (default 10s).
	@grep -rlE --include='*_test.go' '^func Fuzz' . | while read -r file; do \
	  sed -nE 's/^func (Fuzz[A-Za-z0-9_]+)\(.*/\1/p' "$$file" | while read -r target; do \
	    echo "== $$(dirname "$$file") $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ_TIME) "$$(dirname "$$file")"; \
	  done; done

.PHONY: bench
bench: ## Run the benchmarks.
	$(GO) test -run '^$$' -bench . -benchmem ./...

##@ Generated code and checks

.PHONY: generate
generate: ## Write deepcopy functions, CRDs and RBAC from the Go types and their markers.
	@mkdir -p $(OUT)/crds/bases $(OUT)/crds/v1alpha1
	$(CONTROLLER_GEN) object crd:generateEmbeddedObjectMeta=true paths=./crds/v1alpha1 \
	  output:object:dir=$(OUT)/crds/v1alpha1 output:crd:dir=$(OUT)/crds/bases
	$(GO) -C tools run ./crdtrim $(abspath $(OUT))/crds/bases/*.yaml
	@mkdir -p $(OUT)/config/rbac $(OUT)/config/namespaced
	$(CONTROLLER_GEN) rbac:roleName=serin-controller paths=./controller/... output:rbac:dir=$(OUT)/config/rbac
	$(GO) -C tools run ./namespacerole $(abspath $(OUT))/config/rbac/role.yaml > $(OUT)/config/namespaced/role.yaml
	@sed 's/^\( *\)- --leader-elect$$/\1- --namespace=serin-system\n&/' config/manager/deployment.yaml > $(OUT)/config/namespaced/deployment.yaml

# A replay that ends with 1 has found a bad release, as this one does.
.PHONY: report-picture
report-picture: browser ## Draw docs/report.png: the report of a replay, as a browser shows it.
	@scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; examples=cmd/serin/testdata/replay; \
	$(GO) run ./cmd/serin replay $$examples/recording.yaml -f $$examples/rollout.yaml -f $$examples/errors.yaml \
	  --stable-hash aaa --canary-hash bbb --start 2026-03-01T03:01:00Z -o html > "$$scratch/report.html" || test $$? = 1; \
	"$$(command -v chromium || command -v chromium-browser || command -v google-chrome)" --headless --no-sandbox --disable-gpu --hide-scrollbars \
	  --user-data-dir="$$scratch/profile" --window-size=1000,1095 --screenshot=docs/report.png "file://$$scratch/report.html" 2> "$$scratch/said" || { cat "$$scratch/said"; exit 1; }
	@size=$$(stat -c %s docs/report.png); test "$$size" -le 200000 || { echo "docs/report.png has $$size bytes, at most 200000 are wanted" >&2; exit 1; }

.PHONY: verify
verify: verify-generated verify-format verify-vet verify-modules verify-house ## Check generated code, gofmt, go vet, staticcheck, go.mod and the house's rules.

# Freshness is checked against a scratch folder, so that other changes in the tree do not matter.
.PHONY: verify-generated
verify-generated:
	@scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; \
	$(MAKE) --no-print-directory --silent generate OUT="$$scratch"; \
	(cd "$$scratch" && find . -type f) | while read -r file; do \
	  diff -u "$$file" "$$scratch/$$file" || { echo "$$file is stale: run \`make generate\` and commit the result"; exit 1; }; \
	done

.PHONY: verify-format
verify-format:
	@unformatted=$$(find . -name '*.go' -not -path './.cache/*' -not -path './bin/*' -print0 | xargs -0 gofmt -l); \
	test -z "$$unformatted" || { echo "not formatted, run gofmt -w on:"; echo "$$unformatted"; exit 1; }

.PHONY: verify-vet
verify-vet:
	$(GO) vet ./...
	$(STATICCHECK) ./...
	$(GO) -C tools vet ./...

.PHONY: verify-modules
verify-modules:
	@find . -name go.mod -not -path './.cache/*' -printf '%h\n' | sort | while read -r module; do \
	  echo "go mod tidy -diff in $$module"; \
	  $(GO) -C "$$module" mod tidy -diff || { echo "run go mod tidy in $$module and commit the result" >&2; exit 1; }; \
	done

.PHONY: verify-house
verify-house:
	$(GO) test -count=1 .

##@ Installation (into the cluster that kubectl points at)

.PHONY: install
install: install-crds install-templates ## Install CRDs, templates, rights and the controller for all namespaces (IMAGE=… names its image).
	$(KUBECTL) apply -f config/manager/namespace.yaml
	$(KUBECTL) apply -f config/rbac
	cat config/manager/*.yaml | sed 's#serin-controller:dev#$(IMAGE)#' | $(KUBECTL) apply -f -

.PHONY: install-crds
install-crds: ## Install the CRDs alone.
	$(KUBECTL) apply -f crds/bases
	$(KUBECTL) wait --for=condition=Established --timeout=60s -f crds/bases

.PHONY: install-templates
install-templates: install-crds ## Install the ClusterAnalysisTemplates of config/templates alone.
	$(KUBECTL) apply -f config/templates

.PHONY: install-namespaced
install-namespaced: install-crds ## Install a controller for one namespace: make install-namespaced NAMESPACE=shop.
	@test -n "$(NAMESPACE)" || { echo "say which namespace: make install-namespaced NAMESPACE=shop" >&2; exit 2; }
	cat $(NAMESPACED) | sed 's/serin-system/$(NAMESPACE)/g; s#serin-controller:dev#$(IMAGE)#' | $(KUBECTL) apply -f -

.PHONY: uninstall
uninstall: ## Remove the controller and its rights; CRDs, templates and Rollouts stay (see config/README.md).
	cat config/rbac/*.yaml config/manager/*.yaml | $(KUBECTL) delete --ignore-not-found -f -

.PHONY: uninstall-namespaced
uninstall-namespaced: ## Remove the controller of one namespace: make uninstall-namespaced NAMESPACE=shop.
	@test -n "$(NAMESPACE)" || { echo "say which namespace: make uninstall-namespaced NAMESPACE=shop" >&2; exit 2; }
	cat $(NAMESPACED) | sed 's/serin-system/$(NAMESPACE)/g' | $(KUBECTL) delete --ignore-not-found -f -
