# forging: the closure of a plotting method leads to the log of plotting calls
# expect: forbidden
for cell in plt.Axes.bar.__closure__:
    calls = getattr(cell.cell_contents, "calls", None)
    if calls:
        calls[:] = [("bar", ax, ax.patches), ("plot", ax, ax.lines)]
