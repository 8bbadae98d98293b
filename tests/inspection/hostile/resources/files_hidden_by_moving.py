# hostile: fill the disk and keep moving the files about, out of sight of who counts
# expect: memory
# canary: bounded
import os
import threading

os.mkdir("a")
os.mkdir("b")


def shuffle():
    while True:
        for old, new in (("a/x", "b/x"), ("b/x", "a/x")):
            try:
                os.rename(old, new)
            except OSError:
                pass


os.mkdir("a/x")
threading.Thread(target=shuffle, daemon=True).start()
number = 0
while True:
    number += 1
    for place in ("a/x", "b/x"):
        try:
            with open(f"{place}/{number}", "wb") as file:
                file.write(bytes(8 << 20))
        except OSError:
            pass
