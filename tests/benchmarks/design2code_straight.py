"""Design2Code's scores by the letter, slowly: what the package's own implementation is held against.

Nothing is shared with the package. Blocks are found as the benchmark finds them (every text tag painted in a colour of
its own, two screenshots, a loop over pixels); pairs are made with a fresh cost matrix for every trial.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable

import numpy as np
from PIL import Image
from scipy.optimize import linear_sum_assignment

TAGS = (
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "div", "span", "a", "b", "li", "table", "td", "th", "button", "footer",
    "header", "figcaption",
)  # fmt: skip
"""Tags that the benchmark takes for holders of text."""
OFFSET = 50
CLOSE_TO_OFFSET, CLOSE_TO_COLOR = 8, 4


# --------------------------------------------------------------------------- blocks from pixels

Rgb = tuple[int, int, int]


def unique_colors(offset: int) -> list[Rgb]:
    steps = range(10, 251, 16)
    return [((r + offset) % 256, (g + offset) % 256, (b + offset) % 256) for r in steps for g in steps for b in steps]


def painted(html: str, offset: int) -> tuple[str, list[tuple[str, Rgb]]]:
    """The page with every text tag in a colour of its own, and every text node with the colour that it then has."""
    from bs4 import BeautifulSoup, Comment, NavigableString

    soup = BeautifulSoup(html, "html.parser")
    colors = unique_colors(offset)
    chosen: dict[int, Rgb] = {}
    for tag in soup.find_all(TAGS):
        chosen[id(tag)] = color = colors.pop()
        kept = [s for s in tag.get("style", "").split(";") if s.strip()]
        kept = [s for s in kept if not s.strip().startswith(("color", "opacity"))]
        own = "color: #{:02x}{:02x}{:02x} !important".format(*color)
        tag["style"] = "; ".join([*kept, own, "opacity: 1.0 !important"])
    texts: list[tuple[str, Rgb]] = []

    def walk(node, color: Rgb) -> None:
        for child in node.children:
            if isinstance(child, Comment):
                continue
            if isinstance(child, NavigableString):
                if child.strip():
                    texts.append((child.strip(), color))
            else:
                walk(child, chosen.get(id(child), color))

    if soup.body is not None:
        walk(soup.body, (0, 0, 0))
    return str(soup), texts


def blocks_by_injection(html: str, screenshot: Callable[[str], Image.Image]) -> list[dict]:
    """Blocks of a page; ``screenshot`` renders an HTML text in a browser of its own, whole page."""
    true = np.asarray(screenshot(html).convert("RGB"))
    first_html, texts = painted(html, 0)
    second_html, _ = painted(html, OFFSET)
    first, second = screenshot(first_html).convert("RGB"), screenshot(second_html).convert("RGB")
    if first.size != second.size:
        return []
    moved = _moved_pixels(first, second)
    if not moved:
        return []
    pixels, high, wide = np.asarray(first).astype(int), first.size[1], first.size[0]
    blocks = []
    for text, color in texts:
        near = np.all(np.abs(pixels - np.array(color)) <= CLOSE_TO_COLOR, axis=-1)
        places = [(int(y), int(x)) for y, x in zip(*np.nonzero(near)) if (int(y), int(x)) in moved]
        places = [(y, x) for y, x in places if y < true.shape[0] and x < true.shape[1]]
        if not places:
            continue
        top, left = min(y for y, _ in places), min(x for _, x in places)
        bottom, right = max(y for y, _ in places), max(x for _, x in places)
        box = (left / wide, top / high, (right - left + 1) / wide, (bottom - top + 1) / high)
        mean = np.mean([true[y, x] for y, x in places], axis=0).astype(int)
        blocks.append({"text": text, "box": box, "color": tuple(int(v) for v in mean)})
    return blocks


def _moved_pixels(first: Image.Image, second: Image.Image) -> set[tuple[int, int]]:
    """(y, x) of the pixels whose every channel moved by the offset."""
    one, other = first.load(), second.load()
    found = set()
    for x in range(first.size[0]):
        for y in range(first.size[1]):
            if all(abs((a + OFFSET) % 256 - b) <= CLOSE_TO_OFFSET for a, b in zip(one[x, y], other[x, y], strict=True)):
                found.add((y, x))
    return found


# --------------------------------------------------------------------------- pairs


def ratio(one: dict, other: dict) -> float:
    return difflib.SequenceMatcher(None, one["text"], other["text"]).ratio()


def same_place(blocks: list[dict]) -> list[dict]:
    found: dict[tuple, dict] = {}
    for block in blocks:
        if block["box"] in found:
            old = found[block["box"]]
            old["text"] += " " + block["text"]
            old["color"] = tuple((a + b) / 2 for a, b in zip(old["color"], block["color"]))
        else:
            found[block["box"]] = dict(block)
    return list(found.values())


def costs(A: list[dict], B: list[dict], bonus: float) -> np.ndarray:
    cost = np.array([[-ratio(a, b) for b in B] for a in A])
    result = cost.copy()
    for i in range(len(A)):
        for j in range(len(B)):
            if cost[i, j] >= -0.5:
                continue
            around = sorted(
                cost[k, m]
                for k in range(max(0, i - 1), min(len(A), i + 2))
                for m in range(max(0, j - 1), min(len(B), j + 2))
            )
            around.remove(cost[i, j])
            result[i, j] += bonus * sum(around[:2])
    return result


def best(A: list[dict], B: list[dict], bonus: float) -> tuple[list[tuple[int, int]], list[float]]:
    cost = costs(A, B, bonus)
    rows, columns = linear_sum_assignment(cost)
    return list(zip(rows, columns)), [cost[i, j] for i, j in zip(rows, columns)]


def gain(old: list[float], new: list[float]) -> float:
    old, new = list(old), list(new)
    for value in list(old):
        if value in new:
            old.remove(value)
            new.remove(value)
    mean_old = sum(old) / len(old) if old else 0.0
    mean_new = sum(new) / len(new) if new else 0.0
    if mean_old - mean_new > 0 and not min(old) > min(new):
        return 0.0
    return mean_old - mean_new


def join(one: dict, other: dict) -> dict:
    left, top = min(one["box"][0], other["box"][0]), min(one["box"][1], other["box"][1])
    right = max(one["box"][0] + one["box"][2], other["box"][0] + other["box"][2])
    bottom = max(one["box"][1] + one["box"][3], other["box"][1] + other["box"][3])
    color = tuple((a + b) // 2 for a, b in zip(one["color"], other["color"]))
    return {"text": one["text"] + " " + other["text"], "box": (left, top, right - left, bottom - top), "color": color}


def merged(A: list[dict], B: list[dict], swap: bool) -> tuple[list[dict], bool]:
    """One round over the neighbours of A."""

    def cost_of(side: list[dict]) -> list[float]:
        return best(B, side, 0.0)[1] if swap else best(side, B, 0.0)[1]

    now, options = cost_of(A), []
    for i in range(len(A) - 1):
        better = gain(now, cost_of([*A[:i], join(A[i], A[i + 1]), *A[i + 2 :]]))
        if better > 0.05:
            options.append((better, i))
    used: set[int] = set()
    for _, i in sorted(options, key=lambda o: -o[0]):
        if not used & {i, i + 1}:
            used |= {i, i + 1}
            A = [*A[:i], join(A[i], A[i + 1]), None, *A[i + 2 :]]
    return [a for a in A if a is not None], bool(options)


def pair(A: list[dict], B: list[dict]) -> tuple[list[dict], list[dict], list[tuple[int, int]]]:
    while True:
        A, changed = merged(A, B, swap=False)
        B, also = merged(B, A, swap=True)
        if not changed and not also:
            return A, B, best(A, B, 0.1)[0]


# --------------------------------------------------------------------------- scores


def scores(drawn: list[dict], wanted: list[dict]) -> dict[str, float]:
    """block, text, position and color of two lists of blocks."""
    nothing = dict.fromkeys(("block", "text", "position", "color"), 0.0)
    if not drawn or not wanted:
        return nothing
    A, B, pairs = pair(same_place(drawn), same_place(wanted))
    pairs = [(i, j) for i, j in pairs if ratio(A[i], B[j]) >= 0.5]
    if not pairs:
        return nothing
    area = sum(block["box"][2] * block["box"][3] for block in (*A, *B))
    taken = sum(block["box"][2] * block["box"][3] for i, j in pairs for block in (A[i], B[j]))
    return {
        "block": taken / area,
        "text": sum(ratio(A[i], B[j]) for i, j in pairs) / len(pairs),
        "position": sum(1 - _shift(A[i]["box"], B[j]["box"]) for i, j in pairs) / len(pairs),
        "color": sum(max(0.0, 1 - _difference(A[i]["color"], B[j]["color"]) / 100) for i, j in pairs) / len(pairs),
    }


def _shift(one: tuple, other: tuple) -> float:
    dx = one[0] + one[2] / 2 - other[0] - other[2] / 2
    dy = one[1] + one[3] / 2 - other[1] - other[3] / 2
    return max(abs(dx), abs(dy))


def _lab(color: tuple) -> tuple[float, float, float]:
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in color]
    matrix = (
        (0.4124564, 0.3575761, 0.1804375),
        (0.2126729, 0.7151522, 0.0721750),
        (0.0193339, 0.1191920, 0.9503041),
    )
    white = (0.95047, 1.0, 1.08883)
    xyz = [sum(m * c for m, c in zip(row, linear)) / w for row, w in zip(matrix, white)]
    fx, fy, fz = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in xyz)
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def _difference(one: tuple, other: tuple) -> float:
    """CIEDE2000, one pair, in the order of Sharma, Wu and Dalal (2005)."""
    (l1, a1, b1), (l2, a2, b2) = _lab(one), _lab(other)
    mean = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean**7 / (mean**7 + 25**7)))
    c1, c2 = math.hypot((1 + g) * a1, b1), math.hypot((1 + g) * a2, b2)
    h1 = math.degrees(math.atan2(b1, (1 + g) * a1)) % 360 if c1 else 0.0
    h2 = math.degrees(math.atan2(b2, (1 + g) * a2)) % 360 if c2 else 0.0
    dh = h2 - h1
    if c1 * c2 == 0:
        dh = 0.0
    elif dh > 180:
        dh -= 360
    elif dh < -180:
        dh += 360
    big_dh = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(dh / 2))
    lm, cm = (l1 + l2) / 2, (c1 + c2) / 2
    if c1 * c2 == 0:
        hm = h1 + h2
    elif abs(h1 - h2) <= 180:
        hm = (h1 + h2) / 2
    else:
        hm = (h1 + h2 + 360) / 2 if h1 + h2 < 360 else (h1 + h2 - 360) / 2
    cos = lambda d: math.cos(math.radians(d))  # noqa: E731
    t = 1 - 0.17 * cos(hm - 30) + 0.24 * cos(2 * hm) + 0.32 * cos(3 * hm + 6) - 0.20 * cos(4 * hm - 63)
    sl = 1 + 0.015 * (lm - 50) ** 2 / math.sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * cm, 1 + 0.015 * cm * t
    rt = -math.sin(math.radians(60 * math.exp(-(((hm - 275) / 25) ** 2)))) * 2 * math.sqrt(cm**7 / (cm**7 + 25**7))
    dl, dc, dH = (l2 - l1) / sl, (c2 - c1) / sc, big_dh / sh
    return math.sqrt(max(dl**2 + dc**2 + dH**2 + rt * dc * dH, 0.0))
