"""Instructions to rows of verl: every form of file, what is left out and why, and what the reward reads of a row."""

from __future__ import annotations

import json

import pyarrow
import pyarrow.parquet as parquet
import pytest

from verl_visual_sdpo.cli import main
from verl_visual_sdpo.data.aeslides import PROMPT, prepare, read_records
from verl_visual_sdpo.errors import InvalidInputError

TEXTS = [f"Make a slide about topic number {n}.\n- first point {n}\n- second point {n}" for n in range(6)]


def jsonl(folder, records, name="a.jsonl"):
    (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return folder


def test_rows_hold_the_prompt_and_what_the_reward_reads(tmp_path):
    source = jsonl(tmp_path, [{"id": f"s{n}", "instruction": text} for n, text in enumerate(TEXTS)])
    out = tmp_path / "out"
    assert main(["prepare", "aeslides", "--source", str(source), "--prompt-column", "instruction", "--out", str(out),
                 "--val", "2"]) == 0  # fmt: skip
    train, val = (parquet.read_table(out / f"{split}.parquet").to_pylist() for split in ("train", "val"))
    assert (len(train), len(val)) == (4, 2)
    row = train[0]
    said = row["extra_info"]["instruction"]
    assert said in TEXTS and row["prompt"] == [{"role": "user", "content": PROMPT.format(instruction=said)}]
    assert row["reward_model"] == {"style": "rule", "ground_truth": ""} and row["data_source"] == "aeslides"
    assert {r["extra_info"]["id"] for r in train + val} == {f"s{n}" for n in range(6)}
    assert json.loads((out / "summary.json").read_text()) == {"records": 6, "train": 4, "val": 2, "rejects": {}}
    again = list(read_records(out / "val.parquet", "prompt"))
    assert again == [(r["extra_info"]["id"], r["extra_info"]["instruction"]) for r in val], "as tasks of eval aeslides"


@pytest.mark.parametrize("form", ["parquet", "json", "jsonl"])
def test_every_form_of_file_reads_alike(tmp_path, form):
    records = [{"prompt": text} for text in TEXTS]
    if form == "parquet":
        parquet.write_table(pyarrow.Table.from_pylist(records), tmp_path / "a.parquet")
    elif form == "json":
        (tmp_path / "a.json").write_text(json.dumps(records))
    else:
        jsonl(tmp_path, records)
    assert [text for _, text in read_records(tmp_path, "prompt")] == TEXTS
    assert len(list(read_records(tmp_path, "prompt", limit=2))) == 2


def test_chat_messages_count_as_far_as_the_user_wrote_them(tmp_path):
    turns = [{"role": "system", "content": "You are"}, {"role": "user", "content": "A slide on tea"}]
    llava = [{"from": "human", "value": "A slide on mint"}, {"from": "gpt", "value": "done"}]
    jsonl(tmp_path, [{"prompt": turns}, {"prompt": llava}])
    assert [text for _, text in read_records(tmp_path, "prompt")] == ["A slide on tea", "A slide on mint"]


def test_what_is_left_out_is_counted(tmp_path):
    jsonl(tmp_path, [{"prompt": text} for text in [*TEXTS, TEXTS[0], " ", "x" * 90, None]])
    summary = prepare(tmp_path, tmp_path / "out", val=1, max_chars=80)
    assert summary.rejects == {"seen_before": 1, "empty": 2, "too_long": 1} and summary.train == 5


@pytest.mark.parametrize(("records", "named"), [
    ([{"text": "x"}], "no column 'prompt' \\(it has: text\\); name it with --prompt-column"),
    ([{"prompt": 3}], "holds a int"),
    ([["x"]], "it has: list"),
    ([{"prompt": "one"}], "1 of 1 instructions are kept, --val 5"),
])  # fmt: skip
def test_records_of_another_form_are_named(tmp_path, records, named):
    with pytest.raises(InvalidInputError, match=named):
        prepare(jsonl(tmp_path, records), tmp_path / "out", val=5)


def test_broken_and_missing_files_are_named(tmp_path):
    with pytest.raises(InvalidInputError, match="holds no .parquet, .jsonl, .json file"):
        prepare(tmp_path, tmp_path / "out")
    (tmp_path / "a.parquet").write_text("no parquet")
    with pytest.raises(InvalidInputError, match=r"a\.parquet cannot be read as parquet"):
        prepare(tmp_path, tmp_path / "out")
    (tmp_path / "b.jsonl").write_text('{"prompt": "one"}\n\n{broken\n')
    with pytest.raises(InvalidInputError, match=r"b\.jsonl cannot be read as jsonl: line 3 is no JSON"):
        list(read_records(tmp_path / "b.jsonl", "prompt"))
