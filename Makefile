# Every habit of the project is a target here; CI only calls them. `make help` lists them.
.DEFAULT_GOAL := help
CARGO ?= cargo
OUT := out
SECONDS_OF_SOAK ?= 3600
FUZZ_SECONDS ?= 10
EVENTS ?= 1000000
ROUNDS ?= 3
PLOT ?= tests/bench/throughput.svg
WASM_TARGET := wasm32-unknown-unknown
# Settings of the caller's that would change what is built.
unexport RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET CARGO_TARGET_DIR

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort | awk -F '\t' '{printf "%-14s %s\n", $$1, $$2}'

.PHONY: target
target:
	@if command -v rustup >/dev/null 2>&1; then \
		rustup target list --installed | grep -qx $(WASM_TARGET) || rustup target add $(WASM_TARGET); \
	fi

.PHONY: build
build: target ## Build the component and the weir command; fails if the component imports anything
	$(CARGO) build --release --locked --workspace

.PHONY: run
run: build ## Detect on a generated, realistic hour of a tenant (100,000 events)
	@mkdir -p $(OUT)
	@target/release/weir-generate --events 100000 --seed 7 --asn-db $(OUT)/asn.mmdb > $(OUT)/tenant.ndjson
	target/release/weir run --asn-db $(OUT)/asn.mmdb --format table $(OUT)/tenant.ndjson

.PHONY: test
test: target ## All tests: units, bad input, conformance, fixtures, properties
	$(CARGO) test --release --locked --workspace
	target/release/weir test tests/fixtures

.PHONY: test-large
test-large: build ## 1,000,000 events in each shape against the oracle, with 1 and with 2 threads
	for n in 1 2; do target/release/weir-equal --weir target/release/weir --events 1000000 --shape all --threads $$n || exit 1; done

# With what the tests are built with, so that nothing is built twice.
.PHONY: examples
examples: target
	$(CARGO) build --release --locked --workspace --bins --examples

.PHONY: test-hosts
test-hosts: examples ## The same component in Rust, Node and Python, and the plain library: the same alerts, byte for byte
	tests/hosts.sh same $(OUT)

.PHONY: test-web
test-web: build ## Reports in a real browser: hostile logs, keyboard, 320 px, contrast, print (CHROMIUM=path; root installs it)
	tests/web.sh $(OUT)

.PHONY: screenshots
screenshots: build ## The same, and the pictures in docs/images/
	@mkdir -p docs/images
	tests/web.sh $(OUT) docs/images

.PHONY: bench-hosts
bench-hosts: examples ## How long each of those takes beside `weir run` (EVENTS, ROUNDS)
	tests/hosts.sh time $(OUT) $(EVENTS) $(ROUNDS)

.PHONY: fluent-bit
fluent-bit: target ## The detection as a core module for Fluent Bit, in out/ (SETTINGS='{"events":"drop"}', ASN_DB=file.mmdb)
	WEIR_FLUENT_BIT_SETTINGS='$(SETTINGS)' WEIR_FLUENT_BIT_ASN_DB='$(if $(ASN_DB),$(abspath $(ASN_DB)))' \
		$(CARGO) run --quiet --release --locked --package weir-fluent-bit -- target/fluent-bit $(OUT)/aadgraph-4xx-fluent-bit.wasm

.PHONY: test-fluent-bit
test-fluent-bit: build ## The example in a real Fluent Bit against weir run (FLUENT_BIT=/path/to/fluent-bit)
	@if [ -z "$(FLUENT_BIT)" ]; then \
		echo "SKIPPED, nothing was tested: make test-fluent-bit FLUENT_BIT=/path/to/fluent-bit"; \
	else \
		FLUENT_BIT="$(abspath $(FLUENT_BIT))" $(CARGO) test --release --locked --workspace --test real \
			-- --ignored --nocapture --test-threads=1; \
	fi

.PHONY: test-wamr
test-wamr: target ## The tests of the Fluent Bit module's ABI in WAMR, the runtime inside it (needs cmake and libclang)
	@if ! command -v cmake >/dev/null 2>&1; then \
		echo "SKIPPED, nothing was tested: compiling WAMR needs cmake, and libclang"; \
	else \
		$(CARGO) test --release --locked --manifest-path guest/fluent-bit/wamr/Cargo.toml \
			--target-dir target/wamr -- --test-threads=1; \
	fi

# The command's target: musl where there is a compiler for it, else this machine's.
triple = $(or $(TARGET),$(shell packaging/target.sh))
packager := $(CARGO) run --quiet --locked --manifest-path packaging/Cargo.toml --target-dir target/packaging --

.PHONY: static
static: target ## The command alone, as static as this machine can, in out/static/ (TARGET=x86_64-unknown-linux-gnu)
	CARGO="$(CARGO)" packaging/static.sh $(OUT)/static/weir $(triple)

.PHONY: package
package: static fluent-bit ## A release in out/package/: folder, archive, checksums, bill of materials, OCI artifact
	$(packager) $(triple) $(OUT)/static/weir target/aadgraph-4xx.wasm $(OUT)/aadgraph-4xx-fluent-bit.wasm $(OUT)/package

.PHONY: test-package
test-package: package ## What is in the package, its bill of materials and OCI artifact; installs it into a folder and runs it
	$(CARGO) fmt --manifest-path packaging/Cargo.toml --check
	$(CARGO) clippy --locked --manifest-path packaging/Cargo.toml --target-dir target/packaging --all-targets -- -D warnings
	WEIR_PACKAGE_TARGET=$(triple) $(CARGO) test --locked --manifest-path packaging/Cargo.toml --target-dir target/packaging

PREFIX ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),/etc,$(PREFIX)/etc)
version = $(shell sed -n '/^\[workspace.package\]/,/^$$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
installer = packaging/install.sh $(1) $(OUT)/package/weir-$(version)-$(triple) $(PREFIX) $(SYSCONFDIR) $(DESTDIR)

.PHONY: install
install: ## Install what `make package` made (PREFIX=/usr/local, DESTDIR, SYSCONFDIR)
	$(call installer,install)

.PHONY: uninstall
uninstall: ## Take it out again; configuration, checkpoints and alerts stay
	$(call installer,uninstall)

# Events that go through each pipeline.
PIPELINE_EVENTS ?= 200000

.PHONY: test-pipelines
test-pipelines: build ## The examples in a real Vector and Fluent Bit, killed midway (VECTOR=path, FLUENT_BIT=path); clients like them
	$(CARGO) test --release --locked --workspace --test serve --test senders --test pipe -- --nocapture
	@mkdir -p $(OUT)
	@target/release/weir-generate --events $(PIPELINE_EVENTS) --seed 11 > $(OUT)/pipelines.ndjson
	@$(call pipelines,VECTOR,vector)
	@$(call pipelines,FLUENT_BIT,fluent_bit)

# The program's variable, and how the names of its tests begin.
pipelines = if [ -z "$($(1))" ]; then \
		echo "SKIPPED, no real $(2) was run: make test-pipelines $(1)=/path/to/it"; \
	else \
		$(1)="$(abspath $($(1)))" WEIR_PIPELINES_INPUT="$(abspath $(OUT))/pipelines.ndjson" \
			$(CARGO) test --release --locked --workspace --test pipelines $(2) -- --ignored --nocapture --test-threads=1; \
	fi

.PHONY: test-kafka
test-kafka: target ## Workers over Kafka: librdkafka's mock cluster, and Tansu (TANSU=path); Vector around them (VECTOR=path); needs perl
	$(CARGO) test --release --locked --workspace --features weir/kafka --lib kafka::
	TANSU="$(if $(TANSU),$(abspath $(TANSU)))" \
		$(CARGO) test --release --locked --workspace --features weir/kafka --test kafka -- --nocapture --test-threads=2
	VECTOR="$(if $(VECTOR),$(abspath $(VECTOR)))" TANSU="$(if $(TANSU),$(abspath $(TANSU)))" \
		$(CARGO) test --release --locked --workspace --features weir/kafka --test vector_kafka -- --nocapture

.PHONY: bench-kafka
bench-kafka: target ## How long a worker takes beside `weir run` over the same events (EVENTS)
	EVENTS=$(EVENTS) TANSU="$(if $(TANSU),$(abspath $(TANSU)))" $(CARGO) test --release --locked --workspace \
		--features weir/kafka --test kafka -- --ignored --nocapture

.PHONY: test-flink
test-flink: build ## The component in a Flink cluster, a task manager killed midway, against weir run (EVENTS); needs Java and Python
	integrations/test.sh flink $(OUT) $(EVENTS)

.PHONY: test-spark
test-spark: build ## A hunt over hourly blobs with Spark against weir run (EVENTS); needs Java and Python
	integrations/test.sh spark $(OUT) $(EVENTS)

.PHONY: soak
soak: build ## All laws on ever new random cases for an hour (SECONDS_OF_SOAK)
	target/release/weir-soak --seconds $(SECONDS_OF_SOAK)

.PHONY: soak-hostile
soak-hostile: build ## The real detector beside hostile ones for an hour, alerts as alone, memory flat (SECONDS_OF_SOAK)
	@mkdir -p $(OUT)
	@target/release/weir-generate --events 500000 --hours 20 --seed 11 > $(OUT)/soak.ndjson
	WEIR_SOAK_INPUT=$(abspath $(OUT))/soak.ndjson WEIR_SOAK_SECONDS=$(SECONDS_OF_SOAK) \
		$(CARGO) test --release --locked --package weir --test soak -- --ignored --nocapture

.PHONY: reproducible
reproducible: target ## Build the component in two folders; fails unless both are the same bytes
	CARGO="$(CARGO)" tests/reproducible.sh

.PHONY: fuzz
fuzz: build ## The learning reader against the plain one on damaged streams, ever new ones (SECONDS=60)
	target/release/weir-fuzz $(or $(SECONDS),60)

.PHONY: fuzz-smoke
fuzz-smoke: ## Every fuzz target for FUZZ_SECONDS (10); needs a C++ compiler, installs nightly Rust and cargo-fuzz
	CARGO="$(CARGO)" tests/fuzz/smoke.sh $(FUZZ_SECONDS) $(FUZZ_TARGETS)

.PHONY: mutants
mutants: build ## Change the rule in every way that matters; each change must fail a test
	tests/mutants.sh

.PHONY: fixtures
fixtures: build ## Write the fixtures' inputs and expected alerts anew; read the diff
	target/release/weir-generate fixtures tests/fixtures
	target/release/weir test --update tests/fixtures
	target/release/weir run --quiet --final --format ocsf --asn-db tests/data/asn-test.mmdb \
		tests/fixtures/roadrecon-walk/input.json > tests/data/roadrecon-walk.ocsf.ndjson
	target/release/weir-generate --events 3000 --seed 7 \
		| awk '/a77ac4e2-0001/ && n++ < 80 || NR % 60 == 0' > examples/fluent-bit/events.ndjson

.PHONY: bench
bench: build ## Native against component, then the whole command against its peers (EVENTS=100000, ROUNDS, BENCH="--parts start,live")
	target/release/weir-bench
	@$(bench)

.PHONY: bench-large
bench-large: build ## Input sizes to 10,000,000 events (13 GB on disk), memory at 10 GB
	@$(bench) --parts sizes,memory --largest 10000000 --large

# Without python3 there is no driver; without the peers it measures Weir alone.
bench = python=$$(tests/bench/venv.sh $(OUT)/venv); \
	command -v python3 >/dev/null 2>&1 || exit 0; \
	python3 tests/bench/bench.py $${python:+--python $$python --plot $(PLOT)} --out $(OUT) --events $(EVENTS) --rounds $(ROUNDS) $(BENCH)

.PHONY: bench-state
bench-state: build ## What groups, ids, snapshots, floods, early firing and threads cost (FLOOD=10000000 for the large ones)
	target/release/weir-bench-state $(FLOOD)

.PHONY: lint
lint: target ## Formatting, clippy with warnings as errors, documentation
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --workspace --no-deps --quiet

.PHONY: lint-kafka
lint-kafka: target ## The same lints with Kafka built in; needs perl
	$(CARGO) clippy --release --locked --workspace --all-targets --features weir/kafka -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --workspace --features weir/kafka --no-deps --quiet

.PHONY: deny
deny: ## Licences, bans and sources of all dependencies (installs cargo-deny if it is not there)
	@command -v cargo-deny >/dev/null 2>&1 || $(CARGO) install --locked cargo-deny --version 0.20.2
	$(CARGO) deny --locked check licenses bans sources
	$(CARGO) deny --locked --manifest-path packaging/Cargo.toml check --config deny.toml licenses bans sources

.PHONY: fmt
fmt: ## Format all code
	$(CARGO) fmt --all

.PHONY: clean
clean: ## Remove everything that was built or generated
	$(CARGO) clean
	rm -rf $(OUT)
