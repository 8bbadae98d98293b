"""The house's laws of import, read from the source with ``ast``: who may know whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "verl_visual_sdpo"
VOCABULARY = {f"{PACKAGE}.{name}" for name in ("types", "serial", "errors", "config", "extensions")}


def modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found, f"no module under {folders}"
    return found


def imports(path: Path) -> set[str]:
    """Every module that ``path`` imports anywhere, also inside functions; ``from a import b`` gives a and a.b."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import on line {node.lineno}"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def top(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def ours(names: set[str]) -> set[str]:
    return {name for name in names if name == PACKAGE or name.startswith(PACKAGE + ".")}


def within(name: str, *prefixes: str) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("name", ["types", "serial", "errors", "config", "extensions"])
def test_vocabulary_is_standard_library_only(name):
    home = ROOT / PACKAGE / name
    used = set().union(*map(imports, modules(f"{PACKAGE}/{name}") if home.is_dir() else [home.with_suffix(".py")]))
    foreign = {root for root in top(used) if root not in sys.stdlib_module_names and root != PACKAGE}
    assert not foreign
    assert all(within(module, *VOCABULARY) for module in ours(used))


@pytest.mark.parametrize("path", modules(f"{PACKAGE}/inspection"), ids=relative)
def test_inspection_needs_no_learning_library(path):
    assert not top(imports(path)) & {"torch", "verl", "ray", "transformers", "tensordict"}
    assert not any(within(m, f"{PACKAGE}.{w}") for m in ours(imports(path)) for w in ("distillation", "verl_plugin"))


@pytest.mark.parametrize(
    "path",
    [
        *modules(f"{PACKAGE}/inspection/detect", f"{PACKAGE}/inspection/trace"),
        ROOT / PACKAGE / "inspection/feedback.py",
    ],
    ids=relative,
)
def test_judges_never_see_a_renderer(path):
    allowed = (
        *VOCABULARY,
        *(f"{PACKAGE}.inspection.{m}" for m in ("geometry", "program", "detect", "trace", "feedback")),
    )
    used = ours(imports(path)) - {PACKAGE, f"{PACKAGE}.inspection"}
    assert all(within(module, *allowed) for module in used), used
    assert not top(imports(path)) & {"matplotlib", "pptx", "playwright"}


@pytest.mark.parametrize("path", modules(f"{PACKAGE}/inspection/render/drivers"), ids=relative)
def test_drivers_import_nothing_of_ours(path):
    assert not ours(imports(path))


@pytest.mark.parametrize("path", modules(f"{PACKAGE}/distillation"), ids=relative)
def test_distillation_knows_types_only(path):
    assert not top(imports(path)) & {"verl", "ray"}
    used = ours(imports(path)) - {PACKAGE}
    assert all(within(module, *VOCABULARY, f"{PACKAGE}.distillation") for module in used), used


@pytest.mark.parametrize("path", modules(PACKAGE, "reward_fns"), ids=relative)
def test_only_the_plugin_meets_verl_and_nothing_imports_the_plugin(path):
    if (ROOT / PACKAGE / "verl_plugin") in path.parents:
        return
    assert not top(imports(path)) & {"verl", "ray"}
    assert not any(within(module, f"{PACKAGE}.verl_plugin") for module in ours(imports(path)))


@pytest.mark.parametrize("path", modules("reward_fns"), ids=relative)
def test_reward_functions_call_the_scorer_and_nothing_deeper(path):
    allowed = (*VOCABULARY, f"{PACKAGE}.inspection.scoring")
    used = ours(imports(path)) - {PACKAGE, f"{PACKAGE}.inspection"}
    assert all(within(module, *allowed) for module in used), used


def test_recipes_hold_no_python():
    assert not list((ROOT / "recipes").rglob("*.py"))


def test_top_level_is_the_one_that_was_ordered():
    ordered = {"setup.py", PACKAGE, "reward_fns", "recipes", "examples", "tests", "README.md"}
    tracked = {line.split("/")[0] for line in _git("ls-files")}
    assert {name for name in tracked if not name.startswith(".")} - {"pyproject.toml"} == ordered


def _git(*arguments: str) -> list[str]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
