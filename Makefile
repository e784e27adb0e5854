# Two commands do everything on a fresh machine: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STAMPS := .stamps
WASM := web/engine/havklo.wasm
APPS := python/havklo/serve/apps/index.html
RUST := Cargo.toml Cargo.lock $(shell find crates/engine/src crates/python/src crates/engine/Cargo.toml crates/python/Cargo.toml)
SECONDS_DEMO ?=
PYTEST := $(BIN)/python -m pytest --ignore=tests/_protocol -q
# Some tests have real sockets and a real clock. What fails beside the others, on cores that they share, has to pass alone.
ALONE := { echo 'The tests that failed, alone:'; $(PYTEST) --last-failed --last-failed-no-failures=none; }
# What a browser gets is made of these; `find` leaves out what is made.
WEB := $(shell find web/engine web/client web/kit web/desk web/apps \
	\( -name node_modules -o -name dist -o -name test \) -prune -o -type f ! -name '*.wasm' -print)

.PHONY: demo test search web pictures lint bench bench-web chances chaos faults soak dst judge foreign fuzz locks clean help
.DEFAULT_GOAL := help

demo: $(STAMPS)/engine $(if $(shell command -v npm),$(APPS))  ## Watch a book prove itself, break and heal, here and in the browser, on the built-in simulator
	$(BIN)/havklo demo $(if $(SECONDS_DEMO),--seconds $(SECONDS_DEMO))

test: $(STAMPS)/engine $(APPS) $(STAMPS)/chromium $(STAMPS)/bundlers  ## Run all tests: Rust, Python, the browser's packages, and the apps in a browser
	cargo test --locked --quiet -p havklo-engine
	npm test --silent --workspace web/engine
	npm test --silent --workspace web/client
	npm test --silent --workspace web/kit
	npm test --silent --workspace web/desk
	npm test --silent --workspace web/apps
	npm test --silent --workspace web/browser
	npm test --silent --prefix web/bundlers
	$(BIN)/coverage erase
	$(BIN)/python -m pytest tests/_protocol -q --cov --cov-report=term-missing:skip-covered --cov-fail-under=100
	$(PYTEST) -n $(or $(JOBS),4) || $(ALONE)

search: $(STAMPS)/engine  ## Run the Python tests with other random examples each time, which `make test` does not
	$(BIN)/python -m pytest -q -n $(or $(JOBS),4) --hypothesis-profile=search

web: $(APPS)  ## Build the browser apps into the Python package, for `havklo serve`

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

bench-web: $(STAMPS)/engine $(STAMPS)/bench $(APPS) $(STAMPS)/chromium  ## Measure the browser apps against their bars: MINUTES=10 ONLY=growth
	node web/browser/bench.mjs --minutes $(or $(MINUTES),10) $(addprefix --only ,$(ONLY))

pictures: $(APPS) $(STAMPS)/chromium  ## Take the pictures of the documentation anew
	node web/browser/pictures.mjs

chaos: $(STAMPS)/engine  ## A bot that trades while everything breaks, agrees with the exchange to the last digit: ORDERS=10000
	PYTHONPATH=tests/proofs $(BIN)/python -m chaos --orders $(or $(ORDERS),10000) --seed $(or $(SEED),7)

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
	rm -rf web/engine/*.wasm web/*/dist web/bundlers/built python/havklo/serve/apps web/apps/shared/fonts node_modules web/*/node_modules

help:  ## Say what each command does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 10

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

$(APPS): $(STAMPS)/npm $(WASM) $(WEB) web/pack.mjs
	npm run build --silent --workspace web/engine --workspace web/client --workspace web/kit --workspace web/desk
	npm run build --silent --workspace web/apps
	node web/pack.mjs

# Without a lock: Next.js has a module for each platform, and no registry has to carry all of them.
$(STAMPS)/bundlers: web/bundlers/package.json
	npm install --prefix web/bundlers --no-package-lock --ignore-scripts --no-audit --no-fund --silent
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/chromium:
	web/browser/chromium.sh
	@mkdir -p $(STAMPS) && touch $@

$(WASM): $(shell find crates/engine/src crates/wasm -name '*.rs' -o -name Cargo.toml) web/engine/build.sh Cargo.lock
	web/engine/build.sh
