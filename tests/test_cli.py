"""The command line as people use it: exit status, table with file:line, files written."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from verl_visual_sdpo.cli import main
from verl_visual_sdpo.commands import COMMANDS

GOOD = """\
import matplotlib.pyplot as plt
plt.figure(figsize=(4, 3), layout='constrained')
plt.plot([1, 2, 3], [1, 4, 9])
plt.title('Growth')
plt.xlabel('n')
"""
BAD = GOOD + "plt.text(2, 4, 'here it is')\nplt.text(2, 4, 'and here too')\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "response.md").write_text(f"First line\n\nHere:\n```python\n{BAD}```\n")
    (tmp_path / "fails.py").write_text("import matplotlib.pyplot as plt\nplt.plot(missing)\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_defect_is_listed_with_file_and_line_and_drawn(folder, capsys):
    assert main(["inspect", "bad.py"]) == 0
    table = capsys.readouterr().out
    assert "text-overlap" in table and "severity" in table and "required" in table
    assert "bad.py:6 " in table or "bad.py:7 " in table
    assert Image.open(folder / "bad.inspected.png").size == (400, 300)


def test_lines_of_a_response_are_lines_of_its_file(folder, capsys):
    assert main(["inspect", "response.md", "--no-png"]) == 0
    assert "response.md:10 " in (out := capsys.readouterr().out) or "response.md:11 " in out
    assert not list(folder.glob("*.png"))


def test_json_is_the_analysis_with_elements_and_statements(folder, capsys):
    assert main(["inspect", "bad.py", "--json", "-", "--png", "boxes.png", "--html", "page.html"]) == 0
    plain = json.loads(capsys.readouterr().out)  # nothing but JSON on standard output
    assert {"execution", "scenes", "defects", "blames", "fidelity", "reward", "feedback"} <= set(plain)
    row = next(d for d in plain["defects"] if d["detector"] == "text-overlap")
    assert {"severity", "boxes", "elements", "statements", "measured", "required", "message"} <= set(row)
    assert {"line", "end_line", "responsibility", "tie"} == set(row["statements"][0])
    assert (folder / "boxes.png").exists() and "<!doctype html>" in (folder / "page.html").read_text()


def test_a_failing_program_exits_with_1_and_names_error_and_line(folder, capsys):
    assert main(["inspect", "fails.py"]) == 1
    out = capsys.readouterr().out
    assert "runtime_error" in out and "NameError" in out and "Line 2: plt.plot(missing)" in out and "fails.py:2" in out


def test_a_response_without_code_is_a_failed_program_and_not_bad_usage(folder, capsys):
    (folder / "talk.md").write_text("I would rather not.")
    assert main(["inspect", "talk.md"]) == 1
    assert "no_program" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["inspect", "nowhere.py"], "cannot read nowhere.py"),
        (["inspect", "binary.py"], "not UTF-8"),
        (["inspect", "good.py", "--reference", "fails.py"], "the reference does not draw"),
        (["inspect", "good.py", "--timeout", "0"], "--timeout 0"),
        (["inspect", "good.py", "--domain", "sculpture"], "known domains: chart, web, slide"),
        (["inspect", "good.py", "--png", "no/such/folder.png"], "cannot write"),
    ],
)
def test_what_the_user_can_mend_exits_with_2(folder, capsys, arguments, said):
    (folder / "binary.py").write_bytes(b"\xff\xfe\x00")
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["inspect"], ["inspect", "x.py", "--policy", "lax"], ["nonsense"]])
def test_bad_usage_exits_with_2(arguments):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


def test_score_prints_the_reward_as_json(folder, capsys):
    assert main(["score", "bad.py", "--reference", "good.py"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert 0 < table["score"] < 1 and table["likeness"]["layout"] == 1.0 and table["defects"] >= 1
    assert main(["score", "fails.py"]) == 1
    assert table["error"] is None and json.loads(capsys.readouterr().out)["error"]["line"] > 0


def test_a_program_on_standard_input(folder, capsys, monkeypatch):
    for text in (BAD, f"```python\n{BAD}```"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert main(["inspect", "-", "--no-png"]) == 0
        assert "<stdin>:" in capsys.readouterr().out


@pytest.mark.browser
def test_pages_are_told_by_what_they_say(folder, capsys, monkeypatch):
    page = "<!DOCTYPE html>\n<h1>The quiet harbour</h1><p>Boats leave every hour from pier seven.</p>"
    Path("answer.md").write_text(f"Here it is:\n```html\n{page}\n```\n")
    Path("answers.jsonl").write_text(json.dumps({"response": f"```html\n{page}\n```"}) + "\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(page.encode())))
    for name in ("-", "answer.md"):
        assert main(["score", name]) == 0
        assert json.loads(capsys.readouterr().out)["status"] == "ok"
    assert main(["inspect", "answers.jsonl"]) == 0


def test_an_empty_reference_is_named(folder, capsys):
    Path("empty.py").write_text(" \n")
    for command in (["score", "good.py"], ["inspect", "good.py", "bad.py"]):
        assert main([*command, "--reference", "empty.py"]) == 2
        assert "--reference empty.py is empty" in capsys.readouterr().err


def test_who_stops_it_sees_no_traceback(folder, capsys, monkeypatch):
    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("verl_visual_sdpo.commands.source.read_text", stop)
    assert main(["score", "good.py"]) == 130 and capsys.readouterr().err == "visual-sdpo score: stopped\n"


def test_help_and_parsing_load_nothing_heavy():
    probe = "import sys; from verl_visual_sdpo.cli import build_parser; build_parser(); "
    probe += "assert not {'numpy', 'matplotlib', 'torch', 'PIL', 'jinja2'} & set(sys.modules), sys.modules.keys()"
    subprocess.run([sys.executable, "-c", probe], check=True)
    assert {"inspect", "score", "doctor"} <= {module.__name__.rpartition(".")[2] for module in COMMANDS}
