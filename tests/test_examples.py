"""The examples run as they are written."""

import runpy
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def test_inspect_a_program(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLES / "inspect_a_program.py"), run_name="__main__")
    said = capsys.readouterr().out
    assert said.startswith("ok; score 0.") and "canvas-overflow" in said and "<- line 8 " in said
    assert (tmp_path / "inspected.html").exists() and (tmp_path / "inspected.png").exists()


def test_own_loss(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["own_loss.py"])
    runpy.run_path(str(EXAMPLES / "own_loss.py"), run_name="__main__")
    said = capsys.readouterr().out
    assert "tokens are to blame" in said and "weights from 1 to" in said and " 0 of" not in said
