# Two commands do everything on a fresh machine: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STAMPS := .stamps
WASM := web/engine/havklo.wasm
RUST := Cargo.toml Cargo.lock $(shell find crates/engine/src crates/python/src crates/engine/Cargo.toml crates/python/Cargo.toml)
SECONDS_DEMO ?=

.PHONY: demo test lint bench chances faults soak dst judge foreign fuzz locks clean help
.DEFAULT_GOAL := help

demo: $(STAMPS)/engine  ## Watch a book prove itself, break and heal, on the built-in simulator
	$(BIN)/havklo demo $(if $(SECONDS_DEMO),--seconds $(SECONDS_DEMO))

test: $(STAMPS)/engine $(WASM) $(STAMPS)/npm  ## Run all tests: Rust, Python, and the browser's packages under node
	cargo test --locked --quiet -p havklo-engine
	npm test --silent --workspace web/engine
	npm test --silent --workspace web/client
	$(BIN)/coverage erase
	$(BIN)/python -m pytest tests/_protocol -q --cov --cov-report=term-missing:skip-covered --cov-fail-under=100
	$(BIN)/python -m pytest --ignore=tests/_protocol -q

lint: $(STAMPS)/engine  ## Check style, types and architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright
	$(BIN)/mypy tests/typing
	$(BIN)/python -m mypy.stubtest havklo._engine
	cargo fmt --check
	cargo clippy --locked --quiet --workspace --all-targets -- -D warnings

bench: $(STAMPS)/engine $(STAMPS)/bench  ## Measure against the peers, all in one run
	.venv-bench/bin/python benches/run.py $(BENCH)

faults: $(STAMPS)/engine  ## Every kind of fault, as it is seen on the wire, and what each does to a client's channels
	$(BIN)/python tests/proofs/faults.py
	PYTHONPATH=tests/proofs $(BIN)/python -m matrix --jobs 2

dst: $(STAMPS)/engine  ## Play the client against the simulated exchange in virtual time: SEEDS=200 MESSAGES=100000
	$(BIN)/python tests/dst/run.py --seeds $(or $(SEEDS),200) --messages $(or $(MESSAGES),100000)

judge: $(STAMPS)/engine  ## Judge a million messages and a million orders of the simulator
	$(BIN)/python tests/proofs/books.py --messages $(or $(MESSAGES),1000000)
	$(BIN)/python tests/proofs/level3.py --messages $(or $(MESSAGES),1000000)
	$(BIN)/python tests/proofs/money.py --orders $(or $(ORDERS),1000000)

chances: $(STAMPS)/engine  ## Fill probabilities against the published tables, and in markets whose truth is known
	$(BIN)/python tests/proofs/fill_tables.py
	$(BIN)/python tests/proofs/fill_worlds.py

foreign: $(STAMPS)/engine $(STAMPS)/foreign  ## Let clients that nobody here wrote follow the simulator, a minute each
	.venv-foreign/bin/python -m pytest tests/foreign -q

soak: $(STAMPS)/engine  ## A busy half hour of 200 symbols and random faults, every read judged: MINUTES=30
	$(BIN)/python examples/soak.py --minutes $(or $(MINUTES),30)

fuzz:  ## Fuzz every parser, a minute each (needs a nightly toolchain)
	fuzz/run $(or $(SECONDS_FUZZ),60)

locks: $(STAMPS)/venv  ## Compile requirements/*.txt anew
	cd requirements && ../$(BIN)/uv pip compile --universal --generate-hashes -p 3.11 --no-annotate --upgrade \
		--custom-compile-command "make locks" ../pyproject.toml dev.in -o dev.txt
	cd requirements && ../$(BIN)/uv pip compile --universal --generate-hashes -p 3.11 --no-annotate --upgrade \
		--custom-compile-command "make locks" ../pyproject.toml bench.in -o bench.txt
	cd requirements && ../$(BIN)/uv pip compile --universal --generate-hashes -p 3.11 --no-annotate --upgrade \
		--custom-compile-command "make locks" foreign.in -o foreign.txt

clean:  ## Remove the environments and all that was built
	rm -rf .venv .venv-bench .venv-foreign $(STAMPS) target fuzz/target python/havklo/_engine*.so
	rm -rf web/engine/*.wasm web/*/dist node_modules

help:  ## Say what each command does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 10

$(STAMPS)/venv: requirements/dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r <(sed -n '/^uv==/,/[^\\]$$/p' requirements/dev.txt)
	$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements/dev.txt
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/engine: $(STAMPS)/venv $(RUST) pyproject.toml
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/maturin develop --uv --release --locked --quiet
	@touch $@

$(STAMPS)/bench: requirements/bench.txt $(STAMPS)/venv
	$(PYTHON) -m venv .venv-bench
	$(BIN)/uv pip sync --quiet --python .venv-bench/bin/python requirements/bench.txt
	@touch $@

$(STAMPS)/foreign: requirements/foreign.txt $(STAMPS)/venv
	$(PYTHON) -m venv .venv-foreign
	$(BIN)/uv pip sync --quiet --python .venv-foreign/bin/python requirements/foreign.txt
	@touch $@

$(STAMPS)/npm: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --silent
	@mkdir -p $(STAMPS) && touch $@

$(WASM): $(shell find crates/engine/src crates/wasm -name '*.rs' -o -name Cargo.toml) web/engine/build.sh Cargo.lock
	web/engine/build.sh
