# hostile: use up the inodes
# expect: memory
# canary: bounded
for number in range(10_000_000):
    open(f"file-{number}", "w").close()
