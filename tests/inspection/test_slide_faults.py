"""LibreOffice killed, hung and crashing amid its work: every job is answered, as if nothing had been or as nobody's
fault but ours, and nothing is left behind."""

import contextlib
import os
import signal
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from slide_room import HEAD, needs_office, program
from waiting import children, command, wait_for_end

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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        with SlideRenderer(cache_size=0, upkeep=Upkeep(pause=0.0, retries=4)) as renderer:
            _ = renderer.layers  # started
            renderer.folder = folder
            yield renderer
            mine = of(renderer)
            assert mine
    for process in mine:
        wait_for_end(process)
    assert not [*folder.iterdir()], "folders are left"


def of(renderer) -> list[int]:
    """The warm parents of a renderer: their command lines name their folders."""
    return [pid for pid in children(os.getpid()) if str(renderer.folder) in command(pid)]


def workers(renderer) -> list[int]:
    """Those in which LibreOffice is loaded."""
    return [pid for pid in of(renderer) if "slide_office" in command(pid)]


class Meddler(threading.Thread):
    """Sends signals to LibreOffice's jobs (or, ``parents``, to their parents), ``times`` times, once one is at its
    deck."""

    def __init__(self, number: int, times: int, renderer, parents: bool = False) -> None:
        super().__init__(daemon=True)
        self.number, self.left, self.renderer, self.parents = number, times, renderer, parents
        self.done, self.ended = [], threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.002):
            for parent in workers(self.renderer):
                at_work = os.path.exists(f"/proc/{parent}/cwd/job/deck.pptx")
                for job in children(parent) if at_work else ():
                    self._meet(parent, job)

    def _meet(self, parent: int, job: int) -> None:
        again = job in self.done and self.number == signal.SIGSTOP  # who counts its files lets it go on
        if again or (job not in self.done and self.left):
            with contextlib.suppress(ProcessLookupError):
                os.kill(parent if self.parents else job, self.number)
                if not again:
                    self.done.append(job)
                    self.left -= 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


def disturbed(office, number: int, times: int, render, parents: bool = False):
    """What ``render()`` gave when a meddler had struck so often, on a busy machine not at its first look."""
    for _ in range(20):
        with Meddler(number, times, office, parents) as meddler:
            rendering = render()
        if not meddler.left:
            return rendering, meddler
        assert rendering.execution.ok
    raise AssertionError("nothing was disturbed in twenty runs")


@pytest.mark.parametrize(
    ("number", "times", "parents"),
    [
        pytest.param(signal.SIGKILL, 1, False, id="job-killed"),
        pytest.param(signal.SIGKILL, 2, True, id="parent-killed"),
        pytest.param(signal.SIGSEGV, 1, False, id="job-crashed"),
    ],
)
def test_a_job_is_done_again(office, number, times, parents):
    rendering, _ = disturbed(office, number, times, lambda: office.render(deck("mine"), {"max_slides": 2}), parents)
    assert rendering.execution.ok and "slide 0 of mine" in told(rendering)


def test_a_hung_job_is_ended_and_done_again(office, monkeypatch):
    run, ends = office._office.run, []

    def hurried(payload):
        """Two seconds for one that may hang, all the time that it needs for the next."""
        outcome = run(payload, seconds=2.0 if ends[-1:] in ([], ["done"]) else None)
        ends.append(outcome.end)
        return outcome

    monkeypatch.setattr(office._office, "run", hurried)
    rendering, meddler = disturbed(office, signal.SIGSTOP, 1, lambda: office.render(deck("hung"), {"max_slides": 1}))
    assert rendering.execution.ok and ends[-2:] == ["timeout", "done"]
    for job in meddler.done:
        wait_for_end(job)


def test_a_hung_parent_is_replaced(office, monkeypatch):
    before, ask = [], worker.Worker.ask

    def impatient(self, request):
        """Two seconds for those that may hang; whoever comes in their place has all the time it needs."""
        if self.pid not in before:
            return ask(self, request)
        with monkeypatch.context() as context:
            context.setattr(worker, "GRACE_SECONDS", 0.5)
            context.setattr(worker, "START_SECONDS", 0.5)
            return ask(self, request | {"limits": request["limits"] | {"seconds": 1.0}})

    def render():
        before[:] = workers(office)
        return office.render(deck("mine"), {"max_slides": 1})

    monkeypatch.setattr(worker.Worker, "ask", impatient)
    rendering, _ = disturbed(office, signal.SIGSTOP, 1, render, parents=True)
    assert rendering.execution.ok
    assert not set(before) & set(workers(office))


def test_a_deck_over_which_it_fails_twice_is_the_decks_fault(office):
    rendering, _ = disturbed(office, signal.SIGSEGV, 2, lambda: office.render(deck("bad"), {"max_slides": 1}))
    execution = rendering.execution
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
        for _ in range(20):  # six decks are enough, if the meddler is not kept from looking
            found = list(threads.map(lambda name: office.render(deck(name), {"max_slides": 2}), names))
            assert [f"slide 0 of {name}" in told(rendering) for name, rendering in zip(names, found)] == [True] * 6
            if not meddler.left:
                break
    assert meddler.left == 0, "nothing was disturbed"


def test_a_worker_is_replaced_after_its_jobs(office, monkeypatch):
    monkeypatch.setattr(office._office, "upkeep", Upkeep(jobs=1))
    before = workers(office)
    assert office.render(deck("last", slides=False)).execution.ok
    assert office.office_statistics.recycled == {"jobs": 1}
    assert not set(before) & set(workers(office))
