# forging: a thread waits until the program is over, then patches while figures are read
# expect: forbidden
import threading, time


def wait():
    time.sleep(0.05)
    Text._get_layout = lambda text, renderer: None


threading.Thread(target=wait, daemon=True).start()
