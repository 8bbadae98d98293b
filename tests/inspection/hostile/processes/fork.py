# hostile: fork a child that stays behind
# expect: runtime_error
# canary: alone
import os
import time

if os.fork() == 0:
    os.setsid()
    time.sleep(1000)
