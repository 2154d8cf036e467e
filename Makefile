# Everything is installed into .venv, with the versions and hashes of requirements/, and again when those change.

# Not `?=`: in many shells HOST and PORT are already set and mean something else.
HOST = 127.0.0.1
PORT = 8000
PHOTOS = photos
RUN = runs/cat
PYTHON ?= python3 python3.13 python3.12 python3.11
# auto: the GPU build of TensorFlow where `nvidia-smi -L` lists a GPU, else the much smaller CPU build
DEVICE ?= $(or $(CATSCAN_DEVICE),auto)

kind := $(DEVICE)
ifeq ($(kind),auto)
kind := $(shell nvidia-smi -L >/dev/null 2>&1 && echo gpu || echo cpu)
endif
ifeq ($(filter cpu gpu,$(kind)),)
$(error DEVICE is auto, cpu or gpu; it came as "$(DEVICE)")
endif

python := .venv/bin/python
uv := .venv/bin/uv
stamps := .venv/.stamps
serving := $(stamps)/serve-$(kind)
# Redis and OpenTelemetry, where the environment asks for one of them
extras := $(if $(filter redis%,$(CATSCAN_STORE))$(CATSCAN_TRACING),$(stamps)/extras)
training := $(serving) $(stamps)/training
development := $(training) $(stamps)/extras $(stamps)/ray $(stamps)/development $(stamps)/kserve

# uv trusts the certificates of the system, as pip does.
export UV_SYSTEM_CERTS = 1

.PHONY: help serve serve-ray batch test check format train evaluate experiments bench bench-training pins audit sbom image clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(serving) $(extras) ## serve on http://127.0.0.1:8000 (PORT=8123 HOST=0.0.0.0 DEVICE=cpu|gpu)
	@echo "==> Serving on http://$(HOST):$(PORT) (Ctrl-C stops it). TensorFlow takes a few seconds to start."
	@CATSCAN_HOST=$(HOST) CATSCAN_PORT=$(PORT) CATSCAN_DEVICE=$(DEVICE) $(python) -m app

serve-ray: $(serving) $(extras) $(stamps)/ray ## serve on a Ray of this machine (PORT=8123 HOST=0.0.0.0 DEVICE=cpu|gpu)
	@echo "==> Serving on http://$(HOST):$(PORT) (Ctrl-C stops it and Ray). Ray and TensorFlow take half a minute to start."
	@CATSCAN_HOST=$(HOST) CATSCAN_PORT=$(PORT) CATSCAN_DEVICE=$(DEVICE) $(python) -m app.cluster

batch: $(serving) $(stamps)/ray ## predict many photos with Ray (IMAGES=folder OUT=predictions.parquet)
	$(python) -m app.cluster.batch $(or $(IMAGES),$(error IMAGES is a folder, a list of paths or an address; it came empty)) --out $(or $(OUT),predictions.parquet)

test: $(development) ## run the tests, two files at a time (ARGS='-k preprocessing' for some of them, one by one)
	$(python) -m pytest $(or $(ARGS),--numprocesses=2 --dist=loadfile)

check: $(development) ## check format, lint, types and the Dockerfile
	$(python) -m ruff format --check
	$(python) -m ruff check
	$(python) -m mypy
	.venv/bin/hadolint Dockerfile deploy/ray/Dockerfile

format: $(development) ## format the code and repair what the linter can
	$(python) -m ruff format
	$(python) -m ruff check --fix

train: $(training) ## train and export a network (PHOTOS=photos RUN=runs/cat); a stopped run resumes
	@echo "==> Training on the photos in $(PHOTOS), then exporting the network. This takes hours on two cores."
	$(python) -m training train --photos $(PHOTOS) --run $(RUN) --resume
	$(python) -m training export --run $(RUN)

evaluate: $(training) ## measure the exported network; an HTML report and its model card (RUN=runs/cat)
	$(python) -m training evaluate --run $(RUN) --card model/MODEL_CARD.md $(if $(wildcard runs/experiments/comparison.json),--comparison runs/experiments)

experiments: $(training) ## try the article's claims: dense networks beside convolutional ones (RUN=runs/cat)
	$(python) -m training compare --run $(RUN) --beside cat dense

bench: $(development) ## measure speed
	$(python) -m benchmarks

bench-training: $(development) ## measure training's speed against plain Keras' (PHOTOS=photos)
	$(python) -m benchmarks.pipeline --photos $(PHOTOS)

compile = $(uv) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command 'make pins' $(if $(UPGRADE),--upgrade)

pins: $(stamps)/uv ## write requirements/ anew from pyproject.toml (UPGRADE=1 also moves to the newest versions)
	@echo "==> Resolving the eight sets of requirements, for every platform and Python version: seconds, or a minute."
	echo uv | $(compile) - -o requirements/uv.txt
	$(compile) pyproject.toml --extra cpu -o requirements/serve-cpu.txt
	$(compile) pyproject.toml --extra gpu -c requirements/serve-cpu.txt -o requirements/serve-gpu.txt
	$(compile) pyproject.toml --extra training -c requirements/serve-cpu.txt -o requirements/training.txt
	$(compile) pyproject.toml --extra redis --extra tracing -c requirements/training.txt -c requirements/serve-cpu.txt -o requirements/extras.txt
	$(compile) pyproject.toml --extra ray -c requirements/extras.txt -c requirements/training.txt -c requirements/serve-cpu.txt -o requirements/ray.txt
	$(compile) --group dev -c requirements/ray.txt -c requirements/extras.txt -c requirements/training.txt -c requirements/serve-cpu.txt -o requirements/development.txt
	$(compile) --group kserve -o requirements/kserve.txt

audit: $(development) ## ask whether vulnerabilities are known of what requirements/ pins (ARGS='--ignore-vuln ID')
	$(python) -m supply_chain.audit $(ARGS)

sbom: $(development) ## write dist/catscan-cpu.cdx.json and -gpu: what the images hold, with hashes and licences
	$(python) -m supply_chain.sbom dist

image: ## build the Docker image catscan:cpu or catscan:gpu (DEVICE=cpu|gpu)
	docker build --build-arg DEVICE=$(kind) --tag catscan:$(kind) .

clean: ## delete .venv and the tools' caches (photos/ and runs/ stay)
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What is said before each installation, and the TensorFlow that would lie in the same folder as the one wanted.
why_serve-cpu = the service and TensorFlow for the CPU: at most 350 MB to download, usually one to three minutes
why_serve-gpu = the service and TensorFlow with CUDA: at most 3.5 GB to download, several minutes
why_training = what training and evaluation need: at most 140 MB to download
why_extras = Redis' client and OpenTelemetry: at most 5 MB to download
why_ray = Ray, for many machines: at most 170 MB to download
why_development = test and lint tools, and JAX: at most 140 MB to download
other_serve-cpu = tensorflow
other_serve-gpu = tensorflow-cpu

$(stamps)/%: requirements/%.txt $(stamps)/uv
	@echo "==> Installing $(why_$*)."
	@$(if $(other_$*),rm -f $(stamps)/serve-*; $(uv) pip uninstall --quiet --python $(python) $(other_$*) 2>/dev/null)
	@$(uv) pip install --python $(python) --require-hashes -r $<
	@touch $@

# A client that the tests ask with, in an environment of its own: it wants other versions than all the rest.
$(stamps)/kserve: requirements/kserve.txt $(stamps)/uv
	@echo "==> Installing KServe's client for the tests: at most 120 MB to download."
	@$(uv) venv --quiet --clear --python $(python) .venv/kserve
	@$(uv) pip install --quiet --python .venv/kserve/bin/python --require-hashes -r $<
	@touch $@

$(stamps)/uv: requirements/uv.txt | $(python)
	@echo "==> Installing uv, which installs all the rest."
	@$(python) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@mkdir -p $(@D) && touch $@

$(python):
	@for python in $(PYTHON); do \
	  if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	    echo "==> Making a virtual environment in .venv with $$($$python --version)."; \
	    $$python -m venv --clear .venv || { rm -rf .venv; exit 1; }; exit 0; \
	  fi; \
	done; \
	echo "TensorFlow 2.21 needs Python 3.11, 3.12 or 3.13. Looked at:"; \
	for python in $(PYTHON); do echo "  $$python: $$($$python --version 2>&1 | head -n 1)"; done; \
	echo "Install one of them (Debian, Ubuntu: apt install python3 python3-venv), or name it: make … PYTHON=/path/to/python3.12"; \
	exit 1
