# hostile: print without end
# expect: memory
# canary: bounded
while True:
    print("x" * 100_000)
