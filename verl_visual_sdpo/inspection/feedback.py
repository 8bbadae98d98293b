"""What a teacher reads about a response: the rubric (compact JSON) and the words (numbered sentences).

The rubric follows the paper: defects and similarities, no word about source (the token weights carry the blame). A
failed run has no picture to inspect, so its status, error and the line it failed at stand there instead; that line is
the program's own and a part of the error text. Budgets keep both short: the most severe defects stay, and ``more`` says
how many were left out, so that a short rubric is never mistaken for a clean picture.

Example::

    {"defects":[{"what":"text-overlap","severity":0.62,"of":["title: Sales","text: up"],"measured":0.4,"required":0.0}],
     "likeness":{"text":0.8,"layout":1.0,"type":1.0,"color":0.93}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.detect.slides import is_deck
from verl_visual_sdpo.types import Defect, Element, Execution, Feedback, Program, Scene, telling_page

STATUS_WORDS = {
    "syntax_error": "The program is not valid code.",
    "runtime_error": "The program failed while it ran.",
    "timeout": "The program did not finish in time.",
    "memory": "The program needed more memory than it may use.",
    "forbidden": "The program did something that programs here may not do.",
    "no_program": "The response holds no program.",
    "no_output": "The program ran but drew no picture.",
}

CLOSING = {"likeness": "Likeness to the reference", "look": "How it looks, 1 is best"}
LOOKS = {
    "aspect": "right shape of slide",
    "whitespace": "room that is used",
    "collision": "free of collisions",
    "imbalance": "balance",
}
"""Terms that are called by what they look out for, in words of which more is better: who reads "whitespace 0.00" would
take the slide for crowded."""

SHORTEST = 20  # characters; no row of the rubric and no sentence is shorter, which bounds how many can fit


@dataclass(frozen=True, slots=True)
class Budget:
    """How long feedback may be. ``rubric_chars`` and ``words_chars`` bound the two texts, ``elements`` the elements
    named per defect, ``text_chars`` what is quoted of one element or line, ``traceback_lines`` the end of a traceback.

    At least one defect is always told, so a rubric may exceed a budget too small for it.
    """

    rubric_chars: int = 1200
    words_chars: int = 1200
    elements: int = 3
    text_chars: int = 40
    traceback_lines: int = 4

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) < 1:
                raise InvalidInputError(f"feedback budget {name}={getattr(self, name)} must be at least 1")


def write_feedback(
    program: Program,
    execution: Execution,
    scenes: Sequence[Scene],
    defects: Sequence[Defect],
    likeness: Mapping[str, float | None],
    budget: Budget = Budget(),  # noqa: B008 - frozen
) -> Feedback:
    """Rubric and words for one analysed response; ``likeness`` maps term -> value (empty: no reference)."""
    if not execution.ok:
        return _of_failure(program, execution, budget)
    worst_first = sorted(defects, key=lambda d: -d.severity)
    rubric, words = (write(worst_first, scenes, likeness, budget) for write in (_rubric, _words))
    return Feedback(_readable(rubric), _readable(words))


def describe(element: Element, text_chars: int = 40) -> str:
    """An element as people name it: ``title: Sales by year``, ``tick-label (x): 2019``, ``line``, ``box <section>``."""
    kind = f"{element.kind} ({element.style['axis']})" if element.style.get("axis") else element.kind
    text = " ".join(element.text.split())
    if not text and element.style.get("tag"):
        return f"{kind} <{element.style['tag']}>"
    return f"{kind}: {shorten(text, text_chars)}" if text else kind


def shorten(text: str, chars: int) -> str:
    """``text`` in at most ``chars`` characters; three dots (plain ASCII, for small vocabularies) mark a cut."""
    return text if len(text) <= chars else text[: max(chars - 3, 0)] + "..."[:chars]


# --------------------------------------------------------------------------- a picture was drawn


def _rubric(defects: Sequence[Defect], scenes: Sequence[Scene], likeness: Mapping, budget: Budget) -> str:
    rows = [_row(defect, scenes, budget) for defect in defects[: budget.rubric_chars // SHORTEST + 1]]
    heading, terms = _named(likeness)
    similarities = {term: round(value, 2) for term, value in terms.items()}
    for kept in range(len(rows), -1, -1):
        table: dict[str, Any] = {"defects": rows[:kept]}
        if kept < len(defects):
            table["more"] = len(defects) - kept
        if similarities:
            table[heading] = similarities
        if len(scenes) > 1:
            table["picture"] = _shown(defects, scenes)
        text = _compact(table)
        if len(text) <= budget.rubric_chars or kept <= 1:
            return text
    return text


def _row(defect: Defect, scenes: Sequence[Scene], budget: Budget) -> dict[str, Any]:
    row = {
        "what": defect.detector,
        "severity": round(defect.severity, 2),
        "of": [describe(e, budget.text_chars) for e in _elements(defect, scenes)[: budget.elements]],
        "measured": _figure(defect.measured),
        "required": _figure(defect.required),
    }
    return row if defect.page == 0 else {**row, "page": defect.page + 1}


def _words(defects: Sequence[Defect], scenes: Sequence[Scene], likeness: Mapping, budget: Budget) -> str:
    candidates = defects[: budget.words_chars // SHORTEST + 1]
    sentences = [f"{n}. {_sentence(defect, scenes, budget)}" for n, defect in enumerate(candidates, 1)]
    closing = []
    if not sentences:
        closing.append("No defects were found in the picture.")
    heading, terms = _named(likeness)
    if terms:
        closing.append(f"{CLOSING[heading]}: " + ", ".join(f"{t} {v:.2f}" for t, v in terms.items()) + ".")
    if len(scenes) > 1:
        closing.append(f"The picture shows {_shown(defects, scenes)}.")
    for kept in range(len(sentences), -1, -1):
        rest = len(defects) - kept
        more = [f"{rest} more {'defect' if rest == 1 else 'defects'}."] if rest else []
        text = "\n".join([*sentences[:kept], *more, *closing])
        if len(text) <= budget.words_chars or kept <= 1:
            break
    return text


def _sentence(defect: Defect, scenes: Sequence[Scene], budget: Budget) -> str:
    where = f" ({_page_word(scenes)} {defect.page + 1})" if len(scenes) > 1 else ""
    if defect.message:
        return defect.message.rstrip(".") + where + "."
    names = ", ".join(describe(e, budget.text_chars) for e in _elements(defect, scenes)[: budget.elements])
    return f"{defect.detector}: {names}; {_figure(defect.measured)}, required {_figure(defect.required)}{where}."


def _page_word(scenes: Sequence[Scene]) -> str:
    return "slide" if is_deck(scenes[0]) else "figure"


def _shown(defects: Sequence[Defect], scenes: Sequence[Scene]) -> str:
    """Which of several pages the teacher is shown."""
    return f"{_page_word(scenes)} {telling_page(defects) + 1} of {len(scenes)}"


def _named(likeness: Mapping[str, float | None]) -> tuple[str, dict[str, float]]:
    """The terms, and whether they say how like a reference it is or how it looks (terms called slide/...)."""
    told = _told(likeness)
    looks = bool(told) and all("/" in term for term in told)
    short = {term.split("/")[-1]: value for term, value in told.items()}
    return ("look", {LOOKS.get(term, term): value for term, value in short.items()}) if looks else ("likeness", short)


def _told(likeness: Mapping[str, float | None]) -> dict[str, float]:
    """The terms that could be computed; their mean ``low`` tells a reader nothing more."""
    return {term: value for term, value in likeness.items() if value is not None and term != "low"}


def _elements(defect: Defect, scenes: Sequence[Scene]) -> list[Element]:
    by_id = {e.id: e for e in scenes[defect.page].elements} if defect.page < len(scenes) else {}
    return [by_id[i] for i in defect.element_ids if i in by_id]


# --------------------------------------------------------------------------- the run failed


def _of_failure(program: Program, execution: Execution, budget: Budget) -> Feedback:
    error = execution.error
    table: dict[str, Any] = {"status": execution.status}
    words = [STATUS_WORDS[execution.status]]
    if error is not None:
        message = " ".join(error.message.split())
        told = shorten(f"{error.type}: {message}" if message else error.type, budget.rubric_chars // 2)
        code = shorten(_line_of(program, error.line).strip(), 2 * budget.text_chars)
        table["error"] = told
        words.append(told)
        if code:
            table |= {"line": error.line, "code": code}
            words.append(f"Line {error.line}: {code}")
        trace = error.traceback.strip().splitlines()[:-1]  # its last line only repeats the error
        words += [line for line in trace if line.strip(" ~^")][-budget.traceback_lines :]
    return Feedback(_readable(_compact(table)), _readable(shorten("\n".join(words), budget.words_chars)))


def _line_of(program: Program, line: int | None) -> str:
    lines = program.source.split("\n")
    return lines[line - 1] if line is not None and 1 <= line <= len(lines) else ""


def _figure(value: float) -> float:
    """Three significant digits: enough to compare, short to read."""
    return float(f"{value:.3g}")


def _readable(text: str) -> str:
    """Lone surrogates, which a program can put into any text, would stop a tokenizer or a UTF-8 file."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _compact(table: Mapping[str, Any]) -> str:
    return json.dumps(table, ensure_ascii=False, separators=(",", ":"))
