"""The number for a rollout that nobody could judge, where somebody must give a number.

verl adds every rollout's score to its group and to its means; it knows no missing one. The least harmful score is the
one that neither rewards nor punishes: what its group gets on average, as far as it is known here.
"""

from __future__ import annotations

from collections import OrderedDict

UNKNOWN = 0.5
"""Before anything was judged: the middle of the scale."""
GROUPS = 4096
"""Groups that are remembered, the latest ones."""


class NeutralScore:
    """Running means of the judged scores, by group (rollouts with one reference) and over all."""

    def __init__(self) -> None:
        self._groups: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._all = (0, 0.0)

    def judged(self, group: str, score: float) -> None:
        self._all = _with(self._all, score)
        self._groups[group] = _with(self._groups.get(group, (0, 0.0)), score)
        self._groups.move_to_end(group)
        if len(self._groups) > GROUPS:
            self._groups.popitem(last=False)

    def score(self, group: str) -> float:
        """The mean of the group's judged scores, else of all, else ``UNKNOWN``."""
        count, total = self._groups.get(group, self._all)
        return total / count if count else UNKNOWN


def _with(sums: tuple[int, float], score: float) -> tuple[int, float]:
    return sums[0] + 1, sums[1] + score
