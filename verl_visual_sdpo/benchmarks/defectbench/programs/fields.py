"""Fields: heat maps, contours, meshes, arrows, a surface."""

from __future__ import annotations

import random

from verl_visual_sdpo.benchmarks.defectbench.programs.hands import Draft
from verl_visual_sdpo.benchmarks.defectbench.programs.words import MAPS, data, figure, labels, topic

GRID = ["x = np.linspace(-3, 3, 80)", "y = np.linspace(-2, 2, 60)", "X, Y = np.meshgrid(x, y)"]


def heatmap(rng: random.Random) -> Draft:
    t = topic(rng)
    n = len(t.names)
    lines = [f"names = {t.names}", data(rng), f"grid = rng.uniform(0, 1, ({n}, {n}))"]
    lines += ["fig, ax = plt.subplots(figsize=(6.5, 5.5))", 'picture = ax.imshow(grid, cmap="Blues", vmin=0, vmax=1)']
    lines += ["ax.set_xticks(range(len(names)), names)", "ax.set_yticks(range(len(names)), names)"]
    lines += ["for i in range(len(names)):", "    for j in range(len(names)):"]
    lines += ['        color = "white" if grid[i, j] > 0.72 else "black"']
    lines += ['        ax.text(j, i, f"{grid[i, j]:.2f}", ha="center", va="center", color=color)']
    lines += ['fig.colorbar(picture, ax=ax, label="share")', 'ax.set_title("Mixing of groups")']
    return Draft("heatmap", tuple(lines))


def contours(rng: random.Random) -> Draft:
    lines = [*GRID, f"Z = np.exp(-X**2 - Y**2) + {rng.random():.2f} * np.exp(-(X - 1)**2 - (Y + 1)**2)", figure(rng)]
    lines += [f'filled = ax.contourf(X, Y, Z, levels=12, cmap="{rng.choice(MAPS)}")']
    lines += ['fig.colorbar(filled, ax=ax, label="height (m)")']
    return Draft("filled contour", (*lines, *labels("Height of the field", "East (km)", "North (km)")))


def isolines(rng: random.Random) -> Draft:
    lines = [*GRID, "Z = np.sin(X) * np.cos(Y)", figure(rng), f"ax.contour(X, Y, Z, levels={rng.choice((6, 8))})"]
    return Draft("contour", (*lines, *labels("Pressure", "East (km)", "North (km)")), single=True)


def mesh(rng: random.Random) -> Draft:
    lines = [*GRID, "Z = np.sin(2 * X) + np.cos(3 * Y)", figure(rng)]
    lines += [f'picture = ax.pcolormesh(X, Y, Z, cmap="{rng.choice(MAPS)}", shading="auto")']
    lines += ['fig.colorbar(picture, ax=ax, label="phase")', *labels("Interference", "x (mm)", "y (mm)")]
    return Draft("mesh", tuple(lines))


def arrows(rng: random.Random) -> Draft:
    lines = ["X, Y = np.meshgrid(np.arange(0, 10), np.arange(0, 8))", f"turn = X / {rng.randint(2, 5)}", figure(rng)]
    lines += ["ax.quiver(X, Y, np.cos(turn), np.sin(turn), color='tab:blue')"]
    return Draft("quiver", (*lines, *labels("Wind over the bay", "East (km)", "North (km)")))


def surface(rng: random.Random) -> Draft:
    lines = ["fig = plt.figure(figsize=(7, 6))", 'ax = fig.add_subplot(projection="3d")', *GRID]
    lines += [f'ax.plot_surface(X, Y, np.sin(X) * np.cos(Y), cmap="{rng.choice(MAPS)}")']
    lines += ['ax.set_title("A surface")', 'ax.set_xlabel("x")', 'ax.set_ylabel("y")', 'ax.set_zlabel("z")']
    return Draft("surface", tuple(lines), layout="")
