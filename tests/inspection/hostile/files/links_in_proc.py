# hostile: follow the links of other processes to their files
# expect: no_output
# canary: said
# bare: escapes
import os

for pid in (os.getppid(), int("@VICTIM@"), int("@TRAINER@")):
    for name in ("cwd", "root", "exe", *(f"fd/{fd}" for fd in range(32))):
        try:
            print("@NEKOT@"[::-1], os.readlink(f"/proc/{pid}/{name}"))
        except OSError:
            pass
