"""A real Chromium for the tests that look at pages: found, or the reason why not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator:
    """A running browser. VISUAL_SDPO_CHROMIUM names one; else playwright's own, else the first on PATH; else the test
    is skipped and says what is missing. Close it before other tests: it keeps an event loop running."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason='playwright is not installed: pip install -e ".[test]"'
    )
    with playwright.sync_playwright() as driver:
        own = Path(driver.chromium.executable_path)
        named = os.environ.get("VISUAL_SDPO_CHROMIUM")
        path = named or (str(own) if own.exists() else next(filter(None, map(shutil.which, PROGRAMS)), None))
        if path is None:
            pytest.skip(
                "no Chromium: set VISUAL_SDPO_CHROMIUM, or apt-get install chromium-headless-shell (tests/run.sh does)"
            )
        browser = driver.chromium.launch(executable_path=path)
        try:
            yield browser
        finally:
            browser.close()


# Elements with text of their own whose colour stands out too little from what is painted behind it; not on pictures.
LOW_CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (css) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const over = (top, below) => { const a = top[3] / 255; return below.map((c, i) => i < 3 ? top[i] * a + c * (1 - a) : 255); };
  const behind = (node) => { const layers = []; for (let n = node; n; n = n.parentElement) layers.push(rgba(getComputedStyle(n).backgroundColor)); return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 255]); };
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const bad = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !node.checkVisibility({ contentVisibilityAuto: true }) || node.closest("script, .unseen, option")) continue;
    const back = behind(node), ink = over(rgba(getComputedStyle(node).color), back), [a, b] = [light(ink), light(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${node.tagName}.${node.className} ${node.textContent.trim().slice(0, 30)}`);
  }
  return bad;
}"""  # noqa: E501

# Elements that reach past the right edge of the window, unless something that scrolls holds them.
OVERFLOWING = """() => [...document.querySelectorAll("body *")]
  .filter((n) => n.checkVisibility() && !n.closest(".unseen, .scroller") && n.getBoundingClientRect().right > innerWidth + 0.5)
  .map((n) => `${n.tagName}.${n.className}`)
  .concat(document.documentElement.scrollWidth > innerWidth ? ["the document"] : [])"""  # noqa: E501
