# forging: a subclass paints like its base and tells another extent
# expect: harmless
from matplotlib.transforms import Bbox


class Elsewhere(Text):
    def get_window_extent(self, renderer=None, dpi=None):
        return Bbox([[0, 0], [1, 1]])


note = ax.texts[0]
ax.add_artist(Elsewhere(1, 6.4, note.get_text()))
note.remove()
