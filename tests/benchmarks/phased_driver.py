"""The chart driver with a stopwatch: says on its output what each part of a run took, in CPU seconds of the child."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

MARK = "PHASES "
PHASES = {
    "provenance hooks": ("chart_provenance.Recorder", ("creation", "mutation", "rc_write", "layout")),
    "scene reading": ("chart_scene.SceneBuilder", ("build",)),
    "record": ("chart_record", ("facts", "merge")),
    "encoding": ("chart_drawing", ("encode",)),
    "packing": ("chart_parcel.Parcel", ("pack",)),
    "unpacking": ("chart_derive._Unpacker", ("load",)),
    "unpacked: owners, methods, seal": ("chart_derive", ("_owners", "_unmask", "_check")),
}
"""Part -> (module or class, its functions). What a driver does not have is not timed; the outermost counts."""

_drivers = Path(importlib.util.find_spec("verl_visual_sdpo").submodule_search_locations[0])
sys.path.insert(0, str(_drivers / "inspection" / "render" / "drivers"))
_driver = importlib.import_module("chart")
_spent: Counter[str] = Counter()
_open: list[str] = []


def warm_up() -> None:
    _driver.warm_up()
    for phase, (place, names) in PHASES.items():
        module, _, cls = place.partition(".")
        if importlib.util.find_spec(module) is None:
            continue
        owner = importlib.import_module(module)
        owner = getattr(owner, cls, None) if cls else owner
        for name in names:
            if function := getattr(owner, name, None):
                setattr(owner, name, _timed(function, phase))
    if hasattr(_driver, "_encode"):
        _driver._encode = _timed(_driver._encode, "encoding")


def run(payload, write) -> None:
    """The report goes out with all that ends a run; writing it is the transport's part."""

    def timed_write(data: bytes) -> None:
        started = time.process_time()
        write(data)
        _spent["writing"] += time.process_time() - started

    started = time.process_time()
    _driver.run(payload, timed_write)
    _spent["run"] += time.process_time() - started
    os.write(1, f"\n{MARK}{json.dumps(_spent)}".encode())


def _timed(function, phase: str):
    def timed(*args, **kwargs):
        if phase in _open:
            return function(*args, **kwargs)
        _open.append(phase)
        started = time.process_time()
        try:
            return function(*args, **kwargs)
        finally:
            spent = time.process_time() - started
            _open.pop()
            _spent[phase] += spent
            if _open:  # counted once, for the inner one
                _spent[_open[-1]] -= spent

    return timed
