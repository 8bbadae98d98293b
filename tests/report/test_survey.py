"""``inspect`` over many programs: what is read, what is written, what is kept, and how it ends."""

import io
import json

import pytest
from PIL import Image

from verl_visual_sdpo.cli import main
from verl_visual_sdpo.errors import SandboxError, SandboxUnavailableError
from verl_visual_sdpo.inspection.render.chart import ChartRenderer
from verl_visual_sdpo.report.contact_sheet import contact_sheets
from verl_visual_sdpo.report.survey import file_names

CLEAN = """\
import matplotlib.pyplot as plt
plt.figure(figsize=(4, 3), layout='constrained')
plt.plot([1, 2])
plt.title('T')
plt.xlabel('x')
"""
NOTES = CLEAN + "plt.text(0, 1.8, 'a note')\nplt.text(0, 1.8, 'another')\n"
FAILS = "x = 1\nplot(x)\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name, text in {"b.py": NOTES, "a.py": CLEAN, "c.md": f"So:\n```python\n{FAILS}```\n", "notes.csv": "1"}.items():
        (tmp_path / "in" / name).write_text(text)
    (tmp_path / "in" / "deep" / "a.py").write_text(CLEAN)
    (tmp_path / "in" / "d.py").write_bytes(b"\xff\xfe")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(path="out/results.jsonl"):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_a_folder_gives_a_table_a_page_each_a_sheet_and_lines(folder, capsys):
    assert main(["inspect", "in", "--out", "out", "--jobs", "2"]) == 1
    said = capsys.readouterr()
    names = ["in/a.py", "in/b.py", "in/c.md", "in/d.py"]
    assert [line.split()[0] for line in said.out.splitlines()[1:5]] == names
    assert "text-overlap 1" in said.out and "line 4: NameError" in said.out and "unreadable" in said.out
    assert "4 programs: ok 2" in said.out and "1 ran without a defect" in said.out and "4/4" in said.err
    table = rows()
    assert [row["id"] for row in table] == names
    assert [row["status"] for row in table] == ["ok", "ok", "runtime_error", "unreadable"]
    assert table[1]["kinds"] == {"text-overlap": 1} and set(table[1]["worst"][0]["lines"]) <= {6, 7}
    assert table[2]["error_line"] == 4 and "not UTF-8" in table[3]["error"] and table[3]["score"] is None
    assert all((folder / "out" / row[k]).exists() for row in table for k in ("page", "thumbnail") if row[k])
    assert Image.open(folder / "out" / "contact_sheet.png").size == (2 * 332 + 12, 2 * 294 + 12)
    index = (folder / "out" / "index.html").read_text()
    assert "pages/in-a.py.html" in index and "not UTF-8" in index


def test_what_is_known_is_kept_until_it_changes(folder, capsys):
    assert main(["inspect", "in/a.py", "in/b.py", "--out", "out"]) == 0
    page = folder / "out" / rows()[0]["page"]
    page.write_text("kept")
    torn = (folder / "out" / "results.jsonl").read_text() + '{"id": "in/a'
    (folder / "out" / "results.jsonl").write_text(torn)  # as a run that was killed leaves it
    (folder / "in" / "b.py").write_text(CLEAN)
    assert main(["inspect", "in/a.py", "in/b.py", "--out", "out"]) == 0
    assert page.read_text() == "kept" and [row["defects"] for row in rows()] == [0, 0]
    assert main(["inspect", "in/a.py", "in/b.py", "--out", "out", "--alpha", "5"]) == 0
    assert "α = 5" in page.read_text()  # other settings: another page
    page.write_text("kept")
    assert main(["inspect", "in/a.py", "--out", "out", "--alpha", "5", "--restart"]) == 0
    assert page.read_text() != "kept" and len(rows()) == 1


def test_records_with_references_prompts_and_flaws(folder):
    answer = f"```python\n{NOTES}```"
    lines = [
        json.dumps({"id": "q1", "response": answer, "reference": CLEAN, "prompt": "Draw <T>."}),
        json.dumps({"id": "q1", "response": "I will not."}),
        json.dumps({"input": "Draw.", "output": answer, "gts": CLEAN, "score": 0.5}),
        "{not json",
        json.dumps({"id": "q4"}),
        json.dumps({"id": "q5", "response": answer, "reference": "not a program ("}),
    ]
    (folder / "r.jsonl").write_text("\n".join(lines) + "\n")
    assert main(["inspect", "r.jsonl", "--out", "out", "--full"]) == 1
    table = rows()
    assert [row["id"] for row in table] == ["q1", "q1/2", "r.jsonl:3", "r.jsonl:4", "q4", "q5"]
    assert [row["status"] for row in table] == ["ok", "no_program", "ok", "unreadable", "unreadable", "unreadable"]
    assert table[0]["likeness"]["layout"] == 1.0 and table[0]["score"] == table[2]["score"]
    assert "Draw &lt;T&gt;." in (folder / "out" / table[0]["page"]).read_text()
    assert "r.jsonl:4 is not JSON" in table[3]["error"] and "has no 'response' or 'output'" in table[4]["error"]
    assert "the reference does not draw" in table[5]["error"]
    assert table[0]["analysis"]["defects"][0]["statements"] and table[0]["analysis"]["scenes"][0]["image"]


def test_references_are_found_by_name_and_folders_entered_on_request(folder):
    (folder / "gold" / "deep").mkdir(parents=True)
    (folder / "gold" / "a.py").write_text(CLEAN)
    (folder / "gold" / "deep" / "a.md").write_text(f"```python\n{NOTES}```")
    assert main(["inspect", "in", "--out", "in/out", "--recursive", "--reference-dir", "gold"]) == 1
    table = {row["id"]: row for row in rows("in/out/results.jsonl")}
    assert set(table) == {"in/a.py", "in/b.py", "in/c.md", "in/d.py", "in/deep/a.py"}
    assert table["in/a.py"]["likeness"]["low"] == 1.0 and table["in/deep/a.py"]["likeness"]["low"] < 1.0
    assert table["in/b.py"]["likeness"] == {}


def test_a_pattern_is_read_here_too(folder):
    assert main(["inspect", "in/**/a.py", "--out", "out"]) == 0
    assert [row["id"] for row in rows()] == ["in/a.py", "in/deep/a.py"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["in", "nowhere.py"], "cannot read nowhere.py"),
        (["*.nothing"], "no file"),
        (["in", "--html", "x.html"], "--html is for one program"),
        (["in/a.py", "--full"], "--full is for many programs; add --out"),
        (["in/a.py", "--alpha", "3"], "add --html"),
        (["in", "--jobs", "-1"], "--jobs -1"),
        (["in", "-"], "standard input"),
        (["in", "--out", "in/a.py"], "cannot write"),
        (["in", "--reference-dir", "nowhere"], "nowhere is not a folder"),
        (["in", "--tokenizer", "nowhere"], "nowhere is not a folder"),
        (["in", "--set", "alpha"], "give KEY=VALUE"),
        (["in", "--set", "alhpa=3"], "did you mean 'alpha'"),
    ],
)
def test_what_the_user_can_mend_exits_with_2(folder, capsys, arguments, said):
    assert main(["inspect", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_our_own_failure_is_not_the_programs(folder, capsys, monkeypatch):
    monkeypatch.setattr(ChartRenderer, "render", _failing(SandboxError("no space left for the job's folder")))
    assert main(["inspect", "in/a.py", "in/b.py", "--out", "out"]) == 3
    assert [(row["status"], row["score"]) for row in rows()] == [("not_judged", None)] * 2
    monkeypatch.setattr(ChartRenderer, "render", _failing(SandboxUnavailableError("landlock does not hold")))
    assert main(["inspect", "in/a.py", "in/b.py", "--out", "out"]) == 3  # nothing could be judged: it ends at once
    assert "landlock does not hold" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    assert main(["inspect", "in/a.py", "in/b.py", "--out", "out"]) == 0  # what was not judged is tried again


def _failing(error):
    def render(self, program, options=None):
        raise error

    return render


def test_file_names_are_unique_and_stay_the_same():
    names = file_names(["a/b.py", "a-b.py", "A-B.py", "../x y?.md", "...", "é"])
    assert names["../x y?.md"] == "x_y_.md" and names["..."] == "program" and names["é"] == "é"
    assert len({name.lower() for name in names.values()}) == 6
    assert file_names(["a-b.py", "a/b.py", "A-B.py"])["a/b.py"] == names["a/b.py"]


def test_more_tiles_than_a_sheet_holds_go_on_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr("verl_visual_sdpo.report.contact_sheet.TILES", 4)
    row = {"id": "x" * 300, "status": "timeout", "defects": 0, "score": 0.0, "error": "word " * 80, "thumbnail": ""}
    sizes = [Image.open(io.BytesIO(sheet)).size for sheet in contact_sheets([row] * 5, tmp_path)]
    assert sizes == [(2 * 332 + 12, 2 * 294 + 12), (332 + 12, 294 + 12)]
