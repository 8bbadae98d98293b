"""ChartMimic on a small data set in the benchmark's own layout, with real programs, pictures and HTTP servers."""

import base64
import io
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from verl_visual_sdpo.benchmarks.chartmimic.data import load_split
from verl_visual_sdpo.benchmarks.chartmimic.judge import CRITERIA, read_verdict
from verl_visual_sdpo.benchmarks.chartmimic.programs import program_of, read_predictions
from verl_visual_sdpo.benchmarks.chartmimic.questions import prompt
from verl_visual_sdpo.cli import main
from verl_visual_sdpo.errors import InvalidInputError

HEAD = "import matplotlib.pyplot as plt\nimport numpy as np\n"
REFERENCES = {
    "bar_1": "plt.figure(figsize=(4, 3))\nplt.bar(['a', 'b'], [1, 2], color=['red', 'blue'])\nplt.title('Two bars')\n",
    "bar_10": "fig, ax = plt.subplots(1, 2, figsize=(5.0, 3.0))\nax[0].bar([1], [2])\nax[1].barh([1], [2])\n",
    "line_2": "plt.plot([1, 2, 3], label='up')\nplt.legend()\nplt.xlabel('time')\n",
}
KEY = "sk-never-written-down"


def saved(name: str, body: str) -> str:
    return f"{HEAD}{body}plt.tight_layout()\nplt.savefig('{name}.pdf', bbox_inches='tight')\n"


def png(color: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), color).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def dataset(tmp_path):
    folder = tmp_path / "dataset" / "ori_500"
    folder.mkdir(parents=True)
    for shade, (name, body) in enumerate(REFERENCES.items()):
        (folder / f"{name}.py").write_text(saved(name, body))
        (folder / f"{name}.png").write_bytes(png((255, 255, shade)))
        (folder / f"{name}.pdf").write_bytes(b"%PDF-1.4\n")
    sizes = [{"file": "bar_1.pdf", "idx": "bar_1", "width": 4.0, "height": 3.0}]
    (tmp_path / "dataset" / "dimentions_info.jsonl").write_text("\n".join(map(json.dumps, sizes)))
    return tmp_path / "dataset"


def evaluate(dataset: Path, *arguments: str) -> int:
    settings = ["--workers", "1", "--out", str(dataset.parent / "out"), "--data", str(dataset)]
    return main(["eval", "chartmimic", *settings, *arguments])


def rows_of(dataset: Path) -> dict[str, dict]:
    lines = (dataset.parent / "out" / "results.jsonl").read_text().splitlines()
    return {row["id"]: row for row in map(json.loads, lines)}


def summary_of(dataset: Path) -> dict:
    return json.loads((dataset.parent / "out" / "summary.json").read_text())


@pytest.fixture
def answers(dataset):
    folder = dataset.parent / "answers"
    folder.mkdir()
    (folder / "bar_1.py").write_text(saved("x", REFERENCES["bar_1"]))
    (folder / "bar_10.md").write_text("Here:\n```python\nimport matplotlib.pyplot as plt\n1 / 0\n```\n")
    wrong = REFERENCES["line_2"].replace("time", "seconds")
    (folder / "line_2.txt").write_text(f"```python\n{HEAD}{wrong}plt.show()\nraise SystemExit('cut')\n```\nDone.")
    return folder


# --------------------------------------------------------------------------- from answers to figures


def test_answers_become_a_table_rows_and_a_page(dataset, answers, capsys):
    assert evaluate(dataset, "--predictions", str(answers)) == 0
    rows = rows_of(dataset)
    assert [rows[name]["status"] for name in REFERENCES] == ["ok", "runtime_error", "ok"]
    assert (
        rows["bar_1"]["low"] == 1.0 and rows["bar_10"]["low"] == 0.0 and "ZeroDivisionError" in rows["bar_10"]["error"]
    )
    assert rows["line_2"]["text"] == pytest.approx(0.5)  # up of up and time, up of up and seconds
    found = summary_of(dataset)
    figures = {name: figure["value"] for name, figure in found["figures"].items()}
    assert figures["execution"] == pytest.approx(200 / 3) and figures["text"] == pytest.approx(50.0)
    assert figures["low"] == pytest.approx(100 * sum(row["low"] for row in rows.values()) / 3)
    assert figures["high"] is figures["overall"] is found["judge"] is None
    assert found["split"] == "500 (3 of 500 tasks)" and found["filter"] == "none" and not found["quirks_switched_off"]
    table = capsys.readouterr().out
    assert "execution rate     66.7" in table and "500 (3 of 500 tasks)" in table and "runtime_error 1" in table
    assert re.search(r"^line +1 +100\.0", table, re.M)

    page = (dataset.parent / "out" / "page.html").read_text()
    assert page.count("<article") == 3 and page.count('loading="lazy"') == 5  # one has no picture, but a reason
    assert "ZeroDivisionError" in page and not re.search(r"(src|href)=\"(?!data:)", page)


def test_a_further_run_judges_only_what_has_changed(dataset, answers):
    assert evaluate(dataset, "--predictions", str(answers)) == 0
    before = rows_of(dataset)
    results = dataset.parent / "out" / "results.jsonl"
    results.write_text("\n".join(results.read_text().splitlines()[:2]) + '\n{"id": "line_2", "ke')  # killed here
    (answers / "bar_10.md").write_text(f"```python\n{HEAD}{REFERENCES['bar_10']}```\n")
    assert evaluate(dataset, "--predictions", str(answers)) == 0
    after = rows_of(dataset)
    assert after["bar_1"] == before["bar_1"]  # to the millisecond
    assert after["bar_10"]["low"] == pytest.approx(0.75)  # no text on either side: 0 there
    assert after["line_2"]["key"] == before["line_2"]["key"] and len(after) == 3


def test_a_filter_is_named_with_every_figure(dataset, answers, capsys):
    assert evaluate(dataset, "--predictions", str(answers), "--only", "bar", "--limit", "1", "--no-page") == 0
    found = summary_of(dataset)
    assert found["filter"] == "--only 'bar' --limit 1" and found["tasks"] == 1
    assert "filter --only 'bar' --limit 1; 1 tasks" in capsys.readouterr().out
    assert not (dataset.parent / "out" / "page.html").exists()


def test_figures_without_a_quirk_do_not_go_by_the_benchmarks_name(dataset, answers):
    assert evaluate(dataset, "--predictions", str(answers), "--without", "empty-is-zero") == 0
    assert summary_of(dataset)["benchmark"].endswith("changed (without empty-is-zero)")
    assert evaluate(dataset, "--predictions", str(answers), "--without", "empty") == 2


def test_references_that_do_not_draw_are_the_datas_fault(dataset, answers, capsys):
    (dataset / "ori_500" / "bar_10.py").write_text("import nowhere_to_be_found\n")
    assert evaluate(dataset, "--predictions", str(answers)) == 2
    assert "bar_10: forbidden" in capsys.readouterr().err
    assert evaluate(dataset, "--predictions", str(answers), "--leave-out-broken") == 0
    assert list(summary_of(dataset)["left_out"]) == ["bar_10"] and summary_of(dataset)["tasks"] == 2
    assert "LEFT OUT" in capsys.readouterr().out


# --------------------------------------------------------------------------- a model and a judge behind HTTP


class Server(ThreadingHTTPServer):
    """An OpenAI-compatible server. ``reply`` makes the text of an answer from the request; the first ``failing``
    requests are answered with status 503."""

    def __init__(self, reply, failing=0):
        super().__init__(("127.0.0.1", 0), Handler)
        self.reply, self.failing = reply, failing
        self.requests, self.keys = [], set()
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):  # noqa: N802
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.keys.add(self.headers["Authorization"])
            failing = self.server.failing > 0
            self.server.failing -= failing
            if not failing:
                self.server.requests.append(request)
        text = "busy" if failing else self.server.reply(request)
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        body = json.dumps({"error": {"message": text}} if failing else {"choices": [choice]}).encode()
        self.send_response(503 if failing else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    servers = []

    def start(*arguments, **settings):
        servers.append(Server(*arguments, **settings))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def bars(request) -> str:
    return f"```python\n{HEAD}{REFERENCES['bar_1']}```"


def verdict(share: float) -> str:
    return json.dumps({name: {"comment": "so", "points": most * share} for name, (most, _) in CRITERIA.items()})


def test_a_model_is_asked_and_another_one_judges(dataset, serve, monkeypatch):
    monkeypatch.setenv("VISUAL_SDPO_API_KEY", KEY)
    model, judge = serve(bars, failing=1), serve(lambda request: verdict(0.8))
    command = ["--endpoint", model.url, "--model", "painter", "--judge-endpoint", judge.url, "--judge-model", "critic"]
    assert evaluate(dataset, *command, "--concurrency", "3") == 0
    found = summary_of(dataset)
    assert found["judge"] == "critic" and found["predictions"] == "painter"
    figures = {name: figure["value"] for name, figure in found["figures"].items()}
    assert figures["execution"] == 100.0 and figures["high"] == pytest.approx(80.0)
    assert figures["overall"] == pytest.approx((figures["low"] + 80.0) / 2)

    texts = [request["messages"][0]["content"][0]["text"] for request in model.requests]
    assert sum("figsize=(4.0, 3.0)" in text for text in texts) == 1  # from the sizes' file
    assert sum("figsize=(5.0, 3.0)" in text for text in texts) == 1  # from the program
    assert {request["model"] for request in model.requests} == {"painter"} and len(texts) == 3
    assert model.requests[0]["temperature"] == 0.0 and model.requests[0]["max_tokens"] == 4096
    shown = [part["image_url"]["url"] for part in judge.requests[0]["messages"][0]["content"][1:]]
    assert base64.b64decode(shown[0].partition(",")[2]) in {png((255, 255, n)) for n in range(3)}
    assert shown[1] not in shown[:1]
    assert model.keys == judge.keys == {f"Bearer {KEY}"}

    assert evaluate(dataset, *command) == 0 and len(model.requests) == len(judge.requests) == 3  # nothing twice
    written = [path for path in (dataset.parent / "out").rglob("*") if path.is_file()]
    assert not any(KEY.encode() in path.read_bytes() for path in written)


def test_an_endpoint_that_fails_stops_the_run_and_the_same_command_goes_on(dataset, serve, capsys):
    answered = []

    def once(request):
        answered.append(request)
        return bars(request)

    model, judge = serve(once), serve(lambda request: verdict(0.5) if len(judged) > 3 else "let me see ...")
    judged = judge.requests
    command = ["--endpoint", model.url, "--model", "painter", "--judge-endpoint", judge.url, "--judge-model", "critic"]
    assert evaluate(dataset, *command, "--concurrency", "1") == 3  # three words that are no verdict
    assert "verdicts of critic do not fit" in capsys.readouterr().err
    assert not (dataset.parent / "out" / "summary.json").exists()
    assert sorted(rows_of(dataset)) == ["bar_10", "line_2"]
    assert evaluate(dataset, *command) == 0 and len(answered) == 3
    assert summary_of(dataset)["figures"]["high"]["value"] == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ("fine, 90 points", "Expecting value"),
        ("[1]", "list"),
        (verdict(0.5).replace("layout", "order"), "order"),
        (verdict(1.1), "0 to 20"),
        (verdict(0.5).replace("5.0", "NaN"), "0 to 10"),
        (verdict(0.5).replace("5.0", "true"), "0 to 10"),
        (verdict(0.5).replace("10.0", '"10"'), "0 to 20"),
    ],
)
def test_a_verdict_is_the_whole_rubric_or_none(answer, named):
    with pytest.raises(ValueError, match=named):
        read_verdict(answer)


def test_a_verdict_is_the_sum_of_its_points():
    assert sum(most for most, _ in CRITERIA.values()) == 100
    assert read_verdict(f"```json\n{verdict(0.5)}\n```").high == read_verdict(verdict(0.5)).high == 0.5


# --------------------------------------------------------------------------- data and programs


def test_splits_are_found_by_folder_or_name(dataset):
    whole, own = load_split(dataset), load_split(dataset / "ori_500")
    assert [e.id for e in whole.examples] == ["bar_1", "bar_10", "line_2"] == [e.id for e in own.examples]
    assert whole.name == own.name == load_split(dataset, "500").name == "500" and not whole.whole
    assert whole.examples[0].size == (4.0, 3.0) and whole.examples[1].size is None
    (dataset / "direct_600").mkdir()
    (dataset / "direct_600" / "pie_3.py").write_text("plt.pie([1])")
    assert [e.kind for e in load_split(dataset, "600").examples] == ["pie"]
    with pytest.raises(InvalidInputError, match="--split .500, 600."):
        load_split(dataset)


@pytest.mark.parametrize(
    ("spoil", "arguments", "named"),
    [
        (lambda d: None, {"name": "1800"}, "not split 1800"),
        (lambda d: None, {"only": "pie"}, "leaves none of the 3 tasks"),
        (lambda d: None, {"only": "("}, "no regular expression"),
        (lambda d: (d / "ori_500" / "bar_1.py").write_text(""), {}, "bar_1.py is empty"),
        (lambda d: (d / "ori_500" / "bar_1.py").write_bytes(b"\xff"), {}, "not UTF-8"),
        (lambda d: (d / "dimentions_info.jsonl").write_text('{"idx": 1}'), {}, "line 1: idx, width and height"),
        (lambda d: [path.unlink() for path in (d / "ori_500").glob("*.py")], {}, "holds no .py file"),
    ],
)
def test_bad_data_is_named(dataset, spoil, arguments, named):
    spoil(dataset)
    with pytest.raises(InvalidInputError, match=named):
        load_split(dataset, **arguments)


def test_predictions_must_answer_something_once(dataset, answers):
    split = load_split(dataset)
    assert sorted(read_predictions(answers, split)) == ["bar_1", "bar_10", "line_2"]
    assert sorted(read_predictions(answers, load_split(dataset, only="line_"))) == ["line_2"]
    (answers / "pie_7.py").write_text("")
    with pytest.raises(InvalidInputError, match=r"1 of 4 answers to none of the tasks \(pie_7\)"):
        read_predictions(answers, split)
    (answers / "bar_1.txt").write_text("twice")
    with pytest.raises(InvalidInputError, match="two answers called bar_1"):
        read_predictions(answers, split)
    with pytest.raises(InvalidInputError, match=r"holds no \.py"):
        read_predictions(dataset, split)


def test_the_program_is_the_first_block_up_to_where_it_shows_or_saves():
    response = (
        "```python\nimport matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()\nx = 1\n```\n```python\ny = 2\n```"
    )
    program = program_of(response, "bar_1", response=True)
    assert program.source.splitlines() == [
        "import matplotlib.pyplot as plt",
        "plt.plot([1])",
        "plt.savefig('bar_1.pdf')",
    ]
    assert program_of(response, "bar_1", response=True, public=False).source.strip() == "y = 2"
    for empty in ("no code", "```python\nplt.plot([1])\n", "```\nplt.plot([1])\n```"):
        assert program_of(empty, "bar_1", response=True).problem.type == "NoProgram"


def test_the_prompt_gives_the_size_and_nothing_of_the_program():
    assert "figsize=(7.0, 5.5)" in prompt(7, 5.5) and "matplotlib" in prompt(7, 5.5)
