"""Another package's domain, language and detectors, installed and found as any user's would be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from verl_visual_sdpo import extensions
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.detect import detectors_of
from verl_visual_sdpo.inspection.domains import domain_of
from verl_visual_sdpo.inspection.program import language_of

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "extension"
PROBE = r"""
import asyncio, json
from verl_visual_sdpo.inspection.detect import detectors_of
from verl_visual_sdpo.inspection.pipeline import analyse
from verl_visual_sdpo.types import Task
import text_bars

good, bad = "```bars\nnorth: 30\nsouth: 90\n```", "Look:\n```bars\nnorth: 30\nsouth: 90000\n```"
task = Task("bars", reference="north: 30\nsouth: 90")
found, clean, broken = (analyse(text, task) for text in (bad, good, "```bars\nnorth\n```"))
(defect,) = found.defects
(blame,) = found.blames
statement = found.program.statements[blame.statement]
row = asyncio.run(text_bars.score("toy", bad, "north: 30\nsouth: 90"))
print(json.dumps({
    "defect": defect.detector,
    "blamed": bad[statement.span.start : statement.span.end],
    "clean": clean.reward.score,
    "faulty": found.reward.score,
    "likeness": found.fidelity,
    "broken": broken.execution.status,
    "row": row["score"],
    "charts": [d.id for d in detectors_of("chart")][-1],
    "limit": len(analyse(bad, Task("bars", options={"too-long": {"beyond": 1e6}})).defects),
}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-build-isolation"]
    source = tmp_path_factory.mktemp("source") / "extension"
    source.mkdir()
    for path in EXAMPLE.iterdir():
        if path.is_file():
            (source / path.name).write_bytes(path.read_bytes())
    done = subprocess.run([*command, "--target", str(folder), str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def test_an_installed_package_brings_a_domain_and_a_detector(installed):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), str(Path.cwd())])}
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["defect"] == "too-long" and found["blamed"] == "south: 90000"
    assert found["clean"] == pytest.approx(1.0) and 0 < found["faulty"] < 0.6 and found["likeness"]["bars"] == 0.5
    assert found["broken"] == "syntax_error" and found["row"] == pytest.approx(found["faulty"])
    assert found["charts"] == "too-many-bars", "behind our own detectors of charts"
    assert found["limit"] == 0, "its options are a task's options"


def test_the_command_line_and_the_doctor_know_it(installed, tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), str(Path.cwd())])}
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "one.md").write_text("Look:\n```bars\nnorth: 30\nsouth: 90000\n```")
    (programs / "two.md").write_text("```bars\nnorth: 30\n```")

    def run(*command: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=120
        )

    cli = ("-m", "verl_visual_sdpo.cli", "inspect", "--domain", "bars")
    one = run(*cli, str(programs / "one.md"), "--html", "one.html")
    assert one.returncode == 0, one.stderr
    assert "too-long" in one.stdout and "one.md:4 (created 1.00)" in one.stdout
    assert "too-long" in (tmp_path / "one.html").read_text()
    many = run(*cli, str(programs), "--out", "looked", "--jobs", "1")
    assert many.returncode == 0, many.stderr
    assert len((tmp_path / "looked" / "results.jsonl").read_text().splitlines()) == 2
    told = run("-c", "from verl_visual_sdpo.doctor import extension_checks as c; print(*c(), sep='\\n')")
    assert told.stdout.count("state='ok'") == 4 and "name='bars.too-long'" in told.stdout, told.stderr


def test_what_nobody_registered_is_named():
    for look_up in (domain_of, language_of, detectors_of):
        with pytest.raises(InvalidInputError, match="'no-such-domain'.*chart"):
            look_up("no-such-domain")


def test_an_entry_point_that_does_not_load_is_named_with_its_package(monkeypatch):
    from importlib.metadata import EntryPoint

    gone = EntryPoint("bars", "no_such_module:DOMAIN", extensions.DOMAINS)
    monkeypatch.setattr(extensions, "_points", lambda group: (gone,) if group == extensions.DOMAINS else ())
    with pytest.raises(InvalidInputError, match=r"bars = no_such_module:DOMAIN .* does not load: ModuleNotFoundError"):
        domain_of("bars")
    assert domain_of("chart"), "what is ours does not depend on it"
