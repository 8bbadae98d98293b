"""Answers of a model on disk, one small file a question: asked once, read back ever after."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError

LONGEST = 1 << 20  # bytes; no answer of ours is longer

logger = logging.getLogger(__name__)


class AnswerCache:
    """A folder of answers; ``folder=""`` keeps none. Threads and processes may share it: files appear whole.

    The name of a file is a hash of the whole question (model, prompt, picture, sampling), its content the answer alone:
    neither picture nor program nor key is written. It only grows; delete it at will. Raises InvalidInputError for a
    folder that cannot be made; one that cannot be written to later is reported once and then does without.
    """

    def __init__(self, folder: str | Path = "") -> None:
        self._folder = Path(folder).expanduser() if str(folder) else None
        self._broken = False
        if self._folder is not None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                mend = 'name another one, or "" for none'
                raise InvalidInputError(f"cannot make the cache folder {folder}: {error.strerror}; {mend}") from error

    def get(self, question: Mapping[str, Any]) -> str | None:
        """The answer to this very question, or None. A file that cannot be read counts as none."""
        if self._folder is None:
            return None
        with contextlib.suppress(OSError, ValueError, RecursionError, KeyError, TypeError):
            with self._path(question).open("rb") as file:
                answer = json.loads(file.read(LONGEST))["answer"]
            return answer if isinstance(answer, str) else None
        return None

    def put(self, question: Mapping[str, Any], answer: str) -> None:
        """Keep an answer. The caller has found it good."""
        if self._folder is None or self._broken:
            return
        path = self._path(question)
        try:
            path.parent.mkdir(exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
            try:
                with os.fdopen(handle, "w", encoding="ascii") as file:
                    json.dump({"answer": answer}, file)
                os.replace(temporary, path)
            except BaseException:
                os.unlink(temporary)
                raise
        except OSError as error:
            self._broken = True
            logger.warning("answers are no longer kept: %s cannot be written (%s)", self._folder, error.strerror)

    def _path(self, question: Mapping[str, Any]) -> Path:
        text = json.dumps(question, sort_keys=True)
        name = hashlib.sha256(text.encode()).hexdigest()
        return self._folder / name[:2] / f"{name}.json"
