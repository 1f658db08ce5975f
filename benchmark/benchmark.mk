# The benchmark of judges. Included by the Makefile at the root.

# Flags of the benchmark. Example: make bench-judge BENCH_FLAGS="-out /tmp/bench -reps 100".
BENCH_FLAGS ?= -out docs

.PHONY: bench-judge
bench-judge: ## Measure the judge beside others on made-up rollouts and write docs/benchmark.md; takes a while.
	$(GO) run ./benchmark $(BENCH_FLAGS)

.PHONY: docs-statistics
docs-statistics: ## Compute the tables and pictures of docs/statistics.md; takes about a minute on two cores.
	$(GO) run ./benchmark/statistics

.PHONY: bench-replay
bench-replay: ## Measure how fast a recorded day is replayed, beside Prometheus' engine and a loop by hand; fails if a bar is missed.
	$(GO) run ./benchmark/replay


.PHONY: bench-backtest
bench-backtest: ## Back-test the recorded incidents of ../shared/recordings; the bar is 10 s on two cores.
	$(GO) test ./backtest -run - -bench OpenCorpus -benchtime 3x -benchmem
