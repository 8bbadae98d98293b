# hostile: leave links that a careless cleaning would follow
# expect: no_output
# canary: untouched
import os

for name, place in (("a", "@OUTSIDE@"), ("b", "@SECRET@"), ("c", "/")):
    try:
        os.symlink(place, name)
    except OSError:
        pass
