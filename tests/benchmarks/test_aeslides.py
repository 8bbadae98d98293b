"""AeSlides: answers of a folder, its formulas on a page's scene, and the command on real decks."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from PIL import Image

from verl_visual_sdpo.benchmarks.aeslides import html
from verl_visual_sdpo.benchmarks.aeslides.evaluate import read_answers, summary, table
from verl_visual_sdpo.cli import main
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.render.drivers.slide_lok import find_program
from verl_visual_sdpo.types import Box, Element, Scene

sys.path.insert(0, str(Path(__file__).parent))
import slide_hacks


def page(*boxes, height=720, kind="image"):
    picture = Image.new("RGB", (1280, height), "white")
    elements = [Element(0, "page", Box(0, 0, 1280, height))]
    for number, box in enumerate(boxes, 1):
        elements.append(Element(number, kind, Box(*box), style={"alpha": 1.0}, parent=0))
        for x in range(round(box[0]), round(box[2]), 80):
            picture.paste("black", (x, round(box[1]), x + 40, round(box[3])))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return Scene((1280, height), tuple(elements), out.getvalue())


def test_a_full_page_has_all_points_and_a_high_one_loses_its_ratio():
    full = html.score(page((40, 40, 1240, 680)))
    assert full == pytest.approx(dict.fromkeys((*html.TERMS, "average"), 1.0))
    assert html.score(page((40, 40, 1240, 760), height=800))["aspect"] == pytest.approx(0.64, abs=0.005)


def test_balance_is_yes_or_no_and_icons_weigh_half():
    assert html.score(page((100, 300, 300, 500), (980, 300, 1180, 500)))["imbalance"] == 1.0
    assert html.score(page((100, 300, 300, 500)))["imbalance"] == 0.0
    icon, picture = (600, 300, 660, 360), (620, 300, 760, 420)
    weights = [html._weight(e) for e in page(icon, picture).elements[1:]]
    assert weights == [0.5, 1.0]


def test_empty_pages_and_collisions():
    blank = html.score(page())
    assert blank["whitespace"] == blank["imbalance"] == 0.0
    assert html.score(page((100, 100, 500, 500), (300, 300, 700, 700)))["collision"] < 0.5


def test_answers_are_read_by_name_and_missing_ones_count(tmp_path):
    (tmp_path / "a.py").write_text("x = 1")
    (tmp_path / "b.md").write_text("```python\nx = 1\n```")
    (tmp_path / "notes.csv").write_text("")
    answers = read_answers(tmp_path, "slide", {"a": "A slide", "b": "", "c": "Another"})
    assert [(a.id, a.whole, a.instruction, a.text is None) for a in answers] == [
        ("a", False, "A slide", False), ("b", True, "", False), ("c", False, "Another", True),
    ]  # fmt: skip
    first = read_answers(tmp_path, "slide", {"c": "Another", "b": "", "a": "A slide"}, limit=2)
    assert [(a.id, a.text is None) for a in first] == [("b", False), ("c", True)], "of the tasks, answered or not"
    assert [a.id for a in read_answers(tmp_path, "slide", limit=1)] == ["a"]
    with pytest.raises(InvalidInputError, match=r"1 of 2 answers to none of the tasks \(b\); .* id \(a, c, \.\.\.\)"):
        read_answers(tmp_path, "slide", {"a": "A slide", "c": "Another"})
    (tmp_path / "a.txt").write_text("twice")
    with pytest.raises(InvalidInputError, match="two answers called a"):
        read_answers(tmp_path, "slide")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InvalidInputError, match=r"holds no \.html"):
        read_answers(empty, "web")


def test_means_are_over_all_answers():
    terms = {term: 1.0 for term in html.TERMS}
    rows = [{"terms": terms, "status": "ok", "slides": 1, "gate": 1.0},
            {"terms": dict.fromkeys(terms, 0.0), "status": "no_answer", "slides": 0, "gate": 0.0}]  # fmt: skip
    found = summary(rows, "web", "answers")
    assert found["average"] == 50.0 and found["ran"] == 1 and "gate" not in found
    assert "50.00" in table(found) and "HTML" in table(found)


@pytest.mark.skipif(find_program() is None, reason="LibreOffice is not installed")
def test_the_command_on_decks(tmp_path, capsys):
    answers = tmp_path / "answers"
    answers.mkdir()
    for name in ("honest: good", "off-slide text"):
        program = slide_hacks.HEAD + slide_hacks.PROGRAMS[name] + slide_hacks.TAIL
        (answers / f"{name.split()[-1]}.py").write_text(program)
    (answers / "broken.md").write_text("```python\n1/0\n```")
    prompts = tmp_path / "prompts.jsonl"
    tasks = [{"id": name, "prompt": slide_hacks.INSTRUCTION} for name in ("good", "text", "broken")]
    prompts.write_text("".join(json.dumps(task) + "\n" for task in tasks))
    out = tmp_path / "out"
    command = ["eval", "aeslides", "--predictions", str(answers), "--prompts", str(prompts), "--out", str(out)]
    command += ["--workers", "1"]
    assert main(command) == 0
    rows = {row["id"]: row for row in map(json.loads, (out / "results.jsonl").read_text().splitlines())}
    assert rows["good"]["average"] > rows["text"]["average"] > rows["broken"]["average"] == 0.0
    assert rows["good"]["gate"] > 0.9 > rows["text"]["gate"]
    assert (out / rows["good"]["pictures"][0]).is_file()
    assert rows["broken"]["error"] == "ZeroDivisionError: division by zero" in (out / "page.html").read_text()
    assert "3 answers" in capsys.readouterr().out

    path = out / "results.jsonl"
    kept = [json.dumps({**row, "defects": ["seen before"]}) for row in rows.values()]
    path.write_text("\n".join(kept)[:-9])  # stopped while the last line, that of "text", was written
    (answers / "text.py").write_text("1/0")
    (answers / "broken.md").write_text("```python\n[][1]\n```")
    assert main(command) == 0
    again = {row["id"]: row for row in map(json.loads, path.read_text().splitlines())}
    assert list(again) == list(rows) == ["broken", "good", "text"]
    assert again["good"] == {**rows["good"], "defects": ["seen before"]}, "done before"
    assert [again[name]["error"].split(":")[0] for name in ("broken", "text")] == ["IndexError", "ZeroDivisionError"]
