"""README.md, "Modes": every test that it names exists, every option that is refused stands in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAMED = re.compile(r"`((?:tests/)?[\w/]+\.py)::(test_\w+)`")


def rows() -> list[tuple[str, str, str]]:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## Modes\n")[1].split("\n## ")[0]
    cells = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in line) for line in cells[2:]]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:40])
def test_each_row_names_tests_that_exist(row):
    mode, state, tests = row
    assert state in ("tested", "refused"), mode
    named = NAMED.findall(tests)
    assert named and not NAMED.sub("", tests).strip(" ,"), f"{mode}: {tests}"
    for file, name in named:
        path = ROOT / (file if file.startswith("tests/") else f"tests/verl_plugin/{file}")
        functions = {
            node.name
            for node in ast.walk(ast.parse(path.read_text()))
            if hasattr(node, "args") and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        }
        assert name in functions, f"{path.name} has no {name}"


def test_every_refused_option_stands_in_the_table():
    from verl_visual_sdpo.verl_plugin.options import REFUSED

    told = " ".join(mode for mode, state, _ in rows() if state == "refused")
    assert not [name for name, *_ in REFUSED if f"`{name}`" not in told]


def test_every_choice_of_a_mode_stands_in_the_table():
    from verl_visual_sdpo.config import ESTIMATORS, TEACHERS
    from verl_visual_sdpo.verl_plugin.register import ASYNC_TRAINER, TRAINER

    told = " ".join(mode for mode, state, _ in rows() if state != "refused")
    assert not [name for name in (*ESTIMATORS, *TEACHERS, TRAINER, ASYNC_TRAINER) if f"`{name}`" not in told]
