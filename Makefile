# Two commands on a fresh clone: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
SERVE ?= 1
PORT ?= 8000
MANAGE := $(BIN)/python manage.py

.PHONY: demo serve test test-slow lint format clean browser messages

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "Alignment Triage needs Python 3.11; '$(PYTHON)' is another. Set PYTHON=/path/to/python3.11."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

# A secret of this checkout's own, made once and never committed.
.env: | .venv/installed
	@umask 077; $(BIN)/python -c 'import secrets; print(f"SECRET_KEY={secrets.token_urlsafe(50)}")' > .env

demo: .venv/installed .env
	$(MANAGE) prepare
	$(MANAGE) demo
	@if [ "$(SERVE)" != "0" ]; then exec $(MANAGE) serve --port $(PORT) --no-prepare; fi

serve: .venv/installed .env
	$(MANAGE) serve --port $(PORT)

# Tests run side by side: threads of one process would only wait for those of the others.
test: export OMP_NUM_THREADS = 1
test-slow: export OMP_NUM_THREADS = 1

test: .venv/installed browser
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadscope

test-slow: .venv/installed browser
	$(BIN)/python -m pytest -m "slow or not slow" --timeout 3600 -n auto --maxprocesses 4

# The browser tests drive the system's Chromium: found on the PATH, or installed where that is possible.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium; } \
	  || { echo "The browser tests need Chromium on the PATH: install your system's 'chromium' package."; exit 1; }

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	SECRET_KEY=lint $(BIN)/mypy
	$(BIN)/lint-imports
	find templates -name '*.html' -print0 | xargs -0 $(BIN)/djade --target-version 5.2 --check
	$(BIN)/djangofmt --quiet --check templates
	SECRET_KEY=lint $(MANAGE) makemigrations --check --dry-run
	SECRET_KEY=a-long-key-made-up-for-this-one-check-0123456789abcdef HTTPS=on $(MANAGE) check --deploy --fail-level WARNING

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	find templates -name '*.html' -print0 | xargs -0 $(BIN)/djade --target-version 5.2
	$(BIN)/djangofmt --quiet templates

messages: .venv/installed
	SECRET_KEY=messages $(MANAGE) makemessages --locale zh_Hans --no-wrap --no-obsolete --add-location file --ignore .venv --ignore staticfiles --ignore var

clean:
	rm -rf .venv .env var staticfiles
