# The end-to-end test: a real node, a real router, a real Prometheus. Included by
# the Makefile at the root. What is built once stays in $(SERIN_CACHE).

SERIN_CACHE ?= $(HOME)/.cache/serin
KUBE_VERSION ?= v1.36.3
TRAEFIK_VERSION := 3.7.10
PROMETHEUS_VERSION := 3.15.0

# Which scenarios: SCENARIOS=S1,S4. Default: all.
SCENARIOS ?=
# Where a copy of the table goes: E2E_TABLE=table.md. Default: nowhere.
E2E_TABLE ?=

e2e_kube       := $(SERIN_CACHE)/kube-$(KUBE_VERSION)
e2e_traefik    := $(SERIN_CACHE)/traefik-$(TRAEFIK_VERSION)/traefik
e2e_prometheus := $(SERIN_CACHE)/prometheus-$(PROMETHEUS_VERSION)/prometheus
e2e_state      := $(SERIN_CACHE)/e2e
e2e_packages   := containerd runc containernetworking-plugins iproute2

e2e_kube_flags := -s -w $(foreach package,k8s.io/component-base/version k8s.io/client-go/pkg/version,\
  -X $(package).gitVersion=$(KUBE_VERSION) -X $(package).gitMajor=1 -X $(package).gitMinor=36 \
  -X $(package).gitTreeState=clean -X $(package).buildDate=2026-01-01T00:00:00Z)

# $(call e2e_build,folder of the module,how long it takes,flags,package): builds $@ with patience, and
# beside its place first, so that an interrupted build leaves nothing that looks finished.
define e2e_build
@echo "Building $(notdir $@), once: $(2) on two cores."
@mkdir -p $(@D)
@begin=$$SECONDS; cd $(1) && CGO_ENABLED=0 nice -n 19 $(GO) build -trimpath $(3) -o $@.part $(4) && mv $@.part $@ && \
  echo "Built $(notdir $@) in $$((SECONDS - begin)) s."
endef

.PHONY: e2e
e2e: e2e-root e2e-packages controlplane e2e-programs ## Run the end-to-end test as root: real node, router and Prometheus (SCENARIOS=S1,S4 for some).
	@$(e2e_state)/bin/e2e -kubernetes $(e2e_kube) -traefik $(e2e_traefik) -prometheus $(e2e_prometheus) \
	  -programs $(e2e_state)/bin -repository $(CURDIR) -logs $(e2e_state)/logs \
	  -scenarios "$(SCENARIOS)" -markdown "$(E2E_TABLE)"

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
	@CGO_ENABLED=0 $(GO) build -trimpath -o $(e2e_state)/bin/ ./e2e ./lab/node/pause ./cmd/serin-controller
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o $(e2e_state)/bin/app ./lab/app/main

# The order-only prerequisites build one after the other, whatever -j says: each takes gigabytes of memory.
$(e2e_kube)/node: | controlplane
	$(call e2e_build,lab/kube,1 minute,-ldflags "$(e2e_kube_flags)",./node)

$(e2e_kube)/kubelet: $(e2e_kube)/node
	@for name in kubelet kube-scheduler kube-proxy kubectl; do ln -sf node $(e2e_kube)/$$name; done

$(e2e_prometheus): | $(e2e_kube)/node
	$(call e2e_build,lab/prometheus,3 minutes,-tags remove_all_sd$(comma)enable_kubernetes_sd -ldflags "-s -w -X github.com/prometheus/common/version.Version=$(PROMETHEUS_VERSION)",github.com/prometheus/prometheus/cmd/prometheus)

$(e2e_traefik): | $(e2e_prometheus)
	$(call e2e_build,lab/traefik,8 minutes,-ldflags "-s -w -X github.com/traefik/traefik/v3/pkg/version.Version=$(TRAEFIK_VERSION)",github.com/traefik/traefik/v3/cmd/traefik)

# A comma that is not an argument's end.
comma := ,
