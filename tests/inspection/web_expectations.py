"""What a written page says of itself, in comments at its foot: read here, and looked up in a rendering.

``<!-- owner "words" prop line -->``: the element that says the words is owned in ``prop`` by a statement on that line;
``no-owner``: nobody owns it in that. The other words are the heads of the functions below.
"""

from __future__ import annotations

import re
from pathlib import Path

from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.types import Element, Program, Rendering

PAGES = sorted((Path(__file__).parent / "web_pages").glob("*.html"))
_SAID = re.compile(r'^<!-- ([\w-]+) (?:"(.*?)" ?)?(.*?) ?-->$', re.MULTILINE)


def page(path: Path) -> tuple[Program, list[tuple[str, str, str]]]:
    """(the program without its expectations, (word, text, rest) of each)."""
    source = path.read_text(encoding="utf-8")
    expected = [match.groups("") for match in _SAID.finditer(source)]
    assert expected, f"{path.name} expects nothing"
    return bare_program(_SAID.sub("", source), "web"), expected


def mistakes(program: Program, rendering: Rendering, expected: list[tuple[str, str, str]]) -> list[str]:
    """Every expectation that does not hold, with what there is instead."""
    found = []
    for word, text, rest in expected:
        if wrong := _CHECKS[word](program, rendering.scenes[0].elements, text, rest):
            found.append(f'{word} "{text}" {rest}: {wrong}')
    return found


def saying(elements: tuple[Element, ...], text: str) -> Element | None:
    return next((e for e in elements if e.text == text), None)


def _owner(program: Program, elements: tuple[Element, ...], text: str, rest: str) -> str:
    prop, line = rest.split()
    element = saying(elements, text)
    if element is None:
        return f"no such text, but {sorted({e.text for e in elements if e.text})}"
    owners = [o for o in element.owners if (o.tie == "created" if prop == "created" else o.prop == prop)]
    lines = {program.statements[o.statement].line for o in owners}
    return "" if int(line) in lines else f"owned on lines {sorted(lines)}"


def _no_owner(program: Program, elements: tuple[Element, ...], text: str, rest: str) -> str:
    element = saying(elements, text)
    if element is None:
        return "no such text"
    lines = [program.statements[o.statement].line for o in element.owners if o.prop == rest and o.tie == "styled"]
    return f"owned on lines {lines}" if lines else ""


def _box_owner(program: Program, elements: tuple[Element, ...], text: str, rest: str) -> str:
    """The first box whose tag in the source has the class."""
    prop, line = rest.split()
    for element in elements:
        for owner in element.owners:
            span = program.statements[owner.statement].span
            if owner.tie == "created" and f'class="{text}"' in program.source[span.start : span.end]:
                lines = {program.statements[o.statement].line for o in element.owners if o.prop == prop}
                return "" if int(line) in lines else f"owned on lines {sorted(lines)}"
    return "no such box"


def _kind(program: Program, elements: tuple[Element, ...], text: str, rest: str) -> str:
    element = saying(elements, text)
    if element is None:
        return f"no such text, but {sorted({e.text for e in elements if e.text})}"
    return "" if element.kind == rest else element.kind


def _absent(program: Program, elements: tuple[Element, ...], text: str, rest: str) -> str:
    return "it is there" if any(text in e.text for e in elements) else ""


def _style(program: Program, elements: tuple[Element, ...], text: str, rest: str) -> str:
    name, _, wanted = rest.partition(" ")
    element = saying(elements, text)
    if element is None:
        return "no such text"
    value = element.style[name]
    return "" if str(value) == wanted.strip() else repr(value)


def _clip(program: Program, elements: tuple[Element, ...], text: str, rest: str) -> str:
    element = saying(elements, text)
    if element is None:
        return "no such text"
    clip = element.clip
    given = "none" if clip is None else " ".join(f"{v:g}" for v in (clip.left, clip.top, clip.right, clip.bottom))
    return "" if given == rest else given


def _layered(program: Program, elements: tuple[Element, ...], text: str, rest: str) -> str:
    element = saying(elements, text)
    return "" if element is not None and element.style["layered"] is True else "it is not"


def _legible(program: Program, elements: tuple[Element, ...], text: str, rest: str) -> str:
    element = saying(elements, text)
    return "it is not" if element is None or element.style.get("unreadable") else ""


def _illegible(program: Program, elements: tuple[Element, ...], text: str, rest: str) -> str:
    element = saying(elements, text)
    return "" if element is not None and element.style.get("unreadable") else "it is not"


def _panel(program: Program, elements: tuple[Element, ...], text: str, rest: str) -> str:
    element = saying(elements, text)
    kind = elements[element.panel].kind if element is not None and element.panel is not None else "none"
    return "" if kind == rest else kind


def _lines(program: Program, elements: tuple[Element, ...], text: str, rest: str) -> str:
    element = saying(elements, text)
    if element is None:
        return f"no such text, but {sorted({e.text for e in elements if e.text})}"
    count = len(element.outline) / 4
    return "" if count == int(rest) == element.style["lines"] else str(count)


def _images(program: Program, elements: tuple[Element, ...], text: str, rest: str) -> str:
    count = sum(e.kind == "image" for e in elements)
    return "" if count == int(rest) else str(count)


_CHECKS = {
    "owner": _owner,
    "no-owner": _no_owner,
    "box-owner": _box_owner,
    "kind": _kind,
    "absent": _absent,
    "style": _style,
    "clip": _clip,
    "layered": _layered,
    "legible": _legible,
    "illegible": _illegible,
    "panel": _panel,
    "lines": _lines,
    "images": _images,
}
