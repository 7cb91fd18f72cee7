# `make` lists the targets. PYTHON=... names the Python that makes the environment.
export COHORT OUT PYTHON
# Packages are compiled when they are first used, which is sooner done than all of them at once, and kept.
unexport PYTHONDONTWRITEBYTECODE
RUN := .venv/bin/python
# By way of Python, because a script's own first line breaks where the path has a space.
BUILD := $(RUN) .venv/bin/jupyter-book build

# Where a book about somebody's own patients goes when no place is named.
PLACE = name=$$(basename "$$COHORT"); \
	if [ -z "$$OUT" ] && [ -n "$$COHORT" ]; then OUT="_build/cohorts/$${name%.*}"; fi; OUT="$${OUT:-.}"

.PHONY: help book figures pdf template ledger test test-all test-scheduled data compatible notebooks bench lock clean environment test-environment

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

book: environment ## run the chapters and build the site (COHORT=file.csv: about your patients; OUT=folder: elsewhere)
	@$(PLACE); $(BUILD) . -q --path-output "$$OUT"

figures: environment ## write every figure as PNG at 300 dpi into FOLDER (COHORT=file.csv: about your patients)
	@$(RUN) -m lib.site.figures "$(or $(FOLDER),_build/figures)"

pdf: test-environment ## build the site and the whole book as one PDF, linked from every page (needs Chromium)
	@$(PLACE); $(RUN) -m lib.site.pdf "$$OUT"

# A process for each core, so a thread for each process. In the order of the files: by their numbers of tests the few
# long ones would come last, and leave a process idle.
TEST := env -u COHORT -u OUT OPENBLAS_NUM_THREADS=1 $(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test: test-environment ## run what checks arithmetic, prose, pairs and pages, and compare every stored output
	@$(TEST) tests chapters --nbval -m "not slow" --ignore tests/search --ignore tests/site

test-all: test-environment ## run what `make test` leaves out: other books, stopped builds, the browser, the search
	@$(TEST) tests -m "slow and not scheduled"

test-scheduled: test-environment ## run what is too long for every change: each number altered, every look of every page, 10,000 broken files
	@$(TEST) tests -m scheduled
	@FUZZ_EXAMPLES=2000 $(TEST) --dist load tests/test_intake_fuzz.py

template: environment ## write an empty cohort file with its codebook into FOLDER (EXAMPLE=1: a real data set instead; COHORT=file.sav: a codebook for that file, beside it)
	@$(RUN) -m lib.patients.template $(if $(EXAMPLE),--example) $(if $(COHORT),--cohort "$$COHORT" "$(or $(FOLDER),$$(dirname "$$COHORT"))","$(or $(FOLDER),registry)")

ledger: environment ## judge the numbers of any abstract (CLAIMS=file.csv OUT=folder; TEMPLATE=file.csv: a file to fill in)
	@$(RUN) -m lib.show.ledger $(if $(TEMPLATE),--template "$(TEMPLATE)","$(CLAIMS)" "$(OUT)")

data: test-environment ## remake the generated files of data/
	@env -u COHORT $(RUN) -m lib.search.example

compatible: test-environment ## search for certificates and compatible cohorts again (two hours on two cores with JOBS=2; may be interrupted at any moment)
	@env -u COHORT $(RUN) -m lib.search.certificates $(JOBS)
	@env -u COHORT $(RUN) -m lib.search.witnesses $(JOBS)
	@env -u COHORT $(RUN) -m lib.search.factor_certificates $(JOBS)
	@env -u COHORT $(RUN) -m lib.search.extremes $(JOBS)
	@env -u COHORT $(RUN) -m lib.search.listings $(JOBS)
	@env -u COHORT $(RUN) -m lib.search.readings $(JOBS)

notebooks: environment ## run every chapter and store its outputs in the notebook beside it
	@env -u COHORT $(RUN) -m lib.site.notebooks

bench: test-environment ## compare with what one would run instead; fails where a target is missed
	@env -u COHORT -u OUT $(RUN) -m tests.benchmarks

LOCK = uv pip compile pyproject.toml --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--no-emit-index-url --no-header $(UPGRADE)
lock: ## pin what pyproject.toml asks for, with hashes (needs uv; UPGRADE=--upgrade takes the newest)
	$(LOCK) --extra search --extra test --output-file requirements.lock
	$(LOCK) --constraint requirements.lock --output-file requirements-book.lock

clean: ## remove all that was made, the environment included
	rm -rf .venv _build .pytest_cache .hypothesis .ruff_cache *.egg-info

# The lock names all that is needed, so pip need not look for more.
# Made anew when what it is made from has changed or the folder has moved. What it was made from is
# written down last and forgotten first, so that an interrupted installation starts again.
environment:
	@from=$$(pwd; cksum requirements-book.lock pyproject.toml); \
	if [ "$$from" = "$$(cat .venv/made-from 2>/dev/null)" ]; then exit 0; fi; \
	if [ "$$PYTHON" ]; then set -- "$$PYTHON"; else set -- python3 python3.14 python3.13 python3.12 python3.11; fi; \
	for python in "$$@"; do \
		if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; \
		python=; \
	done; \
	if [ -z "$$python" ]; then \
		echo "This needs Python 3.11 or newer with its venv module, and $$1 is $$("$$1" --version 2>&1 | head -n 1)." \
			"Install one (on Debian: python3 and python3-venv) or name it: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; \
		exit 1; \
	fi; \
	echo "Making the environment with $$python; this takes about a minute, once."; \
	rm -f .venv/made-from && rm -rf .venv && "$$python" -m venv .venv && \
	$(RUN) -m pip install --quiet --no-compile --no-deps --require-hashes -r requirements-book.lock && \
	$(RUN) -m pip install --quiet --no-deps --no-build-isolation --editable . && \
	echo "$$from" > .venv/made-from

# What tests and the search need beside what the book needs.
test-environment: environment
	@from=$$(cksum requirements.lock); \
	if [ "$$from" = "$$(cat .venv/tested-from 2>/dev/null)" ]; then exit 0; fi; \
	echo "Adding what the tests and the search need; this takes about a minute, once."; \
	rm -f .venv/tested-from && \
	$(RUN) -m pip install --quiet --no-compile --no-deps --require-hashes -r requirements.lock && \
	echo "$$from" > .venv/tested-from
