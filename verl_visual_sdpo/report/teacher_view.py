"""What training would make of an analysis: the teacher's message and the weight of every token, ready to be shown.

Everything here comes out of the functions that training calls (``distillation.teacher``, ``distillation.credit``), so
the page cannot drift away from what the model reads. Messages need no torch; tokens need torch and transformers, which
are imported only when a tokenizer is asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.distillation.teacher import feedback_parts, teacher_eligible, teacher_messages
from verl_visual_sdpo.errors import InvalidInputError, TokenAlignmentError
from verl_visual_sdpo.types import Analysis, Evidence

SHOWN_SETTINGS = ("distill", "channels", "rubric_chars", "traceback_lines", "image_max_pixels", "template")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a chat message: a text, or a picture with the size (width, height) at which the teacher sees it."""

    text: str
    picture: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class TeacherMessage:
    """The last user turn as the teacher reads it. ``has_prompt``: the student's own prompt stands in front of the
    feedback (it was known). ``templated`` is the whole chat through the tokenizer's template ("" without one)."""

    eligible: bool
    has_prompt: bool
    parts: tuple[Part, ...]
    settings: tuple[tuple[str, str], ...]
    templated: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the response that shares one weight: a token (``ids``; several where they make up one character),
    or, without a tokenizer, a run of characters."""

    text: str
    responsibility: float
    weight: float
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenWeights:
    """The response cut into pieces. ``count`` tokens (or characters) in all, ``raised`` of them above weight 1,
    ``share`` of the summed weight lies on those; ``note`` says why tokens could not be drawn, where they were asked."""

    alpha: float
    unit: str
    pieces: tuple[Piece, ...]
    count: int
    raised: int
    mean: float
    share: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Learning:
    """Both together. ``tokenizer`` is the folder the tokens come from, "" where characters stand in for them."""

    message: TeacherMessage
    weights: TokenWeights
    tokenizer: str = ""


class Tokens:
    """A Hugging Face tokenizer from a folder. Usable from several threads.

    Raises InvalidInputError for a folder that holds none, and where transformers or torch is not installed.
    """

    def __init__(self, path: str) -> None:
        if not Path(path).is_dir():
            raise InvalidInputError(f"--tokenizer {path} is not a folder; give a local one, nothing is downloaded")
        try:
            import torch  # noqa: F401 - credit needs it: say so before the first program has run
            from transformers import AutoTokenizer
        except ImportError as error:
            raise InvalidInputError(
                f'--tokenizer needs {error.name}, which is not installed: pip install -e ".[train]", or leave it out '
                "and see the weights by characters"
            ) from error
        try:
            self.tokenizer: Any = AutoTokenizer.from_pretrained(path, local_files_only=True)
        except Exception as error:  # OSError, ValueError, KeyError, the Rust library's own: all speak of the folder
            reason = str(error).strip().splitlines()
            raise InvalidInputError(
                f"--tokenizer {path}: no tokenizer could be loaded ({reason[0] if reason else type(error).__name__}); "
                "give a local folder with tokenizer.json or the files of a slow tokenizer"
            ) from error
        self.path = path
        self._lock = threading.Lock()  # a fast tokenizer must not be borrowed twice

    def weigh(self, text: str, evidence: Evidence, alpha: float) -> TokenWeights:
        """Weights of the tokens that the tokenizer writes ``text`` with. A tokenizer that does not give the text back
        falls to characters, with a note."""
        from verl_visual_sdpo.distillation.credit import (
            response_text,
            token_responsibilities,
            token_spans,
            weights_of,
        )

        with self._lock:
            ids = self.tokenizer.encode(text, add_special_tokens=False)
            if response_text(ids, self.tokenizer) != text:
                return weigh_characters(text, evidence, alpha, f"{self.path} does not give this text back unchanged")
            try:
                spans = token_spans(ids, self.tokenizer)
                guilt = token_responsibilities(ids, evidence, self.tokenizer)
            except TokenAlignmentError as error:
                return weigh_characters(text, evidence, alpha, str(error))
        weights = weights_of(guilt, alpha).tolist()
        pieces: list[Piece] = []
        for at, (token, span) in enumerate(zip(ids, spans)):
            if at and span == spans[at - 1] and span.end > span.start:
                last = pieces.pop()
                pieces.append(Piece(last.text, last.responsibility, last.weight, (*last.ids, token)))
            else:
                pieces.append(Piece(text[span.start : span.end], float(guilt[at]), weights[at], (token,)))
        return _summed(alpha, "token", pieces, [(p.weight, p.responsibility, len(p.ids)) for p in pieces])

    def templated(self, messages: Sequence[dict[str, Any]]) -> str:
        """The chat as text, pictures as the template's own placeholders; "" for a tokenizer without a template."""
        if not getattr(self.tokenizer, "chat_template", None):
            return ""
        with self._lock:
            return self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)


def learning_view(
    analysis: Analysis, response: str, config: DistillationConfig, prompt: str = "", tokens: Tokens | None = None
) -> Learning:
    """What training would make of ``response``, which ``analysis`` speaks of. ``prompt`` and what is raised: see
    :func:`teacher_message`."""
    evidence = Evidence.of(analysis)
    message = teacher_message(analysis, config, prompt, tokens)
    if tokens is None:
        return Learning(message, weigh_characters(response, evidence, config.alpha))
    return Learning(message, tokens.weigh(response, evidence, config.alpha), tokens.path)


def weigh_characters(text: str, evidence: Evidence, alpha: float, note: str = "") -> TokenWeights:
    """The weights by character: what every token would get whatever way the text is cut, as long as a token lies
    within one statement. The same rule as ``distillation.credit``, without torch."""
    guilt = [0.0] * len(text)
    for start, end, responsibility in evidence.responsibilities:
        for at in range(max(start, 0), min(end, len(text))):
            guilt[at] = max(guilt[at], responsibility)
    pieces, start = [], 0
    for at in range(1, len(text) + 1):
        if at == len(text) or guilt[at] != guilt[start]:
            pieces.append(Piece(text[start:at], guilt[start], 1.0 + (alpha - 1.0) * guilt[start]))
            start = at
    return _summed(alpha, "character", pieces, [(p.weight, p.responsibility, len(p.text)) for p in pieces], note)


def teacher_message(
    analysis: Analysis, config: DistillationConfig, prompt: str = "", tokens: Tokens | None = None
) -> TeacherMessage:
    """The message that a rollout with this analysis would get. ``prompt`` is what the student was asked ("" where that
    is not known: then only what the teacher reads behind it is shown).

    Raises InvalidInputError for a feedback template that cannot be used.
    """
    evidence = Evidence.of(analysis)
    messages = teacher_messages([{"role": "user", "content": prompt}], evidence, config)
    content = messages[0]["content"] if prompt else feedback_parts(evidence, config)
    content = [{"type": "text", "text": content}] if isinstance(content, str) else content
    settings = ((name, _told(getattr(config, name))) for name in SHOWN_SETTINGS)
    return TeacherMessage(
        eligible=teacher_eligible(evidence, config),
        has_prompt=bool(prompt),
        parts=tuple(_part(part) for part in content),
        settings=tuple((name, value) for name, value in settings if value),
        templated=tokens.templated(messages) if tokens and prompt else "",
    )


def _part(part: dict[str, Any]) -> Part:
    picture = part.get("image")
    return Part("", picture.size) if isinstance(picture, Image.Image) else Part(part["text"])


def _told(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _summed(
    alpha: float, unit: str, pieces: Sequence[Piece], rows: Sequence[tuple[float, float, int]], note: str = ""
) -> TokenWeights:
    """``rows``: weight, responsibility and count of each piece."""
    count, total = sum(n for _, _, n in rows), sum(w * n for w, _, n in rows)
    raised = [(w, n) for w, r, n in rows if r > 0]
    return TokenWeights(
        alpha=alpha,
        unit=unit,
        pieces=tuple(pieces),
        count=count,
        raised=sum(n for _, n in raised),
        mean=total / count if count else 1.0,
        share=sum(w * n for w, n in raised) / total if total else 0.0,
        note=note,
    )
