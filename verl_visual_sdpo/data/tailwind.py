"""``visual-sdpo prepare tailwind``: Tailwind's published builds from npm, in a folder that the renderer serves from."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from verl_visual_sdpo.data.shards import replace_file
from verl_visual_sdpo.errors import InvalidInputError

PACKAGES = {
    "v2.css": ("tailwindcss@2.2.19", "package/dist/tailwind.min.css"),
    "v3.js": ("tailwindcss-cdn@3.4.10", "package/tailwindcss.js"),
    "v4.js": ("@tailwindcss/browser@4.3.3", "package/dist/index.global.js"),
}
"""File of the folder -> npm package and its member. Pinned: pages must look the same wherever they are shown."""
SECONDS = 300.0
LARGEST = 16 * 1024 * 1024  # bytes of a build


def prepare(out: Path, npm: str = "npm") -> list[Path]:
    """Write the builds into ``out`` and return their paths.

    Raises InvalidInputError where npm is missing, does not deliver, or a package holds no such file.
    """
    program = shutil.which(npm)
    if program is None:
        by_hand = ", ".join(f"{name}: {member} of {package}" for name, (package, member) in PACKAGES.items())
        raise InvalidInputError(f"{npm} is not installed (apt install npm); or put the files there by hand ({by_hand})")
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, (package, member) in PACKAGES.items():
        content = _member(program, package, member)
        replace_file(out / name, lambda part, content=content: part.write_bytes(content))
        written.append(out / name)
    return written


def _member(npm: str, package: str, member: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--json", "--ignore-scripts", "--pack-destination", folder, package]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, cwd=folder, check=False)
        except subprocess.TimeoutExpired as error:
            raise InvalidInputError(f"npm pack {package} took more than {SECONDS:.0f} s; is the network up?") from error
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            raise InvalidInputError(f"npm pack {package} failed: {_last(done.stderr) or _last(done.stdout)}")
        with tarfile.open(archives[0]) as archive:
            try:
                found = archive.extractfile(member)
            except KeyError:
                found = None
            content = found.read(LARGEST + 1) if found is not None else b""
    if not content or len(content) > LARGEST:
        raise InvalidInputError(f"{package} holds no usable {member}: {len(content)} bytes, at most {LARGEST}")
    return content


def _last(text: str) -> str:
    try:
        return str(json.loads(text)["error"]["summary"])
    except (ValueError, KeyError, TypeError):
        return " ".join(text.strip().splitlines()[-3:])[-300:]
