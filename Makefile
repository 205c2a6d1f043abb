# Everything a person does with this project; `make help` lists it. Needs make and Python 3.11-3.13, nothing else.

SHELL := /bin/sh
VENV := .venv/bin
PYTHON_IN_VENV := $(VENV)/python
# Tests wait for brokers half of the time: three workers fill two cores. More cores: make test PYTEST_WORKERS=auto
PYTEST_WORKERS ?= 3
# A file is one worker's. In their own order: the few long stories would else come last, each worker waiting for another.
SPREAD := --dist loadfile --no-loadscope-reorder
# Further words for the command at hand: make demo ARGS='--headless --for 60s', make test ARGS='-k flush'
ARGS ?=
# Observations, timelines and reactions that `make test-long` asks the second opinion about; a quarter are timelines
LONG_EXAMPLES ?= 850000
# Seconds that `make fuzz` gives each reader
FUZZ_SECONDS ?= 60
# Workers that `make simulate` kills
KILLS ?= 100000

.DEFAULT_GOAL := help
.PHONY: help setup setup-lint test test-fast test-kafka test-long fuzz coverage mutation mutation-sample model simulate chaos decision-diff bench bench-core bench-latency bench-board bench-readiness bench-growth setup-bench check lint format types rooms demo traceability golden sentences schemas dashboards requirements soup release clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: ## a ready .venv with blinwatch in it
	@tools/setup.sh test

setup-lint:
	@tools/setup.sh lint

decision-diff: setup ## what the version BASE decides otherwise about every golden history (BASE=v0.1.0)
	$(PYTHON_IN_VENV) tools/decision_diff.py $(BASE)

demo: setup ## a simulated ward of 12 patients on an embedded broker, watched live
	@$(VENV)/blinwatch demo $(ARGS)

test: setup ## all tests
	$(PYTHON_IN_VENV) -m pytest -n $(PYTEST_WORKERS) $(SPREAD) $(ARGS)

test-fast: setup ## the tests that take less than about five seconds each
	$(PYTHON_IN_VENV) -m pytest -n $(PYTEST_WORKERS) $(SPREAD) -m "not slow" $(ARGS)

test-kafka: setup ## the broker tests on real Apache Kafka; needs Java 17 or later and, the first time, Maven
	@if $(PYTHON_IN_VENV) -m tests.support.kafka_jars; then \
		$(PYTHON_IN_VENV) -m pytest -m kafka --broker apache -n $(PYTEST_WORKERS) $(SPREAD) $(ARGS); fi

test-long: setup ## the second opinion and the properties with many examples; hours (LONG_EXAMPLES)
	ORACLE_EXAMPLES=$(LONG_EXAMPLES) $(PYTHON_IN_VENV) -m pytest -n $(PYTEST_WORKERS) --timeout 0 tests/oracle $(ARGS)
	PROPERTY_EXAMPLES=$$(($(LONG_EXAMPLES) / 170)) $(PYTHON_IN_VENV) -m pytest -n $(PYTEST_WORKERS) --timeout 0 \
		tests/core/test_properties.py tests/core/test_chart_properties.py tests/core/test_state_size.py $(ARGS)

fuzz: setup ## the readers of HL7, FHIR, REST and CSV against what no sender would send; four minutes (FUZZ_SECONDS for each)
	$(PYTHON_IN_VENV) -m tests.fuzz --seconds $(FUZZ_SECONDS) $(ARGS)

coverage: setup ## every branch of the core is taken by some test; fails below 100 %
	$(PYTHON_IN_VENV) -m coverage erase
	$(PYTHON_IN_VENV) -m pytest -m "not kafka" -n $(PYTEST_WORKERS) $(SPREAD) --timeout 900 \
		--cov=blinwatch.core --cov-branch --cov-report= $(ARGS)
	$(PYTHON_IN_VENV) -m coverage report -i --show-missing --skip-covered --fail-under=100 --precision=2

# A coverage file that knows which test reaches which line makes each change ask only the tests that can tell.
.coverage-mutation:
	COVERAGE_FILE=$@ $(PYTHON_IN_VENV) -m pytest tests/core tests/test_golden.py tests/cases --cov=blinwatch.core --cov-branch \
		--cov-context=test --cov-report= -q -n $(PYTEST_WORKERS) --timeout 0

mutation: setup .coverage-mutation ## change the core in every way tools/mutate.py knows: a test must fail; a day or two
	$(PYTHON_IN_VENV) tools/mutate.py --all --coverage .coverage-mutation $(ARGS)

mutation-sample: setup .coverage-mutation ## the same for a sample of 200 changes
	$(PYTHON_IN_VENV) tools/mutate.py --sample 200 --coverage .coverage-mutation $(ARGS)

model: setup ## every order of events of the durability protocol within bounds, and what thirteen mistakes would do
	$(PYTHON_IN_VENV) -m tests.model

simulate: setup ## the worker's own parts on a broker in memory until 100,000 workers were killed (KILLS); an hour
	$(PYTHON_IN_VENV) -m tests.simulated --kills $(KILLS) --jobs $(PYTEST_WORKERS) $(ARGS)

chaos: setup ## real workers and three real brokers killed, frozen, cut off; 20 seeds with 200 kills; an hour
	@if $(PYTHON_IN_VENV) -m tests.support.kafka_jars; then $(PYTHON_IN_VENV) -m tests.chaos $(ARGS); fi

bench-core: setup ## events per second through the judgement alone, with the whole rulebook
	$(PYTHON_IN_VENV) -m benchmarks.core_speed $(ARGS)

setup-bench: setup
	@tools/setup.sh bench

bench: setup-bench ## blinwatch against Faust, Quix Streams, bytewax and a bare loop on real Kafka; ten minutes
	PYTHONPATH=.:service .venv-bench/bin/python -m benchmarks.race --svg docs/images/race.svg $(ARGS)

bench-latency: setup-bench ## event produced to alert received, at three rates
	PYTHONPATH=.:service .venv-bench/bin/python -m benchmarks.latency $(ARGS)

bench-board: setup ## the ward board in Chromium: event to pixel, 500 patients on one page; ten minutes
	$(PYTHON_IN_VENV) -m benchmarks.ward_board $(ARGS)

bench-readiness: setup-bench ## ready after how long, with how much memory; two workers against one
	PYTHONPATH=.:service .venv-bench/bin/python -m benchmarks.readiness $(ARGS)

bench-growth: setup ## the engine with 100 to 100,000 patients
	$(PYTHON_IN_VENV) -m benchmarks.growth $(ARGS)

check: lint types rooms test ## everything that must be green before a change is handed in

lint: setup-lint ## style, formatting, spelling, YAML, unused dependencies
	$(PYTHON_IN_VENV) -m ruff check
	$(PYTHON_IN_VENV) -m ruff format --check
	$(PYTHON_IN_VENV) -m codespell_lib
	$(PYTHON_IN_VENV) -m yamllint --strict .
	$(PYTHON_IN_VENV) -m deptry .

types: setup-lint ## pyright, strict for service/
	$(PYTHON_IN_VENV) -m pyright --warnings

rooms: setup-lint ## import-linter: imports point one way
	$(VENV)/lint-imports

format: setup-lint ## let ruff format and mend what it can
	$(PYTHON_IN_VENV) -m ruff format
	$(PYTHON_IN_VENV) -m ruff check --fix

traceability: setup ## rewrite docs/safety/traceability.md: from every rule to data, code and tests
	$(PYTHON_IN_VENV) tools/traceability.py

soup: setup ## rewrite docs/safety/soup.md, the list of software that others made
	$(PYTHON_IN_VENV) tools/soup.py

release: setup ## everything of a release into dist/: make release KEY=file; to try it: make release ARGS=--trial (needs uv)
	$(PYTHON_IN_VENV) -m tools.release $(if $(KEY),--key $(KEY)) $(ARGS)

golden: setup ## rewrite tests/golden from the code; read the difference before committing it
	$(PYTHON_IN_VENV) -m tests.golden.rewrite $(ARGS)

sentences: setup ## rewrite tests/cases/told, what every case is told in, from the code; read the difference
	$(PYTHON_IN_VENV) -m tests.cases.tell_sentences

schemas: setup ## rewrite schemas/ from the code
	$(VENV)/blinwatch schemas $(ARGS)

dashboards: setup ## rewrite deploy/grafana/dashboards from deploy/grafana/source
	$(PYTHON_IN_VENV) -m deploy.grafana.source

requirements: ## rewrite requirements/*.txt from uv.lock (needs uv)
	tools/export-requirements.sh

clean: ## remove what setting up, building and testing left behind
	rm -rf .venv .venv-bench .cache build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
	find service tests -name __pycache__ -type d -prune -exec rm -rf {} +
