# The commands of the project. `make help` lists them; a line that starts a target says what it does after `##`.

CARGO ?= cargo
# For example CARGO_FLAGS=--locked, as continuous integration has it.
CARGO_FLAGS ?=
# The profile of .config/nextest.toml.
NEXTEST_PROFILE ?= default

.DEFAULT_GOAL := help
.PHONY: help packages build test check fmt clippy doc deny demo bench

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

packages: ## install the Debian packages that are missing (as root), or say the command
	@scripts/install-packages

build: packages ## build all programs
	$(CARGO) build $(CARGO_FLAGS) --workspace --bins

test: build ## run all tests, with real ctdbd too
	$(CARGO) test $(CARGO_FLAGS) --workspace --doc --quiet
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
	    set -x; $(CARGO) nextest run $(CARGO_FLAGS) --workspace --profile $(NEXTEST_PROFILE); \
	else \
	    set -x; $(CARGO) test $(CARGO_FLAGS) --workspace --lib --bins --tests -- --test-threads=2; \
	fi

check: fmt clippy doc deny test ## everything that a change has to pass

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

demo: packages ## three real ctdbd with packets of the new kind between them; KEEP=1 leaves them running
	$(CARGO) build $(CARGO_FLAGS) --release --workspace --bins
	$(CARGO) run $(CARGO_FLAGS) --release --quiet --package compat-tests --bin demo

bench: packages ## the tunnel beside plain messages of ctdbd
	$(CARGO) build $(CARGO_FLAGS) --release --workspace --bins
	$(CARGO) run $(CARGO_FLAGS) --release --quiet --package compat-tests --bin bench
