# hostile: sleep with every descriptor closed
# expect: timeout
# canary: answered
import os
import time

os.closerange(0, 1000)
time.sleep(1000)
