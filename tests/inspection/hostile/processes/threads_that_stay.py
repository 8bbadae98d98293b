# hostile: leave threads running at the end
# expect: no_output
# canary: answered
import threading
import time

for daemon in (True, False):
    for _ in range(5):
        threading.Thread(target=time.sleep, args=(1000,), daemon=daemon).start()
