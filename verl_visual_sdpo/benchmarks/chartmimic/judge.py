"""High: a vision-language model compares reference and candidate by the benchmark's six criteria, 100 points in all.

Any OpenAI-compatible endpoint can judge. Verdicts of different judges are different scales: the judge's name belongs
to the figure (the paper's is GPT-4o).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verl_visual_sdpo.benchmarks.chartmimic.answers import image_part
from verl_visual_sdpo.errors import EndpointError
from verl_visual_sdpo.inspection.trace.answers import AnswerCache
from verl_visual_sdpo.inspection.trace.endpoint import ChatEndpoint

CRITERIA: Mapping[str, tuple[int, str]] = {
    "chart_types": (20, "every kind of chart of the reference (lines, bars, ...) is there"),
    "layout": (10, "the panels are arranged alike: as many rows and columns, in the same places"),
    "text": (20, "all text of the reference is there: titles, notes, names of axes; labels of ticks do not matter"),
    "data": (20, "the courses of the data are alike, and there are as many groups of data"),
    "style": (20, "colours of lines and fills, markers, line styles, legends, grids and the like agree"),
    "clarity": (10, "the candidate is clear, and nothing in it lies on something else"),
}
"""Criterion: its points and what earns them."""
TOKENS = 1200
ATTEMPTS = 3
"""Verdicts that are asked for before one that does not fit counts as a failure of the judge."""

RUBRIC = "\n".join(f"- {name} (0 to {points}): {what}" for name, (points, what) in CRITERIA.items())
PROMPT = f"""\
Two charts follow. The first is the reference. The second, the candidate, was drawn by a program that a model wrote to \
reproduce the first. Say how well it does, criterion by criterion:
{RUBRIC}
Look at both side by side first. Answer with one JSON object and nothing else: for every criterion an object with a \
"comment" (one sentence) and the "points" (a number).
Form: {{"chart_types": {{"comment": "...", "points": 0}}, "layout": {{...}}, ...}}"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Points and a comment by criterion; ``high`` is their sum as a share of 100."""

    points: Mapping[str, float]
    comments: Mapping[str, str]

    @property
    def high(self) -> float:
        return sum(self.points.values()) / 100.0


def read_verdict(answer: str) -> Verdict:
    """Read a judge's answer. Raises ValueError naming what does not fit: not one JSON object (a code fence round it is
    forgiven), a criterion missing or unknown, points outside their range."""
    text = answer.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text[3:-3].removeprefix("json").strip()
    told = json.loads(text, parse_constant=lambda name: math.nan)
    if not isinstance(told, dict) or set(told) != set(CRITERIA):
        names = sorted(told) if isinstance(told, dict) else type(told).__name__
        raise ValueError(f"criteria {', '.join(CRITERIA)} are expected, not {names}")
    points, comments = {}, {}
    for name, (most, _) in CRITERIA.items():
        entry = told[name]
        given = entry.get("points") if isinstance(entry, dict) else None
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given <= most:
            raise ValueError(f"{name}: points from 0 to {most} are expected, not {entry!r:.80}")
        points[name], comments[name] = float(given), str(entry.get("comment", ""))
    return Verdict(points, comments)


@dataclass(frozen=True)
class Judge:
    """Asks ``endpoint``; verdicts are kept in ``cache`` by pictures, prompt and model."""

    endpoint: ChatEndpoint
    cache: AnswerCache
    seconds: float

    @property
    def name(self) -> str:
        return self.endpoint.model

    def compare(self, reference: bytes, candidate: bytes) -> Verdict:
        """The verdict on two PNG pictures. Raises EndpointError when no answer came, or none that fits."""
        content = [{"type": "text", "text": PROMPT}, image_part(reference), image_part(candidate)]
        question = self.endpoint.question([{"role": "user", "content": content}], SCHEMA) | {"max_tokens": TOKENS}
        for attempt in range(ATTEMPTS):
            question["seed"] = attempt
            known = self.cache.get(question)
            answer = known if known is not None else self.endpoint.ask(question, time.monotonic() + self.seconds)
            try:
                verdict = read_verdict(answer)
            except (ValueError, RecursionError) as error:
                problem = error
                continue
            if known is None:
                self.cache.put(question, answer)
            return verdict
        raise EndpointError("malformed", f"{ATTEMPTS} verdicts of {self.name} do not fit; the last: {problem}")


SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        name: {
            "type": "object",
            "properties": {
                "comment": {"type": "string"},
                "points": {"type": "number", "minimum": 0, "maximum": points},
            },
            "required": ["comment", "points"],
            "additionalProperties": False,
        }
        for name, (points, _) in CRITERIA.items()
    },
    "required": list(CRITERIA),
    "additionalProperties": False,
}
"""What the endpoint is asked to keep to where it can."""
