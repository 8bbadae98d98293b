# forging: a callback of the draw takes back what was wrong after it was painted
# expect: harmless
fig.canvas.mpl_connect("draw_event", lambda event: [t.set_text("") for t in ax.texts])
