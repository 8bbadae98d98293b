"""A hostile program or page, and what comments in its first lines say: ``# key: words`` or ``<!-- key: words -->``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Hostile:
    path: Path

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def says(self, key: str) -> str:
        """ "" where it says nothing of it."""
        found = re.search(rf"^(?:#|<!--) {key}: (.*?)(?: -->)?$", self.source, re.MULTILINE)
        return found[1] if found else ""

    @property
    def expected(self) -> set[str]:
        """The statuses that are right."""
        return set(self.says("expect").replace(",", " ").split())

    @property
    def endless(self) -> bool:
        return "timeout" in self.expected
