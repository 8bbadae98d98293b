"""Ways to write the same change: one statement behind another, in a loop, a comprehension, a helper, before the end."""

from __future__ import annotations

from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Call, Source
from verl_visual_sdpo.benchmarks.defectbench.kinds import Plant


def after(source: Source, change: str, call: Call, line: str, mechanism: str = "later", shared: bool = False) -> Plant:
    """A statement right behind the call that it changes."""
    return Plant(change, mechanism, source.inserted(call.statement, [line]), shared)


def late(
    source: Source, change: str, lines: list[str], mechanism: str, guilty=(0,), shared: bool = False
) -> Iterator[Plant]:
    """Lines in front of the last save or show; nothing where the program has none."""
    if source.final is not None:
        yield Plant(
            change, mechanism, source.inserted(source.final.statement, lines, before=True, guilty=guilty), shared
        )


def on_every(source: Source, change: str, items: str, action: str) -> Iterator[Plant]:
    """``action`` (with ``item``) on every one of ``items``, as a loop, a comprehension and a helper function."""
    yield from late(source, change, [f"for item in {items}:", f"    {action}"], "loop", guilty=(1,))
    yield from late(source, change, [f"[{action} for item in {items}]"], "comprehension")
    lines = ["def restyle(items):", "    for item in items:", f"        {action}", f"restyle({items})"]
    yield from late(source, change, lines, "helper", guilty=(2, 3))


def rc(source: Source, change: str, name: str, value: str) -> Iterator[Plant]:
    """The change as a default, in three hands."""
    hands = (
        ("rcparams", f'plt.rcParams["{name}"] = {value}'),
        ("rcparams update", f'plt.rcParams.update({{"{name}": {value}}})'),
        ("style", f'plt.style.use({{"{name}": {value}}})'),
    )
    for mechanism, line in hands:
        edit = source.at_head(line)
        if edit is not None and "plt" in source.text:
            yield Plant(change, mechanism, edit)


def figure_size(source: Source, size: str) -> Iterator[Plant]:
    """A figure of another size: as an argument of its making, or set later."""
    made = source.named("subplots", "figure", "subplot_mosaic")
    for call in made[:1]:
        yield Plant("figure resized", "argument", source.with_keyword(call, "figsize", size), shared=True)
    yield from late(source, "figure resized", [f"plt.gcf().set_size_inches{size}"], "later", shared=True)


def panels(source: Source) -> list[str]:
    """Expressions for axes that can be used in front of the last save or show, best known first."""
    if source.final is None:
        return []
    scope = [
        call.axes
        for call in source.calls
        if call.body is source.final.body and call.receiver and "(" not in call.receiver
    ]
    speak = {
        call.axes for call in source.calls if call.word.startswith(("set_", "plot", "bar", "scatter", "hist", "imshow"))
    }
    found = list(dict.fromkeys(a for a in scope if a in speak and a not in ("fig", "np", "rng", "self")))
    return found or ["plt.gcf().axes[0]"]
