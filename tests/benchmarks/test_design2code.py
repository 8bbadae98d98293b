"""``visual-sdpo eval design2code`` on tasks made here: figures, failures, resuming, an encoder, the page."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from verl_visual_sdpo.benchmarks.design2code.clip import clip_similarity
from verl_visual_sdpo.benchmarks.design2code.data import Split, load_split, program_of, read_predictions
from verl_visual_sdpo.benchmarks.design2code.evaluate import Evaluation
from verl_visual_sdpo.cli import main
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.domains import default_renderer

PAGE = """<html><body style="margin: 20px; font-family: sans-serif">
<h1>The quiet harbour</h1><p>Every team prepares long train journeys.</p><p>Our workshop repairs furniture.</p>
</body></html>"""


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    """Three tasks: answered rightly, answered by a sparse page in a response, not answered."""
    data, answers = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("answers")
    for name in ("1", "2", "10"):
        (data / f"{name}.html").write_text(PAGE)
        Image.new("RGB", (4, 4)).save(data / f"{name}.png")
    (answers / "1.html").write_text(PAGE)
    (answers / "2.md").write_text("Sure:\n```html\n<h1>The quiet harbour</h1>\n```\n")
    return data, answers


def test_a_run_scores_fails_and_goes_on(tasks, tmp_path, capsys):
    data, answers = tasks
    command = ["eval", "design2code", "--data", str(data), "--predictions", str(answers), "--out", str(tmp_path)]
    assert main([*command, "--workers", "1", "--policy", "permissive"]) == 0
    shown = capsys.readouterr().out
    assert "CLIP: no encoder, so final is null" in shown and "no edition of the benchmark" in shown
    rows = {row["id"]: row for row in map(json.loads, (tmp_path / "results.jsonl").read_text().splitlines())}
    assert list(rows) == ["1", "2", "10"]
    assert rows["1"]["four"] == pytest.approx(1.0) and rows["1"]["pixels"] == pytest.approx(1.0)
    assert rows["2"]["text"] == 1.0 and 0.1 < rows["2"]["block"] < 0.9, "the benchmark pays a sparse page, and so do we"
    assert rows["10"]["status"] == "no_program" and rows["10"]["four"] == 0.0
    found = json.loads((tmp_path / "summary.json").read_text())
    assert found["figures"]["final"]["value"] is None and found["figures"]["clip"]["value"] is None
    assert found["figures"]["text"]["value"] == pytest.approx(100 * 2 / 3)
    page = (tmp_path / "page.html").read_text()
    assert page.count("<article") == 3 and page.count("data:image/webp") == 5

    path = tmp_path / "results.jsonl"
    kept = [json.dumps({**rows[name], "seconds": 77.0}) for name in ("1", "2")]
    path.write_text("\n".join([*kept, '{"id": "10", "ke']))  # stopped in the middle of a line
    assert main([*command, "--workers", "1", "--policy", "permissive", "--no-page"]) == 0
    again = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["seconds"] for row in again[:2]] == [77.0, 77.0], "done before"
    assert again[2]["status"] == "no_program"


def test_any_encoder_will_do(tasks, tmp_path):
    class Brightness:
        name = "brightness"

        def encode(self, picture):
            return np.asarray(picture.resize((8, 8)).convert("L"), float).ravel()

    data, answers = tasks
    split = load_split(data, limit=2)
    rows, broken = Evaluation(
        split, read_predictions(answers, split), default_renderer("web"), tmp_path, Brightness(), 1
    ).run()
    assert not broken and rows[0]["clip"] == pytest.approx(1.0)
    assert rows[0]["final"] == pytest.approx(1.0)
    assert 0.0 < rows[1]["clip"] <= 1.0 and rows[1]["final"] == pytest.approx(
        (4 * rows[1]["four"] + rows[1]["clip"]) / 5
    )


def test_the_cosine_is_that_of_the_vectors():
    class Fixed:
        name = "fixed"
        vectors = iter(([3.0, 0.0], [3.0, 4.0]))

        def encode(self, picture):
            assert picture.size == (10, 10), "a square of the shorter side"
            return np.array(next(self.vectors))

    import io

    out = io.BytesIO()
    Image.new("RGB", (10, 30)).save(out, "PNG")
    side = (out.getvalue(), {"picture": [10, 30], "texts": []})
    assert clip_similarity(Fixed(), side, side) == pytest.approx(0.6)


def test_an_answer_without_an_html_tag_is_a_paragraph(tmp_path):
    (tmp_path / "1.html").write_text("just words")
    assert program_of(tmp_path / "1.html").source == "<html><body><p>just words</p></body></html>"
    assert program_of(None).problem.type == "NoAnswer"  # and not that it holds no page


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: load_split(path / "none"), "is not a folder"),
        (lambda path: load_split(path), "holds no .html file"),
        (lambda path: read_predictions(path, Split("own", (), ("7",))), "holds no .html, .md"),
    ],
)
def test_what_cannot_be_read_is_said(make, said, tmp_path):
    with pytest.raises(InvalidInputError, match=said):
        make(tmp_path)


def test_answers_to_no_task_are_refused(tasks, tmp_path):
    data, answers = tasks
    split = load_split(data)
    assert list(read_predictions(answers, load_split(data, only="2"))) == ["2"], "1 is a task, though not chosen"
    for path in answers.iterdir():
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "9.html").write_text(PAGE)
    with pytest.raises(
        InvalidInputError, match=r"1 of 3 answers to none of the tasks \(9\); .* id \(1, 2, 10, \.\.\.\)"
    ):
        read_predictions(tmp_path, split)
