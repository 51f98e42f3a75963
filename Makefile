# Everything a contributor or a newcomer runs. A virtual environment in .venv is made on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# What make fuzz runs: tests whose number of tries follows hypothesis' profile.
FUZZED ?= tests/scripts/test_fuzz.py tests/indexing/update/test_any_updates.py tests/indexing/catalog/test_digest.py

.PHONY: demo serve test test-browser test-cluster test-milvus fuzz mutants check format bench sample clean

demo: $(VENV)/.cpu  ## set up and run the main job on the sample
	$(BIN)/heroic demo --out demo

serve: $(VENV)/.cpu demo/report  ## the page over the demo: search, pairs, labels, reviews, reports
	$(BIN)/heroic serve demo/index --model demo/model --labels demo/labels.db --scores demo/scores.parquet --reports demo

test: $(VENV)/.test  ## set up and pass the tests
	$(BIN)/python -m pytest -n 2 --dist loadfile --ignore tests/scripts/test_fuzz.py --ignore tests/indexing/running/test_ray_crew.py
	$(BIN)/python -m pytest tests/scripts/test_fuzz.py  # which bounds what its own process takes
	$(BIN)/python -m pytest tests/indexing/running/test_ray_crew.py  # which goes into a network of its own

test-browser: $(VENV)/.browser  ## the report in a headless chromium, which is installed where that may be done
	@test -x /usr/bin/chromium || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq chromium; } \
	  || { echo "test-browser: /usr/bin/chromium is missing: apt-get install chromium" >&2; exit 1; }
	$(BIN)/python -m pytest -m browser tests/browser

test-cluster: $(VENV)/.test  ## Ray clusters of three machines, which are processes here, and are killed
	$(BIN)/python -m pytest -m cluster tests

test-milvus: $(VENV)/.test $(VENV)/milvus-server/.made  ## a real Milvus server, in a network of its own that is loopback alone
	HEROIC_MILVUS_PYTHON=$(CURDIR)/$(VENV)/milvus-server/bin/python unshare --net --map-root-user sh -c \
	  'ip link set lo up && exec $(BIN)/python -m pytest -m cluster tests/indexing/search tests/indexing/publishing'

fuzz: $(VENV)/.test  ## many more tries of the random tests than make test has time for; one of them: FUZZED=tests/...
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest $(FUZZED)

mutants: $(VENV)/.mutation  ## changes to the code that no test notices, of all rooms in setup.cfg or of one: ROOM=eval.metrics
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/mutmut run --max-children 1 $(if $(ROOM),'$(ROOM).*')
	$(BIN)/mutmut results

check: $(VENV)/.dev  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev  ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.test  ## speed and memory, as ratios in one run
	$(BIN)/python -m scripts.benchmarks.pipeline

sample: $(VENV)/.cpu  ## make data/sample again
	rm -rf data/sample
	$(BIN)/python -m scripts.make_sample --out data/sample --products 120 --offers 320 --picture-px 72

clean:
	rm -rf $(VENV) demo mutants build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

demo/report:
	$(MAKE) demo

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.cpu: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable ".[cpu,serve]"
	touch $@

$(VENV)/.test: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable ".[cpu,test]"
	touch $@

$(VENV)/milvus-server/.made:
	$(PYTHON) -m venv $(VENV)/milvus-server
	$(VENV)/milvus-server/bin/pip install --quiet milvus==2.3.5
	touch $@

$(VENV)/.browser: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable ".[cpu,test,browser]"
	touch $@

$(VENV)/.mutation: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable ".[cpu,test,mutation]"
	touch $@

$(VENV)/.dev: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable ".[cpu,test,dev]"
	touch $@
