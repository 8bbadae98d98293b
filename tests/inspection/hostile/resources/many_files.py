# hostile: fill the disk with many files
# expect: memory
# canary: bounded
for number in range(100_000):
    with open(f"file-{number}", "wb") as file:
        file.write(bytes(16 << 20))
