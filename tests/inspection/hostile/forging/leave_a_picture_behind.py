# forging: files that a later job could find and hand over
# expect: harmless
from pathlib import Path

for folder in (Path("."), Path("..") / "job", Path.home(), Path("/tmp")):
    for name in ("chart.png", "result", "figure.pickle", "matplotlibrc", "sitecustomize.py"):
        try:
            (folder / name).write_bytes(b"left behind")
        except OSError:
            pass
