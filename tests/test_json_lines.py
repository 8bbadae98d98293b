"""Rows in files of lines: whatever a model's text holds comes back, and half a line is no row."""

import json

import pyarrow as pa

from verl_visual_sdpo.data.shards import Reject, judge_in_shards
from verl_visual_sdpo.json_lines import appended, as_line, rows_in

TEXTS = [
    "plain",
    "two\nlines\r\n",
    "a line\u2028and a paragraph\u2029 and a next line\x85",
    "half a letter \ud800",
    "é",
]


def test_what_is_written_is_read(tmp_path):
    path, rows = tmp_path / "rows.jsonl", [{"text": text, "n": n} for n, text in enumerate(TEXTS)]
    path.write_text("".join(map(as_line, rows)) + '{"text": "tor', encoding="utf-8")
    assert list(rows_in(path)) == rows
    assert [json.loads(line) for line in path.read_text().splitlines()[:-1]] == rows, "by other readers, too"
    assert list(rows_in(tmp_path / "none.jsonl")) == []


def test_a_row_does_not_hang_on_half_a_line(tmp_path):
    path, rows = tmp_path / "rows.jsonl", [{"n": 0}, {"n": 1}, {"n": 2}]
    path.write_text(as_line(rows[0]) + '{"n": 7')
    for row in rows[1:]:
        with appended(path) as append:
            append(row)
            assert list(rows_in(path))[-1] == row, "on disk at once"
    assert list(rows_in(path)) == rows
    with appended(path, anew=True) as append:
        append(rows[2])
    assert path.read_text() == as_line(rows[2])


def test_lines_that_others_wrote_end_where_they_end_them(tmp_path):
    path, rows = tmp_path / "0.jsonl", [{"output": TEXTS[2]}, {"output": TEXTS[4]}]
    plain = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join([plain[0], "[1]", plain[1][:-3], plain[1]]), encoding="utf-8")
    assert list(rows_in(path)) == rows


def test_why_a_record_was_left_out_survives_any_words(tmp_path):
    def judge(number):
        return Reject(number, str(number), "runtime_error", TEXTS[number])

    shards = judge_in_shards(
        range(len(TEXTS)), judge, tmp_path, schema=pa.schema({"index": pa.int64()}), plan={}, workers=1
    )
    assert [reject.detail for reject in shards.rejects()] == TEXTS
