# make lab: the course lab. make test: the tests. Each does all its set-up in .venv.
PYTHON ?= python3
BIN := $(if $(filter Windows_NT,$(OS)),.venv/Scripts,.venv/bin)
READY := .venv/ready
ifneq ($(shell { $(BIN)/python -c "print(1)"; } 2> /dev/null),1)
.PHONY: $(READY)  # not set up yet, or the Python that it was set up with is gone
CLEAR := --clear
endif

.PHONY: lab test check format messages constraints

lab: $(READY)
	$(BIN)/fissura lab $(ARGS)

test: $(READY)
	$(BIN)/python -m pytest $(ARGS)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tools/messages.py --check
	$(BIN)/python tools/docs.py --check

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

messages: $(READY)
	$(BIN)/python tools/messages.py

$(READY): pyproject.toml constraints.txt
	@command -v $(firstword $(PYTHON)) > /dev/null || { echo "There is no $(PYTHON). Name a Python from 3.11 to 3.13: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c "import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else 'fissura needs Python 3.11 to 3.13; this is %d.%d. Name another: make PYTHON=python3.12' % sys.version_info[:2])"
	$(PYTHON) -m venv $(CLEAR) .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep -m 1 '^uv==' constraints.txt)"
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable ".[dev]"
	touch $@

constraints: $(READY)
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade --no-annotate --no-emit-index-url --custom-compile-command "make constraints" --output-file constraints.txt
