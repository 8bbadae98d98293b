# hostile: start threads without end
# expect: runtime_error, memory, timeout
# canary: bounded
import threading
import time

threading.stack_size(32768)
while True:
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
