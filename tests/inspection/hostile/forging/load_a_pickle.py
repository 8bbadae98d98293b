# forging: numpy reads an array of objects, whose pickle runs code
# expect: forbidden
import io
import numpy as np

try:
    np.load(io.BytesIO(b"cposix\n_exit\n(I0\ntR."), allow_pickle=True)
except Exception:
    pass
