# hostile: overwrite compiled modules and the font cache
# expect: no_output
# canary: said
import glob
import os

import matplotlib

paths = glob.glob(os.path.dirname(matplotlib.__file__) + "/__pycache__/*")[:5]
paths += [os.path.join(matplotlib.get_cachedir(), f"fontlist-v{n}.json") for n in range(300, 500)]
for path in paths:
    try:
        os.close(os.open(path, os.O_RDWR))
        print("@NEKOT@"[::-1], path)
    except OSError:
        pass
