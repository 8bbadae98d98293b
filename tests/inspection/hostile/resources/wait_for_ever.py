# hostile: wait for a lock that nobody holds
# expect: timeout
# canary: answered
import threading

threading.Semaphore(0).acquire()
