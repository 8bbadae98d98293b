"""Renderings of references: kept on disk, shared, bounded, and made again where they are spoilt."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection import reference
from verl_visual_sdpo.inspection.reference_store import PRUNE_EVERY, ReferenceStore, store_at
from verl_visual_sdpo.types import Execution, Rendering, Scene, Task

DRAWN = Rendering(Execution("ok", seconds=0.2), (Scene((4, 3), (), b"\x89PNG"),), {"texts": ["Größe", "\ud800"]})
KEPT = replace(DRAWN, scenes=(Scene((4, 3), ()),))


class CountingRenderer:
    """Hands out one rendering and counts how often it is asked."""

    layers = ()

    def __init__(self):
        self.asked = 0

    def render(self, program, options=()):
        self.asked += 1
        return DRAWN


@pytest.fixture
def fresh(monkeypatch):
    """Forgets what this process keeps in memory, as another process would not know it."""

    def forget():
        monkeypatch.setattr(reference, "_kept", type(reference._kept)())

    forget()
    monkeypatch.setattr(reference, "_store", [])
    return forget


def test_a_reference_is_rendered_once_a_machine(tmp_path, fresh):
    renderer, task = CountingRenderer(), Task("chart", reference="x = 1")
    reference.keep_references(tmp_path)
    for _ in range(3):
        assert reference.reference_of(task, renderer) == KEPT
        fresh()
    assert renderer.asked == 1
    reference.keep_references("off")
    assert reference.reference_of(task, renderer) == KEPT and renderer.asked == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda whole: whole[: len(whole) // 2],
        lambda whole: b"",
        lambda whole: b"not a digest\n{}",
        lambda whole: whole.replace(b"0.2", b"0.3"),
        lambda whole: b"\xff\xfe\n" + whole,
    ],
)
def test_what_is_spoilt_is_made_again(tmp_path, fresh, spoil):
    renderer, task = CountingRenderer(), Task("chart", reference="x = 1")
    reference.keep_references(tmp_path)
    reference.reference_of(task, renderer)
    (path,) = tmp_path.glob("*/*.json")
    whole = path.read_bytes()
    path.write_bytes(spoil(whole))
    fresh()
    assert reference.reference_of(task, renderer) == KEPT and renderer.asked == 2
    assert path.read_bytes() == whole


def test_a_folder_that_cannot_be_written_costs_the_saving_only(tmp_path, fresh, caplog):
    renderer = CountingRenderer()
    (tmp_path / "file").write_text("in the way")
    reference.keep_references(tmp_path / "file" / "folder")
    for number in range(3):
        assert reference.reference_of(Task("chart", reference=f"x = {number}"), renderer) == KEPT
    assert renderer.asked == 3 and caplog.text.count("not kept on disk") == 1


def test_the_oldest_unused_go_first_and_strays_with_them(tmp_path):
    store = ReferenceStore(tmp_path, max_mib=0.01)
    size = len(_body(KEPT)) + 65
    fitting = int(0.01 * (1 << 20)) // size
    assert fitting + 5 < PRUNE_EVERY, "or the store prunes itself while it is being filled"
    keys = [f"{number:02x}{'0' * 62}" for number in range(fitting + 5)]
    for age, key in enumerate(keys):
        store.put(key, DRAWN)
        os.utime(store._path(key), (age, age))
    stray = tmp_path / "00" / "killed.part"
    stray.write_text("half")
    os.utime(stray, (0, 0))
    assert store.get(keys[0]) == KEPT, "used: not the oldest any more"
    store.prune()
    left = [key for key in keys if store.get(key)]
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.json")) <= 0.01 * (1 << 20)
    assert keys[0] in left and keys[-1] in left and keys[1] not in left and not stray.exists()


def test_a_store_prunes_itself(tmp_path):
    store = ReferenceStore(tmp_path, max_mib=0.001)
    for number in range(PRUNE_EVERY + 1):
        store.put(f"{number:064x}", DRAWN)
    assert len(list(tmp_path.rglob("*.json"))) < PRUNE_EVERY


def test_threads_and_processes_share_a_folder(tmp_path):
    """Two processes and four threads write and read one key; every reader sees a whole rendering or none."""
    code = (
        "import sys; from pathlib import Path; from verl_visual_sdpo.inspection.reference_store import ReferenceStore\n"
        "from verl_visual_sdpo.types import Execution, Rendering, Scene\n"
        "store = ReferenceStore(Path(sys.argv[1]))\n"
        "for i in range(200):\n"
        "    store.put('ab' * 32, Rendering(Execution('ok', seconds=float(i % 7)), (Scene((4, 3), ()),), {'i': i}))\n"
        "    found = store.get('ab' * 32)\n"
        "    assert found is not None and found.execution.seconds == found.record['i'] % 7\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: subprocess.run(command, capture_output=True, text=True), range(2)))
    assert all(one.returncode == 0 and not one.stderr for one in found), found
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".json"]


def test_where_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("VISUAL_SDPO_REFERENCES", "off")
    assert store_at(None) is None and store_at(tmp_path).folder == tmp_path
    monkeypatch.setenv("VISUAL_SDPO_REFERENCES", str(tmp_path / "there"))
    assert store_at(None).folder == tmp_path / "there" and store_at("off") is None
    monkeypatch.delenv("VISUAL_SDPO_REFERENCES")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store_at(None).folder == tmp_path / "visual-sdpo" / "references"
    with pytest.raises(InvalidInputError, match="max_mib above 0, not 0"):
        ReferenceStore(tmp_path, max_mib=0)


def _body(rendering):
    from verl_visual_sdpo.serial import to_plain

    return json.dumps(to_plain(rendering, images=False), ensure_ascii=False).encode("utf-8", "surrogatepass")
