# `make demo` shows Segflow at work without a broker; `make test` proves it against a real one.
# Each installs what is missing on a bare Debian machine with Rust.

# Outside the clone, so that RocksDB (a quarter of an hour on two cores) is compiled once.
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/segflow/target

.PHONY: demo test build release lint bench

demo: build
	@$(CARGO_TARGET_DIR)/release/segflow demo

test: build
	@deploy/install-tools test
	@cargo xtask test

# The command alone; whatever else is built later finds its dependencies compiled.
build:
	@deploy/install-tools build
	@ls $(CARGO_TARGET_DIR)/release/build/librocksdb-sys-*/output > /dev/null 2>&1 \
	    || echo "the first build compiles RocksDB: allow a quarter of an hour on two cores"
	@cargo build --release --package segflow-cli

release:
	@deploy/install-tools build
	@cargo xtask release

# Segflow beside Kafka Streams and Flink (docs/benchmarks.md): hours. In minutes:
# make bench BENCH="throughput --events 200000 --customers 10000 --rounds 1"
bench: build
	@deploy/install-tools bench
	@tests/peers/bench $(BENCH)

lint:
	@.ci/run fast
