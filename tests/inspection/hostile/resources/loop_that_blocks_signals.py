# hostile: block every signal, then sleep for ever
# expect: timeout
# canary: answered
import signal
import time

signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True:
    time.sleep(1000)
