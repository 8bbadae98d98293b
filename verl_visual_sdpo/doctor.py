"""What is installed, which sandbox layers hold, whether verl knows us: facts for people, each with its mend.

A check has one of three states: ``ok``; ``absent``, an optional part that is not installed; ``bad``, something that is
needed and does not hold. Only ``bad`` makes ``visual-sdpo doctor`` exit with 1.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from verl_visual_sdpo.errors import InvalidInputError, SandboxError, SandboxUnavailableError

PACKAGE = "verl_visual_sdpo"
EXTRAS = {"train": "training on CPU", "web": "web pages", "slide": "slides"}  # extra -> what it is for
IMPORT_LIMIT_S = 180.0  # verl imports in 10 s; a cold disk may take minutes
PROBE = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('doctor')\n"
PAGE_PROBE = "<!doctype html><title>doctor</title><h1>doctor</h1>"
SLIDE_PROBE = """
from pptx import Presentation
deck = Presentation()
deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "doctor"
"""
SLIDE_FONTS = {"Carlito": "Calibri", "Caladea": "Cambria"}  # font -> PowerPoint's, for which it stands
CJK_FONTS = ("*CJK*", "SourceHan*", "wqy-*", "DroidSansFallback*", "uming*", "ukai*", "ipag*", "ipam*")

# Importing verl alone must have loaded us through the entry point; only then are the registrations looked up.
PLUGIN_PROBE = """
import sys, verl
name = "verl_visual_sdpo.verl_plugin.register"
if name not in sys.modules:
    sys.exit("verl did not load the entry point; VERL_USE_EXTERNAL_PLUGINS must be unset, 'auto' or name it")
sys.modules[name].assert_registered()
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One fact: ``group`` and ``name`` say about what, ``state`` is ok, absent or bad, ``mend`` what to do about it."""

    group: str
    name: str
    state: str
    detail: str
    mend: str = ""


def checks() -> Iterator[Check]:
    """Every check, quick ones first, each as soon as it is known."""
    yield Check("python", "python", "ok", f"{platform.python_version()} on {platform.platform()}")
    yield from package_checks()
    yield from font_checks()
    yield from sandbox_checks()
    yield from web_checks()
    yield from slide_checks()
    yield from extension_checks()
    yield plugin_check()


def package_checks() -> Iterator[Check]:
    """Our requirements as the installed metadata states them: needed ones first, then those of each extra."""
    stated = [Requirement(line) for line in metadata.requires(PACKAGE) or ()]
    for extra in ("", *EXTRAS):
        seen = [r for r in stated if (r.marker is None) == (extra == "") and _applies(r, extra)]
        for requirement in seen:
            yield _package(requirement, extra)


def font_checks() -> Iterator[Check]:
    """The font that charts are drawn in by default; another one changes every text extent."""
    from matplotlib import font_manager

    known = {entry.name for entry in font_manager.fontManager.ttflist}
    if "DejaVu Sans" in known:
        yield Check("fonts", "DejaVu Sans", "ok", f"found; {len(known)} font families in all")
    else:
        yield Check("fonts", "DejaVu Sans", "bad", "not found", "reinstall matplotlib, which carries it")


def sandbox_checks() -> Iterator[Check]:
    """Start the strict sandbox, which attacks itself first; a line for each layer, then a chart drawn in it."""
    from verl_visual_sdpo.inspection.program import bare_program
    from verl_visual_sdpo.inspection.render.chart import ChartRenderer
    from verl_visual_sdpo.inspection.sandbox.layers import OWN_UID

    try:
        with ChartRenderer(workers=1, policy="strict") as renderer:
            lent = OWN_UID.name in renderer.layers
            yield from layer_checks({})
            yield own_uid_check(lent)
            execution = renderer.render(bare_program(PROBE)).execution
    except SandboxUnavailableError as error:
        yield from layer_checks(error.missing)
        mend = 'mend the layers above; policy="permissive" runs programs with less isolation, and warns'
        yield Check("sandbox", "strict policy", "bad", "refuses to run programs on this machine", mend)
        return
    except SandboxError as error:
        yield Check("sandbox", "a worker", "bad", str(error), "try again; please report it if it stays")
        return
    if execution.ok:
        yield Check("sandbox", "a chart", "ok", f"drawn in {execution.seconds:.2f} s")
    else:
        reason = execution.error.message if execution.error else "no message"
        yield Check("sandbox", "a chart", "bad", f"{execution.status}: {reason}", "please report this as a bug")


def layer_checks(missing: Mapping[str, str]) -> Iterator[Check]:
    """A line for each layer that the strict policy asks for. ``missing``: what got through, by layer."""
    from verl_visual_sdpo.inspection.sandbox.layers import CATALOGUE

    for layer in CATALOGUE:
        if layer.name in missing:
            yield Check("sandbox", layer.name, "bad", f"does not hold: {missing[layer.name]}", layer.mend)
        else:
            yield Check("sandbox", layer.name, "ok", f"holds: {layer.stops}")


def own_uid_check(lent: bool) -> Check:
    """A bonus: whether root lends programs a user of their own, and if not, why."""
    from verl_visual_sdpo.inspection.sandbox import jail, privileges
    from verl_visual_sdpo.inspection.sandbox.layers import OWN_UID

    loan = privileges.lend(Path(tempfile.gettempdir()) / "worker", jail.library_paths())
    if lent:
        reading = "; it keeps the right to read, which Landlock bounds" if loan.reads_all else ""
        return Check("sandbox", OWN_UID.name, "ok", f"lent: {OWN_UID.stops}{reading}")
    return Check("sandbox", OWN_UID.name, "absent", f"a bonus, not lent: {loan.why_not}", OWN_UID.mend)


def web_checks() -> Iterator[Check]:
    """The browser that pages are shown in: found, isolated (a line for each layer), and a page shown in it."""
    from verl_visual_sdpo.inspection.render.web import WebRenderer, layers

    if _version("playwright") is None:
        yield Check("web pages", "playwright", "absent", "not installed (for web pages)", "pip install -e '.[web]'")
        return
    from verl_visual_sdpo.inspection.program import bare_program

    try:
        with WebRenderer(workers=1, policy="strict") as renderer:
            lent = layers.BONUS in renderer.layers
            execution = renderer.render(bare_program(PAGE_PROBE, "web")).execution
    except InvalidInputError as error:  # there is no browser, or the one that is named cannot be run
        yield Check("web pages", "chromium", "absent", str(error))
        return
    except SandboxUnavailableError as error:
        yield from _web_layers(error.missing)
        mend = 'mend the layers above; policy="permissive" shows pages with less isolation, and warns'
        yield Check("web pages", "strict policy", "bad", "refuses to show pages on this machine", mend)
        return
    except SandboxError as error:
        yield Check("web pages", "a browser", "bad", str(error), "try again; please report it if it stays")
        return
    yield from _web_layers({})
    state, told = ("ok", "lent") if lent else ("absent", "a bonus, not lent")
    yield Check("web pages", layers.OWN_UID.name, state, f"{told}: {layers.OWN_UID.stops}", layers.OWN_UID.mend)
    if execution.ok:
        yield Check("web pages", "a page", "ok", f"shown in {execution.seconds:.2f} s")
    else:
        reason = execution.error.message if execution.error else "no message"
        yield Check("web pages", "a page", "bad", f"{execution.status}: {reason}", "please report this as a bug")


def _web_layers(missing: Mapping[str, str]) -> Iterator[Check]:
    from verl_visual_sdpo.inspection.render.web.layers import CATALOGUE

    for layer in CATALOGUE:
        if layer.name in missing:
            yield Check("web pages", layer.name, "bad", f"does not hold: {missing[layer.name]}", layer.mend)
        else:
            yield Check("web pages", layer.name, "ok", f"holds: {layer.stops}")


def slide_checks() -> Iterator[Check]:
    """LibreOffice and the fonts that slides are painted with, the layers around it, and a slide shown by it."""
    from verl_visual_sdpo.inspection.render.slide import INSTALL, SlideRenderer

    if _version("python-pptx") is None or _version("pypdfium2") is None:
        missing = "python-pptx and pypdfium2 are not both installed (for slides)"
        yield Check("slides", "packages", "absent", missing, "pip install -e '.[slide]'")
        return
    from verl_visual_sdpo.inspection.program import bare_program
    from verl_visual_sdpo.inspection.render.drivers.slide_lok import find_program

    folder = find_program()
    if folder is None:
        yield Check("slides", "LibreOffice", "absent", "not installed (for slides)", INSTALL)
        return
    yield Check("slides", "LibreOffice", "ok", str(folder))
    for font, wide in SLIDE_FONTS.items():
        if any(Path("/usr/share/fonts").rglob(f"{font}*")):
            yield Check("slides", font, "ok", f"its letters are as wide as {wide}'s")
        else:
            told = f"not found: {wide} is painted wider, and text seems not to fit that does"
            yield Check("slides", font, "absent", told, f"apt-get install fonts-crosextra-{font.lower()}")
    if any(path for pattern in CJK_FONTS for path in Path("/usr/share/fonts").rglob(pattern)):
        yield Check("slides", "CJK letters", "ok", "Chinese, Japanese and Korean are painted")
    else:
        told = "no font: Chinese, Japanese and Korean are painted as empty boxes, and a teacher sees those"
        yield Check("slides", "CJK letters", "absent", told, "apt-get install fonts-noto-cjk")
    try:
        with SlideRenderer(workers=1, policy="strict") as renderer:
            held = ", ".join(renderer.layers)
            execution = renderer.render(bare_program(SLIDE_PROBE, "slide")).execution
    except SandboxUnavailableError as error:
        mend = 'mend the layers above; policy="permissive" shows slides with less isolation, and warns'
        yield Check("slides", "strict policy", "bad", str(error), mend)
        return
    except SandboxError as error:
        yield Check("slides", "a worker", "bad", str(error), "try again; please report it if it stays")
        return
    yield Check("slides", "layers", "ok", f"hold around programs and around LibreOffice: {held}")
    if execution.ok:
        yield Check("slides", "a slide", "ok", f"shown in {execution.seconds:.2f} s")
    else:
        reason = execution.error.message if execution.error else "no message"
        yield Check("slides", "a slide", "bad", f"{execution.status}: {reason}", "please report this as a bug")


def extension_checks() -> Iterator[Check]:
    """What other installed packages add to ours, each loaded; nothing where there is none."""
    from verl_visual_sdpo import extensions

    for group in (extensions.DOMAINS, extensions.LANGUAGES, extensions.DETECTORS):
        kind = group.rpartition(".")[2].removesuffix("s")
        for name in extensions.names(group):
            try:
                extensions.extension(group, name)
            except InvalidInputError as error:
                yield Check("extensions", name, "bad", str(error), "mend or uninstall that package")
            else:
                yield Check("extensions", name, "ok", f"a {kind} of another package; it loads")


def plugin_check() -> Check:
    """Whether a process that imports verl has our trainer, engines and platform (in a process of its own)."""
    name = "entry point and registries"
    if _version("verl") is None:
        return Check("verl plug-in", name, "absent", "verl is not installed", "pip install -e '.[train]'")
    try:
        done = subprocess.run(
            [sys.executable, "-c", PLUGIN_PROBE], capture_output=True, text=True, timeout=IMPORT_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return Check("verl plug-in", name, "bad", f"verl did not import within {IMPORT_LIMIT_S:g} s", "try again")
    if done.returncode == 0:
        return Check("verl plug-in", name, "ok", "verl loads and knows us")
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return Check("verl plug-in", name, "bad", last, f"pip install -e '.[train]', then python -c '{'import verl'}'")


def _package(requirement: Requirement, extra: str) -> Check:
    found = _version(requirement.name)
    purpose = f" (for {EXTRAS[extra]})" if extra else ""
    install = f"pip install -e '.[{extra}]'" if extra else f"pip install '{requirement.name}{requirement.specifier}'"
    if found is None:
        return Check("packages", requirement.name, "absent" if extra else "bad", f"not installed{purpose}", install)
    if not requirement.specifier.contains(found, prereleases=True):
        return Check("packages", requirement.name, "bad", f"{found}, tested with {requirement.specifier}", install)
    return Check("packages", requirement.name, "ok", found)


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
