# hostile: take more memory than there is at once
# expect: memory
# canary: bounded
bytearray(1 << 44)
