# hostile: read what another job left in its folder
# expect: no_output
# canary: secret
# bare: escapes
import glob
import os

for place in ("@NEIGHBOUR@", *glob.glob("../../*/job"), *glob.glob("/tmp/visual-sdpo-*/job")):
    try:
        for name in os.listdir(place):
            print(open(os.path.join(place, name)).read())
    except OSError:
        pass
