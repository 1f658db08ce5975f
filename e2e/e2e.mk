# The end-to-end test: a real node, a real router, a real Prometheus. Included by
# the Makefile at the root. What is built once stays in $(SERIN_CACHE).

SERIN_CACHE ?= $(HOME)/.cache/serin
KUBE_VERSION ?= v1.36.3
TRAEFIK_VERSION := 3.7.10
PROMETHEUS_VERSION := 3.15.0

# Which scenarios: SCENARIOS=S1,S4. Default: all.
SCENARIOS ?=
# Where the recordings of releases are kept: RECORDINGS=testdata/recordings. Default: among the logs.
RECORDINGS ?=
# Where a copy of the table goes: E2E_TABLE=table.md. Default: nowhere.
E2E_TABLE ?=

e2e_kube       := $(SERIN_CACHE)/kube-$(KUBE_VERSION)
e2e_traefik    := $(SERIN_CACHE)/traefik-$(TRAEFIK_VERSION)/traefik
e2e_prometheus := $(SERIN_CACHE)/prometheus-$(PROMETHEUS_VERSION)/prometheus
e2e_state      := $(SERIN_CACHE)/e2e
e2e_packages   := containerd runc containernetworking-plugins iproute2

# $(call e2e_build,folder of the module,flags,package): builds $@, at the lowest priority and beside its place
# first, so that an interrupted build leaves nothing that looks finished.
define e2e_build
  mkdir -p "$(@D)"; part="$(@D)/.building.$$$$"; trap 'rm -f "$$part" "$$part.list"' EXIT; \
  CGO_ENABLED=0 nice -n 19 $(GO) -C $(1) list -deps $(3) 2>&1 > "$$part.list" | lab/progress.sh "downloaded modules"; \
  total=$$(wc -l < "$$part.list"); \
  CGO_ENABLED=0 nice -n 19 $(GO) -C $(1) build -v -trimpath $(2) -o "$$part" $(3) 2>&1 | lab/progress.sh "compiled packages" "$$total"; \
  mv -f "$$part" "$@"; echo "  Done after $$SECONDS s: $@"
endef

.PHONY: e2e
e2e: e2e-root e2e-packages controlplane e2e-programs ## Run the end-to-end test as root: real node, router and Prometheus (SCENARIOS=S1,S4 for some).
	@$(e2e_state)/bin/e2e -kubernetes $(e2e_kube) -traefik $(e2e_traefik) -prometheus $(e2e_prometheus) \
	  -programs $(e2e_state)/bin -repository $(CURDIR) -logs $(e2e_state)/logs \
	  -scenarios "$(SCENARIOS)" -recordings "$(abspath $(RECORDINGS))" -markdown "$(E2E_TABLE)"

.PHONY: e2e-root
e2e-root:
	@test "$$(id -u)" = 0 || { echo "make e2e needs root: it starts a real kubelet, containerd and pods. Run it as root." >&2; exit 1; }

# Debian's packages, only those that are missing. While they are installed, policy-rc.d keeps their services from
# starting: containerd is ours to start, inside its box.
.PHONY: e2e-packages
e2e-packages: e2e-root
	@missing=$$(for package in $(e2e_packages); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done); \
	test -z "$$missing" && exit 0; \
	echo "Installing" $$missing; \
	policy=/usr/sbin/policy-rc.d; \
	test -e $$policy || { printf '#!/bin/sh\nexit 101\n' > $$policy; chmod +x $$policy; trap "rm -f $$policy" EXIT; }; \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing > /dev/null

# The programs of this repository, built anew each time: seconds, with Go's cache.
.PHONY: e2e-programs
e2e-programs: $(e2e_kube)/kubelet $(e2e_traefik) $(e2e_prometheus)
	@mkdir -p $(e2e_state)/bin
	@CGO_ENABLED=0 $(GO) build -trimpath -o $(e2e_state)/bin/ ./e2e ./lab/node/pause ./cmd/serin ./cmd/serin-controller
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o $(e2e_state)/bin/app ./lab/app/main

# The order-only prerequisites build one after the other, whatever -j says: each takes gigabytes of memory.
$(e2e_kube)/node: | controlplane
	@SECONDS=0; echo "Building kubelet and kube-scheduler $(KUBE_VERSION), once. This takes about a minute on two cores."; \
	$(call demo_kube_build,node,./node)

$(e2e_kube)/kubelet: $(e2e_kube)/node
	@for name in kubelet kube-scheduler kube-proxy kubectl; do ln -sf node "$(@D)/$$name"; done

$(e2e_prometheus): | $(e2e_kube)/node
	@SECONDS=0; echo "Building Prometheus $(PROMETHEUS_VERSION), once. This takes about 3 minutes on two cores."; \
	$(call e2e_build,lab/prometheus,-tags remove_all_sd$(comma)enable_kubernetes_sd -ldflags "-s -w -X github.com/prometheus/common/version.Version=$(PROMETHEUS_VERSION)",github.com/prometheus/prometheus/cmd/prometheus)

$(e2e_traefik): | $(e2e_prometheus)
	@SECONDS=0; echo "Building Traefik $(TRAEFIK_VERSION), once. This takes about 8 minutes on two cores: it brings the clients of all DNS services."; \
	$(call e2e_build,lab/traefik,-ldflags "-s -w -X github.com/traefik/traefik/v3/pkg/version.Version=$(TRAEFIK_VERSION)",github.com/traefik/traefik/v3/cmd/traefik)

# A comma that is not an argument's end.
comma := ,
