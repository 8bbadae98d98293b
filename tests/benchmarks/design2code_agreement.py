"""Design2Code's terms from one page load against the benchmark's own procedure, side by side in one run.

    python tests/benchmarks/design2code_agreement.py --pairs 12 [--source FOLDER] [--seed 0]

A pair is a page and an altered copy of it (texts left out, reworded, recoloured, moved, rules dropped): written pages
of the bench, or every ``.html`` of FOLDER. The straight side (``design2code_straight.py``) starts a browser for each of
its six screenshots and loops over their pixels as the public scorer does; ours renders both pages in a browser that is
already there. Both take turns. Printed: seconds a pair of both, their ratio, and for each term the rank correlation
(Spearman) and the mean difference.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import statistics
import time
from pathlib import Path

import design2code_straight as straight
from PIL import Image
from scipy.stats import spearmanr

from verl_visual_sdpo.benchmarks.defectbench.web.gauge import _browser
from verl_visual_sdpo.benchmarks.defectbench.web.pages import write_page
from verl_visual_sdpo.inspection.domains import domain_of
from verl_visual_sdpo.inspection.fidelity.web import TERMS, design2code
from verl_visual_sdpo.inspection.program import bare_program

VIEW = {"viewport_width": 1280, "viewport_height": 720}
COLORS = ("#aa0000", "#004488", "#227722", "#888888", "#dd7700")


def screenshot(html: str) -> Image.Image:
    """A whole page in a browser started for it, as the public scorer takes it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_browser(None), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": VIEW["viewport_width"], "height": VIEW["viewport_height"]})
        page.set_content(html, wait_until="load")
        data = page.screenshot(full_page=True)
        browser.close()
    return Image.open(io.BytesIO(data))


def altered(html: str, rng: random.Random, strength: float) -> str:
    """The page as a model might have answered it; ``strength`` in [0, 1] is how much of it is touched."""
    head, _, body = html.partition("<body")

    def text(match: re.Match) -> str:
        words = match[1]
        if not words.strip() or rng.random() > strength:
            return match[0]
        fate = rng.random()
        if fate < 0.3:
            return "><"
        if fate < 0.5:
            return f"><span style='color: {rng.choice(COLORS)}'>{words}</span><"
        if fate < 0.7:
            return f">{' '.join(words.split()[: max(len(words.split()) // 2, 1)])}<"
        if fate < 0.85:
            return f"><span style='position: relative; top: {rng.randrange(-60, 60)}px'>{words}</span><"
        return f">{words[::-1]}<"

    body = re.sub(r">([^<>]+)<", text, body)
    rules = re.sub(r"^(\.[\w-]+) \{.*\}$", lambda m: m[0] if rng.random() > 0.4 * strength else "", head, flags=re.M)
    return f"{rules}<body{body}"


def ours(renderer, drawn: str, wanted: str) -> dict[str, float] | None:
    """None where one of the pages does not show."""
    shown = [renderer.render(bare_program(html, "web"), VIEW) for html in (drawn, wanted)]
    return design2code(*(one.record for one in shown)) if all(one.execution.ok for one in shown) else None


def theirs(drawn: str, wanted: str) -> dict[str, float]:
    return straight.scores(*(straight.blocks_by_injection(html, screenshot) for html in (drawn, wanted)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--source", type=Path, help="folder of .html files (default: written pages)")
    arguments = parser.parse_args()
    files = sorted(arguments.source.rglob("*.html")) if arguments.source else []
    random.Random(arguments.seed).shuffle(files)  # pages of one hand lie side by side
    seconds, values = {"ours": [], "straight": []}, []
    with domain_of("web").renderer(workers=1, timeout=60.0, cache_size=0) as renderer:
        renderer.render(bare_program("<p>warm</p>", "web"), VIEW)
        for number in range(arguments.pairs):
            rng = random.Random(f"{arguments.seed}/{number}")
            page = files[number % len(files)].read_text(errors="replace") if files else write_page(rng, number).source
            drawn = altered(page, rng, (number % 6) / 5)
            start = time.perf_counter()
            row = [ours(renderer, drawn, page)]
            middle = time.perf_counter()
            if row[0] is None:
                print(f"{number:>3}  left out: the page does not show", flush=True)
                continue
            row.append(theirs(drawn, page))
            seconds["ours"].append(middle - start)
            seconds["straight"].append(time.perf_counter() - middle)
            values.append(row)
            shown = "  ".join(f"{term} {row[0][term]:.3f}/{row[1][term]:.3f}" for term in TERMS)
            print(f"{number:>3}  {seconds['ours'][-1]:6.2f} s {seconds['straight'][-1]:7.1f} s   {shown}", flush=True)
    fast, slow = (statistics.median(seconds[name]) for name in ("ours", "straight"))
    print(f"\n{len(values)} pairs, median seconds: ours {fast:.2f}, straight {slow:.1f}, ratio {slow / fast:.0f}")
    print(f"ratio of a pair: {min(s / f for f, s in zip(seconds['ours'], seconds['straight'])):.0f} at least")
    for term in TERMS:
        one, other = [row[0][term] for row in values], [row[1][term] for row in values]
        rank = spearmanr(one, other).statistic
        apart = statistics.fmean(abs(a - b) for a, b in zip(one, other))
        print(f"{term:<10} rank correlation {rank:.3f}, mean difference {apart:.3f}")


if __name__ == "__main__":
    main()
