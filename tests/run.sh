#!/usr/bin/env bash
# Set up everything and run all tests. Arguments go to pytest:  bash tests/run.sh -m "not slow"
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

install_browser() { # pages are opened in a real Chromium; without one those tests are skipped and say so
  local program
  for program in "${VISUAL_SDPO_CHROMIUM:-}" chromium-headless-shell chromium chromium-browser google-chrome; do
    if [[ -n $program ]] && command -v "$program" >/dev/null; then return 0; fi
  done
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$1" && return 0
  fi
  printf 'tests: no Chromium; install %s, or set VISUAL_SDPO_CHROMIUM to one\n' "$1" >&2
}

install_office() { # slides are painted by LibreOffice; without one those tests are skipped and say so
  local folder
  for folder in "${VISUAL_SDPO_LIBREOFFICE:-}" /usr/lib{,64}/libreoffice/program /opt/libreoffice*/program; do
    if [[ -n $folder && -e $folder/libmergedlo.so || -e $folder/libsofficeapp.so ]]; then return 0; fi
  done
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" && return 0
  fi
  printf 'tests: no LibreOffice; install %s, or name its program folder in VISUAL_SDPO_LIBREOFFICE\n' "$1" >&2
}

bash examples/setup_env.sh
install_office libreoffice-impress-nogui fonts-crosextra-carlito fonts-crosextra-caladea
install_browser chromium-headless-shell
export TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1 OMP_NUM_THREADS=${OMP_NUM_THREADS:-2}
PY=${VENV:-.venv}/bin/python
"$PY" -m ruff check .
"$PY" -m ruff format --check .
exec "$PY" -m pytest "$@"
