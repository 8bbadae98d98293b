"""What the teacher reads: the student's own messages with the feedback behind them, around the *same* response.

The teacher shares the student's weights and generates nothing. It re-scores the sampled ids, so only the prompt is
built here; the response is never tokenised again.

Shapes: P prompt tokens (student), Q prompt tokens (teacher), T response tokens.
"""

from __future__ import annotations

import functools
import io
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.distillation.budgets import cut_rubric, last_lines
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.types import Evidence

if TYPE_CHECKING:  # messages are built without torch too: inspection shows them where it is not installed
    import torch

FEEDBACK_TEMPLATE = """\
An earlier answer to this task was executed and its picture was inspected.

This is the picture it drew:
$picture

These are the defects found in it and its likeness to what was asked for (JSON):
$rubric

It failed ($status):
$error

This program draws what was asked for:
$reference

Answer the task so that none of this is left."""
"""Paragraphs are divided by blank lines. One that names $picture, $rubric, $error or $reference stands only when that
channel is open and has something to show; ``$status`` is the execution's status. ``DistillationConfig.template``
replaces it."""
TEMPLATES = {
    "": FEEDBACK_TEMPLATE,
    "opsd": "This program solves the task:\n$reference\n\nAnswer the task in your own words and code.",
}
"""The built-in texts by name; ``opsd`` goes with ``channels: [reference]``."""

_PICTURE_PLACE = "\ue000"  # a private-use character: no rubric can contain it by chance


def teacher_eligible(evidence: Evidence, config: DistillationConfig) -> bool:
    """Whether a rollout gets a teacher: it was judged, ``config.distill`` counts it, and there is something to show.

    A clean program counts under ``all``: its picture and a rubric without defects are feedback too.
    """
    if not (config.active and evidence.determined):
        return False
    failed = evidence.status != "ok"
    counted = {"all": True, "defective": failed or evidence.defects > 0, "failed": failed}[config.distill]
    return counted and bool(_shown(evidence, config))


def teacher_messages(
    messages: Sequence[Mapping[str, Any]], evidence: Evidence, config: DistillationConfig
) -> list[dict[str, Any]]:
    """The student's chat messages with the feedback appended to the last user turn.

    Args:
        messages: ``{"role", "content"}`` with content a string or a list of parts (``{"type": "text", "text": ...}``,
            ``{"type": "image", "image": ...}``), as verl's ``raw_prompt``. They are not changed.

    Returns:
        New messages for the same chat template. Content stays a string as long as no picture joins it. The student's
        images keep their order; the feedback picture (RGB ``PIL.Image``) comes after those of its turn.

    Raises:
        InvalidInputError: no user turn, or a feedback template that cannot be used.

    Example:
        >>> evidence = Evidence(determined=True, status="ok", rubric='{"defects": []}')
        >>> teacher_messages([{"role": "user", "content": "Draw."}], evidence, DistillationConfig())[0]["content"][:20]
        'Draw.\\n\\nAn earlier an'
    """
    messages = [dict(message) for message in messages]
    turns = [index for index, message in enumerate(messages) if message["role"] == "user"]
    if not turns:
        roles = ", ".join(message["role"] for message in messages) or "no turns"
        raise InvalidInputError(f"the prompt has {roles}: feedback is appended to a user turn; add one to the data")
    turn = messages[turns[-1]]
    parts = feedback_parts(evidence, config)
    content = turn["content"]
    if isinstance(content, str) and all(part["type"] == "text" for part in parts):
        turn["content"] = "\n\n".join([content, *(part["text"] for part in parts)])
    else:
        before = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
        if parts:
            before.append({"type": "text", "text": "\n\n"})
        turn["content"] = before + parts
    return messages


def feedback_parts(evidence: Evidence, config: DistillationConfig) -> list[dict[str, Any]]:
    """The feedback alone, as chat content parts: texts and at most one picture. Empty when there is nothing to show."""
    shown = _shown(evidence, config)
    if not shown:
        return []
    text = _fill(_template(config.template), {**shown, "status": evidence.status.replace("_", " ")})
    before, mark, after = text.partition(_PICTURE_PLACE)
    parts = [{"type": "text", "text": before}]
    if mark:
        picture = {"type": "image", "image": _picture(evidence.image, config.image_max_pixels)}
        parts += [picture, {"type": "text", "text": after}]
    return [part for part in parts if part.get("text") != ""]


def check_template(config: DistillationConfig) -> None:
    """Before a run: that the template can be read, and has a place for every open channel.

    Raises:
        InvalidInputError: naming the file or the channel.
    """
    named = string.Template(_template(config.template)).get_identifiers()
    places = {"image": "picture"}
    if missing := [name for name in config.channels if places.get(name, name) not in named]:
        wanted = ", ".join("$" + places.get(name, name) for name in missing)
        raise InvalidInputError(
            f"template {config.template!r} has no {wanted}, so the teacher would never see the open channel "
            f"{', '.join(missing)}: name it in the text, or leave it out of visual_sdpo.channels"
        )


# --------------------------------------------------------------------------- the same response behind another prompt


@dataclass(frozen=True)
class TeacherRow:
    """One sequence for the teacher's forward pass.

    ``input_ids`` (Q + T,) int64: teacher prompt, then the sampled response. ``loss_mask`` (Q + T,) int64: 1 on the
    response. The logits at position ``Q - 1 + t`` predict response token ``t``, as those at ``P - 1 + t`` do behind the
    student's prompt: :meth:`response_of` takes either apart the same way.
    """

    input_ids: torch.Tensor
    loss_mask: torch.Tensor
    prompt_length: int

    @property
    def response_ids(self) -> torch.Tensor:
        """(T,) the ids that the teacher re-scores."""
        return self.input_ids[self.prompt_length :]

    def response_of(self, values: torch.Tensor) -> torch.Tensor:
        """Next-token values (Q + T, ...) at every position -> (T, ...) those that speak of response tokens."""
        return values[self.prompt_length - 1 : -1]


def behind_another_prompt(
    prompt_ids: Sequence[int] | torch.Tensor, response_ids: Sequence[int] | torch.Tensor, *, max_prompt_length: int
) -> TeacherRow:
    """Put the sampled response ids, untouched, behind the teacher's prompt ids.

    Args:
        prompt_ids: (Q,) the teacher's prompt, expanded image tokens included, without padding.
        response_ids: (T,) the sampled ids, without padding.

    Raises:
        InvalidInputError: an empty prompt or response, or Q above ``max_prompt_length``. Count the rollout and leave it
            out; a prompt is never cut, for half a picture is not a picture.
    """
    import torch

    prompt, response = (torch.as_tensor(ids, dtype=torch.int64) for ids in (prompt_ids, response_ids))
    if prompt.ndim != 1 or response.ndim != 1 or not len(prompt) or not len(response):
        raise InvalidInputError(
            f"teacher prompt {tuple(prompt.shape)} and response {tuple(response.shape)} "
            "must have one dimension and not be empty"
        )
    if len(prompt) > max_prompt_length:
        raise InvalidInputError(
            f"the teacher's prompt has {len(prompt)} tokens, the limit is {max_prompt_length}: raise "
            "max_teacher_prompt_length, or lower image_max_pixels or rubric_chars"
        )
    loss_mask = torch.cat([torch.zeros_like(prompt), torch.ones_like(response)])
    return TeacherRow(torch.cat([prompt, response]), loss_mask, len(prompt))


# --------------------------------------------------------------------------- the channels


def _shown(evidence: Evidence, config: DistillationConfig) -> dict[str, str]:
    """Channel placeholder -> text, for the open channels that have something to show."""
    shown = {}
    if "image" in config.channels and evidence.image:
        shown["picture"] = _PICTURE_PLACE
    if "rubric" in config.channels and evidence.rubric:
        shown["rubric"] = _harmless(cut_rubric(evidence.rubric, config.rubric_chars))
    if "error" in config.channels and evidence.status != "ok" and evidence.words:
        shown["error"] = _harmless(last_lines(evidence.words, config.traceback_lines))
    if "reference" in config.channels and evidence.reference:
        shown["reference"] = _harmless(evidence.reference)
    return shown


def _fill(template: str, values: Mapping[str, str]) -> str:
    paragraphs = [string.Template(paragraph) for paragraph in template.strip().split("\n\n")]
    return "\n\n".join(p.substitute(values) for p in paragraphs if set(p.get_identifiers()) <= set(values))


@functools.lru_cache(maxsize=8)
def _template(path: str) -> str:
    """The built-in text of that name, else the file's. Raises InvalidInputError for a file that cannot serve."""
    if path in TEMPLATES:
        return TEMPLATES[path]
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"the feedback template {path!r} cannot be read ({error})") from error
    template = string.Template(text)
    known = {"picture", "rubric", "error", "reference", "status"}
    if not template.is_valid() or not set(template.get_identifiers()) <= known or text.count("$picture") > 1:
        raise InvalidInputError(
            f"the feedback template {path!r} may name $picture (once), $rubric, $error, $reference and $status; "
            "write $$ for a dollar"
        )
    return text


def _harmless(text: str) -> str:
    """Rubric and words quote what the model's program wrote. A quoted ``<|image_pad|>`` must stay a quotation: as a
    control token it would promise the processor a picture that does not exist."""
    return text.replace("<|", "< |").replace(_PICTURE_PLACE, "")


def _picture(png: bytes, max_pixels: int) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(png)).convert("RGB")
    except OSError as error:
        raise InvalidInputError(f"the evidence's picture ({len(png)} bytes) is not an image: {error}") from error
    scale = (max_pixels / (picture.width * picture.height)) ** 0.5
    if scale < 1:
        size = (max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return picture
