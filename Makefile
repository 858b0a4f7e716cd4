# make lab   sets everything up and opens the course
# make test  sets everything up and runs all tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Set up again when the dependencies change.
READY := $(VENV)/.ready
READY_TEST := $(VENV)/.ready-test

.PHONY: lab test unit browser nbval notebooks course demo samples docs frontend audit lint clean

lab: $(READY)
	$(BIN)/adain-lab lab

test: lint unit nbval browser

lint: $(READY_TEST)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: $(READY_TEST)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not browser" -n 2

# Both versions of every lesson, executed top to bottom. Numbers and pictures are checked by assertions in the solved lessons: processors
# differ in the last digits, so comparing outputs literally would fail elsewhere. Two lessons at a time, one thread each: threads
# that wait on each other are slower.
nbval: $(READY_TEST)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -o addopts="" --nbval-lax --nbval-current-env --nbval-cell-timeout=300 -n 2 --dist loadscope notebooks

browser: $(READY_TEST)
	$(BIN)/python -m pytest -m browser tests/browser

# Student versions, without outputs, from the solved ones, which are executed and saved with theirs.
notebooks: $(READY_TEST)
	$(BIN)/python tools/make_notebooks.py

# Every lesson, both versions: time, memory, exercises, checks; recorded, and written into the README.
course: $(READY_TEST)
	$(BIN)/python tools/run_course.py

# The README's moving picture, from the panels themselves; needs Chromium.
demo: $(READY_TEST)
	$(BIN)/python tools/make_demo.py

samples: $(READY_TEST)
	$(BIN)/uv pip install --quiet scikit-image scikit-learn
	$(BIN)/python tools/paint_styles.py
	$(BIN)/python tools/make_samples.py

# The panels' JavaScript: its pure parts in Node, and its types. Needs Node, and a network once for TypeScript.
frontend:
	node --test tests/frontend/
	cd tools/frontend && npm ci --no-audit --no-fund --silent && npm run --silent types

# Known vulnerabilities in the oldest versions that pyproject.toml allows. Needs a network that reaches PyPI's advisories; a
# package of which they cannot be had is a failure, so that silence is no pass.
audit: $(READY_TEST)
	mkdir -p build
	$(BIN)/uv pip compile --quiet --resolution lowest-direct --all-extras pyproject.toml --output-file build/lowest.txt
	$(BIN)/uv tool run pip-audit --strict --no-deps --disable-pip --requirement build/lowest.txt

# The API reference, from the docstrings: open docs/api/index.html.
docs: $(READY_TEST)
	$(BIN)/python tools/make_docs.py

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "adain_lab needs Python 3.11 or newer; set PYTHON=..." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python -e .
	@touch $@

$(READY_TEST): $(READY)
	$(BIN)/uv pip install --quiet --python $(BIN)/python -e ".[test]"
	@touch $@

clean:
	rm -rf $(VENV) tools/frontend/node_modules build dist .pytest_cache .hypothesis .ruff_cache .mypy_cache docs/api
