# Each target sets up what is missing first (docker/run says how it chose). Forced routes and
# suites: docs/install.md.
RUN := docker/run
# Bytecode is kept whatever the shell says: each of the hundreds of processes that tests start would
# compile the package anew, and each worker all tests.
PYTEST := $(RUN) env -u PYTHONDONTWRITEBYTECODE python3 -m pytest
PYTEST_OPTIONS ?=

.PHONY: help demo docs pictures test test-browser test-slurm fuzz lint format bench dist doctor clean distclean

help:
	@echo 'make demo    three cases side by side, into demo/'
	@echo 'make docs    the documentation as a site, into docs/_build/index.html'
	@echo 'make test    all tests (PYTEST_OPTIONS="-k words" for some)'
	@echo 'make test-browser  reports in a headless Chromium, if there is one (part of make test)'
	@echo 'make test-slurm  a Slurm of two nodes on this machine (Debian 13, root)'
	@echo 'make fuzz    shipped case files changed at random, for an hour (SECONDS=60 SEED=7)'
	@echo 'make lint    ruff and mypy;  make format  lets ruff rewrite'
	@echo 'make bench   measured speed beside a plain DOLFINx script'
	@echo 'make dist    wheel and sdist, each tried in a clean environment'
	@echo 'make doctor  what is installed and what is missing'
	@echo 'make clean   removes what runs left in this clone'
	@echo 'make distclean   also the userlands and caches that all clones share'

demo:
	$(RUN) thermosim compare cases/yamada2024_radiation_limited.toml cases/microparticle_on_mica.toml cases/microparticle_best_intensity.toml -o demo --overwrite
	@echo 'open demo/index.html in a browser'

# Every warning is an error. make pictures draws the pictures of the gallery and the verification anew.
docs:
	$(RUN) python3 -m sphinx -W --keep-going -b html -q docs docs/_build

pictures:
	$(RUN) python3 docs/make_pictures.py

# Tests marked mpi start mpirun themselves and would fight with others for the cores; only their files
# are read for the second part. worksteal leaves neighbours with one worker, so that what a file makes
# once is not made by both.
test:
	$(PYTEST) -m 'not mpi' -n 2 --dist worksteal $(PYTEST_OPTIONS)
	$(PYTEST) -m mpi $$(grep -rl 'mark\.mpi' tests --include='test_*.py') $(PYTEST_OPTIONS)
	tests/browser/run

# Reports in a headless Chromium of this computer; says so where there is none.
test-browser:
	tests/browser/run

# As root on a machine with slurm-wlm and munge (Debian 13): two nodes on it, one of which dies.
test-slurm:
	$(RUN) docker/slurm/walk

# SECONDS and SEED: how long, and which files.
fuzz:
	$(RUN) python3 tests/reliability/fuzz.py --seconds $(or $(SECONDS),3600) --seed $(or $(SEED),1)

lint:
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) shellcheck -x docker/run docker/bin/thermosim docker/release docker/completion.bash $(wildcard docker/lib/*.sh docker/slurm/*) .ci/run tests/browser/run

format:
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

bench:
	$(RUN) python3 -m benchmarks

# The Python of this machine, 3.12 or later: what is tried must not come from an environment.
dist:
	docker/release dist

doctor:
	$(RUN) thermosim doctor

clean:
	rm -rf demo build dist docs/_build notebooks/out htmlcov .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

distclean: clean
	rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/thermosim"
