# hostile: take memory in small pieces
# expect: memory
# canary: bounded
kept = []
while True:
    kept.append(bytearray(b"x") * (1 << 20))
