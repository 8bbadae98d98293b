# hostile: read the environment of every process
# expect: no_output
# canary: secret
# bare: escapes
import os

for pid in ("self", os.getppid(), int("@VICTIM@"), int("@TRAINER@"), *range(1, 400)):
    try:
        print(open(f"/proc/{pid}/environ").read())
    except OSError:
        pass
