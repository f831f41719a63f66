# kgraph: `make help` lists the targets. `make PYTHON=python3.12 ...` chooses the Python that makes .venv.

PYTHON ?= python3
VENV ?= .venv
BENCH_VENV ?= .venv-bench
PY := $(VENV)/bin/python
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# More words for pytest: make test ARGS="-k matmul -x"
ARGS ?=
# Tests run in so many processes; make test JOBS=1 shows them one after the other.
SIDE_BY_SIDE = $(if $(filter 1,$(JOBS)),,--numprocesses $(JOBS))

NATIVE_SOURCES := setup.py $(wildcard kgraph/*.pyx kgraph/*.pxd kgraph/csrc/*.[ch] kgraph/csrc/*/*.[ch])
PACKAGE_SOURCES = $(shell find kgraph -name '*.py')
NATIVE := $(VENV)/.native

.PHONY: help venv build test test-keras test-sanitize test-install demo lint bench clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(VENV)/.editable ## make .venv with what a build needs, and kgraph in it as it stands here

build: $(NATIVE) ## compile what has changed, in place

test: $(NATIVE) $(VENV)/.with-test ## run the tests
	$(PY) -m pytest $(SIDE_BY_SIDE) -m "not keras" $(ARGS)

test-keras: $(NATIVE) $(VENV)/.with-test $(VENV)/.with-keras ## compare with Keras itself (installs keras and jax)
	KERAS_BACKEND=jax $(PY) -m pytest $(SIDE_BY_SIDE) -m keras $(ARGS)

test-sanitize: build/asan/.built build/tsan/.built $(VENV)/.with-test ## run the tests on kernels built under ASan, UBSan and TSan
	$(call run_sanitized,asan) $(SIDE_BY_SIDE) -m "not slow"
	$(call run_sanitized,tsan) -m threads

test-install: $(NATIVE) ## build the sdist, install it into a new environment, train there
	rm -rf build/install
	$(PY) setup.py --quiet sdist --dist-dir build/install
	$(PYTHON) -m venv build/install/venv
	build/install/venv/bin/python -m pip --disable-pip-version-check install --quiet build/install/kgraph-*.tar.gz
	cp examples/digits.py build/install
	cd build/install && venv/bin/python digits.py

# Run from inside the sanitized build, so that it is the kgraph that is imported. ASan looks for libstdc++'s throw when
# Python starts, where numpy has not loaded it yet; TSan cannot map its shadow where addresses are random, and would end
# a forked child that starts threads of its own.
run_sanitized = cd build/$(1)/lib && PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0 \
	TSAN_OPTIONS=halt_on_error=1:die_after_fork=0 \
	LD_PRELOAD="$$($(CC) -print-file-name=lib$(1).so) $$($(CC) -print-file-name=libstdc++.so)" \
	setarch -R $(abspath $(PY)) -m pytest --rootdir $(CURDIR) -c $(CURDIR)/pyproject.toml $(CURDIR)/tests $(ARGS)

build/asan/.built: SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g
build/tsan/.built: SANITIZE := -fsanitize=thread -g
build/%/.built: $(NATIVE) $(PACKAGE_SOURCES)
	CFLAGS="$(SANITIZE)" LDFLAGS="$(SANITIZE)" \
		$(PY) setup.py --quiet build --build-base $(@D) --build-lib $(@D)/lib --parallel $(JOBS)
	@touch $@

demo: $(NATIVE) ## train on handwritten digits, then show the graph that was trained
	$(PY) -m kgraph demo

lint: $(NATIVE) $(VENV)/.with-lint ## ruff and mypy
	$(PY) -m ruff check .
	$(PY) -m mypy

bench: $(NATIVE) $(BENCH_VENV)/.made ## measure kgraph beside its peers (installs them in .venv-bench), write bench/README.md
	$(BENCH_VENV)/bin/python bench/suite.py --publish $(ARGS)

clean: ## remove all that was built
	rm -rf $(VENV) $(BENCH_VENV) build dist *.egg-info kgraph/*.so .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. Each stamp is a step that is done again only when what it stands on has changed.

$(VENV)/.made: pyproject.toml tools/check_build.py tools/install_requirements.py
	@command -v $(PYTHON) >/dev/null || { echo "kgraph needs Python, and $(PYTHON) is not there: apt install python3"; exit 1; }
	@$(PYTHON) tools/check_build.py
	$(PYTHON) -m venv $(VENV)
	$(PY) tools/install_requirements.py build
	@touch $@

# The peers are large, and kgraph is measured from its source tree: an environment of their own.
$(BENCH_VENV)/.made: pyproject.toml tools/install_requirements.py
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python tools/install_requirements.py build bench
	@touch $@

$(VENV)/.editable: $(VENV)/.made setup.py
	$(PY) -m pip --disable-pip-version-check install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

$(NATIVE): $(VENV)/.editable $(NATIVE_SOURCES)
	$(PY) setup.py --quiet build_ext --inplace --parallel $(JOBS)
	@touch $@

$(VENV)/.with-%: $(VENV)/.made
	$(PY) tools/install_requirements.py $*
	@touch $@
