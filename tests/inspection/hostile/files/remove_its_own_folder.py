# hostile: remove or move the folder that it was given
# expect: no_output
# canary: said
import os

here = os.getcwd()
for attempt in (lambda: os.rmdir(here), lambda: os.rename(here, here + "2"), lambda: os.rename("..", "../../x")):
    try:
        attempt()
        print("@NEKOT@"[::-1])
    except OSError:
        pass
