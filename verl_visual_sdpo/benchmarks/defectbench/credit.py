"""How much credit a blame earns."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb


@dataclass(frozen=True, slots=True)
class Credit:
    """How well a hit was blamed, in [0, 1]. ``top1`` is the chance that the statement named first is guilty or an
    accepted accomplice when equals are drawn by lot, ``top3`` that one of the first three is; ``strict`` is top-1
    without accomplices; ``mass`` the share of all responsibility on the guilty."""

    top1: float
    top3: float
    strict: float
    mass: float


def credit_of(shares: dict[int, float], guilty: set[int], accomplices: set[int]) -> Credit:
    """Statements of equal responsibility are ranked by lot, and the credit is what is then to be expected.

    Where nothing was planted that could be blamed (a statement was removed), the accomplices are the guilty.
    """
    guilty = guilty or accomplices
    total = sum(shares.values())
    mass = sum(v for s, v in shares.items() if s in guilty) / total if total > 0 else 0.0
    accepted = guilty | accomplices
    return Credit(_expected(shares, accepted, 1), _expected(shares, accepted, 3), _expected(shares, guilty, 1), mass)


def _expected(shares: dict[int, float], accepted: set[int], places_left: int) -> float:
    """The chance that one of the first ``places_left`` is accepted."""
    for level in sorted({v for v in shares.values() if v > 0}, reverse=True):
        tied = [s for s, v in shares.items() if v == level]
        good = sum(s in accepted for s in tied)
        if len(tied) <= places_left:
            if good:
                return 1.0
            places_left -= len(tied)
            continue
        return 1 - comb(len(tied) - good, places_left) / comb(len(tied), places_left) if places_left else 0.0
    return 0.0


def mean_credit(credits: list[Credit]) -> Credit:
    def of(name: str) -> float:
        return sum(getattr(c, name) for c in credits) / len(credits)

    return Credit(of("top1"), of("top3"), of("strict"), of("mass"))
