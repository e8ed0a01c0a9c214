# The commands of the project. `make help` lists them; a line that starts a target says what it does after `##`.

CARGO ?= cargo
# For example CARGO_FLAGS=--locked, as continuous integration has it.
CARGO_FLAGS ?=
# The profile of .config/nextest.toml.
NEXTEST_PROFILE ?= default

# What the demonstration and the measurements run: the one executable of the product, and who cleans up after a cluster.
RUN := tablecloth compat-warden

# Where `make install` puts things; DESTDIR is for whoever makes packages.
PREFIX ?= /usr/local
DESTDIR ?=
# `ctdb`, C's own name of its tool, is not among them: docs/old-grammar.md says how to put ours in its place.
DAEMONS := ctdb-eventd ctdb-serviced ctdb-tunneld
TARGET := $(or $(CARGO_TARGET_DIR),target)

.DEFAULT_GOAL := help
.PHONY: help packages build install test check fmt clippy doc deny gate demo bench faults fuzz corpus

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

packages: ## install the Debian packages that are missing (as root), or say the command
	@scripts/install-packages

build: packages ## build the product: one executable, and a link for each program below target/debug/programs
	$(CARGO) build $(CARGO_FLAGS) --package tablecloth
	$(TARGET)/debug/tablecloth links $(TARGET)/debug/programs

install: packages ## build for use, and install the executable with its names below PREFIX=/usr/local
	$(CARGO) build $(CARGO_FLAGS) --release --package tablecloth
	install -D $(TARGET)/release/tablecloth $(DESTDIR)$(PREFIX)/sbin/tablecloth
	$(DESTDIR)$(PREFIX)/sbin/tablecloth links $(DESTDIR)$(PREFIX)/sbin $(DAEMONS)
	$(DESTDIR)$(PREFIX)/sbin/tablecloth links $(DESTDIR)$(PREFIX)/bin ctdbctl

# Nothing is built beforehand: tests want libraries with a few more features, so all of it would be compiled twice.
test: packages ## run all tests, with real ctdbd too
	$(CARGO) test $(CARGO_FLAGS) --workspace --doc --quiet
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
	    set -x; $(CARGO) nextest run $(CARGO_FLAGS) --workspace --profile $(NEXTEST_PROFILE); \
	else \
	    set -x; $(CARGO) test $(CARGO_FLAGS) --workspace --tests -- --test-threads=2; \
	fi

check: fmt clippy doc deny gate test ## everything that a change has to pass

fmt: ## the format of all sources
	$(CARGO) fmt --all --check

clippy: packages ## all lints; a warning fails
	$(CARGO) clippy $(CARGO_FLAGS) --workspace --all-targets -- -D warnings

doc: packages ## the documentation of all crates; a warning fails
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(CARGO_FLAGS) --workspace --no-deps --quiet

deny: ## licences, sources and forbidden dependencies, where cargo-deny is installed
	@if $(CARGO) deny --version >/dev/null 2>&1; then \
	    set -x; $(CARGO) deny --workspace check bans licenses sources; \
	else \
	    echo "cargo-deny is not installed: deny.toml was not checked (cargo install --locked cargo-deny)"; \
	fi

gate: packages ## instructions of hot paths: none may rise by over 5 %; UPDATE=1 writes the table anew
	$(CARGO) build $(CARGO_FLAGS) --release --package gate
	$(CARGO) run $(CARGO_FLAGS) --release --quiet --package gate

demo: packages ## three real ctdbd with our event daemon, packets of the new kind between them; KEEP=1 leaves them running
	$(CARGO) build $(CARGO_FLAGS) --profile demo --workspace $(patsubst %,--bin %,$(RUN) demo)
	$(CARGO) run $(CARGO_FLAGS) --profile demo --quiet --bin demo

bench: packages ## the tunnel beside plain messages of ctdbd, ctdb-eventd beside C's, what ctdb-serviced costs, the codec beside memcpy
	$(CARGO) build $(CARGO_FLAGS) --release --workspace $(patsubst %,--bin %,$(RUN) bench bench-codec)
	$(CARGO) run $(CARGO_FLAGS) --release --quiet --bin bench
	$(CARGO) run $(CARGO_FLAGS) --release --quiet --bin bench-codec

# What `make faults` runs; docs/reliability.md says what each word means. PLAN= repeats one run and makes the others needless.
SEED ?= 1
RUNS ?= 1
MIX ?= CCC
FAULTS ?=
WORKLOADS ?= W1,W3,W4,W6,W7
MINUTES ?= 1
PROFILE ?= fast
PLAN ?=

faults: packages ## clusters under load and faults, judged: SEED= RUNS= MIX= FAULTS= WORKLOADS= MINUTES= PROFILE= or PLAN=; as root
	$(CARGO) build $(CARGO_FLAGS) --package compat-tests --bin compat-warden --bin compat-switch
	$(CARGO) build $(CARGO_FLAGS) --package compat-client --package compat-faults --bins
	$(TARGET)/debug/faults run $(if $(PLAN),--plan '$(PLAN)',--seed $(SEED) --runs $(RUNS) --mix $(MIX) --workloads $(WORKLOADS) 	    --minutes $(MINUTES) --profile $(PROFILE) $(if $(FAULTS),--faults $(FAULTS)))

# Scenes to record again: SCENES="vacuum recovery".
SCENES ?=

corpus: packages ## record what is missing in captures/data on clusters of real ctdbd; SCENES="vacuum ban" again
	$(CARGO) build $(CARGO_FLAGS) --release --workspace $(patsubst %,--bin %,$(RUN) record-corpus)
	$(CARGO) run $(CARGO_FLAGS) --release --quiet --package compat-tests --bin record-corpus -- $(SCENES)

# How long each target is fuzzed, and which: FUZZ="packet messages".
SECONDS ?= 60
FUZZ_DIRS := legacy-proto/fuzz new-daemons/protocol/fuzz
FUZZ ?= $(notdir $(basename $(wildcard $(FUZZ_DIRS:%=%/fuzz_targets/*.rs))))

fuzz: ## fuzz every decoder for SECONDS=60 seconds each; what breaks one is left in artifacts beside its target
	@if ! $(CARGO) fuzz --version >/dev/null 2>&1; then \
	    echo "cargo-fuzz is missing: cargo install cargo-fuzz --locked"; exit 1; \
	fi
	@set -e; scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; for target in $(FUZZ); do \
	    for dir in $(FUZZ_DIRS); do if [ -e $$dir/fuzz_targets/$$target.rs ]; then break; fi; done; \
	    echo "fuzzing $$target for $(SECONDS) s"; mkdir -p "$$scratch/$$target"; \
	    $(CARGO) fuzz run --fuzz-dir $$dir -s none $$target \
	        "$$scratch/$$target" $$dir/corpus/$$target -- \
	        -max_total_time=$(SECONDS) -max_len=4096 -print_final_stats=1 2>&1 | \
	        grep -E "^(SUMMARY|Done|stat::number_of|artifact|thread|error)" || exit 1; \
	    if ls $$dir/artifacts/$$target/* >/dev/null 2>&1; then echo "$$target broke: see $$dir/artifacts"; exit 1; fi; \
	done
