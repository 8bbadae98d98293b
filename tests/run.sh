#!/usr/bin/env bash
# Set up everything in .venv (see examples/setup_env.sh) and run the tests.
#
#   bash tests/run.sh                   all of them, the ones through the real trainer included
#   bash tests/run.sh -m "not slow"     without those; any other argument goes to pytest as well
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash examples/setup_env.sh
PY=${VENV:-.venv}/bin/python
export OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1

"$PY" -m ruff check .
"$PY" -m ruff format --check .
exec "$PY" -m pytest -q "$@"
