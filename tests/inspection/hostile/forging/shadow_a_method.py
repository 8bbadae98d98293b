# forging: single texts get an extent of their own making
# expect: harmless
from matplotlib.transforms import Bbox

for text in [*ax.texts, *ax.get_xticklabels(), ax.title]:
    text.get_window_extent = lambda *args, **kwargs: Bbox([[0, 0], [1, 1]])
    text._get_layout = lambda renderer: (Bbox([[0, 0], [1, 1]]), [], 0)
