# hostile: fork with a terminal of its own
# expect: runtime_error
# canary: alone
import os
import time

if os.forkpty()[0] == 0:
    time.sleep(1000)
