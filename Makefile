# fluxroom: the commands of the house. Needs Python >= 3.11 and make; everything else goes into .venv.
#
#   make demo [PHOTO=path] [SAY="..."]   edit a real photo, say where to look
#   make test                            all tests
#   make test-models                     flux_model, and bigger eyes through transformers, in .venv-models
#   make lint                            ruff, mypy
#   make bench [ARGS=--save]             24 and 100 megapixels by class of edit: seconds, memory, floor, other programs
#   make bench-batch [ARGS=--save]       a hundred photos of 24 megapixels in one look
#   make bench-peers-install             install from Debian the programs that make bench compares with
#   make bench-plot                      draw the history of speed
#   make bench-record                    both benches, saved, drawn, and their tables in docs/ written anew
#   make bench-cold                      seconds from a cold process: help, an edit, a question
#   make bench-language                  sentences written without sight of the lexicon, scored
#   make bench-instructions [ARGS=--held] 500 sentences with the recipe each should give, a third of them held out
#   make bench-dialogues DATA=folder     60 dialogues, judged turn by turn
#   make bench-perception DATA=folder    regions on labelled photos never trained on
#   make bench-questions DATA=folder     questions about photos, answered and scored by type and language
#   make bench-light DATA=folder         horizon, roll, and the direction and softness of light
#   make bench-sheets bench-generate DATA=folder        fifty sentences on ten photos: pictures, and what must hold of each
#   make bench-selfcheck DATA=folder     faults put into edits: caught, falsely alarmed, repaired
#   make gallery                         what photographers ask for, before and after: docs/gallery
#   make bench-generate                  is what the words say in composed pictures?
#   make generated                       pictures from words alone: docs/generated
#   make looks-sheet DATA=folder         every built-in look on six photos, in out/looks
#   make looks-page                      the list of looks with small pictures, docs/looks.md
#   make crash-test                      200 edits with kill -9 at random moments
#   make two-writers                     two processes edit one photo in one library for a minute
#   make batch-crash-test                a batch killed 50 times with kill -9 at random moments
#   make test-ray                        a batch on a Ray cluster of several nodes, in .venv-ray
#   make readme-pictures                 the pictures in README.md
#   make operator-pages                  the pictures and the reference in docs/operators
#   make clean                           remove .venv, .venv-models, .venv-ray and out/

.DEFAULT_GOAL := help
PYTHON ?=
PHOTO ?=
SAY ?=
DATA ?= ../shared/data
BIN := .venv/bin
export PYTHON PHOTO SAY

.PHONY: help demo test test-models lint format bench bench-batch bench-peers-install bench-plot bench-record bench-cold bench-language bench-instructions bench-dialogues bench-perception bench-questions bench-light bench-sheets bench-selfcheck gallery generated looks-sheet looks-page crash-test two-writers batch-crash-test test-ray readme-pictures operator-pages clean

help:
	@sed -n 's/^#   //p' Makefile

.venv/.run: pyproject.toml tools/venv.sh
	@sh tools/venv.sh run ""
.venv/.demo: pyproject.toml tools/venv.sh
	@sh tools/venv.sh demo "[demo]"
.venv/.dev: pyproject.toml tools/venv.sh
	@sh tools/venv.sh dev "[dev]"
.venv/.bench: pyproject.toml tools/venv.sh
	@sh tools/venv.sh bench "[bench]"
.venv-models/.vision: pyproject.toml tools/venv.sh tools/constraints-models.txt
	@VENV=.venv-models sh tools/venv.sh vision "[vision,model]" -c tools/constraints-models.txt pytest hypothesis onnx onnxscript

# The default photo comes from a package; with PHOTO=... that package is not needed.
DEMO_STAMP := $(if $(PHOTO),.venv/.run,.venv/.demo)

demo: $(DEMO_STAMP)
	@$(BIN)/python tools/demo.py

test: .venv/.dev
	@$(BIN)/python -m pytest -n auto $(ARGS)

test-models: .venv-models/.vision
	@.venv-models/bin/python -m pytest tests/engines/test_eyes_models.py tests/model $(ARGS)

lint: .venv/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: .venv/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: .venv/.dev
	@$(BIN)/python benchmarks/speed/bench.py $(ARGS)

bench-batch: .venv/.dev
	@$(BIN)/python benchmarks/speed/batch.py $(ARGS)

bench-peers-install:
	@bash benchmarks/speed/install_peers.sh

bench-plot: .venv/.bench
	@$(BIN)/python benchmarks/speed/plot.py

bench-record: .venv/.dev .venv/.bench
	@$(BIN)/python benchmarks/speed/bench.py --save
	@$(BIN)/python benchmarks/speed/batch.py --save
	@$(BIN)/python benchmarks/speed/plot.py
	@$(BIN)/python benchmarks/speed/report.py

bench-cold: .venv/.dev
	@$(BIN)/python benchmarks/cold_start.py

bench-language: .venv/.dev
	@$(BIN)/python benchmarks/language.py

bench-instructions: .venv/.dev
	@$(BIN)/python benchmarks/instructions.py $(ARGS)

bench-dialogues: .venv/.dev
	@$(BIN)/python benchmarks/dialogues.py --data $(DATA) $(ARGS)

bench-perception: .venv/.dev
	@$(BIN)/python benchmarks/perception.py --data $(DATA)

bench-questions: .venv/.dev
	@$(BIN)/python benchmarks/questions.py --data $(DATA)

bench-light: .venv/.dev
	@$(BIN)/python benchmarks/light.py --data $(DATA)

bench-sheets: .venv/.dev
	@$(BIN)/python benchmarks/sheets.py --data $(DATA)

bench-selfcheck: .venv/.dev
	@$(BIN)/python benchmarks/selfcheck.py --data $(DATA) $(ARGS)

gallery: .venv/.dev
	@$(BIN)/python benchmarks/gallery.py $(ARGS)

bench-generate: .venv/.run
	@$(BIN)/python benchmarks/composed_words.py $(ARGS)

generated: .venv/.run
	@$(BIN)/python benchmarks/generated.py $(ARGS)

looks-sheet: .venv/.dev
	@$(BIN)/python benchmarks/looks_sheet.py --data $(DATA) $(ARGS)

looks-page: .venv/.dev
	@$(BIN)/python tools/looks_page.py

crash-test: .venv/.dev
	@FLUXROOM_CRASH_EDITS=200 $(BIN)/python -m pytest tests/e2e/test_crash_edits.py -s

two-writers: .venv/.dev
	@FLUXROOM_WRITE_SECONDS=60 $(BIN)/python -m pytest tests/e2e/test_two_writers.py -s

batch-crash-test: .venv/.dev
	@FLUXROOM_BATCH_KILLS=50 $(BIN)/python -m pytest tests/batch/test_batch_crash.py -s

.venv-ray/.ray: pyproject.toml tools/venv.sh
	@VENV=.venv-ray sh tools/venv.sh ray "[ray]" aiohttp requests pytest hypothesis scikit-learn

test-ray: .venv-ray/.ray
	@.venv-ray/bin/python -m pytest tests/batch/test_batch_ray.py $(ARGS)

readme-pictures: .venv/.demo
	@$(BIN)/python tools/readme_pictures.py

operator-pages: .venv/.dev
	@$(BIN)/python tools/operator_pages.py $(ARGS)

clean:
	rm -rf .venv .venv-models .venv-ray out
