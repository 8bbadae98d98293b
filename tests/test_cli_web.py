"""The command line on pages: the domain is known by the name of the file, lines are those of the page."""

import json

import pytest
from PIL import Image

from verl_visual_sdpo.cli import main

pytestmark = pytest.mark.browser

PAGE = """<!doctype html>
<html><head><style>
p { color: #e4e4e4; }
</style></head><body>
<h1>Report</h1>
<p>hardly to be seen by anybody</p>
</body></html>
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / "other.htm").write_text("<h1>Fine</h1>\n<p>All is well.</p>\n")
    (tmp_path / "answer.md").write_text(f"Here it is:\n\n```html\n{PAGE}<script>nope()</script>\n```\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_page_is_inspected_by_its_name(folder, capsys):
    assert main(["inspect", "page.html", "--html", "out.html", "--json", "out.json"]) == 0
    table = capsys.readouterr().out
    assert "low-contrast" in table and "page.html:3 (styled " in table
    assert Image.open(folder / "page.inspected.png").size[0] == 1280
    analysis = json.loads((folder / "out.json").read_text())
    assert analysis["domain"] == "web" and analysis["execution"]["status"] == "ok"
    assert "hardly to be seen" in (folder / "out.html").read_text()


def test_lines_of_an_answer_are_lines_of_its_file(folder, capsys):
    assert main(["inspect", "answer.md", "--domain", "web", "--no-png"]) == 0
    told = capsys.readouterr().out
    assert "answer.md:6 (styled" in told and "the page: error: nope is not defined" in told


def test_many_pages(folder, capsys):
    assert main(["inspect", "page.html", "other.htm", "--out", "seen", "--jobs", "2"]) == 0
    lines = [json.loads(line) for line in (folder / "seen" / "results.jsonl").read_text().splitlines()]
    assert {line["status"] for line in lines} == {"ok"} and len(lines) == 2
    assert (folder / "seen" / "index.html").is_file()


def test_score_of_a_page_against_itself(folder, capsys):
    assert main(["score", "other.htm", "--reference", "other.htm"]) == 0
    assert json.loads(capsys.readouterr().out)["score"] == pytest.approx(1.0)
