"""Chart2Code-160K: small folders in the data set's own form, judged in the real sandbox."""

from __future__ import annotations

import argparse
import io
import json
import random
from pathlib import Path
from types import SimpleNamespace

import datasets
import pytest
from PIL import Image

from verl_visual_sdpo.commands import prepare as command
from verl_visual_sdpo.data.chart2code import RECORDS_FILE, figure_size, prepare, read_picture, read_records
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.render.chart import ChartRenderer

HEAD = "import matplotlib.pyplot as plt\nimport numpy as np\n"
GOOD = (
    HEAD + "plt.figure(figsize=(4, 3))\nplt.bar(['a', 'b'], [{0}, 2])\nplt.title('Chart {0}')\nplt.savefig('{0}.png')\n"
)
BAD = {
    "no_program": "I am sorry.",
    "syntax_error": "plt.bar([1, 2]",
    "runtime_error": HEAD + "plt.bar([1], missing)\n",
    "no_output": "print('nothing')\n",
    "several_figures": HEAD + "for i in range(2):\n    plt.figure()\n    plt.plot([1, i])\n",
    "unstable": HEAD + "import time\nplt.title(str(time.time_ns()))\nplt.plot([1, 2])\n",
    "empty": HEAD + "plt.subplots()\n",
    "no_image": GOOD.format(7),
    "bad_image": GOOD.format(8),
}
SETTINGS = {"workers": 2, "plan": {"timeout": 10.0}}


@pytest.fixture(scope="module")
def renderer():
    with ChartRenderer(workers=2, cache_size=0, policy="permissive") as renderer:
        yield renderer


def picture(width: int = 40, height: int = 30) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(buffer, "PNG")
    return buffer.getvalue()


def record(name: str, code: str) -> dict:
    reply = code if name == "no_program" else f"Here is the code:\n```python\n{code}```"
    turns = [{"from": "human", "value": "<image>\nRedraw this chart."}, {"from": "gpt", "value": reply}]
    return {"id": name, "image": f"images/{name}.png", "conversations": turns}


def write_source(folder: Path, programs: dict[str, str]) -> Path:
    (folder / "images").mkdir(parents=True)
    for name in programs:
        if name != "no_image":
            data = b"not a picture" if name == "bad_image" else picture()
            (folder / "images" / f"{name}.png").write_bytes(data)
    records = [record(name, code) for name, code in programs.items()]
    (folder / RECORDS_FILE).write_text(json.dumps(records), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def converted(tmp_path_factory, renderer):
    """Five good records among one of every bad kind."""
    programs = {**{f"good{i}": GOOD.format(i) for i in range(1, 6)}, **BAD}
    names = list(programs)
    random.Random(3).shuffle(names)
    folder = tmp_path_factory.mktemp("chart2code")
    source = write_source(folder / "source", {name: programs[name] for name in names})
    return prepare(source, folder / "out", renderer, val=2, shard=4, **SETTINGS), folder / "out"


def test_the_executable_subset_is_kept_and_the_rest_has_reasons(converted):
    summary, out = converted
    assert (summary.records, summary.train, summary.val) == (5 + len(BAD), 3, 2)
    rejects = [json.loads(line) for line in (out / "rejects.jsonl").read_text().splitlines()]
    assert {reject["id"]: reject["reason"] for reject in rejects} == {name: name for name in BAD}
    assert summary.rejects == dict.fromkeys(BAD, 1)
    (undefined,) = [reject["detail"] for reject in rejects if reject["id"] == "runtime_error"]
    assert "NameError" in undefined and "missing" in undefined
    assert json.loads((out / "summary.json").read_text())["train"] == 3


def test_verl_reads_the_rows(converted):
    from verl.utils.dataset.rl_dataset import RLHFDataset

    _, out = converted
    rows = datasets.load_dataset("parquet", data_files=str(out / "train.parquet"), cache_dir=str(out / "cache"))[
        "train"
    ]
    keys = {"processor": object(), "image_key": "images", "video_key": "videos", "audio_key": "audios"}
    for row in rows:
        (message,) = RLHFDataset._build_messages(SimpleNamespace(**keys), dict(row), "prompt")
        assert [part["type"] for part in message["content"]] == ["image", "text"]
        assert message["content"][0]["image"].size == (40, 30)
        assert message["content"][1]["text"].startswith("Redraw this chart.\nThe figure is figsize=(4, 3).")
        number = row["extra_info"]["id"].removeprefix("good")
        assert row["reward_model"]["ground_truth"] == GOOD.format(number)
        assert row["extra_info"]["split"] == "train" and row["extra_info"]["figsize"] == [4.0, 3.0]
        assert row["data_source"] == "chart2code"


def test_a_stopped_run_goes_on_and_another_split_judges_nothing_again(tmp_path, renderer):
    class Stopping:
        """The real renderer, until it is told to stop."""

        def __init__(self, runs: int) -> None:
            self.left, self.runs = runs, 0

        def render(self, program, options={}):  # noqa: B006
            if self.left == 0:
                raise KeyboardInterrupt
            self.left, self.runs = self.left - 1, self.runs + 1
            return renderer.render(program, options)

    source = write_source(tmp_path / "source", {f"good{i}": GOOD.format(i) for i in range(4)})
    with pytest.raises(KeyboardInterrupt):
        prepare(source, tmp_path / "out", Stopping(4), val=1, shard=2, workers=1, plan={})
    assert not (tmp_path / "out" / "train.parquet").exists()
    resumed = Stopping(99)
    prepare(source, tmp_path / "out", resumed, val=1, shard=2, workers=1, plan={})
    assert resumed.runs == 4, "two of four records were left, each is run twice"
    assert prepare(source, tmp_path / "out", Stopping(0), val=2, seed=5, shard=2, workers=1, plan={}).val == 2


def test_shards_of_other_settings_are_not_mixed(converted, renderer):
    _, out = converted
    with pytest.raises(InvalidInputError, match=r"made with timeout=10\.0, now it is 5\.0: .*--restart"):
        prepare(out.parent / "source", out, renderer, workers=1, shard=4, plan={"timeout": 5.0})


def test_the_split_follows_the_seed_and_never_overlaps(converted, renderer):
    _, out = converted

    def split(seed: int) -> tuple[set, set]:
        prepare(out.parent / "source", out, renderer, val=2, seed=seed, shard=4, **SETTINGS)
        ids = [
            {
                row["id"]
                for row in datasets.Dataset.from_parquet(str(out / f"{name}.parquet"), keep_in_memory=True)[
                    "extra_info"
                ]
            }
            for name in ("train", "val")
        ]
        return ids[0], ids[1]

    splits = {seed: split(seed) for seed in range(4)}
    assert all(train | val == {f"good{i}" for i in range(1, 6)} and not train & val for train, val in splits.values())
    assert len({frozenset(val) for _, val in splits.values()}) > 1
    assert split(0) == splits[0]


def test_too_few_rows_are_said(converted, renderer):
    _, out = converted
    with pytest.raises(InvalidInputError, match="5 of 14 records are kept"):
        prepare(out.parent / "source", out, renderer, val=5, shard=4, **SETTINGS)


def test_the_command_converts(tmp_path, capsys):
    programs = {"good1": GOOD.format(1), "good2": GOOD.format(2), "no_program": "no", "good1 again": GOOD.format(1)}
    source = write_source(tmp_path / "source", programs)
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    where = ["--source", str(source), "--out", str(tmp_path / "out")]
    options = ["--val", "1", "--workers", "1", "--policy", "permissive"]
    assert command.run(parser.parse_args(["prepare", "chart2code", *where, *options])) == 0
    said = capsys.readouterr()
    assert "4 records: 1 for training, 1 for validation" in said.out
    assert "1  left out: no_program" in said.out and "1  left out: seen_before" in said.out
    assert "4/4" in said.err, "progress was visible"
    with pytest.raises(InvalidInputError, match="--workers 0 must be at least 1"):
        command.run(parser.parse_args(["prepare", "chart2code", *where, "--workers", "0"]))


# --------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ('{"a": 1}', "holds a dict; expected a list"),
        ('[{"id": 1, "image": "a.png"}]', "record 0 is not .*KeyError: 'conversations'"),
        ('[{"id": 1, "image": "a.png", "conversations": [{"from": "human", "value": ""}]}]', "KeyError: 'gpt'"),
    ],
)
def test_another_form_is_refused_with_the_record_named(tmp_path, text, message):
    (tmp_path / RECORDS_FILE).write_text(text)
    with pytest.raises(InvalidInputError, match=message):
        read_records(tmp_path)


def test_a_folder_without_the_file_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match=f"has no {RECORDS_FILE}"):
        read_records(tmp_path)


def test_a_picture_outside_of_the_source_is_not_read(tmp_path):
    (tmp_path / "secret.png").write_bytes(picture())
    source = write_source(tmp_path / "source", {"good1": GOOD.format(1)})
    plain = json.loads((source / RECORDS_FILE).read_text())
    plain[0]["image"] = "../secret.png"
    (source / RECORDS_FILE).write_text(json.dumps(plain))
    assert read_records(source)[0].image is None


def test_large_pictures_are_scaled_down_and_small_ones_left_alone(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(picture(400, 200))
    assert read_picture(path, 400 * 200) == path.read_bytes()
    assert Image.open(io.BytesIO(read_picture(path, 20_000))).size == (200, 100)


@pytest.mark.parametrize(
    ("source", "size"),
    [
        ("plt.figure(figsize=(8, 4.5))", [8.0, 4.5]),
        ("fig, ax = plt.subplots(1, 2, figsize=[10, 5])", [10.0, 5.0]),
        ("plt.plot([1])", [6.4, 4.8]),
        ("w = 3\nplt.figure(figsize=(w, 2))", None),
        ("plt.figure(figsize=(1, 2))\nplt.figure(figsize=(3, 4))", None),
        ("fig.set_size_inches(3, 2)", None),
        ("plt.rcParams['figure.figsize'] = (3, 2)", None),
    ],
)
def test_the_figure_size_is_what_the_program_says(source, size):
    assert figure_size(source) == size
