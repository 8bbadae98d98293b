"""What an instruction for slides asks for: its points, and how many slides, charts and tables.

No model reads it. Points are its list items; without a list its sentences; what is left of each are the words that say
something, cut to stems, without the words by which people speak about slides ("create", "bullet", "title").

Chinese and Japanese do not set words apart: there each two letters side by side count as a word, between the words by
which people speak about slides and those that only join others.

Example: ``"Make a slide about solar power: - panel prices fell - storage is the bottleneck"`` asks for
{solar, power}, {panel, price, fell}, {storag, bottle}.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

STEM = 6  # letters
FEWEST_WORDS, MOST_WORDS = 12, 60  # different words asked for, however short or long the instruction is
PER_WORD = 1.0  # different words asked for, for each that says something in the instruction
LONGEST = 8000  # characters that are read
NEAR = 2

_NUMBERS = dict(one=1, two=2, three=3, four=4, five=5, six=6, seven=7, eight=8, nine=9, ten=10)  # noqa: C408
_NUMBERS |= {letter: number for number, letter in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
_SLIDES = re.compile(r"\b(\d{1,2}|" + "|".join(_NUMBERS) + r")[- ](?:\w+ )?slides?\b", re.I)
_COUNT = r"(?<![第\d一二三四五六七八九十])(?<!第\s)(\d{1,2}|[一二三四五六七八九十两])\s*"  # no place in an order
_SLIDES_UNSPACED = re.compile(
    f"{_COUNT}[页頁]|{_COUNT}[张張枚]の?\\s*(?:幻灯片|幻燈片|投影片|スライド|PPT|slides?)|スライド[をが]?\\s*{_COUNT}枚",
    re.I,
)  # 张 and 枚 count pictures, too
_ITEM = re.compile(r"^\s*(?:(?:[-*•–]|\(?\d{1,2}[.):])\s+|(?:\d{1,2}|[一二三四五六七八九十])[、．]\s*)(.+)$")
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)?")
_ASKED = {
    "chart": re.compile(
        r"\b(?:charts?|graphs?|histograms?|bar plots?|line plots?)\b|[图圖]表|[状狀线線饼餅][图圖]|グラフ", re.I
    ),
    "table": re.compile(r"\btables?\b(?! of contents)|表格", re.I),
}
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_ASIDE_UNSPACED = re.compile(
    "制作|创建|生成|设计|編寫|编写|製作|設計|请|請|[一二三四五六七八九十两]?[页頁张張枚](?!面)|幻灯片|幻燈片|投影片|演示文稿|簡報|页面"
    "|スライド|プレゼンテーション|作成|してください|关于|關於|について|标题|標題|要点|要點|内容|內容|包括|包含|以下|使用"
    "|柱状图|折线图|饼图|一个|一個|图表|圖表|グラフ|表格|[的了和与與及是在为為或等从從对對将將はがのをにでとも]"
)
"""What says nothing where words are not set apart."""
_STOP_WORDS = """
a an the and or but of in on at to for from by with without as is are was were be been being it its this that these
those there their they we our you your i my he she his her them not no nor so than then too very can could should
would will shall may might must do does did done have has had having into over under about between across per each
all any some more most other such only own same also which who whom whose what when where why how if while both use
using used include including includes contain containing contains show showing shows make makes making create
creating write writing design designing generate build please need needs want like following follows given based
slide slides deck decks presentation presentations powerpoint pptx python program code title titles titled subtitle
heading bullet bullets bulleted point points item items list text layout page chart charts graph graphs table tables
picture pictures image images photo color colors colour font fonts size background left right top bottom column
columns row rows section one two three four five six answer block complete inches wide high audience topic cover add
put place present clear clean simple modern professional concise short brief visually appealing well
"""
_STOP = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class Wanted:
    """``points`` as sets of stems; ``words``: how many different ones a full answer has at least; ``kinds``: charts,
    tables, pictures asked for; ``slides``: how many (0: nothing is said); ``follows``: see :func:`followers`."""

    points: tuple[frozenset[str], ...] = ()
    words: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    slides: int = 0
    follows: frozenset[tuple[str, str]] = frozenset()


def wanted_of(instruction: str) -> Wanted:
    """What an instruction asks for; nothing for an empty one."""
    text = instruction[:LONGEST]
    if not text.strip():
        return Wanted()
    points = tuple(found for part in _parts(text) if (found := stems(part)))
    content = frozenset().union(*points) if points else frozenset()
    words = min(max(round(PER_WORD * len(content)), FEWEST_WORDS), MOST_WORDS)
    kinds = {kind: 1 for kind, pattern in _ASKED.items() if pattern.search(text)}
    return Wanted(points, words, kinds, _slides(text), followers(_parts(text)))


def stems(text: str) -> frozenset[str]:
    """The words of a text that say something, each cut to its stem; two letters at least, or a number."""
    return frozenset(sequence(text))


def sequence(text: str) -> list[str]:
    """The same in their order."""
    words = (part.casefold() for word in _WORD.findall(text) for part in apart(word))
    return [stem(w) for w in words if w not in _STOP and (len(w) > 1 or w.isdigit())]


def apart(word: str) -> Iterator[str]:
    """A word itself; of letters that are not set apart, each two side by side. May hold empty words."""
    at = 0
    for run in _UNSPACED.finditer(word):
        yield word[at : run.start()]
        for piece in _ASIDE_UNSPACED.split(run.group()):
            yield from (piece[n : n + 2] for n in range(max(len(piece) - 1, 0)))
        at = run.end()
    yield word[at:]


def followers(parts: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Pairs of stems of which the second is one of the ``NEAR`` that come next after the first in a part."""
    rows = [sequence(part) for part in parts]
    return frozenset((a, b) for row in rows for n, a in enumerate(row) for b in row[n + 1 : n + 1 + NEAR] if a != b)


def stem(word: str) -> str:
    """Crude, the same for both sides: no plural, no more than six letters."""
    if word[:1].isdigit():
        return word
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word[:STEM]


def _parts(text: str) -> list[str]:
    lines = text.splitlines()
    items = [match.group(1) for line in lines if (match := _ITEM.match(line))]
    if len(items) >= 2:
        rest = " ".join(line for line in lines if not _ITEM.match(line))
        return [*_sentences(rest), *items]
    return _sentences(text)


def _sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.!?;])\s+|(?<=[。！？；])|\n+|:\s|：", text) if part.strip()]


def _slides(text: str) -> int:
    found = _SLIDES.search(text) or _SLIDES_UNSPACED.search(text)
    if not found:
        return 0
    number = found.group(found.lastindex).casefold()
    return _NUMBERS.get(number) or int(number)
