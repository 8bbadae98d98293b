# hostile: write one file without end
# expect: runtime_error, memory
# canary: bounded
with open("large", "wb") as file:
    while True:
        file.write(bytes(1 << 20))
