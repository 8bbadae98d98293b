"""LibreOffice killed, hung and crashing amid its work: every job is answered, as if nothing had been or as nobody's
fault but ours, and nothing is left behind."""

import contextlib
import os
import signal
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from slide_room import HEAD, needs_office, program

from verl_visual_sdpo.errors import SandboxError
from verl_visual_sdpo.inspection.render.slide import SlideRenderer
from verl_visual_sdpo.inspection.sandbox import Upkeep, worker

pytestmark = needs_office

MANY = """
for n in range(15):
    slide = prs.slides.add_slide(prs.slide_layouts[1])
    slide.shapes.title.text = f"slide {n} of {NAME}"
    slide.placeholders[1].text = "\\n".join(f"point {k} of several" for k in range(6))
"""


def deck(name: str, slides: bool = True):
    """A deck over which LibreOffice sits for a while; only its first slides are read."""
    return program((f"NAME = {name!r}\n" + MANY) if slides else "", HEAD)


def told(rendering):
    return [e.text for scene in rendering.scenes for e in scene.elements]


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A renderer whose temporary files lie where they can be counted; at the end nothing of it may be left."""
    folder = tmp_path_factory.mktemp("office")
    others = set(children(os.getpid(), named="visual_sdpo"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        with SlideRenderer(cache_size=0, upkeep=Upkeep(pause=0.0, retries=4)) as renderer:
            _ = renderer.layers  # started
            renderer.others = others
            yield renderer
    assert not [*folder.iterdir()], "folders are left"
    assert not set(children(os.getpid(), named="visual_sdpo")) - others, "processes are left"


def children(pid: int, named: str = "") -> list[int]:
    """The processes that a process has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            text = stat.read_text()
            if int(text.rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    if named:
        found = [p for p in found if named.encode() in _command(p)]
    return found


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def workers(renderer) -> list[int]:
    """The warm parents in which LibreOffice is loaded."""
    mine = set(children(os.getpid(), named="visual_sdpo")) - renderer.others
    return [p for p in mine if b"slide_office" in _command(p)]


class Meddler(threading.Thread):
    """Sends signals to LibreOffice's jobs (or, ``parents``, to their parents), ``times`` times, a moment after one has
    begun."""

    def __init__(self, number: int, times: int, renderer, parents: bool = False) -> None:
        super().__init__(daemon=True)
        self.number, self.left, self.renderer, self.parents = number, times, renderer, parents
        self.done, self.ended = [], threading.Event()

    def run(self) -> None:
        while self.left and not self.ended.is_set():
            for parent in workers(self.renderer):
                for job in children(parent):
                    if job not in self.done and self.left and not self.ended.wait(0.05):
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(parent if self.parents else job, self.number)
                            self.done.append(job)
                            self.left -= 1
            time.sleep(0.005)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


@pytest.mark.parametrize(
    ("number", "times", "parents"),
    [
        pytest.param(signal.SIGKILL, 1, False, id="job-killed"),
        pytest.param(signal.SIGKILL, 2, True, id="parent-killed"),
        pytest.param(signal.SIGSEGV, 1, False, id="job-crashed"),
    ],
)
def test_a_job_is_done_again(office, number, times, parents):
    with Meddler(number, times, office, parents) as meddler:
        rendering = office.render(deck("mine"), {"max_slides": 2})
    assert meddler.left == 0, "nothing was disturbed"
    assert rendering.execution.ok and "slide 0 of mine" in told(rendering)


def test_a_hung_job_is_ended_and_done_again(office, monkeypatch):
    monkeypatch.setattr(office._office, "limits", worker.Limits(seconds=3.0, open_files=256))
    with Meddler(signal.SIGSTOP, 1, office) as meddler:
        rendering = office.render(deck("hung"), {"max_slides": 1})
    assert meddler.left == 0 and rendering.execution.ok
    assert not any(os.path.exists(f"/proc/{job}") for job in meddler.done)


def test_a_hung_parent_is_replaced(office, monkeypatch):
    before = workers(office)
    with Meddler(signal.SIGSTOP, 1, office, parents=True) as meddler:
        monkeypatch.setattr(worker, "GRACE_SECONDS", 1.0)
        monkeypatch.setattr(office._office, "limits", worker.Limits(seconds=2.0, open_files=256))
        ask = worker.Worker.ask

        def impatient(self, request):
            with monkeypatch.context() as context:
                context.setattr(worker, "START_SECONDS", 1.0)  # not for the start of the next one
                return ask(self, request)

        monkeypatch.setattr(worker.Worker, "ask", impatient)
        rendering = office.render(deck("mine"), {"max_slides": 1})
    assert meddler.left == 0 and rendering.execution.ok
    assert not set(before) & set(workers(office))


def test_a_deck_over_which_it_fails_twice_is_the_decks_fault(office):
    with Meddler(signal.SIGSEGV, 2, office):
        execution = office.render(deck("bad"), {"max_slides": 1}).execution
    assert (execution.status, execution.error.type) == ("no_output", "CannotBeShown")
    assert office.render(deck("good"), {"max_slides": 1}).execution.ok


def test_a_libreoffice_that_always_fails_is_nobodys_fault_but_ours(office, monkeypatch):
    run = office._office.run

    def failing(payload, **kwargs):  # the sample of our own, which tells whether it is well, is too quick for a meddler
        return run(payload | {"width": "wide"}, **kwargs)

    monkeypatch.setattr(office._office, "run", failing)
    with pytest.raises(SandboxError, match="does not show a deck of our own"):
        office.render(deck("mine"))


def test_a_batch_among_disturbances(office):
    names = [f"deck {n}" for n in range(6)]
    with Meddler(signal.SIGKILL, 3, office) as meddler, ThreadPoolExecutor(3) as threads:
        found = list(threads.map(lambda name: office.render(deck(name), {"max_slides": 2}), names))
    assert meddler.left == 0
    assert [f"slide 0 of {name}" in told(rendering) for name, rendering in zip(names, found)] == [True] * 6


def test_a_worker_is_replaced_after_its_jobs(office, monkeypatch):
    monkeypatch.setattr(office._office, "upkeep", Upkeep(jobs=1))
    before = workers(office)
    assert office.render(deck("last", slides=False)).execution.ok
    assert office.office_statistics.recycled == {"jobs": 1}
    assert not set(before) & set(workers(office))
