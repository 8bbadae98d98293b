# hostile: keep every core busy from threads
# expect: timeout
# canary: answered
import threading


def spin():
    while True:
        pass


for _ in range(20):
    threading.Thread(target=spin).start()
spin()
