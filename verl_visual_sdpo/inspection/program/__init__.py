"""From a response to a Program: the fenced code with exact offsets, and its statements with their spans.

Each domain is written in one language; a language is a module with the fence ``TAGS`` that name it and
``read(source, offset) -> Program``.
"""

from __future__ import annotations

from types import ModuleType

from verl_visual_sdpo import extensions
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.program import html, python
from verl_visual_sdpo.inspection.program.fences import last_block
from verl_visual_sdpo.inspection.program.places import SourceMap, statement_of
from verl_visual_sdpo.inspection.program.syntax import FILENAME, syntax_tree
from verl_visual_sdpo.types import Program, ProgramError

LANGUAGES: dict[str, ModuleType] = {"chart": python, "web": html, "slide": python}
"""The language of each domain."""


def extract_program(response: str, domain: str = "chart") -> Program:
    """The last fenced block of a response in the domain's language; without its tag anywhere, the last untagged block.

    An unclosed fence runs to the end. When there is no code the program is empty, has no statements, and its
    ``problem`` is of type ``NoProgram``. Raises InvalidInputError for an unknown domain.
    """
    language = language_of(domain)
    block = last_block(response, language.TAGS)
    if block is None:
        return Program("", 0, (), ProgramError("NoProgram", f"the response holds no fenced {language.NAME} block"))
    start, end = block
    if not response[start:end].strip():
        return Program("", start, (), ProgramError("NoProgram", f"the fenced {language.NAME} block is empty"))
    return language.read(response[start:end], start)


def bare_program(source: str, domain: str = "chart", *, offset: int = 0) -> Program:
    """The Program of a text that is code throughout, ``offset`` characters into its response. Raises InvalidInputError
    for an unknown domain."""
    return language_of(domain).read(source, offset)


def language_of(domain: str) -> ModuleType:
    """The domain's language module. Raises InvalidInputError for an unknown domain."""
    found = LANGUAGES.get(domain) or extensions.extension(extensions.LANGUAGES, domain)
    if found is None:
        known = ", ".join((*LANGUAGES, *extensions.names(extensions.LANGUAGES)))
        raise InvalidInputError(f"no program reader for domain {domain!r}; known domains: {known}")
    return found


__all__ = [
    "FILENAME",
    "LANGUAGES",
    "SourceMap",
    "bare_program",
    "extract_program",
    "language_of",
    "statement_of",
    "syntax_tree",
]
