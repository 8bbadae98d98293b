# hostile: make pipes without end and fill them
# expect: runtime_error, no_output
# canary: said
import fcntl
import os

kept = []
while len(kept) < 500:
    kept.append(os.pipe())
    os.set_blocking(kept[-1][1], False)
    fcntl.fcntl(kept[-1][1], 1031, 1 << 20)
    os.write(kept[-1][1], bytes(1 << 20))
print("@NEKOT@"[::-1])
