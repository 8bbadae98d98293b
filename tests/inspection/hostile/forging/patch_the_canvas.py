# forging: the canvas hands over a white picture
# expect: forbidden
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

FigureCanvasAgg.buffer_rgba = lambda canvas: np.full((300, 400, 4), 255, np.uint8)
