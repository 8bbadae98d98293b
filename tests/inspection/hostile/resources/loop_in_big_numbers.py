# hostile: loop for ever in one multiplication
# expect: timeout, memory
# canary: answered
x = 3 ** (1 << 22)
while True:
    x = x * x
