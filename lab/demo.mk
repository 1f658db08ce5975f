# The demo, and the control plane that it and the tests need. Included by the
# Makefile at the root. What is built once stays in $(SERIN_CACHE).

SERIN_CACHE  ?= $(HOME)/.cache/serin
KUBE_VERSION ?= v1.36.3
# Flags of the demo. Example: make demo DEMO_FLAGS=-stay.
DEMO_FLAGS   ?=

demo_commands  := ./cmd/serin ./cmd/serin-controller ./cmd/serin-demo
demo_kube      := $(SERIN_CACHE)/kube-$(KUBE_VERSION)
demo_kube_part := $(demo_kube)/.building
demo_kube_go   := CGO_ENABLED=0 $(GO) -C lab/kube

# The version that the API server says it has; upstream's own builds set it likewise.
demo_kube_flags := -s -w $(foreach package,k8s.io/component-base/version k8s.io/client-go/pkg/version,\
  -X $(package).gitVersion=$(KUBE_VERSION) -X $(package).gitMajor=1 -X $(package).gitMinor=36 \
  -X $(package).gitTreeState=clean -X $(package).buildDate=2026-01-01T00:00:00Z)

# $(call demo_kube_build,name,package): builds a program, beside its place first, so that an
# interrupted build leaves nothing that looks finished.
define demo_kube_build
  mkdir -p "$(demo_kube)"; part="$(demo_kube_part).$$$$"; trap 'rm -f "$$part" "$$part.list"' EXIT; \
  $(demo_kube_go) list -deps $(2) 2>&1 > "$$part.list" | lab/progress.sh "downloaded modules"; \
  total=$$(wc -l < "$$part.list"); \
  $(demo_kube_go) build -v -trimpath -ldflags "$(demo_kube_flags)" -o "$$part" $(2) 2>&1 | lab/progress.sh "compiled packages" "$$total"; \
  mv -f "$$part" "$(demo_kube)/$(1)"; echo "  Done after $$SECONDS s: $(demo_kube)/$(1)"
endef

.PHONY: demo
demo: controlplane ## See a good release promote itself and a bad one take itself back; needs no cluster.
	@SECONDS=0; list=$$(mktemp); trap 'rm -f "$$list"' EXIT; \
	[ -x bin/serin-demo ] || echo "Building serin, serin-controller and serin-demo. The first time this takes about 3 minutes on two cores."; \
	$(GO) list -deps $(demo_commands) 2>&1 > "$$list" | lab/progress.sh "downloaded modules"; \
	CGO_ENABLED=0 $(GO) build -v -trimpath -o bin/ $(demo_commands) 2>&1 | lab/progress.sh "compiled packages" "$$(wc -l < "$$list")"
	@bin/serin-demo $(DEMO_FLAGS)

.PHONY: controlplane
controlplane: ## Build etcd, kube-apiserver and kube-controller-manager, once (KUBEBUILDER_ASSETS names others).
	@SECONDS=0; \
	if [ -n "$${KUBEBUILDER_ASSETS:-}" ] && [ -x "$$KUBEBUILDER_ASSETS/kube-apiserver" ] && [ -x "$$KUBEBUILDER_ASSETS/etcd" ]; then \
	  if [ -x "$$KUBEBUILDER_ASSETS/kube-controller-manager" ] || [ -x "$(demo_kube)/kube-controller-manager" ]; then exit 0; fi; \
	  echo "Building kube-controller-manager $(KUBE_VERSION), once; the rest is in KUBEBUILDER_ASSETS. This takes about 3 minutes on two cores."; \
	  $(call demo_kube_build,kube-controller-manager,k8s.io/kubernetes/cmd/kube-controller-manager); \
	elif ! [ -x "$(demo_kube)/controlplane" ]; then \
	  echo "Building etcd, kube-apiserver and kube-controller-manager $(KUBE_VERSION), once."; \
	  echo "This takes about 5 minutes on two cores, 1 GB of downloads and 4 GB of disk. Meanwhile: docs/architecture.md."; \
	  $(call demo_kube_build,controlplane,./controlplane); \
	fi; \
	if [ -x "$(demo_kube)/controlplane" ]; then \
	  for name in etcd kube-apiserver kube-controller-manager; do [ -e "$(demo_kube)/$$name" ] || ln -sf controlplane "$(demo_kube)/$$name"; done; \
	fi
