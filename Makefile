.PHONY: help run check serve test test-slow lint format regions bench detection cluster lock clean
SETUP = scripts/setup.sh
BIN = .venv/bin
DEV = .venv-dev/bin
# As many test files at once as there are cores; ARGS="-n 0" runs one after the other.
TOGETHER = -n auto --dist loadfile
PARTS = $(wildcard flows schemas scripts tests benchmarks)

help:                        ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-10s %s\n", $$1, $$2}' Makefile
run: .venv/.stamp            ## the whole pipeline: raw/ to published/
	$(BIN)/prakerja run $(ARGS)
check: .venv/.stamp          ## the rules on raw/, writing nothing
	$(BIN)/prakerja check $(ARGS)
serve: .venv/.stamp          ## keeps running: the daily schedule
	$(BIN)/prakerja serve $(ARGS)
test: .venv-dev/.stamp       ## all tests but the slow ones
	$(DEV)/python -m pytest $(TOGETHER) -m "not slow" --cov $(ARGS)
test-slow: .venv-dev/.stamp  ## the tests that take long or start a server
	$(DEV)/python -m pytest $(TOGETHER) -m slow $(ARGS)
lint: .venv-dev/.stamp       ## style and types
	$(DEV)/ruff check .
	$(DEV)/ruff format --check .
	$(DEV)/mypy $(PARTS)
format: .venv-dev/.stamp     ## sets the style right
	$(DEV)/ruff check --fix .
	$(DEV)/ruff format .
regions: .venv-dev/.stamp    ## raw/regions/ from the package that follows the decree
	$(DEV)/python scripts/build_regions.py
bench: .venv-dev/.stamp      ## our pipeline and its peers on a national cube, side by side
	$(DEV)/python -m benchmarks.side_by_side $(ARGS)
detection: .venv-dev/.stamp  ## how often the likeliest misprint is found
	$(DEV)/python -m benchmarks.detection $(ARGS)
cluster: .venv-dev/.stamp    ## the pipeline on a Spark Connect server, in one process and with several workers
	$(DEV)/python -m benchmarks.cluster $(ARGS)

LOCK = uv pip compile pyproject.toml --quiet --python-version 3.11 --universal --generate-hashes \
	--custom-compile-command "make lock" $(ARGS)
lock:                        ## exact versions with hashes, after a change in pyproject.toml; ARGS=--upgrade; needs uv
	$(LOCK) --extra build --output-file requirements.lock
	$(LOCK) --extra build --extra dev --extra scale --constraint requirements.lock --output-file requirements-dev.lock

.venv/.stamp: requirements.lock pyproject.toml $(SETUP)
	$(SETUP) .venv requirements.lock
.venv-dev/.stamp: requirements-dev.lock pyproject.toml $(SETUP)
	$(SETUP) .venv-dev requirements-dev.lock
clean:                       ## removes the environments and caches, never raw/ or published/
	rm -rf .venv .venv-dev .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
