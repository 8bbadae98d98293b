# forging: the pixels that are read are others
# expect: forbidden
import numpy as np

asarray = np.asarray
np.asarray = lambda thing, *args, **kwargs: asarray(thing, *args, **kwargs) * 0 + 255
