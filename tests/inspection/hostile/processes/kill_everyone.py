# hostile: kill whoever may be killed
# expect: no_output
# canary: alive
import os

for target in (-1, 0, -os.getpgid(os.getppid()), -os.getpgid(0)):
    try:
        os.kill(target, 9)
    except OSError:
        pass
