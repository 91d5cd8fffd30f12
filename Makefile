# The targets of the project, which CI calls, too. `make help` lists them.
.DEFAULT_GOAL := help
CARGO ?= cargo
OUT := out
SECONDS_OF_SOAK ?= 3600
FUZZ_SECONDS ?= 10
# Pairs of a rule in ES|QL and a stream.
PAIRS ?= 1000000
EVENTS ?= 1000000
ROUNDS ?= 3
PLOT ?=
# Features of everything that is built, tested and linted, such as weir/kafka; none for a machine
# with rustup, cargo, make and a C compiler alone.
FEATURES ?=
# One selection for all calls of cargo, so that what one has compiled no other compiles again.
selection = --release --locked --workspace \
	$(if $(findstring weir/kafka,$(FEATURES)),,--exclude weir-kafka) $(if $(FEATURES),--features "$(FEATURES)")
# Some tests alone: `-- FILTER...`, and `-- FLAGS` of theirs. A filter without a test is an error.
only = CARGO="$(CARGO)" tests/only.sh $(selection)
WASM_TARGET := wasm32-unknown-unknown
# Settings of the caller's that would change what is built.
unexport RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET CARGO_TARGET_DIR
# Each workspace has dependencies of its own.
workspaces := Cargo.toml contrib/packaging/Cargo.toml tests/fuzz/Cargo.toml contrib/fluent-bit/wamr/Cargo.toml tests/registry/Cargo.toml

# A line of help for each target that is described, below the title of its section.
.PHONY: help
help:
	@awk -F ':.*## ' '/^##@ / { printf "%s%s\n", gap, substr($$0, 5); gap = "\n" } \
		/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: target
target:
	@if command -v rustup >/dev/null 2>&1; then \
		rustup target list --installed | grep -qx $(WASM_TARGET) || rustup target add $(WASM_TARGET); \
	fi

# Fails unless the program is named that the target works with: needs-VECTOR, or one of several.
needs-%:
	@[ -n "$(strip $(foreach name,$(subst +, ,$*),$($(name))))" ] || \
		{ echo "error: name a program: make $(MAKECMDGOALS)$(foreach name,$(subst +, ,$*), $(name)=/path/to/it)" >&2; exit 1; }

##@ First steps

.PHONY: run
run: build ## Detect on a generated, realistic hour of a tenant (100,000 events), then by all rules on eight days
	@mkdir -p $(OUT)
	@target/release/weir-generate --events 100000 --seed 7 --asn-db $(OUT)/asn.mmdb > $(OUT)/tenant.ndjson
	target/release/weir run --asn-db $(OUT)/asn.mmdb --format table $(OUT)/tenant.ndjson
	@target/release/weir-generate --events 40000 --seed 7 --all-rules > $(OUT)/all-rules.ndjson
	target/release/weir run --rule all --asn-db $(OUT)/asn.mmdb --format table $(OUT)/all-rules.ndjson

.PHONY: build
build: target ## Build the component and the weir command; fails if the component imports anything
	$(CARGO) build $(selection)

# Most of the command's tests wait for what others do.
.PHONY: test
test: export RUST_TEST_THREADS ?= 5
test: target ## All tests that need no other program: units, bad input, conformance, fixtures, properties
	$(CARGO) test $(selection)
	target/release/weir test tests/fixtures
	target/release/weir-esql-spec tests/esql-spec/own

.PHONY: lint
lint: target ## Rooms (tests/rooms.sh), formatting, clippy with warnings as errors, documentation
	CARGO="$(CARGO)" tests/rooms.sh
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path tests/fuzz/Cargo.toml --check
	$(CARGO) fmt --manifest-path tests/registry/Cargo.toml --check
	$(CARGO) clippy $(selection) --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(selection) --no-deps --quiet

.PHONY: install
install: ## Install what `make package` made (PREFIX=/usr/local, DESTDIR, SYSCONFDIR)
	$(call installer,install)

##@ Checks

.PHONY: test-large
test-large: build ## 1,000,000 events in each shape against the oracle, with 1 and with 2 threads
	for n in 1 2; do target/release/weir-equal --weir target/release/weir --events 1000000 --shape all --threads $$n || exit 1; done

.PHONY: examples
examples: target
	$(CARGO) build $(selection) --bins --examples

.PHONY: test-hosts
test-hosts: examples ## The component in Rust, Node and Python, and the plain library: equal alerts, byte for byte
	tests/hosts.sh same $(OUT)

.PHONY: test-registry
test-registry: build ## Components in a real registry, Debian's docker-registry, and with another client (root installs it)
	CARGO="$(CARGO)" tests/registry.sh target/release/weir

.PHONY: test-authors
test-authors: build ## A new detector in each language, from nothing to an alert (LANGUAGES="rust python javascript"); installs their tools
	tests/authors.sh $(LANGUAGES)

.PHONY: test-web
test-web: build ## Reports in a real browser: hostile logs, keyboard, 320 px, contrast, print (CHROMIUM=path; root installs it)
	tests/web.sh $(OUT)

# Events that go through each pipeline.
PIPELINE_EVENTS ?= 200000

.PHONY: test-pipelines
test-pipelines: needs-VECTOR+FLUENT_BIT build ## The examples in a real Vector and Fluent Bit, killed midway (VECTOR=path, FLUENT_BIT=path, one or both)
	$(only) --test it -- serve:: senders:: pipe:: -- --nocapture
	@mkdir -p $(OUT)
	@target/release/weir-generate --events $(PIPELINE_EVENTS) --seed 11 > $(OUT)/pipelines.ndjson
	$(if $(VECTOR),$(call pipelines,VECTOR,vector))
	$(if $(FLUENT_BIT),$(call pipelines,FLUENT_BIT,fluent_bit))

# The program's variable, and how the names of its tests begin.
pipelines = $(1)="$(abspath $($(1)))" WEIR_PIPELINES_INPUT="$(abspath $(OUT))/pipelines.ndjson" \
	$(only) --test it -- pipelines::$(2) -- --ignored --nocapture --test-threads=1

.PHONY: test-esql-spec
test-esql-spec: ## The public tests of ES|QL, csv-spec files with their data, against the reference evaluation (SPEC=folder)
	@[ -n "$(SPEC)" ] || { echo "error: name a folder: make test-esql-spec SPEC=/path/to/it" >&2; exit 1; }
	$(CARGO) build $(selection) --bin weir-esql-spec
	target/release/weir-esql-spec "$(SPEC)"

# Kafka is built in here, whatever else is.
test-kafka lint-kafka bench-kafka: override FEATURES := $(if $(findstring weir/kafka,$(FEATURES)),$(FEATURES),weir/kafka $(FEATURES))

.PHONY: test-kafka
test-kafka: target ## Workers over Kafka: librdkafka's mock cluster, and Tansu (TANSU=path); Vector around them (VECTOR=path); needs perl
	$(only) --lib -- chunks:: marks:: parts:: record:: seed:: settings::
	$(only) --test it -- validate::kafka
	$(only) --test it -- kafka::workers:: kafka::rules:: -- --nocapture --test-threads=2
	$(if $(TANSU),$(call brokers,workers::tansu::))
	$(if $(VECTOR),$(call brokers,vector::mock))
	$(if $(VECTOR),$(if $(TANSU),$(call brokers,vector::tansu)))

# Tests that wait for a real program, and how their names begin.
brokers = VECTOR="$(if $(VECTOR),$(abspath $(VECTOR)))" TANSU="$(if $(TANSU),$(abspath $(TANSU)))" \
	$(only) --test it -- kafka::$(1) -- --ignored --nocapture --test-threads=2

.PHONY: lint-kafka
lint-kafka: lint ## `make lint` of all crates, with the feature weir/kafka; needs perl

.PHONY: soak
soak: build ## All laws on ever new random cases for an hour (SECONDS_OF_SOAK), and PAIRS (1,000,000) of rule and stream (SEED=n)
	target/release/weir-soak --seconds $(SECONDS_OF_SOAK)
	$(MAKE) soak-pairs

.PHONY: soak-pairs
soak-pairs: ## PAIRS (1,000,000) random rules in ES|QL over random streams, compiled against the reference evaluation (SEED=n)
	$(CARGO) build $(selection) --bin weir-pairs
	target/release/weir-pairs --pairs $(PAIRS)$(if $(SEED), --seed $(SEED))

.PHONY: soak-hostile
soak-hostile: build ## The real detector beside hostile ones for an hour, alerts as alone, memory flat (SECONDS_OF_SOAK)
	@mkdir -p $(OUT)
	@target/release/weir-generate --events 500000 --hours 20 --seed 11 > $(OUT)/soak.ndjson
	WEIR_SOAK_INPUT=$(abspath $(OUT))/soak.ndjson WEIR_SOAK_SECONDS=$(SECONDS_OF_SOAK) \
		$(only) --test it -- soak:: -- --ignored --nocapture

.PHONY: fuzz
fuzz: build ## The learning reader against the plain one on damaged streams, ever new ones (SECONDS=60)
	target/release/weir-fuzz $(or $(SECONDS),60)

.PHONY: fuzz-smoke
fuzz-smoke: target ## Every fuzz target for FUZZ_SECONDS (10); needs a C++ compiler
	CARGO="$(CARGO)" tests/fuzz/smoke.sh $(FUZZ_SECONDS) $(FUZZ_TARGETS)

.PHONY: mutants
mutants: build ## Change the rules and the engine in every way that matters; each change must fail a test
	tests/mutants.sh

.PHONY: reproducible
reproducible: target ## Build the component in two folders; fails unless both are the same bytes
	CARGO="$(CARGO)" tests/reproducible.sh

.PHONY: deny
deny: ## Licences, bans and sources of all dependencies (installs the cargo-deny that it is written for)
	@[ "$$(cargo-deny --version 2>/dev/null)" = 'cargo-deny 0.20.2' ] || $(CARGO) install --debug --locked --force cargo-deny --version 0.20.2
	@set -e; for workspace in $(workspaces); do echo "$$workspace:"; \
		$(CARGO) deny --locked --all-features --manifest-path $$workspace --config deny.toml check licenses bans sources; done

##@ Benchmarks

.PHONY: bench
bench: build ## Native against component, then the whole command against its peers (EVENTS, ROUNDS, BENCH="--parts start,live", PLOT=file.svg)
	target/release/weir-bench
	@$(bench)

.PHONY: bench-large
bench-large: build ## Input sizes to 10,000,000 events (13 GB on disk), memory at 10 GB
	@$(bench) --parts sizes,memory --largest 10000000 --large

# Without python3 there is no driver; without the peers it measures Weir alone.
bench = python=$$(tests/bench/venv.sh $(OUT)/venv); \
	command -v python3 >/dev/null 2>&1 || exit 0; \
	python3 tests/bench/bench.py $${python:+--python $$python$(if $(PLOT), --plot $(PLOT))} --out $(OUT) --events $(EVENTS) --rounds $(ROUNDS) $(BENCH)

.PHONY: bench-state
bench-state: build ## What groups, ids, snapshots, floods, early firing and threads cost (FLOOD=10000000 for the large ones)
	target/release/weir-bench-state $(FLOOD)

.PHONY: bench-hosts
bench-hosts: examples ## The hosts of `make test-hosts` beside `weir run` (EVENTS, ROUNDS)
	tests/hosts.sh time $(OUT) $(EVENTS) $(ROUNDS)

.PHONY: bench-kafka
bench-kafka: target ## A worker over Kafka beside `weir run` over the same events (EVENTS)
	EVENTS=$(EVENTS) TANSU="$(if $(TANSU),$(abspath $(TANSU)))" $(only) --test it \
		-- kafka::workers::how_long -- --ignored --nocapture

##@ Contrib

.PHONY: fluent-bit
fluent-bit: target ## The detection as a core module for Fluent Bit, in out/ (SETTINGS='{"events":"drop"}', ASN_DB=file.mmdb)
	$(CARGO) build $(selection) --bin weir-fluent-bit
	WEIR_FLUENT_BIT_SETTINGS='$(SETTINGS)' WEIR_FLUENT_BIT_ASN_DB='$(if $(ASN_DB),$(abspath $(ASN_DB)))' \
		target/release/weir-fluent-bit target/guest $(OUT)/aadgraph-4xx-fluent-bit.wasm

.PHONY: test-fluent-bit
test-fluent-bit: needs-FLUENT_BIT build ## The example in a real Fluent Bit against weir run (FLUENT_BIT=/path/to/fluent-bit)
	FLUENT_BIT="$(abspath $(FLUENT_BIT))" $(CARGO) test $(selection) --test real \
		-- --ignored --nocapture --test-threads=1

.PHONY: test-wamr
test-wamr: target ## The tests of the Fluent Bit module's ABI in WAMR, the runtime inside it (needs cmake and libclang)
	@command -v cmake >/dev/null 2>&1 || { echo "error: compiling WAMR needs cmake, and libclang" >&2; exit 1; }
	$(CARGO) test --release --locked --manifest-path contrib/fluent-bit/wamr/Cargo.toml \
		--target-dir target/wamr -- --test-threads=1

.PHONY: test-flink
test-flink: build ## The component in a Flink cluster, a task manager killed midway, against weir run (EVENTS); needs Java and Python
	contrib/python/test.sh flink $(OUT) $(EVENTS)

.PHONY: test-spark
test-spark: build ## A hunt over hourly blobs with Spark against weir run (EVENTS); needs Java and Python
	contrib/python/test.sh spark $(OUT) $(EVENTS)

##@ Release

# The command's target: musl where there is a compiler for it, else this machine's.
triple = $(or $(TARGET),$(shell contrib/packaging/target.sh))
packaging := --locked --manifest-path contrib/packaging/Cargo.toml --target-dir target/packaging

.PHONY: static
static: target ## The command alone in out/static/: static with a C compiler for musl, else said to be dynamic (TARGET=triple)
	CARGO="$(CARGO)" contrib/packaging/static.sh $(OUT)/static/weir $(triple)

.PHONY: package
package: static fluent-bit ## A release in out/package/: folder, archive, checksums, bill of materials, OCI artifact
	$(CARGO) run --quiet $(packaging) -- \
		$(triple) $(OUT)/static/weir target/aadgraph.wasm $(OUT)/aadgraph-4xx-fluent-bit.wasm $(OUT)/package

.PHONY: test-package
test-package: package ## What is in the package, its bill of materials and OCI artifact; installs it into a folder and runs it
	$(CARGO) fmt --manifest-path contrib/packaging/Cargo.toml --check
	$(CARGO) clippy $(packaging) --all-targets -- -D warnings
	WEIR_PACKAGE_TARGET=$(triple) $(CARGO) test $(packaging)

PREFIX ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),/etc,$(PREFIX)/etc)
version = $(shell sed -n '/^\[workspace.package\]/,/^$$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
# What `make install` and `make uninstall` call.
installer = contrib/packaging/install.sh $(1) $(OUT)/package/weir-$(version)-$(triple) $(PREFIX) $(SYSCONFDIR) $(DESTDIR)

.PHONY: uninstall
uninstall: ## Remove what `make install` installed; configuration, checkpoints and alerts stay
	$(call installer,uninstall)

##@ Upkeep

.PHONY: fmt
fmt: ## Format all code
	$(CARGO) fmt --all

.PHONY: fixtures
fixtures: build ## Write the fixtures' inputs and expected alerts anew; read the diff
	target/release/weir-generate fixtures tests/fixtures
	target/release/weir test --update tests/fixtures
	target/release/weir run --quiet --final --format ocsf --asn-db tests/data/asn-test.mmdb \
		tests/fixtures/roadrecon-walk/input.json > tests/data/roadrecon-walk.ocsf.ndjson
	target/release/weir-generate --events 3000 --seed 7 \
		| awk '/a77ac4e2-0001/ && n++ < 80 || NR % 60 == 0' > examples/fluent-bit/events.ndjson

.PHONY: reference
reference: target ## Write docs/reference.md anew from the definitions of options, rules, limits and keys
	WEIR_UPDATE=1 $(only) --bin weir -- reference::

.PHONY: architecture
architecture: target ## Draw the crates in ARCHITECTURE.md anew from their manifests
	WEIR_UPDATE=1 $(only) --test it -- rooms::

.PHONY: screenshots
screenshots: build ## The checks of `make test-web`, and the pictures in docs/images/
	@mkdir -p docs/images
	tests/web.sh $(OUT) docs/images

.PHONY: clean
clean: ## Remove everything that was built or generated
	$(CARGO) clean
	rm -rf $(OUT)
