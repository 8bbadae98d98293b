"""Statement responsibilities -> one weight per sampled token.

    w_t = 1 + (alpha - 1) * resp(s(t))        (Visual-SDPO, arXiv 2606.10334, "Visual-Grounded Code Credit Weighting")

``s(t)`` is found by *decoding the sampled ids*. Tokenising the text again would be shorter and wrong: a model samples
segmentations that its tokenizer never writes.

Shapes: T sampled response tokens, specials included.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Protocol

import torch

from verl_visual_sdpo.errors import InvalidInputError, TokenAlignmentError
from verl_visual_sdpo.types import Evidence, Span

# A decoder looks back over a few tokens at most: the bytes of one character, the space a first word loses, the clean-up
# around an apostrophe. Decoding that many extra tokens makes the next one come out as it does in the whole text.
_CONTEXT = 8
# Tokens that may share one span. A character has four bytes; beyond this the decoder is not one we can follow.
_LONGEST_GROUP = 64


class Tokenizer(Protocol):
    """What is needed of a tokenizer; every Hugging Face one has it."""

    def decode(self, token_ids: Sequence[int], *, skip_special_tokens: bool) -> str: ...


def response_text(ids: Sequence[int] | torch.Tensor, tokenizer: Tokenizer) -> str:
    """The text that verl's reward managers hand to ``compute_score`` as ``solution_str``."""
    return tokenizer.decode(_plain(ids), skip_special_tokens=True)


def token_spans(ids: Sequence[int] | torch.Tensor, tokenizer: Tokenizer) -> list[Span]:
    """Where each sampled token lies in :func:`response_text`.

    Args:
        ids: (T,) sampled ids, without padding.

    Returns:
        T spans that rise and leave no gap: their texts, shared ones counted once, join to ``response_text(ids)``.
        Tokens that make up one character together (byte-level BPE) share its span; a token that shows nothing
        (specials) has an empty one.

    Raises:
        TokenAlignmentError: the pieces do not join to the text (a decoder that rewrites what it wrote long before).

    Time is linear in T.
    """
    ids = _plain(ids)
    text = response_text(ids, tokenizer)
    pieces = [_piece(tokenizer, token) for token in ids]
    if "".join(pieces) == text:  # no token needs its neighbours: nearly always so for code
        ends = itertools.accumulate(map(len, pieces))
        return [Span(end - len(piece), end) for piece, end in zip(pieces, ends)]
    return _windowed_spans(ids, text, pieces, functools.partial(tokenizer.decode, skip_special_tokens=True))


def token_responsibilities(ids: Sequence[int] | torch.Tensor, evidence: Evidence, tokenizer: Tokenizer) -> torch.Tensor:
    """``resp(s(t))`` for every sampled token: the largest responsibility among the statements it overlaps.

    Args:
        ids: (T,) sampled ids of the very response that ``evidence`` speaks of.

    Returns:
        (T,) float32 in [0, 1]; 0 outside statements and for tokens that show nothing.

    Raises:
        TokenAlignmentError: ids and text do not align, or the evidence reaches past the end of this response.
    """
    spans = token_spans(ids, tokenizer)
    length = spans[-1].end if spans else 0
    guilt = torch.zeros(length)
    for start, end, responsibility in evidence.responsibilities:
        if not 0 <= start <= end <= length:
            raise TokenAlignmentError(
                f"a statement lies at characters {start}..{end} of a response of {length}: "
                "the evidence belongs to another response, or the tokenizer is not the one that decoded it"
            )
        guilt[start:end].clamp_(min=responsibility)
    return torch.tensor([float(guilt[s.start : s.end].max()) if s.end > s.start else 0.0 for s in spans])


def weights_of(responsibilities: torch.Tensor, alpha: float) -> torch.Tensor:
    """``1 + (alpha - 1) * resp``: any shape in, the same shape out. ``alpha = 1`` weighs all tokens alike."""
    if not alpha >= 1:
        raise InvalidInputError(f"alpha is {alpha}; it must be at least 1 (1 switches the weighting off)")
    return 1.0 + (alpha - 1.0) * responsibilities


def token_weights(
    ids: Sequence[int] | torch.Tensor, evidence: Evidence, tokenizer: Tokenizer, alpha: float
) -> torch.Tensor:
    """(T,) float32 in [1, alpha]; tokens outside statements weigh 1. Raises what the two steps above raise."""
    return weights_of(token_responsibilities(ids, evidence, tokenizer), alpha)


def guilty_mask(responsibilities: torch.Tensor) -> torch.Tensor:
    """Tokens with any blame: bool, the shape that came in. From responsibilities, so it also tells at alpha = 1."""
    return responsibilities > 0


# --------------------------------------------------------------------------- alignment


def _windowed_spans(ids: list[int], text: str, pieces: list[str], decode: Callable[[list[int]], str]) -> list[Span]:
    """Decode a window that slides along; a group of tokens is closed where the window agrees with the true text."""
    spans: list[Span] = []
    first, start = 0, 0  # the open group: its first token, and the character where it starts
    anchor, origin = 0, 0  # the window: its first token, and the character its decoded text would start at
    for t in range(len(ids)):
        window = decode(ids[anchor : t + 1])
        end = origin + len(window)
        # Half a character decodes to U+FFFD, which is not what the true text says there: the group stays open.
        if end >= start and text[start:end] == window[start - origin :]:
            spans += [Span(start, end)] * (t + 1 - first)
            first, start = t + 1, end
            if first - anchor > 2 * _CONTEXT:
                anchor = _context_before(first, pieces)
                origin = start - len(decode(ids[anchor:first]))
        elif t - first >= _LONGEST_GROUP:
            break
    if first != len(ids) or start != len(text):
        raise TokenAlignmentError(
            f"{len(ids)} sampled ids do not align with their text of {len(text)} characters beyond token {first}, "
            f"character {start} ({text[start : start + 20]!r}): this decoder cannot be followed piece by piece"
        )
    return spans


def _context_before(first: int, pieces: list[str]) -> int:
    """Start of a window that ends at ``first``: on visible text, because some decoders strip what leads a text."""
    anchor = max(first - _CONTEXT, 0)
    lowest = max(first - _LONGEST_GROUP, 0)
    while anchor > lowest and not pieces[anchor].strip():
        anchor -= 1
    return anchor


@functools.lru_cache(maxsize=1 << 18)
def _piece(tokenizer: Tokenizer, token: int) -> str:
    return tokenizer.decode([token], skip_special_tokens=True)


def _plain(ids: Sequence[int] | torch.Tensor) -> list[int]:
    return ids.tolist() if isinstance(ids, torch.Tensor) else [int(token) for token in ids]
