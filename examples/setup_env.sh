#!/usr/bin/env bash
# Set up everything in .venv: fonts (as root, on Debian and Ubuntu), PyTorch, verl, this package. Safe to run again.
#
#   bash examples/setup_env.sh [web] [slide]            then:  source .venv/bin/activate
#
# Charts need nothing more. "web" adds a Chromium; "slide" a LibreOffice and fonts as wide as PowerPoint's.
#
# Environment: PYTHON (default: the newest of python3.13 ... python3), VENV (default: .venv in the repository).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

TORCH=2.13.0
VENV=${VENV:-.venv}

say() { printf '\n== %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

find_python() {
  local name
  for name in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  die "Python 3.11 or newer is needed, found $(python3 --version 2>/dev/null || echo none); set PYTHON=/path/to/python3.11"
}

wants() { [[ " ${DOMAINS[*]} " == *" $1 "* ]]; }

has_browser() {
  local program
  for program in "${VISUAL_SDPO_CHROMIUM:-}" chromium-headless-shell chromium chromium-browser google-chrome; do
    if [[ -n $program ]] && command -v "$program" >/dev/null; then return 0; fi
  done
  return 1
}

has_office() {
  local folder
  for folder in "${VISUAL_SDPO_LIBREOFFICE:-}" /usr/lib{,64}/libreoffice/program /opt/libreoffice*/program; do
    if [[ -n $folder && (-e $folder/libmergedlo.so || -e $folder/libsofficeapp.so) ]]; then return 0; fi
  done
  return 1
}

install_os_packages() {
  local wanted=(fonts-dejavu-core fonts-liberation) missing=() package
  if wants web && ! has_browser; then wanted+=(chromium-headless-shell); fi
  if wants slide; then wanted+=(fonts-crosextra-carlito fonts-crosextra-caladea); fi
  if wants slide && ! has_office; then wanted+=(libreoffice-impress-nogui); fi
  "$1" -c 'import ensurepip' 2>/dev/null || wanted+=("$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')")
  command -v dpkg-query >/dev/null || return 0
  for package in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  if (( ${#missing[@]} == 0 )); then return 0; fi
  if [[ $(id -u) == 0 ]]; then
    say "system packages: ${missing[*]}"
    apt-get update -q || true
    for package in "${missing[@]}"; do  # one by one: not every release has all of them
      DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$package" ||
        printf 'setup: %s could not be installed\n' "$package" >&2
    done
  else
    printf 'setup: not root, so these stay missing: %s\n' "${missing[*]}" >&2
  fi
}

install_torch() {
  if "$VENV/bin/python" -c "import torch, sys; sys.exit(torch.__version__.split('+')[0] != '$TORCH')" 2>/dev/null; then
    return
  fi
  say "PyTorch $TORCH"
  # Where pip's default build brings CUDA libraries you do not need, point PIP_INDEX_URL at PyTorch's CPU builds.
  "$VENV/bin/pip" install "torch==$TORCH"
}

DOMAINS=("$@")
for domain in "$@"; do
  [[ $domain =~ ^(chart|web|slide)$ ]] || die "unknown domain '$domain'; known: chart, web, slide"
done
python=$(find_python)
say "Python: $python"
install_os_packages "$python"
[[ -x $VENV/bin/pip ]] || "$python" -m venv "$VENV" || die "could not create $VENV with $python -m venv"
# torch goes first: a resolver that meets verl before it may settle for another build
install_torch
stamp=$VENV/.verl_visual_sdpo-$(cat setup.py pyproject.toml | cksum | tr -d ' ')
if [[ ! -e $stamp ]]; then
  say "verl and this package"
  "$VENV/bin/pip" install -e '.[test]'
  touch "$stamp"
fi
if wants web && ! has_browser; then
  say "no Chromium: install chromium-headless-shell, or set VISUAL_SDPO_CHROMIUM to one"
fi
if wants slide && ! has_office; then
  say "no LibreOffice: install libreoffice-impress-nogui, or name its program folder in VISUAL_SDPO_LIBREOFFICE"
fi
say "ready: $("$VENV/bin/python" -c 'import torch, verl; print("torch", torch.__version__, "verl", verl.__version__)' 2>/dev/null | tail -1)"
