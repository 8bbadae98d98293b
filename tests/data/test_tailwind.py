"""``visual-sdpo prepare tailwind``: from npm's archives to the folder that the renderer serves from."""

from __future__ import annotations

import io
import json
import sys
import tarfile

import pytest

from verl_visual_sdpo.cli import main
from verl_visual_sdpo.data.tailwind import PACKAGES, prepare
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.render.web.tailwind import BUILDS, Tailwind, wanted


def npm(folder, says: str) -> str:
    """A program in npm's place: it cannot be asked for packages where there is no network."""
    program = folder / "npm"
    program.write_text(f"#!{sys.executable}\nimport shutil, sys\nwords = sys.argv\n{says}\n")
    program.chmod(0o755)
    return str(program)


def archive(folder, members: dict[str, bytes]) -> str:
    with tarfile.open(folder / "made.tgz", "w:gz") as file:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return str(folder / "made.tgz")


def test_builds_are_taken_out_of_their_packages(tmp_path):
    made = archive(tmp_path, {member: member.encode() for _, member in PACKAGES.values()})
    copied = f"shutil.copy({made!r}, words[words.index('--pack-destination') + 1])"
    written = prepare(tmp_path / "out", npm(tmp_path, copied))
    assert [path.name for path in written] == list(BUILDS)
    assert Tailwind.at(str(tmp_path / "out")).answer("v4.js")[0] == b"package/dist/index.global.js"


def test_what_npm_cannot_do_is_said(tmp_path, monkeypatch, capsys):
    refusal = json.dumps({"error": {"summary": "404 no such package"}})
    with pytest.raises(InvalidInputError, match="tailwindcss@2.2.19 failed: 404 no such package"):
        prepare(tmp_path, npm(tmp_path, f"print({refusal!r}); sys.exit(1)"))
    empty = (
        f"shutil.copy({archive(tmp_path, {'package/readme': b'x'})!r}, words[words.index('--pack-destination') + 1])"
    )
    with pytest.raises(InvalidInputError, match="holds no usable package/dist/tailwind.min.css"):
        prepare(tmp_path, npm(tmp_path, empty))
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert main(["prepare", "tailwind", "--out", str(tmp_path)]) == 2
    assert "npm is not installed" in capsys.readouterr().err
    assert main(["prepare", "websight", "--out", str(tmp_path)]) == 2
    assert "needs --source" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "kind", "build"),
    [
        ("https://cdn.example/npm/tailwindcss@2.2.19/dist/tailwind.min.css", "stylesheet", "v2.css"),
        ("https://cdn.tailwindcss.com/", "script", "v3.js"),
        ("https://cdn.tailwindcss.com/3.4.1?plugins=forms", "script", "v3.js"),
        ("https://cdn.example/@tailwindcss/browser@4", "script", "v4.js"),
        ("https://cdn.tailwindcss.com/", "stylesheet", None),
        ("https://page.invalid/tailwind.css", "stylesheet", None),
        ("https://example.org/app.js?theme=tailwind", "script", None),
    ],
)
def test_which_build_a_page_asks_for(address, kind, build):
    assert wanted(address, kind, "page.invalid") == build
