# forging: the same with methods that can travel
# expect: harmless
for text in [*ax.texts, ax.title]:
    text.get_text = ax.get_xlabel
    text.get_window_extent = ax.patch.get_window_extent
