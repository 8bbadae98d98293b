"""WebCode2M and WebSight to verl rows, from small files in their own formats."""

from __future__ import annotations

import io
import json

import datasets
import pyarrow.parquet as pq
import pytest
from PIL import Image

from verl_visual_sdpo.cli import main
from verl_visual_sdpo.data.web_pages import stream, with_placeholders
from verl_visual_sdpo.errors import InvalidInputError


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(out, "PNG")
    return out.getvalue()


def page(words: str, extra: str = "") -> str:
    return f"<!DOCTYPE html><html><body style='margin: 20px'>{extra}<h1>{words}</h1><p>{words} again.</p></body></html>"


def webcode2m_rows():
    html = {
        "kept one": page("Opening hours of the library"),
        "kept two": page("A harbour in winter", '<img src="https://example.org/a_400x300.jpg">'),
        "kept three": page("Contact the small office"),
        "other tongue": page("Öffnungszeiten der Bibliothek"),
        "poor": page("A page of low quality here"),
        "too long": page("word " * 3000),
        "kept one again": page("Opening hours of the library") + "\n\n",
        "no text": "<html><body><div style='height: 50px; background: red'></div></body></html>",
    }
    for number, (name, text) in enumerate(html.items()):
        yield {
            "image": {"bytes": png(), "path": None},
            "bbox": json.dumps({"type": "body", "children": []}),
            "text": text,
            "score": 1.0 if name == "poor" else 4.0,
            "scale": [1280, 800],
            "lang": "de" if name == "other tongue" else "en",
            "tokens": [10, 20],
            "hash": f"hash{number}",
        }


@pytest.fixture(scope="module")
def webcode2m(tmp_path_factory):
    folder = tmp_path_factory.mktemp("webcode2m") / "data"
    folder.mkdir()
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "bbox": datasets.Value("string"),
            "text": datasets.Value("string"),
            "score": datasets.Value("float64"),
            "scale": datasets.List(datasets.Value("int64")),
            "lang": datasets.Value("string"),
            "tokens": datasets.List(datasets.Value("int64")),
            "hash": datasets.Value("string"),
        }
    )
    rows = list(webcode2m_rows())
    for part, chosen in enumerate((rows[:4], rows[4:])):
        path = folder / f"train-{part:05d}-of-00002.parquet"
        datasets.Dataset.from_list(chosen, features=features).to_parquet(path)
    return folder.parent


def test_webcode2m_becomes_rows_that_verl_reads(webcode2m, tmp_path, capsys):
    command = ["prepare", "webcode2m", "--source", str(webcode2m), "--out", str(tmp_path), "--val", "1"]
    command += ["--workers", "1", "--policy", "permissive", "--min-score", "2", "--timeout", "30"]
    assert main(command) == 0
    assert "8 records: 2 for training, 1 for validation" in capsys.readouterr().out
    rows = pq.read_table(tmp_path / "train.parquet").to_pylist() + pq.read_table(tmp_path / "val.parquet").to_pylist()
    assert {row["extra_info"]["id"] for row in rows} == {"hash0", "hash1", "hash2"}
    for row in rows:
        assert row["ability"] == "web" and row["data_source"] == "webcode2m"
        assert row["prompt"][0]["content"].count("<image>") == 1
        with Image.open(io.BytesIO(row["images"][0]["bytes"])) as picture:
            assert picture.width <= 1280 and picture.width * picture.height <= 1024 * 1024, "our own rendering"
    texts = [row["reward_model"]["ground_truth"] for row in rows]
    assert any("https://placehold.co/400x300" in text for text in texts)
    assert not any("example.org" in text for text in texts)
    rejects = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    reasons = ["language", "score", "too_long", "seen_before", "little_text"]
    assert [(reject["index"], reject["reason"]) for reject in rejects] == list(enumerate(reasons, 3))
    assert rejects[3]["detail"] == "the same html as record 0"
    assert main(command) == 0, "all shards are there"
    with pytest.raises(SystemExit):
        main(["prepare", "chart2code", "--lang", "en"])


def test_websight_leaves_out_what_needs_a_tailwind_that_is_not_there(tmp_path, capsys):
    source = tmp_path / "websight.jsonl"
    tailwind = '<script src="https://cdn.tailwindcss.com"></script>'
    texts = [page("A bakery by the sea"), page("A page with classes", tailwind), page("A club of runners")]
    lines = [{"text": text, "llm_generated_idea": f"idea {n}"} for n, text in enumerate(texts)]
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    command = ["prepare", "websight", "--source", str(source), "--out", str(tmp_path / "out"), "--val", "1"]
    assert main([*command, "--workers", "1", "--policy", "permissive", "--timeout", "30"]) == 0
    shown = capsys.readouterr().out
    assert "3 records: 1 for training, 1 for validation" in shown and "tailwind" in shown


def test_pictures_keep_their_size():
    html = (
        '<img src="https://a.org/x.png" width="120" height="80"><img src=hero.jpg><img src="data:image/png;base64,AA">'
        '<div style="background: url(https://b.org/640x480/c.png)"></div>'
    )
    found = with_placeholders(html)
    assert 'src="https://placehold.co/120x80"' in found and 'src="https://placehold.co/320x240"' in found
    assert "data:image/png;base64,AA" in found and "url(https://placehold.co/640x480)" in found


def test_what_is_no_data_set_is_said(tmp_path):
    with pytest.raises(InvalidInputError, match="holds no"):
        stream(str(tmp_path), ["text"])
    with pytest.raises(InvalidInputError, match="neither a folder"):
        stream("nowhere", ["text"])
    (tmp_path / "a.jsonl").write_text('{"html": "x"}\n')
    with pytest.raises(InvalidInputError, match="has no column text"):
        stream(str(tmp_path), ["text"])


def test_a_broken_file_is_named_not_traced(tmp_path):
    path = tmp_path / "cut.jsonl"
    path.write_text(json.dumps({"text": page("A page")}) + '\n{"text": "<htm', encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"cut\.jsonl cannot be read"):
        list(stream(str(path), ("text",)))
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InvalidInputError, match=r"cut\.parquet cannot be read"):
        list(stream(str(tmp_path / "cut.parquet"), ("text",)))


def test_a_hub_out_of_reach_is_said(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    with pytest.raises(InvalidInputError, match="owner/name cannot be read: .*; look at the name and the network"):
        stream("owner/name", ("text",))
