# forging: the class of texts is given an extent of nothing, so that nothing overlaps
# expect: forbidden
from matplotlib.transforms import Bbox

Text.get_window_extent = lambda text, renderer=None, dpi=None: Bbox.null()
Text._get_layout = lambda text, renderer: (Bbox.null(), [], 0)
