#!/usr/bin/env bash
# Set up everything and run all tests, two files at a time. Arguments go to pytest:  bash tests/run.sh -m "not slow"
# (-n 4: more at a time, for each of them a GiB or two of memory; -n 0: one after the other, as --pdb wants it).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash examples/setup_env.sh chart web slide  # where Chromium or LibreOffice stay missing, their tests are skipped and say so
export TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1 OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
PY=${VENV:-.venv}/bin/python
"$PY" -m ruff check .
"$PY" -m ruff format --check .
exec "$PY" -m pytest -n 2 --dist loadfile --no-loadscope-reorder "$@"
