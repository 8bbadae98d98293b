"""``visual-sdpo inspect --trace vlm``: the lines that a model names, and what a user reads when it cannot."""

import json

import pytest
from chat_server import ChatServer, finds_quoted_text, status

from verl_visual_sdpo.cli import main

SOURCE = """\
import matplotlib.pyplot as plt
plt.figure(figsize=(4, 3), layout='constrained')
plt.plot([1, 2, 3], [1, 4, 9])
plt.text(2, 4, 'here it is')
plt.text(2, 4, 'and here too')
"""


@pytest.fixture
def server():
    with ChatServer(finds_quoted_text) as server:
        yield server


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "chart.py"
    path.write_text(SOURCE)
    return str(path)


def inspect(program, server, *more):
    trace = ["--trace", "vlm", "--endpoint", server.url, "--model", "m", "--trace-cache", ""]
    return main(["inspect", program, "--no-png", *trace, *more])


def test_the_lines_that_the_model_names_are_told(program, server, capsys):
    assert inspect(program, server) == 0
    assert f"{program}:5 (mapped " in capsys.readouterr().out
    assert inspect(program, server, "--json", "-") == 0
    defects = json.loads(capsys.readouterr().out)["defects"]
    assert {s["tie"] for d in defects for s in d["statements"]} == {"mapped"}


def test_a_model_that_does_not_answer_is_told_and_the_rest_is_as_ever(program, server, capsys):
    server.script += [status(404, "no such model")] * 9
    assert inspect(program, server) == 0
    told = capsys.readouterr().out
    assert "no statement found" in told and "no blame by the model, http: status 404: no such model (defect 1" in told


def test_many_programs_are_asked_about_too(program, server, tmp_path, capsys):
    trace = ["--trace", "vlm", "--endpoint", server.url, "--model", "m", "--trace-cache", ""]
    assert main(["inspect", program, "--out", str(tmp_path / "out"), "--jobs", "1", "--full", *trace]) == 0
    (row,) = map(json.loads, (tmp_path / "out" / "results.jsonl").read_text().splitlines())
    assert {s["tie"] for d in row["analysis"]["defects"] for s in d["statements"]} == {"mapped"} and server.requests


def test_without_it_nobody_is_asked(program, server, capsys):
    assert main(["inspect", program, "--no-png"]) == 0
    assert "(created " in capsys.readouterr().out and not server.requests


def test_answers_are_kept_where_the_system_keeps_such_things(program, server, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))
    command = ["inspect", program, "--no-png", "--trace", "vlm", "--endpoint", server.url, "--model", "m"]
    assert main(command) == 0
    asked = len(server.requests)
    assert asked and main(command) == 0 and len(server.requests) == asked
    assert len(list((tmp_path / "kept" / "verl_visual_sdpo" / "vlm").rglob("*.json"))) == asked


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--trace", "vlm"], "needs its endpoint"),
        (["--trace", "vlm", "--endpoint", "http://127.0.0.1:9/v1"], "needs its model"),
        (["--endpoint", "http://127.0.0.1:9/v1"], "endpoint is of use to"),
        (["--trace", "vlm", "--endpoint", "x", "--model", "m"], "no http"),
        (["--trace", "vlm", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "--trace-seconds", "0"], "seconds"),
    ],
)
def test_options_that_do_not_belong_together_are_bad_usage(program, options, named, capsys):
    assert main(["inspect", program, "--no-png", *options]) == 2
    assert named in capsys.readouterr().err


def test_help_says_how_to_serve_the_model(capsys):
    with pytest.raises(SystemExit):
        main(["inspect", "--help"])
    assert "vllm serve Qwen/Qwen3-VL-8B-Instruct" in capsys.readouterr().out
